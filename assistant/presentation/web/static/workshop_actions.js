// What the group will do: a list to add to, change and remove from.

import { button, el, isolated } from "./dom.js";
import { fill } from "./text.js";

const FIELDS = ["text", "owner", "due"];

export class Actions {
  #parts;
  #list = el("ul", { class: "actions" });
  #none;
  element;

  /** `parts`: {texts, lang, say, send, actions}. */
  constructor(parts) {
    this.#parts = parts;
    const { texts } = parts;
    this.#none = el("p", { class: "quiet" }, texts.actions.none);
    const add = this.#form({}, texts.actions.add, async (body) => {
      this.#show((await parts.send("post", "/actions", body)).actions);
      add.reset();
      add.querySelector("textarea").focus();
    });
    this.element = el("div", { class: "stack" }, this.#none, this.#list, add);
    this.#show(parts.actions);
  }

  #show(actions) {
    this.#none.hidden = actions.length > 0;
    this.#list.hidden = actions.length === 0;
    this.#list.replaceChildren(...actions.map((one) => this.#item(one)));
  }

  #item(action) {
    const { texts, lang, send, say } = this.#parts;
    const words = texts.actions;
    const problem = el("p", { class: "problem", role: "alert" });
    const due = action.due ? fill(words.until, { day: new Intl.DateTimeFormat(lang, { dateStyle: "long", timeZone: "UTC" }).format(new Date(action.due)) }) : "";
    const about = [action.owner, due].filter(Boolean).join(", ");
    const change = button("quiet-button", () => {
      const form = this.#form(action, words.save, async (body) => {
        this.#show((await send("put", `/actions/${action.id}`, body)).actions);
        this.#again(action.id);
      });
      form.addEventListener("keydown", (event) => {
        if (event.key === "Escape") item.replaceWith(this.#item(action));
      });
      item.replaceChildren(form);
      form.querySelector("textarea").focus();
    }, words.change);
    const remove = button("quiet-button", async () => {
      try {
        this.#show((await send("remove", `/actions/${action.id}`)).actions);
        say(words.removed);
        this.element.querySelector("form textarea").focus();
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint}`;
      }
    }, words.remove);
    for (const [node, label] of [[change, words.change], [remove, words.remove]]) {
      node.setAttribute("aria-label", fill(words.of, { label, text: action.text }));
    }
    const item = el(
      "li",
      { "data-action": action.id },
      el("p", {}, isolated(action.text)),
      about ? el("p", { class: "quiet" }, isolated(about)) : null,
      el("div", { class: "row" }, change, remove),
      problem,
    );
    return item;
  }

  /** Focus back on an action after it was changed. */
  #again(id) {
    for (const node of this.#list.children) if (node.dataset.action === id) node.querySelector("button")?.focus();
  }

  #form(action, label, send) {
    const { texts, say } = this.#parts;
    const words = texts.actions;
    const name = (field) => `${field}-${action.id ?? "new"}`;
    const problem = el("p", { class: "problem", role: "alert" });
    const fields = {
      text: el("textarea", { id: name("text"), class: "input", rows: "2", maxlength: "2000" }),
      owner: el("input", { id: name("owner"), class: "input", type: "text", autocomplete: "off", maxlength: "200" }),
      due: el("input", { id: name("due"), class: "input date", type: "date" }),
    };
    for (const field of FIELDS) fields[field].value = action[field] ?? "";
    const line = (field) =>
      el("div", { class: "line" }, el("label", { class: "label", for: name(field) }, words[field]), fields[field]);
    const form = el(
      "form",
      { class: "stack action-form", novalidate: true },
      ...FIELDS.map(line),
      el("div", {}, el("button", { type: "submit", class: "secondary" }, label)),
      problem,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.textContent = "";
      fields.text.removeAttribute("aria-invalid");
      if (!fields.text.value.trim()) {
        problem.textContent = words.empty;
        fields.text.setAttribute("aria-invalid", "true");
        return fields.text.focus();
      }
      try {
        await send(Object.fromEntries(FIELDS.map((field) => [field, fields[field].value.trim()])));
        say(texts.saved);
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint}`;
      }
    });
    return form;
  }
}
