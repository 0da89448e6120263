// A table of inputs: fixed rows, or as many records as the person likes. On narrow screens each row is a card; the
// roles are said aloud because rows laid out as blocks lose theirs in some browsers.

import { button, el } from "./dom.js";
import { icon } from "./icons.js";
import { fill } from "./text.js";

const WIDE = 4; // columns; with more each row is a card on every screen

export class Grid {
  #step;
  #say;
  #lang;
  #texts;
  #body = el("tbody", { role: "rowgroup" });
  #add = null;
  #full = null;

  /** `texts` are {table, step} of the words; `value` is a list of rows; `say` announces. */
  constructor(step, value, { texts, lang, say }) {
    this.#step = step;
    this.#texts = texts;
    this.#lang = lang;
    this.#say = say;
    const heads = step.columns.map((column) => this.#head(column));
    const ends = [el("td", { role: "cell" }), step.kind === "group" && el("td", { role: "cell" })];
    const head = el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ends[0], ...heads, ends[1]));
    const look = `grid${step.columns.length > WIDE ? " cards-only" : ""}`;
    this.node = el("div", {}, el("table", { role: "table", class: look, "aria-labelledby": "step-title" }, head, this.#body));
    if (step.kind === "table") this.#fixed(value);
    else this.#records(value);
  }

  /** [{row?, column: text}], empty records left out. */
  read() {
    const rows = [...this.#body.rows].map((row) => {
      const cells = Object.fromEntries(this.#inputs(row).map((input) => [input.dataset.column, input.value]));
      return row.dataset.row ? { row: row.dataset.row, ...cells } : cells;
    });
    if (this.#step.kind === "table") return rows;
    return rows.filter((row) => Object.values(row).some((cell) => cell.trim()));
  }

  /** Marks the cells a refusal is about; the first of them. */
  mark({ column, reason, given }) {
    const all = this.#inputs(this.#body);
    for (const input of all) input.removeAttribute("aria-invalid");
    if (!column) return all[0];
    const own = all.filter((input) => input.dataset.column === column);
    const used = (input) => this.#inputs(input.closest("tr")).some((one) => one.value.trim());
    const wrong =
      reason === "cell_required"
        ? own.filter((input) => !input.value.trim() && (this.#step.kind === "table" || used(input)))
        : own.filter((input) => given && input.value.trim().startsWith(given));
    const found = wrong.length ? wrong : own.filter((input) => input.value.trim()).slice(0, 1);
    for (const input of found) input.setAttribute("aria-invalid", "true");
    return found[0] ?? own[0] ?? all[0];
  }

  #inputs(node) {
    return [...node.querySelectorAll("[data-column]")];
  }

  /** The unit of a column, and whether it is needed. */
  #more(column) {
    const { needed } = this.#texts.table;
    const unit = column.unit || (column.kind === "money" ? "zł" : "");
    const more = [unit, column.required && needed].filter(Boolean).join(", ");
    return more && ` (${more})`;
  }

  #head(column) {
    const more = this.#more(column);
    const quiet = more && el("span", { class: "quiet" }, more);
    return el("th", { role: "columnheader", scope: "col", id: `column-${column.id}` }, column.text, quiet);
  }

  // ---- fixed rows

  #fixed(value) {
    const known = new Map(value.map((row) => [row.row, row]));
    this.#step.rows.forEach((row, at) => {
      const help = row.help && el("span", { class: "quiet block" }, row.help);
      const node = this.#row(at, known.get(row.id) ?? {}, [row.text, help]);
      node.dataset.row = row.id;
      this.#body.append(node);
    });
  }

  // ---- records

  #records(value) {
    const { table } = this.#texts;
    const rows = value.length ? value : Array.from({ length: Math.max(1, this.#step.limits.min_rows) }, () => ({}));
    rows.forEach((row) => this.#append(row));
    this.#add = button("secondary", () => this.#another(), table.add);
    this.#full = el("span", { class: "quiet", id: "grid-full" });
    this.node.append(el("div", { class: "row grid-tools" }, this.#add, this.#full));
    this.#number();
  }

  #another() {
    if (this.#add.getAttribute("aria-disabled") === "true") return;
    this.#append({});
    this.#number();
    const row = this.#body.rows[this.#body.rows.length - 1];
    this.#say(fill(this.#texts.table.added, { n: this.#body.rows.length }));
    this.#inputs(row)[0].focus();
  }

  #append(value) {
    const node = this.#row(this.#body.rows.length, value, [""]);
    const away = button("round", () => this.#drop(node), icon("close"));
    node.append(el("td", { role: "cell", class: "away" }, away));
    this.#body.append(node);
  }

  #drop(node) {
    const next = node.nextElementSibling ?? node.previousElementSibling;
    node.remove();
    if (!this.#body.rows.length) this.#append({});
    this.#number();
    this.#say(fill(this.#texts.table.removed, { count: this.#body.rows.length }));
    (next?.querySelector(".away button") ?? this.#inputs(this.#body)[0]).focus();
  }

  #number() {
    const { table } = this.#texts;
    [...this.#body.rows].forEach((row, at) => {
      const name = fill(table.row, { n: at + 1 });
      row.querySelector("th").textContent = name;
      row.querySelector(".away button")?.setAttribute("aria-label", `${table.remove}: ${name}`);
    });
    const full = this.#body.rows.length >= this.#step.limits.max_rows;
    this.#add.setAttribute("aria-disabled", String(full));
    this.#full.textContent = full ? fill(table.full, { limit: this.#step.limits.max_rows }) : "";
  }

  // ---- a row

  #count = 0;

  #row(at, value, name) {
    this.#count += 1;
    const id = `row-${this.#count}`;
    const head = el("th", { role: "rowheader", scope: "row", id }, ...name);
    const cells = this.#step.columns.map((column) => {
      const input = this.#cell(column, shown(value[column.id], column.kind, this.#lang));
      input.dataset.column = column.id;
      input.setAttribute("aria-labelledby", `column-${column.id} ${id}`);
      if (column.required) input.setAttribute("aria-required", "true");
      return el("td", { role: "cell", class: `cell-${column.kind}`, "data-label": column.text + this.#more(column) }, input);
    });
    return el("tr", { role: "row" }, head, ...cells);
  }

  #cell(column, value) {
    if (column.kind === "choice" || column.kind === "scale") {
      const levels = Array.from({ length: column.limits.levels }, (_, at) => ({ id: `${at + 1}`, text: `${at + 1}` }));
      const offered = column.kind === "scale" ? levels : column.options;
      const options = offered.map(({ id, text }) => el("option", { value: id, selected: id === value }, text));
      return el("select", { class: "input" }, el("option", { value: "" }, `– ${this.#texts.table.choose} –`), ...options);
    }
    if (column.kind === "text") {
      const area = el("textarea", { class: "input", rows: "1", maxlength: "500", autocomplete: "off" });
      area.value = value;
      return area;
    }
    const mode = column.kind === "date" ? null : column.limits.integer ? "numeric" : "decimal";
    const input = el("input", { class: `input ${column.kind}`, type: "text", inputmode: mode, autocomplete: "off" });
    input.value = value;
    return input;
  }
}

/** A kept value as a person writes it. */
export function shown(value, kind, lang) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return lang === "pl" ? String(value).replace(".", ",") : String(value);
  const day = kind === "date" && /^(\d{4})-(\d\d)-(\d\d)$/u.exec(value);
  if (day) return lang === "pl" ? `${day[3]}.${day[2]}.${day[1]}` : `${day[3]}/${day[2]}/${day[1]}`;
  return String(value);
}
