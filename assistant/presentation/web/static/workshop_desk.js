// A workshop on the facilitator's screen: invite, watch, close, agree, plan, take the minutes.

import { copyable } from "./copyable.js";
import { button, el } from "./dom.js";
import { fill } from "./text.js";
import { Actions } from "./workshop_actions.js";
import { Invitation } from "./workshop_invitation.js";
import { Results } from "./workshop_results.js";

const PAUSE = 5_000; // milliseconds between two looks
const FORMATS = { docx: "DOCX", pdf: "PDF", md: "Markdown", csv: "CSV", json: "JSON" };

export class Desk {
  #parts;
  #workshop;
  #title;
  #code = el("details", { class: "folded" });
  #state = el("p", { class: "state-line" });
  #numbers = el("p", {});
  #explained = el("div", { class: "stack quiet" });
  #trouble = el("p", { class: "problem" });
  #toggle;
  #results;
  #actions;
  #timer = null;
  #left = false;
  #looking = false;
  element;

  /** `parts`: {workshop, api, texts, lang, say, code, storage, close}; `close(said)` leaves the workshop. */
  constructor(parts) {
    this.#parts = parts;
    const { workshop, api, texts, lang, say, code, storage } = parts;
    this.#workshop = workshop;
    this.#title = el("h1", { tabindex: "-1" }, workshop.title);
    this.#toggle = button("primary", () => this.#turn(), "");
    const send = (method, path, body) => api[method](`/workshop${path}`, body);
    this.#results = new Results({ workshop, texts, lang, say, send });
    this.#actions = new Actions({ texts, lang, say, send, actions: workshop.actions });
    // a screen that everybody sees shows it only when the facilitator wants it
    this.#code.append(
      el("summary", {}, texts.code.heading),
      copyable({ label: texts.resume.label, help: texts.code.help, text: code, words: texts, say, titled: true }),
    );
    const invitation = new Invitation({ texts, say, storage, renew: () => api.patch("/workshop", { invite: true }) });
    this.element = el(
      "div",
      { class: "desk-parts" },
      el("div", { class: "intro" }, this.#title, el("p", { class: "lead" }, workshop.dialogue.title)),
      this.#code,
      part("invite", texts.invite.heading, invitation.element),
      part("state", texts.state.heading, this.#state, this.#numbers, this.#trouble, el("div", {}, this.#toggle), this.#explained),
      part("results", texts.results.heading, this.#results.element),
      part("actions", texts.actions.heading, this.#actions.element),
      part("minutes", texts.minutes.heading, ...this.#minutes()),
      part("end", texts.end.heading, ...this.#end()),
    );
    this.#tell({ open: workshop.open, joined: 0, finished: 0 });
  }

  /** Somebody who has just come in may have to write the code down. */
  focus() {
    this.#code.open = true;
    this.#title.focus();
  }

  leave() {
    this.#left = true;
    clearTimeout(this.#timer);
  }

  /** Asks for the results, and again after a while as long as somebody may be watching. */
  async look() {
    const { api, texts, close } = this.#parts;
    if (this.#left || this.#looking) return;
    clearTimeout(this.#timer);
    this.#looking = true;
    try {
      const found = await api.get("/workshop/results");
      if (!this.#left) this.#show(found);
    } catch (error) {
      if (this.#left) return;
      if (error.code === "workshop_missing") return close(texts.state.gone);
      this.#trouble.textContent = fill(texts.state.trouble, { message: error.message });
    } finally {
      this.#looking = false;
    }
    if (!this.#left && !document.hidden) this.#timer = setTimeout(() => this.look(), PAUSE);
  }

  #show(found) {
    this.#trouble.textContent = "";
    this.#tell(found);
    if (this.#results.show(found)) this.#parts.say(this.#parts.texts.state.news);
  }

  #tell({ open: collecting, joined, finished }) {
    const { texts } = this.#parts;
    this.#workshop.open = collecting;
    this.#state.replaceChildren(el("strong", {}, collecting ? texts.state.open : texts.state.closed));
    this.#numbers.textContent = `${fill(texts.state.joined, { joined })}. ${fill(texts.state.finished, { finished })}.`;
    this.#toggle.textContent = collecting ? texts.state.close : texts.state.reopen;
    this.#toggle.className = collecting ? "primary" : "secondary";
    const { least } = this.#workshop;
    this.#explained.replaceChildren(
      ...(collecting
        ? [el("p", {}, fill(texts.state.few, { least })), el("p", {}, fill(texts.state.live, { least, twice: 2 * least }))]
        : []),
    );
  }

  async #turn() {
    const { api, texts, say } = this.#parts;
    if (this.#toggle.getAttribute("aria-disabled") === "true") return;
    this.#toggle.setAttribute("aria-disabled", "true");
    const wanted = !this.#workshop.open;
    try {
      await api.patch("/workshop", { open: wanted });
      this.#show(await api.get("/workshop/results"));
      say(wanted ? texts.state.was_opened : texts.state.was_closed);
    } catch (error) {
      this.#trouble.textContent = `${error.message} ${error.hint}`;
    } finally {
      this.#toggle.removeAttribute("aria-disabled");
    }
  }

  #minutes() {
    const { api, texts, say } = this.#parts;
    const problem = el("p", { class: "problem", role: "alert" });
    const save = async (format) => {
      problem.textContent = "";
      say(texts.saving);
      try {
        const { blob, name } = await api.download(`/workshop/minutes?format=${format}`);
        const url = URL.createObjectURL(blob);
        el("a", { href: url, download: name ?? `warsztat.${format}` }).click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
        say(texts.saved);
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint}`;
      }
    };
    const buttons = Object.entries(FORMATS).map(([format, name]) => {
      const node = button("secondary", () => save(format), name);
      node.setAttribute("aria-label", `${texts.minutes.save}: ${name}`);
      return node;
    });
    return [el("p", { class: "quiet" }, texts.minutes.help), el("div", { class: "entry" }, ...buttons), problem];
  }

  #end() {
    const { api, texts, close } = this.#parts;
    const problem = el("p", { class: "problem", role: "alert" });
    const question = el("p", { id: "erase-text", tabindex: "-1" }, texts.end.question);
    const erase = button("quiet-button", () => {
      confirm.hidden = false;
      question.focus();
    }, texts.end.erase);
    const back = () => {
      confirm.hidden = true;
      erase.focus();
    };
    const yes = async () => {
      try {
        await api.remove("/workshop");
        close(texts.end.erased);
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint}`;
      }
    };
    const answers = el("div", { class: "row" }, button("danger", yes, texts.end.yes), button("quiet-button", back, texts.back));
    const confirm = el("div", { class: "confirm", role: "group", "aria-labelledby": "erase-text", hidden: true }, question, answers, problem);
    confirm.addEventListener("keydown", (event) => {
      if (event.key === "Escape") back();
    });
    const leave = button("quiet-button", () => close(texts.end.left), texts.end.leave);
    return [el("div", { class: "row" }, leave, erase), confirm];
  }
}

function part(name, heading, ...nodes) {
  const id = `part-${name}`;
  return el("section", { class: "part-of-desk", "aria-labelledby": id }, el("h2", { id }, heading), ...nodes);
}
