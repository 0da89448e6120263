// A guided mode: from its first page through one step at a time to the report.

import { Announcer } from "./announce.js";
import { Api } from "./api.js";
import { codeCard, eraser, folded, progressLine, sectionList } from "./around.js";
import { Aside } from "./aside.js";
import { CodeStorage, codeForm } from "./codes.js";
import { Conversation } from "./conversation.js";
import { byId, button, el, isolated } from "./dom.js";
import { finishPage, reviewPage } from "./outcome.js";
import { SourcePanel } from "./sources.js";
import { StepForm } from "./step.js";
import { TabStorage } from "./storage.js";
import { fill } from "./text.js";
import { Work } from "./work.js";

const { page, words } = JSON.parse(byId("page-data").textContent);
const texts = words.modes;
const screen = { words, lang: page.lang, surface: "mode", model: null, contact: page.contact, modes: [] };
const codes = new CodeStorage(page.mode);
const work = new Work(new Api(words, page.lang, () => codes.read()), codes);
const asking = new Api(words, page.lang, () => null);
const announcer = new Announcer(byId("status"));
const say = (...parts) => announcer.say(...parts);
const panel = new SourcePanel(new Conversation(asking, new TabStorage("mode"), "", page.lang), screen, announcer);
const drafts = new Map(); // by step, what was typed and not sent
let view = null; // the step on the screen
let form = null;
let reviewing = false; // a step was opened from the review and leads back there
const aside = new Aside({ api: asking, screen, panel, say, lang: () => view?.lang ?? page.lang });

byId("begin").addEventListener("click", () => begin());
byId("begin").disabled = false;
codeForm(byId("resume"), texts.resume, async (code) => {
  const found = await work.open(code);
  if (found.mode.id === page.mode) return show(found);
  new CodeStorage(found.mode.id).write(code);
  codes.forget();
  location.assign(`/tryby/${encodeURIComponent(found.mode.id)}?lang=${found.lang}`);
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing && panel.isOpen) panel.close();
});
addEventListener("popstate", (event) => go(event.state?.at ?? "", false));

if (work.code) await resume();

// ---- beginning and coming back

async function begin() {
  const node = byId("begin");
  if (node.getAttribute("aria-disabled") === "true") return;
  if (work.code) return resume(); // it only could not be reached before
  node.setAttribute("aria-disabled", "true");
  byId("begin-problem").textContent = "";
  try {
    const first = await work.begin(page.mode, page.lang);
    const title = el("h1", { tabindex: "-1" }, texts.code.heading);
    const on = button("primary large", () => show(first), texts.code.go_on);
    open(title, el("div", { class: "stack" }, title, codeCard(work.code, texts, say, texts.code.first), el("div", {}, on)));
  } catch (error) {
    byId("begin-problem").textContent = `${error.message} ${error.hint}`;
  } finally {
    node.setAttribute("aria-disabled", "false");
  }
}

async function resume() {
  try {
    await show(await work.view(history.state?.at?.startsWith("step:") ? history.state.at.slice(5) : ""), false);
  } catch (error) {
    lost(error);
  }
}

/** Back to the first page; a run that is gone says so there. */
function lost(error) {
  if (error.code === "run_missing") work.forget();
  for (const id of ["work", "aside", "tools"]) byId(id).hidden = true;
  byId("start").hidden = false;
  byId("begin-problem").textContent = [error.message, error.hint].filter(Boolean).join(" ");
  byId("title").focus();
}

// ---- moving

/** To a place: "step:ID", "review", "finish", "" for the next open question. `anew` adds to the tab's history. */
async function go(at, anew = true) {
  if (!work.code) return;
  leave();
  try {
    if (at === "review") return await review(anew);
    if (at === "finish") return await finish(anew);
    await show(await work.view(at.startsWith("step:") ? at.slice(5) : ""), anew);
  } catch (error) {
    if (error.code === "run_missing") return lost(error);
    trouble(error);
  }
}

/** Says what went wrong where the person is. */
function trouble(error) {
  if (form) return form.refuse(error);
  byId("work").querySelector(".stray")?.remove();
  byId("work").append(el("p", { class: "problem stray", role: "alert" }, `${error.message} ${error.hint ?? ""}`));
}

/** Keeps what was typed and not sent. */
function leave() {
  if (!form) return;
  const { draft } = form;
  if (draft) drafts.set(view.step.id, draft);
  else drafts.delete(view.step.id);
}

function mark(at, anew) {
  if (anew && history.state?.at !== at) history.pushState({ at }, "");
  else history.replaceState({ at }, "");
}

/** Puts a page of ours on the screen and the focus on its title. */
function open(title, node, tools = null) {
  panel.close();
  byId("start").hidden = true;
  byId("work").hidden = false;
  byId("work").replaceChildren(node);
  byId("tools").hidden = tools === null;
  byId("tools").replaceChildren(...(tools ?? []));
  aside.show(tools !== null && view?.step);
  aside.clear();
  scrollTo(0, 0);
  title.focus({ preventScroll: true });
}

// ---- one step

async function show(next, anew = true) {
  view = next;
  form = null;
  if (!view.step) return finish(anew, changes(view.forgotten));
  mark(`step:${view.step.id}`, anew);
  const parts = { texts, lang: view.lang, page: page.lang, say };
  form = new StepForm(view, drafts.get(view.step.id), parts, {
    next: (value, note) => send(() => work.reply(view.step.id, value, note)),
    absent: (kind, note) => send(() => work.absent(view.step.id, kind, note)),
    back: () => go(`step:${view.previous}`),
    source: (section, origin) => panel.section(section, origin),
  });
  open({ focus: () => form.focus() }, el("div", { class: "stack" }, progressLine(view.progress, texts), ...news(), form.node), tools());
}

async function send(order) {
  const at = view.step.id;
  try {
    const next = await order();
    drafts.delete(at);
    for (const { id } of next.forgotten) drafts.delete(id);
    const back = reviewing && !next.forgotten.length;
    reviewing = false;
    form = null;
    if (back) return await review();
    await show(next);
    say(texts.step.saved);
  } catch (error) {
    if (error.code === "run_missing") return lost(error);
    if (error.about?.reason !== "not_asked") return trouble(error);
    drafts.delete(at);
    form = null;
    await go("", false);
    byId("work").prepend(el("p", { class: "found", role: "alert" }, texts.step.changed));
  }
}

/** What changed beside the question: replies that no longer hold, a newer version. */
function news() {
  const told = changes(view.forgotten);
  if (view.newer) {
    told.push(
      folded(
        fill(texts.work.newer, { edition: view.newer.edition }),
        el("p", {}, texts.work.newer_help),
        button("secondary", () => migrate(), texts.work.migrate),
      ),
    );
  }
  return told;
}

function changes(forgotten) {
  if (!forgotten.length) return [];
  const list = el("ul", { class: "forgotten" }, ...forgotten.map(({ text }) => el("li", {}, isolated(text))));
  return [el("div", { class: "found", role: "alert" }, el("p", {}, texts.step.forgotten), list)];
}

async function migrate() {
  leave();
  try {
    await show(await work.migrate());
    say(texts.work.migrated);
  } catch (error) {
    trouble(error);
  }
}

function tools() {
  const date = new Intl.DateTimeFormat(page.lang === "en" ? "en-GB" : page.lang, { dateStyle: "long" });
  return [
    sectionList(view, texts, (step) => go(`step:${step}`)),
    folded(texts.code.heading, codeCard(work.code, texts, say)),
    el(
      "div",
      { class: "row" },
      button("quiet-button", () => go("review"), texts.work.review),
      button("quiet-button", () => go("finish"), texts.work.finish),
    ),
    el("p", { class: "quiet" }, fill(texts.work.expires, { date: date.format(new Date(view.expires_at)) })),
    el("div", { class: "row" }, ender(), eraser(texts, erase)),
  ];
}

/** For a computer that others use too: the tab forgets the code, the server keeps the work. */
function ender() {
  const end = () => {
    work.forget();
    empty();
    say(texts.work.ended);
  };
  return button("quiet-button", end, texts.work.end);
}

/** The first page again, without anything of the work. */
function empty() {
  drafts.clear();
  view = form = null;
  history.replaceState(null, "");
  byId("work").replaceChildren();
  byId("tools").replaceChildren();
  aside.clear();
  lost({ code: "", message: "" });
}

// ---- the whole

async function review(anew = true) {
  const found = await work.review();
  form = null;
  mark("review", anew);
  const { title, node } = reviewPage(found, texts, page.lang, (step) => {
    reviewing = true;
    go(`step:${step}`);
  });
  const on = el(
    "div",
    { class: "row apart" },
    button("primary", () => go("finish"), texts.work.finish),
    !found.finished && button("secondary", () => go(""), texts.work.back),
  );
  view = null;
  node.append(on);
  open(title, node, [folded(texts.code.heading, codeCard(work.code, texts, say)), el("div", {}, ender())]);
}

async function finish(anew = true, told = []) {
  const found = await work.review();
  form = null;
  view = null;
  mark("finish", anew);
  const { title, node } = finishPage(found, {
    texts,
    lang: page.lang,
    formats: page.formats,
    code: work.code,
    say,
    save,
    erase,
    go,
  });
  title.after(...told);
  open(title, node, [folded(texts.code.heading, codeCard(work.code, texts, say)), el("div", {}, ender())]);
}

async function save(format, earlier) {
  const { blob, name } = await work.report(format, earlier);
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name ?? `${page.mode}.${format}` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

async function erase() {
  await work.erase();
  empty();
  say(texts.erase.done);
}
