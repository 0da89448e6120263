// Where respondents come in: a code to join by, typed or from the link's "#", becomes a run of their own.

import { Announcer } from "./announce.js";
import { Api } from "./api.js";
import { CodeStorage, codeForm, tidied } from "./codes.js";
import { copyable } from "./copyable.js";
import { byId, el } from "./dom.js";
import { fill } from "./text.js";

const { page, words } = JSON.parse(byId("page-data").textContent);
const texts = words.workshops.join;
const api = new Api(words, page.lang, () => null);
const JOINED = "assistant-joined";
const announcer = new Announcer(byId("status"));

fromLink();
addEventListener("hashchange", fromLink); // a second link in the same tab
codeForm(byId("join"), texts, async (code) => enter(await joined(code)));

/** The code of a link goes into the field, and out of the address that others may see. */
function fromLink() {
  const code = tidied(decode(location.hash.slice(1)));
  if (!code) return;
  byId("code").value = code;
  history.replaceState(null, "", location.pathname + location.search);
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** A run of one's own; the same one for a second click or a reload in this tab. */
async function joined(joining) {
  const before = read();
  if (before?.joining === joining) {
    try {
      await new Api(words, page.lang, () => before.code).get("/session");
      return before;
    } catch (error) {
      if (error.code !== "run_missing") throw error;
    }
  }
  const made = await api.post("/workshop/join", { join_code: joining, lang: page.lang });
  try {
    sessionStorage.setItem(JOINED, JSON.stringify({ joining, code: made.code, mode: { id: made.mode.id, title: made.mode.title }, lang: made.lang }));
  } catch {
    // joining again would be somebody new
  }
  return made;
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(JOINED) ?? "null");
  } catch {
    return null;
  }
}

/** The code of their own, to write down; then the questions. */
function enter({ code, mode, lang }) {
  const kept = new CodeStorage(mode.id).write(code);
  const title = el("h1", { tabindex: "-1" }, texts.done);
  byId("in").replaceChildren(
    title,
    el("p", { class: "lead" }, fill(texts.mode, { title: mode.title })),
    copyable({ label: texts.code, help: texts.code_help, text: code, words: words.workshops, say: (text) => announcer.say(text) }),
    ...(kept ? [] : [el("p", { class: "found" }, texts.no_memory)]),
    el("p", {}, el("a", { class: "primary link-button", href: `/tryby/${encodeURIComponent(mode.id)}?lang=${lang}` }, texts.on)),
  );
  byId("door").hidden = true;
  byId("in").hidden = false;
  title.focus();
}
