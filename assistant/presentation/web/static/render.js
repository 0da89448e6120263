// An answer as nodes. Streamed and stored answers go through the same steps, so they end as the same nodes.

import { button, el, isolated } from "./dom.js";
import { icon } from "./icons.js";
import { under } from "./next.js";
import { cells, fill, languageText, numbered, placeText, plain } from "./text.js";

/**
 * One answer in the making: `opening`, then `citation` and `sentence` in the order of the stream, then `done`.
 * `screen` holds {words, lang, model, contact, modes}; `actions` what buttons do: cite(citations, n, origin),
 * section(suggestion, origin), ask(question), fill(question).
 */
export class AnswerView {
  #screen;
  #actions;
  #said;
  #note;
  #after;
  #citations = new Map();
  #opened = null;
  #shown = [];
  #list = null;
  #table = null;
  #lead = null;
  #lang;

  constructor(screen, actions, title) {
    this.#screen = screen;
    this.#actions = actions;
    this.#lang = screen.lang;
    this.heading = el("h3", { tabindex: "-1" }, title);
    this.#note = el("div", { class: "note" });
    this.#said = el("div", { class: "said" });
    this.#after = el("div", { class: "after" });
    this.element = el("article", { class: "answer" }, this.heading, this.#note, this.#said, this.#after);
  }

  /** The whole answer at once. */
  static stored(screen, actions, title, answer) {
    const view = new AnswerView(screen, actions, title);
    view.#replay(answer);
    view.done(answer);
    return view;
  }

  /** Whether words of the answer are on the screen. */
  get begun() {
    return this.#shown.length > 0;
  }

  opening({ status, opening, lang }) {
    this.#opened = JSON.stringify([status, opening, lang]);
    this.#lang = lang;
    this.#said.lang = lang;
    this.element.dataset.status = status;
    const labels = this.#screen.words.status;
    const label = status !== "answered" && Object.hasOwn(labels, status) && labels[status];
    const lines = opening.split("\n").filter((line) => line.trim());
    this.#note.replaceChildren(
      ...(label ? [el("h4", {}, icon(status), label)] : []),
      ...lines.map((line) => el("p", { lang }, isolated(line))),
    );
  }

  citation(citation) {
    this.#citations.set(citation.n, citation);
  }

  sentence(sentence) {
    if (sentence.index < this.#shown.length) return; // a repeated event
    this.#shown.push(this.#key(sentence));
    if (sentence.form === "item") this.#item(sentence);
    else if (sentence.form === "header" || sentence.form === "row") this.#row(sentence);
    else this.#paragraph(sentence);
  }

  /** The end: if the stream said anything else than the answer, it is said again; then comes what stands under it. */
  done(answer) {
    const shown = JSON.stringify(this.#shown);
    this.#citations = new Map(answer.citations.map((citation) => [citation.n, citation]));
    const opened = JSON.stringify([answer.status, answer.opening, answer.lang]);
    const same = JSON.stringify(answer.sentences.map((one) => this.#key(one))) === shown;
    if (!same || this.#opened !== opened) this.#replay(answer);
    this.#after.replaceChildren(...under(answer, this.#screen, this.#actions));
  }

  #replay(answer) {
    this.#said.replaceChildren();
    this.#citations = new Map(answer.citations.map((citation) => [citation.n, citation]));
    this.#shown = [];
    this.#list = this.#table = this.#lead = null;
    this.opening(answer);
    for (const sentence of answer.sentences) this.sentence({ ...sentence, index: undefined });
  }

  /** All of a sentence that is seen, its known citations included. */
  #key({ text, kind, citations, support, form }) {
    return [text, kind, citations.flatMap((n) => this.#citations.get(n) ?? []), support, form];
  }

  /** The page's own language on its own words, where those around them are in another. */
  get #own() {
    return this.#lang === this.#screen.lang ? null : this.#screen.lang;
  }

  // ---- sentences

  #paragraph(sentence) {
    this.#list = this.#table = null;
    const node = el("p", {}, ...this.#sentence(sentence));
    this.#lead = sentence.form === "lead" ? plain(sentence.text) : null;
    this.#said.append(node);
  }

  #item(sentence) {
    this.#table = null;
    const number = numbered(sentence.text);
    const kind = number ? "ol" : "ul";
    if (this.#list?.localName !== kind) {
      this.#list = el(kind);
      this.#said.append(this.#list);
    }
    const shown = number ? { ...sentence, text: number.rest } : sentence;
    this.#list.append(el("li", { value: number?.value }, ...this.#sentence(shown)));
  }

  #row(sentence) {
    this.#list = null;
    const texts = cells(sentence.text);
    if (!this.#table || sentence.form === "header") this.#openTable(sentence.form === "header" ? texts : []);
    if (sentence.form === "header") {
      const { answer } = this.#screen.words;
      this.#table.node.before(el("p", { class: "caption quiet", lang: this.#own }, answer.table, this.#cites(sentence)));
      for (const text of texts) {
        const words = this.#quoted({ ...sentence, text }, false);
        this.#table.head.append(el("th", { role: "columnheader", scope: "col" }, words));
      }
      return;
    }
    const { labels, body } = this.#table;
    while (texts.length < labels.length) texts.push("");
    const row = el("tr", { role: "row" });
    texts.forEach((text, at) => {
      const leads = at === 0 && labels.length > 1;
      const attributes = leads
        ? { role: "rowheader", scope: "row" }
        : { role: "cell", "data-label": plain(labels[at] ?? "") || null };
      row.append(el(leads ? "th" : "td", attributes, this.#quoted({ ...sentence, text }, at === texts.length - 1)));
    });
    row.lastChild.append(this.#cites(sentence));
    body.append(row);
  }

  #openTable(labels) {
    const head = el("tr", { role: "row" });
    const body = el("tbody", { role: "rowgroup" });
    const table = el("table", { role: "table", "aria-label": this.#lead });
    // roles are said aloud because narrow screens lay rows out as blocks, and that drops them in some browsers
    if (labels.length) table.append(el("thead", { role: "rowgroup" }, head));
    table.append(body);
    this.#table = { node: table, labels, head, body };
    this.#lead = null;
    this.#said.append(table);
  }

  #sentence(sentence) {
    return [this.#quoted(sentence, true), this.#cites(sentence)];
  }

  /** The words with where they come from, for readers and for machines. */
  #quoted(sentence, whole) {
    const quoted = sentence.kind === "quoted";
    const foreign = quoted ? this.#foreign(sentence) : "";
    const node = el(
      quoted ? "q" : "span",
      {
        class: "sentence",
        "data-kind": sentence.kind,
        "data-support": sentence.support,
        "data-ai-generated": !quoted && "true",
        lang: foreign || null,
      },
      isolated(sentence.text),
    );
    if (!whole) return node;
    const { answer } = this.#screen.words;
    const remarks = [
      foreign && fill(answer.quote_language, { language: languageText(foreign, this.#screen.lang) || foreign }),
      sentence.support === "partly" && answer.partly,
      sentence.support === "unsupported" && answer.unsupported,
    ].filter(Boolean);
    const made = document.createDocumentFragment();
    made.append(node, ...remarks.map((remark) => el("span", { class: "remark", lang: this.#own }, remark)));
    return made;
  }

  #foreign(sentence) {
    const language = this.#citations.get(sentence.citations[0])?.language ?? "";
    return /^[a-z]{2,3}$/u.test(language) && language !== this.#lang ? language : "";
  }

  #cites(sentence) {
    const known = sentence.citations.filter((n) => this.#citations.has(n));
    // the no-break space keeps the number on the line of the last word
    return el("span", { class: "cites", lang: this.#own }, ...known.flatMap((n) => ["\u00a0", this.#cite(n)]));
  }

  #cite(n) {
    const citation = this.#citations.get(n);
    const label = `${fill(this.#screen.words.answer.source, { n })}: ${placeText(citation, this.#screen.words)}`;
    const node = button("cite", () => this.#actions.cite([...this.#citations.values()], n, node), String(n));
    node.setAttribute("aria-label", label);
    return node;
  }
}
