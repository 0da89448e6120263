// The facilitator's page: set a workshop up or come back to it.

import { Announcer } from "./announce.js";
import { Api } from "./api.js";
import { codeForm } from "./codes.js";
import { byId } from "./dom.js";
import { fill } from "./text.js";
import { Desk } from "./workshop_desk.js";
import { WorkshopStorage } from "./workshop_storage.js";

const { page, words } = JSON.parse(byId("page-data").textContent);
const texts = words.workshops;
const storage = new WorkshopStorage();
const api = new Api(words, page.lang, () => storage.read()?.code ?? null);
const announcer = new Announcer(byId("status"));
const say = (text) => announcer.say(text);
let desk = null; // the workshop on the screen

byId("begin")?.addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
codeForm(byId("resume"), texts.resume, async (code) => {
  const before = storage.read();
  storage.write({ code });
  try {
    open(await api.get("/workshop"), true);
  } catch (error) {
    if (before) storage.write(before);
    else storage.forget();
    throw error;
  }
});
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) desk?.look();
});

if (storage.read()) await resume();

async function begin() {
  const form = byId("begin");
  const problem = byId("begin-problem");
  const title = byId("name").value.trim();
  const least = Number(byId("least").value.trim());
  const limits = { least: page.least, most: page.most };
  const wrong = (field, text) => {
    problem.textContent = text;
    byId(field).setAttribute("aria-invalid", "true");
    byId(field).focus();
  };
  for (const field of ["name", "least"]) byId(field).removeAttribute("aria-invalid");
  problem.textContent = "";
  if (!title) return wrong("name", texts.begin.empty);
  if (!Number.isInteger(least) || least < page.least || least > page.most) {
    return wrong("least", fill(texts.begin.number, limits));
  }
  if (form.hasAttribute("aria-busy")) return;
  form.setAttribute("aria-busy", "true");
  try {
    const made = await api.post("/workshops", { dialogue: byId("mode").value, title, lang: page.lang, least });
    storage.write({ code: made.code, join_code: made.join_code, link: made.link, qr: made.qr });
    form.reset();
    open(made.workshop, true);
  } catch (error) {
    problem.textContent = `${error.message} ${error.hint}`;
  } finally {
    form.removeAttribute("aria-busy");
  }
}

async function resume() {
  try {
    open(await api.get("/workshop"), false);
  } catch (error) {
    if (error.code === "workshop_missing") storage.forget();
    else byId("code").value = storage.read()?.code ?? "";
    byId("code-problem").textContent = [error.message, error.hint].filter(Boolean).join(" ");
  }
}

function open(workshop, focused) {
  desk?.leave();
  desk = new Desk({ workshop, api, texts, lang: page.lang, say, code: storage.read().code, storage, close });
  byId("start").hidden = true;
  byId("desk").replaceChildren(desk.element);
  byId("desk").hidden = false;
  if (focused) desk.focus();
  desk.look();
}

/** Back to the first page. */
function close(said) {
  desk?.leave();
  desk = null;
  storage.forget();
  byId("desk").hidden = true;
  byId("desk").replaceChildren();
  byId("start").hidden = false;
  byId("title").focus();
  say(said);
}
