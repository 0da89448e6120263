// What stands around a question: how far one is, and what one can do with the whole work.

import { button, el, isolated } from "./dom.js";
import { fill } from "./text.js";

/** How far: honest about questions that may still come. */
export function progressLine({ answered, asked, may_grow: grows }, texts) {
  const of = fill(texts.progress.of, { answered, asked });
  return el(
    "div",
    { class: "how-far" },
    el("progress", { max: String(asked), value: String(answered), "aria-label": texts.progress.bar }),
    el("p", { class: "quiet" }, grows && answered < asked ? `${of}, ${texts.progress.grow}` : of),
  );
}

/** The parts of a mode, each a way to its first open question. */
export function sectionList(view, texts, go) {
  const here = view.step?.section.id;
  const rows = view.progress.sections.map(({ id, title, answered, asked, start }) => {
    const node = button("link", () => go(start), isolated(title));
    if (id === here) node.setAttribute("aria-current", "step");
    const told = [fill(texts.progress.section, { answered, asked }), id === here && texts.progress.here];
    return el("li", {}, node, el("span", { class: "quiet" }, told.filter(Boolean).join(", ")));
  });
  return folded(texts.progress.sections, el("ol", { class: "parts" }, ...rows));
}

/** The code with a button that copies it. */
export function codeCard(code, texts, say, extra = "") {
  const shown = el("output", { class: "code-shown", tabindex: "-1" }, code);
  const note = el("p", { class: "quiet", role: "status" });
  const copy = button("secondary", async () => {
    try {
      await navigator.clipboard.writeText(code);
      say(texts.code.copied);
    } catch {
      getSelection()?.selectAllChildren(shown);
      note.textContent = texts.code.by_hand;
    }
  }, texts.code.copy);
  return el(
    "div",
    { class: "stack" },
    extra && el("p", {}, extra),
    el("div", { class: "entry" }, shown, copy),
    note,
    el("p", { class: "quiet" }, texts.code.help),
  );
}

export function folded(title, ...nodes) {
  return el("details", { class: "folded" }, el("summary", {}, title), ...nodes);
}

/** Asks whether to delete; `erase` does it and may throw. */
export function eraser(texts, erase) {
  const place = el("div", { class: "confirm", role: "group", "aria-labelledby": "erase-text", hidden: true });
  const open = button("quiet-button", () => ask(), texts.erase.ask);
  const close = () => {
    place.hidden = true;
    open.focus();
  };
  function ask() {
    const title = el("p", { id: "erase-text", tabindex: "-1" }, texts.erase.question);
    const problem = el("p", { class: "problem", role: "alert" });
    const yes = async () => {
      try {
        await erase();
      } catch (error) {
        problem.textContent = `${error.message} ${error.hint}`;
      }
    };
    const choice = [button("danger", yes, texts.erase.yes), button("secondary", close, texts.erase.back)];
    place.replaceChildren(title, el("div", { class: "row" }, ...choice), problem);
    place.hidden = false;
    place.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      close();
    };
    title.focus();
  }
  return el("div", { class: "erasing" }, open, place);
}
