// Statements with the spread of replies and what the group agreed on. Only what changed is drawn anew, so that nobody
// loses what they are typing while results come in.

import { button, el, isolated } from "./dom.js";
import { dots, table, told } from "./dots.js";
import { fill } from "./text.js";

export class Results {
  #parts;
  #number;
  #rows = new Map(); // by statement
  #discuss = el("div", { class: "stack" });
  #scores = el("div", { class: "stack" });
  #known = "";
  element;

  /** `parts`: {workshop, texts, lang, say, send}; `send(method, path, body)` gives the workshop as it is then. */
  constructor(parts) {
    this.#parts = parts;
    const { workshop, lang } = parts;
    const format = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
    this.#number = (value) => format.format(value);
    const outcomes = new Map(workshop.outcomes.map((one) => [one.step, one]));
    const sections = workshop.sections.map((section) => {
      const own = workshop.statements.filter((one) => one.section === section.id);
      const rows = own.map((statement) => {
        const row = new Row(statement, outcomes.get(statement.id), { ...parts, number: this.#number, agreed: (made) => this.#agreed(made) });
        this.#rows.set(statement.id, row);
        return row.element;
      });
      return el("div", { class: "stack" }, el("h3", {}, section.title), ...rows);
    });
    this.element = el("div", { class: "stack" }, this.#discuss, this.#scores, ...sections);
  }

  /** Draws what is new; whether a spread is. */
  show(found) {
    const { texts } = this.#parts;
    for (const one of found.statements) this.#rows.get(one.step)?.show(one);
    this.#score(found.agreed);
    const shown = found.statements.filter((one) => one.levels.length > 0);
    const state = JSON.stringify(shown.map((one) => [one.step, one.levels, one.absent]));
    if (state === this.#known) return false;
    const first = this.#known === "";
    this.#known = state;
    const items = found.discuss.map((step) => {
      const row = this.#rows.get(step);
      return el("li", {}, button("link", () => row.focus(), isolated(row.text)));
    });
    const list = items.length
      ? [el("p", { class: "quiet" }, texts.results.discuss_help), el("ol", { class: "first" }, ...items)]
      : [el("p", {}, shown.length ? texts.results.agree : texts.results.none)];
    this.#discuss.replaceChildren(el("h3", {}, texts.results.discuss), ...list);
    return shown.length > 0 && !first;
  }

  async #agreed() {
    try {
      this.#score((await this.#parts.send("get", "/results")).agreed);
    } catch {
      // the next look brings it
    }
  }

  #score(agreed) {
    const { texts, lang } = this.#parts;
    if (!agreed) return this.#scores.replaceChildren();
    const words = texts.agree;
    const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
    const cells = (name, score, band, of) => [
      el("th", { scope: "row" }, name),
      el("td", {}, score === null ? words.no_score : percent.format(score)),
      el("td", {}, band || "–"),
      el("td", {}, of),
    ];
    const rows = agreed.scores.map((one) => el("tr", {}, ...cells(one.title, one.score, one.band, `${one.answered} / ${one.asked}`)));
    const head = [words.dimension, words.score, words.band, words.of].map((text) => el("th", { scope: "col" }, text));
    this.#scores.replaceChildren(
      el("h3", { id: "scores-title" }, words.scores),
      el(
        "div",
        { class: "scroll", tabindex: "0", role: "group", "aria-labelledby": "scores-title" },
        el(
          "table",
          {},
          el("thead", {}, el("tr", {}, ...head)),
          el("tbody", {}, ...rows, el("tr", {}, ...cells(words.overall, agreed.overall, agreed.band, ""))),
        ),
      ),
    );
  }
}

class Row {
  #statement;
  #parts;
  #title;
  #numbers = el("p", { class: "quiet" });
  #sign = el("p", { class: "sign" });
  #picture = el("div", { class: "stack" });
  #known = "";
  #summary = el("summary", {});
  element;

  constructor(statement, outcome, parts) {
    this.#statement = statement;
    this.#parts = parts;
    this.#title = el("h4", { tabindex: "-1" }, isolated(statement.text));
    this.element = el("article", { class: "statement" }, this.#title, this.#sign, this.#numbers, this.#picture, this.#form(outcome));
    this.#sign.hidden = true;
  }

  get text() {
    return this.#statement.text;
  }

  focus() {
    this.#title.scrollIntoView({ block: "start" });
    this.#title.focus({ preventScroll: true });
  }

  show(found) {
    const state = JSON.stringify(found);
    if (state === this.#known) return;
    this.#known = state;
    const { texts, number, workshop } = this.#parts;
    const words = texts.results;
    const counts = [fill(words.replied, { replied: found.replied })];
    if (found.waiting) counts.push(fill(words.waiting, { waiting: found.waiting }));
    if (found.counted) counts.push(fill(words.counted, { counted: found.counted }));
    this.#sign.hidden = !found.discuss;
    this.#sign.textContent = found.discuss ? words.apart : "";
    if (found.levels.length === 0) {
      this.#numbers.textContent = counts.join(", ");
      this.#picture.replaceChildren(...(found.counted ? [el("p", {}, fill(words.too_few, { least: workshop.least }))] : []));
      return;
    }
    counts.push(fill(words.median, { middle: number(found.middle) }));
    counts.push(fill(words.distance, { distance: number(found.disagreement) }));
    if (found.absent) counts.push(fill(words.absent, { absent: found.absent }));
    this.#numbers.textContent = counts.join(", ");
    const open = this.#picture.querySelector("details")?.open ?? false;
    this.#picture.replaceChildren(
      dots(found.levels, found.middle, told(found.levels, found.middle, words, number)),
      el(
        "details",
        { class: "folded", open },
        el("summary", {}, words.table),
        table(found.levels, this.#statement.anchors, this.#statement.text, words),
      ),
    );
  }

  #form(outcome) {
    const { texts, send, say, agreed } = this.#parts;
    const { id, levels, anchors } = this.#statement;
    const words = texts.agree;
    const meanings = new Map(anchors.map(({ level, text }) => [level, text]));
    const options = Array.from({ length: levels }, (_, place) => {
      const meaning = meanings.get(place + 1);
      return el("option", { value: String(place + 1) }, meaning ? `${place + 1}: ${meaning}` : String(place + 1));
    });
    const level = el("select", { id: `level-${id}`, class: "input" }, el("option", { value: "" }, words.choose), ...options);
    const note = el("textarea", { id: `note-${id}`, class: "input", rows: "2", maxlength: "2000" });
    const problem = el("p", { class: "problem", role: "alert" });
    level.value = outcome?.level ? String(outcome.level) : "";
    note.value = outcome?.note ?? "";
    const form = el(
      "form",
      { class: "stack", novalidate: true },
      el("div", { class: "line" }, el("label", { class: "label", for: level.id }, words.level), level),
      el("div", { class: "line" }, el("label", { class: "label", for: note.id }, words.note), note),
      el("div", {}, el("button", { type: "submit", class: "secondary" }, words.save)),
      problem,
    );
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      problem.textContent = "";
      try {
        const made = await send("put", `/outcomes/${encodeURIComponent(id)}`, { level: level.value ? Number(level.value) : null, note: note.value });
        this.#summarise(made.outcomes.find((one) => one.step === id));
        say(texts.saved);
        agreed();
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint}`;
      }
    });
    this.#summarise(outcome);
    return el("details", { class: "folded" }, this.#summary, form);
  }

  #summarise(outcome) {
    const words = this.#parts.texts.agree;
    const said = [];
    if (outcome?.level) said.push(fill(words.now, { level: outcome.level }));
    if (outcome?.note) said.push(words.noted);
    this.#summary.replaceChildren(words.heading, ": ", said.length ? el("strong", {}, said.join(", ")) : words.none);
  }
}
