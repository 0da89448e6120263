// What a step is replied with: radio buttons, boxes, a line, a text, a table. Each field has a node with the question in
// it, `read()` for what stands there now, and `mark(about)`, which marks what is wrong and gives the node to focus.

import { el, isolated } from "./dom.js";
import { Grid, shown } from "./grid.js";
import { fill } from "./text.js";

/** `parts`: {texts, lang, say}; `value` as the server has it or as `read()` gave it. */
export function field(step, value, parts) {
  const title = el("h1", { id: "step-title", tabindex: "-1" }, isolated(step.text));
  const made = KINDS[step.kind](step, value, parts, title);
  return { title, ...made };
}

const KINDS = {
  info: (step, value, parts, title) => ({
    node: el("div", { class: "stack" }, title, ...told(step, parts)),
    read: () => true,
    mark: () => title,
  }),
  choice: (step, value, parts, title) => choosing(step, "radio", value === undefined ? [] : [value], parts, title),
  multi: (step, value, parts, title) => choosing(step, "checkbox", value ?? [], parts, title),
  scale: (step, value, parts, title) => scale(step, value, parts, title),
  number: line,
  money: line,
  date: line,
  text: line,
  table: grid,
  group: grid,
};

function told(step, { texts }) {
  const lines = (step.help ?? "").split("\n").filter((one) => one.trim());
  const example = step.example && fill(texts.step.example, { example: step.example });
  return [
    ...lines.map((one) => el("p", { class: "help" }, isolated(one))),
    ...(example ? [el("p", { class: "help quiet" }, isolated(example))] : []),
  ];
}

function problem() {
  return el("p", { id: "reply-problem", class: "problem", role: "alert" });
}

// ---- choosing

function choosing(step, type, chosen, parts, title) {
  const options = step.options.map(({ id, text, help }) => ({ value: id, lines: [text, help] }));
  const several = type === "checkbox" && el("p", { class: "quiet" }, parts.texts.step.several);
  const made = rows(step, type, options, chosen, [...told(step, parts), several], title);
  const read = () => (type === "checkbox" ? made.chosen() : (made.chosen()[0] ?? ""));
  return { node: made.node, read, mark: made.mark };
}

function scale(step, value, parts, title) {
  const anchors = new Map(step.anchors.map((anchor) => [anchor.level, anchor.text]));
  const levels = Array.from({ length: step.limits.levels }, (_, at) => at + 1);
  const options = levels.map((level) => {
    const name = fill(parts.texts.step.level, { level, levels: levels.length });
    const rest = el("span", { class: "sr-only" }, `${name.replace(String(level), "")}: `);
    const mark = [el("strong", { class: "level" }, String(level)), rest];
    return { value: String(level), mark, lines: [anchors.get(level)] };
  });
  const chosen = value === undefined || value === "" ? [] : [String(value)];
  const made = rows(step, "radio", options, chosen, told(step, parts), title);
  return { node: made.node, read: () => made.chosen()[0] ?? "", mark: made.mark };
}

function rows(step, type, options, chosen, help, title) {
  const inputs = options.map(({ value }, at) =>
    el("input", { type, name: "reply", value, id: `option-${at}`, checked: chosen.includes(value) }),
  );
  const listed = options.map(({ mark, lines }, at) => {
    const [text, more] = lines;
    const words = el(
      "span",
      {},
      ...(mark ?? []),
      text && isolated(text),
      more && el("span", { class: "quiet block", id: `help-${at}` }, isolated(more)),
    );
    return el("label", { class: "option", for: `option-${at}` }, inputs[at], words);
  });
  const node = el(
    "fieldset",
    { class: "stack", "aria-describedby": "reply-problem" },
    el("legend", {}, title),
    ...help,
    problem(),
    el("div", { class: "options" }, ...listed),
  );
  return {
    node,
    chosen: () => inputs.filter((input) => input.checked).map((input) => input.value),
    mark: () => inputs.find((input) => input.checked) ?? inputs[0] ?? title,
  };
}

// ---- lines and texts

function line(step, value, parts, title) {
  const long = step.kind === "text" && step.limits.max_chars > 200;
  const hint = hintOf(step, parts);
  const attributes = {
    id: "reply",
    class: `input ${step.kind}`,
    autocomplete: "off",
    "aria-labelledby": "step-title",
    "aria-describedby": `${hint ? "reply-hint " : ""}reply-problem`,
    "aria-required": step.required && "true",
  };
  const mode = { number: step.limits.integer ? "numeric" : "decimal", money: "decimal" }[step.kind];
  const input = long
    ? el("textarea", { ...attributes, rows: "5" })
    : el("input", { ...attributes, type: "text", inputmode: mode });
  input.value = shown(value, step.kind, parts.lang);
  const unit = step.unit || (step.kind === "money" ? "zł" : "");
  const entry = unit ? el("div", { class: "entry" }, input, el("span", { class: "unit" }, isolated(unit))) : input;
  return {
    node: el(
      "div",
      { class: "stack" },
      title,
      ...told(step, parts),
      hint && el("p", { id: "reply-hint", class: "quiet" }, hint),
      problem(),
      entry,
    ),
    read: () => input.value,
    mark: () => {
      input.setAttribute("aria-invalid", "true");
      return input;
    },
  };
}

function hintOf(step, { texts, lang }) {
  const { min, max, integer } = step.limits;
  const limits = [
    min !== null && fill(texts.step.least, { min: shown(min, "number", lang) }),
    max !== null && fill(texts.step.most, { max: shown(max, "number", lang) }),
  ].filter(Boolean);
  const range = limits.length ? `${limits.join(", ")}.` : "";
  const upper = range && range[0].toUpperCase() + range.slice(1);
  if (step.kind === "date") return texts.step.day;
  if (step.kind === "text") return fill(texts.step.chars, { limit: step.limits.max_chars });
  if (step.kind === "money") return [texts.step.amount, upper].filter(Boolean).join(" ");
  const whole = integer && (range ? `${texts.step.whole}, ${range}` : `${texts.step.whole}.`);
  return whole || upper;
}

// ---- tables

function grid(step, value, parts, title) {
  const made = new Grid(step, value ?? [], parts);
  made.node.setAttribute("aria-describedby", "reply-problem");
  const dated = step.columns.some(({ kind }) => kind === "date") && el("p", { class: "quiet" }, parts.texts.step.day);
  return {
    node: el("div", { class: "stack" }, title, ...told(step, parts), dated, problem(), made.node),
    read: () => made.read(),
    mark: (about) => made.mark(about),
  };
}
