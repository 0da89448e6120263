// A question of the person's own between two replies: answered from the documents, while the step stays as it is.

import { button, byId, el, isolated } from "./dom.js";
import { AnswerView } from "./render.js";
import { momentText, fill } from "./text.js";

export class Aside {
  #parts;
  #node = byId("aside");
  #field;
  #slot = el("div", { class: "slot" });
  #busy = false;
  #send;

  /** `parts`: {api, screen, panel, say, lang()}. */
  constructor(parts) {
    this.#parts = parts;
    const { ask: texts } = parts.screen.words.modes;
    this.#field = el("textarea", { id: "question", class: "input", rows: "2", "aria-describedby": "aside-help" });
    this.#send = el("button", { type: "submit", class: "secondary" }, texts.ask);
    const form = el(
      "form",
      { novalidate: true, class: "stack", submit: (event) => this.#submit(event) },
      el("p", { id: "aside-help", class: "quiet" }, texts.help),
      el("label", { class: "label", for: "question" }, texts.label),
      this.#field,
      el("div", {}, this.#send),
    );
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      form.requestSubmit();
    });
    this.#node.replaceChildren(el("h2", { id: "aside-title" }, texts.heading), form, this.#slot);
  }

  show(visible) {
    this.#node.hidden = !visible;
  }

  /** Before another question is shown. What was typed stays. */
  clear() {
    this.#slot.replaceChildren();
  }

  #submit(event) {
    event.preventDefault();
    const { words } = this.#parts.screen;
    const question = this.#field.value.trim();
    if (this.#busy) return;
    if (!question) {
      this.#slot.replaceChildren(el("p", { class: "problem", role: "alert" }, words.composer.empty));
      this.#field.focus();
      return;
    }
    this.#ask(question);
  }

  async #ask(question) {
    const { api, screen, say, lang } = this.#parts;
    const { words } = screen;
    this.#set(true);
    this.#slot.replaceChildren(el("p", { class: "progress" }, words.modes.ask.busy));
    try {
      const answer = await api.post("/ask", { question, lang: lang() });
      const title = fill(words.answer.title, { time: momentText(new Date(), screen.lang) });
      const view = AnswerView.stored(screen, this.#actions, title, answer);
      const asked = el("p", { class: "question" }, isolated(answer.question));
      this.#slot.replaceChildren(el("div", { class: "turn" }, asked, view.element));
      this.#field.value = "";
      say(`${words.said.ready} `, answer.sentences[0]?.text ?? answer.opening);
    } catch (error) {
      const text = el("p", { role: "alert", class: "problem" }, `${error.message} ${error.hint ?? ""}`);
      this.#slot.replaceChildren(text, button("secondary", () => this.#ask(question), words.retry));
    } finally {
      this.#set(false);
    }
  }

  #set(busy) {
    this.#busy = busy;
    this.#send.setAttribute("aria-disabled", String(busy));
  }

  get #actions() {
    const { panel } = this.#parts;
    return {
      cite: (citations, n, origin) => panel.cite(citations, n, origin),
      section: (suggestion, origin) => panel.section(suggestion, origin),
      ask: (question) => this.#ask(question),
      fill: (question) => {
        this.#field.value = question;
        this.#field.focus();
      },
    };
  }
}
