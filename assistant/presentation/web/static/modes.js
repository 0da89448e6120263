// The list of guided modes: the way back to one's work by its code.

import { Api } from "./api.js";
import { CodeStorage, codeForm } from "./codes.js";
import { byId } from "./dom.js";

const { page, words } = JSON.parse(byId("page-data").textContent);

codeForm(byId("resume"), words.resume, async (code) => {
  const { mode, lang } = await new Api(words, page.lang, () => code).get("/session");
  if (!new CodeStorage(mode.id).write(code)) throw new Error(words.resume.no_memory);
  location.assign(`/tryby/${encodeURIComponent(mode.id)}?lang=${lang}`);
});
