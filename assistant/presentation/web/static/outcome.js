// The two pages over the whole work: every reply with a way to change it, and what came of them.

import { eraser } from "./around.js";
import { tidied } from "./codes.js";
import { button, el, isolated } from "./dom.js";
import { radar } from "./radar.js";
import { fill } from "./text.js";

/** Every question with its reply, by part. `edit(step)` shows one. */
export function reviewPage(review, texts, lang, edit) {
  const title = el("h1", { tabindex: "-1" }, texts.review.heading);
  const foreign = review.lang === lang ? null : review.lang;
  const asked = ({ steps }) => steps.filter((step) => step.kind !== "info");
  const sections = review.sections.filter((section) => asked(section).length).map((section) =>
    el(
      "section",
      { class: "stack" },
      el("h2", { lang: foreign }, isolated(section.title)),
      el("dl", { class: "replies" }, ...asked(section).map((step) => reviewed(step, texts, foreign, edit))),
    ),
  );
  return { title, node: el("div", { class: "stack" }, title, ...sections) };
}

function reviewed({ id, text, reply }, texts, foreign, edit) {
  const lines = reply?.words ?? [];
  const absent = reply ? texts.absent[reply.absent] : texts.review.none;
  const said = lines.length
    ? lines.map((one) => el("p", { lang: foreign }, isolated(one)))
    : [el("p", { class: "quiet" }, absent ?? texts.review.none)];
  if (reply?.note) said.push(el("p", { class: "quiet" }, isolated(fill(texts.review.note, { note: reply.note }))));
  const change = button("quiet-button", () => edit(id), texts.review.edit);
  change.setAttribute("aria-label", fill(texts.review.edit_one, { question: text }));
  return el("div", {}, el("dt", { lang: foreign }, isolated(text)), el("dd", {}, ...said), el("dd", { class: "act" }, change));
}

/** Scores, the report in every format, deleting. `parts`: {texts, lang, formats, code, say, save, erase, go}. */
export function finishPage(review, parts) {
  const { texts, lang } = parts;
  const { answered, asked } = review.progress;
  const title = el("h1", { tabindex: "-1" }, texts.finish.heading);
  const state = review.finished ? texts.finish.done : fill(texts.finish.partial, { answered, asked });
  const node = el(
    "div",
    { class: "stack" },
    title,
    el("p", { class: "lead" }, state),
    el(
      "div",
      { class: "row apart" },
      !review.finished && button("primary", () => parts.go(""), texts.work.back),
      button("secondary", () => parts.go("review"), texts.work.review),
    ),
    review.results && scores(review.results, texts, lang),
    reports(parts),
    eraser(texts, parts.erase),
  );
  return { title, node };
}

function scores({ overall, band, dimensions }, texts, lang) {
  const { finish } = texts;
  const percent = new Intl.NumberFormat(lang, { style: "percent", maximumFractionDigits: 0 });
  const told = (score) => (score === null ? finish.unscored : percent.format(score));
  const row = (name, score, level, replies) =>
    el("tr", {}, el("th", { scope: "row" }, isolated(name)), ...[told(score), level, replies].map((one) => el("td", {}, one)));
  const heads = [finish.dimension, finish.score, finish.band, finish.replies];
  const table = el(
    "table",
    { class: "scores" },
    el("thead", {}, el("tr", {}, ...heads.map((one) => el("th", { scope: "col" }, one)))),
    el(
      "tbody",
      {},
      ...dimensions.map((one, at) => row(`${at + 1}. ${one.title}`, one.score, one.band, `${one.answered}/${one.asked}`)),
      row(finish.overall, overall, band, ""),
    ),
  );
  return el(
    "section",
    { class: "stack" },
    el("h2", {}, finish.scores),
    dimensions.length > 2 && radar(dimensions, finish.radar),
    el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": finish.scores }, table),
  );
}

function reports({ texts, formats, code, say, save }) {
  const { finish } = texts;
  const problem = el("p", { class: "problem", role: "alert" });
  const earlier = el("input", { class: "input code", id: "earlier", type: "text", maxlength: "60", autocomplete: "off" });
  earlier.setAttribute("aria-describedby", "earlier-help");
  const hidden = (name, value) => el("input", { type: "hidden", name, value });
  const compared = hidden("earlier", "");
  const read = el(
    "form",
    { method: "post", action: "/tryby/raport", target: "_blank", rel: "noopener" },
    hidden("code", code),
    compared,
    el("button", { type: "submit", class: "primary large" }, finish.open),
  );
  read.addEventListener("submit", () => {
    compared.value = tidied(earlier.value);
  });
  let busy = false;
  const take = (format, name) => {
    const node = button("secondary", async () => {
      if (busy) return;
      busy = true;
      problem.textContent = "";
      say(finish.making);
      node.setAttribute("aria-busy", "true");
      try {
        await save(format, tidied(earlier.value));
        say(finish.made);
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint ?? ""}`;
      } finally {
        busy = false;
        node.removeAttribute("aria-busy");
      }
    }, name);
    node.setAttribute("aria-label", `${finish.take}: ${name}`);
    node.dataset.format = format;
    return node;
  };
  return el(
    "section",
    { class: "stack", "aria-labelledby": "report-title" },
    el("h2", { id: "report-title" }, finish.report),
    read,
    el("p", { id: "take" }, `${finish.take}:`),
    el("div", { class: "row formats", role: "group", "aria-labelledby": "take" }, ...formats.map((one) => take(...one))),
    problem,
    el(
      "details",
      { class: "why" },
      el("summary", {}, finish.compare),
      el("p", { class: "quiet", id: "earlier-help" }, finish.compare_help),
      el("label", { class: "label", for: "earlier" }, finish.compare_label),
      earlier,
    ),
  );
}
