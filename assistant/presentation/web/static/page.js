// The chat page and the widget's frame: reads what the server wrote into the page and joins the parts.

import { Announcer } from "./announce.js";
import { Api } from "./api.js";
import { Composer } from "./composer.js";
import { Controls } from "./controls.js";
import { Conversation } from "./conversation.js";
import { byId, show } from "./dom.js";
import { Frame } from "./frame.js";
import { Readiness } from "./readiness.js";
import { SourcePanel } from "./sources.js";
import { TabStorage } from "./storage.js";
import { Transcript } from "./transcript.js";

const { page, words } = JSON.parse(byId("page-data").textContent);
const notice = byId("notice");
const screen = {
  words,
  lang: page.lang,
  surface: page.surface,
  model: page.model,
  contact: page.contact,
  modes: page.modes ?? [],
};

paint(page.theme ?? {});

const storage = new TabStorage(page.site);
const api = new Api(words, page.lang, () => storage.read()?.token ?? null);
const conversation = new Conversation(api, storage, page.site, page.lang);
const announcer = new Announcer(byId("status"));
const readiness = new Readiness(api, screen);
const panel = new SourcePanel(conversation, screen, announcer);
const composer = new Composer({
  words: words.composer,
  limit: page.limits.question,
  voice: announcer,
  ask: (question) => transcript.ask(question),
  stop: () => transcript.stop(),
});
const transcript = new Transcript({
  conversation,
  screen,
  panel,
  announcer,
  readiness,
  composer,
  limits: page.limits,
  changed,
});
new Controls({
  conversation,
  transcript,
  announcer,
  words: words.controls,
  days: page.limits.days,
  begun: () => {
    panel.close();
    composer.focus();
  },
});
const frame = page.surface === "frame" ? framed() : null;

for (const node of document.querySelectorAll("[data-ask]")) {
  node.addEventListener("click", () => {
    if (transcript.busy) return;
    transcript.ask(node.textContent.trim());
    composer.focus();
  });
}

addEventListener("keydown", (event) => {
  if (event.key === "F6" && !event.shiftKey && !event.ctrlKey && !event.altKey && !event.metaKey) turnTo(event);
  if (event.key === "Escape" && !event.defaultPrevented && !event.isComposing) leave();
});

readiness.watch();
changed();
if (conversation.begun) await transcript.restore();
// the field opens only to somebody who has been told who answers
if (notice?.textContent.trim()) composer.enable();

/** Colours of the site that embeds us, checked for contrast by the server. */
function paint({ accent, accent_dark: dark }) {
  const colour = /^#[0-9a-f]{6}$/iu;
  if (!colour.test(accent ?? "") || !colour.test(dark ?? "") || !document.adoptedStyleSheets) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    `:root{--accent:${accent}}@media screen and (prefers-color-scheme:dark){:root{--accent:${dark}}}`,
  );
  document.adoptedStyleSheets = [sheet];
}

/** What depends on whether there is a conversation. */
function changed() {
  const empty = transcript.empty;
  show(byId("starters"), empty);
  show(byId("conversation-tools"), !empty && !transcript.busy, byId("question"));
  document.body.toggleAttribute("data-begun", !empty);
  for (const node of document.querySelectorAll("[data-stored]")) node.hidden = !conversation.begun;
  if (!empty && !transcript.busy) notice.open = false;
}

/** F6: field → newest answer → open source → field. */
function turnTo(event) {
  event.preventDefault();
  const at = document.activeElement;
  if (at === byId("question") && transcript.focusLast()) return;
  if (panel.isOpen && !byId("source").contains(at)) panel.focus();
  else composer.focus();
}

function leave() {
  if (panel.isOpen) panel.close();
  else frame?.close();
}

function framed() {
  const host = page.host || location.ancestorOrigins?.[0] || "";
  if (!host || parent === window) {
    byId("close").hidden = true;
    return null;
  }
  const made = new Frame(host, () => byId("title").focus());
  byId("close").addEventListener("click", () => made.close());
  return made;
}
