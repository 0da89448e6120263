// A code or an address to be written down or copied.

import { button, el } from "./dom.js";

/** A text with a button that copies it; `words`: {copy, copied, by_hand}. `titled`: the label already stands above. */
export function copyable({ label, help = "", text, words, say, look = "code-shown", titled = false }) {
  const told = el("span", { class: "quiet" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      told.textContent = words.copied;
      say(words.copied);
    } catch {
      told.textContent = words.by_hand;
      say(words.by_hand);
    }
  };
  const name = el("span", { class: "sr-only" }, `: ${label}`);
  return el(
    "div",
    { class: "line" },
    titled ? null : el("p", { class: "label" }, label),
    help ? el("p", { class: "quiet" }, help) : null,
    el("div", { class: "entry" }, el("p", { class: look }, text), button("secondary", copy, words.copy, name), told),
  );
}
