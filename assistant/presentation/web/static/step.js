// One step as a form: the question with its field, why it is asked, a note, and where to go from here.

import { button, el, isolated } from "./dom.js";
import { field } from "./fields.js";
import { fill } from "./text.js";

const NOTE = 2000; // characters; the server's own limit

/** `actions`: {next(value, note), absent(kind, note), back(), source(section, origin)}; all but `source` are awaited. */
export class StepForm {
  #view;
  #texts;
  #actions;
  #field;
  #note;
  #begun;
  #busy = false;
  #buttons = [];

  /** `draft` is what `draft` gave when the person left this step without sending. */
  constructor(view, draft, parts, actions) {
    const { step, reply } = view;
    this.#view = view;
    this.#texts = parts.texts;
    this.#actions = actions;
    const kept = reply && reply.value !== null ? reply.value : undefined;
    this.#field = field(step, draft ? draft.value : kept, parts);
    this.#note = el("textarea", { class: "input", id: "note", rows: "2", "aria-describedby": "note-help" });
    this.#note.value = draft?.note ?? reply?.note ?? "";
    this.#begun = JSON.stringify(this.#now());
    if (draft) this.#begun = "";
    const foreign = view.lang === parts.page ? null : view.lang;
    this.node = el(
      "form",
      { class: "stack step", novalidate: true, submit: (event) => this.#submit(event) },
      el("p", { class: "quiet part", lang: foreign }, isolated(step.section.title)),
      el("div", { class: "stack", lang: foreign }, this.#field.node),
      ...this.#kept(reply),
      this.#moves(),
      this.#why(foreign),
      ...(step.kind === "info" ? [] : [this.#notes()]),
    );
  }

  /** What would be lost: {value, note}, null when nothing was changed. */
  get draft() {
    return JSON.stringify(this.#now()) === this.#begun ? null : this.#now();
  }

  focus() {
    this.#field.title.focus();
  }

  /** Says what is wrong with the reply, at the field. */
  refuse(error) {
    const { problem, ...about } = error.about;
    const text = problem ? `${problem[0].toUpperCase()}${problem.slice(1)}.` : "";
    const other = `${this.#texts.step.failed}. ${error.message} ${error.hint}`;
    this.#problem.textContent = text || other;
    if (!problem) return;
    if (about.reason === "note_too_long") {
      this.node.querySelector(".noting").open = true;
      this.#note.setAttribute("aria-invalid", "true");
      this.#note.focus();
    } else {
      this.#field.mark(about).focus();
    }
  }

  get #problem() {
    return this.node.querySelector("#reply-problem") ?? this.node.querySelector(".spare");
  }

  #now() {
    return { value: this.#field.read(), note: this.#note.value };
  }

  #submit(event) {
    event.preventDefault();
    this.#act(() => this.#actions.next(this.#field.read(), this.#note.value));
  }

  async #act(action) {
    if (this.#busy) return;
    this.#set(true);
    this.#problem.textContent = "";
    for (const node of this.node.querySelectorAll("[aria-invalid]")) node.removeAttribute("aria-invalid");
    try {
      await action();
    } finally {
      this.#set(false);
    }
  }

  #set(busy) {
    this.#busy = busy;
    for (const node of this.#buttons) node.setAttribute("aria-disabled", String(busy));
  }

  #kept(reply) {
    if (!reply || reply.value !== null) return [];
    const said = this.#texts.absent[reply.absent] ?? "";
    return [el("p", { class: "quiet" }, fill(this.#texts.step.now, { reply: said }))];
  }

  #moves() {
    const { step, previous } = this.#view;
    const texts = this.#texts.step;
    const next = el("button", { type: "submit", class: "primary large" }, texts.next);
    const back = previous && button("secondary", () => this.#act(() => this.#actions.back()), texts.back);
    const absent = (kind) =>
      button("quiet-button", () => this.#act(() => this.#actions.absent(kind, this.#note.value)), texts[kind]);
    const free = !step.required && step.kind !== "info";
    const others = free ? ["unknown", "not_applicable", "skipped"].map(absent) : [];
    this.#buttons = [next, back, ...others].filter(Boolean);
    return el(
      "div",
      { class: "moves" },
      step.kind === "info" && el("p", { class: "spare problem", role: "alert" }),
      el("div", { class: "row main" }, next, back),
      others.length > 0 && el("div", { class: "row", role: "group", "aria-label": texts.others }, ...others),
      step.required && el("p", { class: "quiet" }, texts.required),
    );
  }

  #why(foreign) {
    const { step } = this.#view;
    if (!step.why && !step.source) return null;
    const { source } = step;
    const name = source && fill(this.#texts.step.source, { heading: source.heading });
    const link =
      source?.section &&
      button("link", () => this.#actions.source(source.section, link), el("bdi", {}, name));
    return el(
      "details",
      { class: "why" },
      el("summary", {}, this.#texts.step.why),
      step.why && el("p", { lang: foreign }, isolated(step.why)),
      link || (source && el("p", { class: "quiet" }, isolated(name))),
    );
  }

  #notes() {
    const texts = this.#texts.step;
    return el(
      "details",
      { class: "why noting", open: this.#note.value !== "" },
      el("summary", {}, texts.note),
      el("label", { class: "label", for: "note" }, texts.noted),
      el("p", { class: "quiet", id: "note-help" }, fill(texts.note_help, { limit: NOTE })),
      this.#note,
    );
  }
}
