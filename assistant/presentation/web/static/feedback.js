// What a person may do with a finished answer: copy it with its sources, say whether it helped.

import { button, el, show } from "./dom.js";
import { icon } from "./icons.js";
import { answerText, fill } from "./text.js";

/**
 * The row under an answer. `voice` announces, `rate(rating, comment)` sends; without a message id nothing can be
 * rated. `rating` is what the person said before.
 */
export function answerTools({ answer, title, rating, words, limit, voice, rate }) {
  const tools = el("div", { class: "tools" });
  tools.append(copyButton(tools, answer, title, words, voice));
  if (answer.message) tools.append(...ratingForm(rating, words.feedback, limit, voice, rate));
  return tools;
}

function copyButton(tools, answer, title, { copy: words, ...others }, voice) {
  const text = answerText(answer, title, others);
  const name = answer.citations.length ? words.with_sources : words.only;
  const label = el("span", {}, name);
  const node = button("quiet-button", async () => {
    const copied = await copy(text, tools, words.by_hand);
    voice.say(copied ? words.copied : words.by_hand);
    if (!copied) return;
    label.textContent = words.done;
    setTimeout(() => (label.textContent = name), 4000);
  });
  node.append(icon("copy"), label);
  return node;
}

/** Puts the text on the clipboard; where that is forbidden shows it selected, to be copied by hand. */
async function copy(text, tools, advice) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    tools.querySelector(".by-hand")?.remove();
    const kept = el("textarea", { readonly: true, rows: 6 });
    kept.value = text;
    tools.append(el("label", { class: "by-hand" }, el("span", {}, advice), kept));
    kept.focus();
    kept.select();
    return false;
  }
}

function ratingForm(given, words, limit, voice, rate) {
  const told = el("p", { class: "quiet told", tabindex: "-1", hidden: !given }, given ? words.given[given] : "");
  const form = commentForm(words, limit, async (rating, comment) => {
    await rate(rating, comment);
    close(rating);
  });
  const open = button("quiet-button", () => {
    const opening = form.hidden;
    open.setAttribute("aria-expanded", String(opening));
    show(form, opening, open);
    if (opening) form.querySelector("input").focus();
  }, words.report);
  open.setAttribute("aria-expanded", "false");
  const helped = button("quiet-button", async () => {
    try {
      await rate("helpful", "");
      close("helpful");
    } catch (error) {
      told.hidden = false;
      told.textContent = error.message;
      voice.say(error.message);
    }
  }, words.helpful);
  const question = el("span", { class: "quiet", "aria-hidden": "true" }, words.question);
  const asked = el("div", { class: "asked", role: "group", "aria-label": words.question }, question, helped, open);

  function close(rating) {
    told.hidden = false;
    told.textContent = words.given[rating];
    open.setAttribute("aria-expanded", "false");
    show(form, false, told);
    voice.say(words.thanks);
  }
  return [asked, told, form];
}

function commentForm(words, limit, send) {
  const kinds = ["wrong_citation", "missing", "other"];
  const group = `rating-${Math.random().toString(36).slice(2)}`;
  const hint = `${group}-hint`;
  const comment = el("textarea", { id: `${group}-comment`, rows: 3, maxlength: limit, "aria-describedby": hint });
  const problem = el("p", { class: "problem", role: "alert" });
  const form = el(
    "form",
    { class: "comment", hidden: true, novalidate: true },
    el(
      "fieldset",
      {},
      el("legend", {}, words.what),
      ...kinds.map((kind) => {
        const radio = el("input", { type: "radio", name: group, value: kind });
        return el("label", { class: "radio" }, radio, el("span", {}, words.kinds[kind]));
      }),
    ),
    el("label", { class: "label", for: comment.id }, words.comment),
    el("p", { class: "quiet", id: hint }, fill(words.hint, { limit })),
    comment,
    problem,
    el("button", { type: "submit", class: "secondary" }, words.send),
  );
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = form.querySelector("input:checked");
    problem.textContent = chosen ? "" : words.choose;
    if (!chosen) return form.querySelector("input").focus();
    try {
      await send(chosen.value, comment.value.trim());
    } catch (error) {
      problem.textContent = error.message;
    }
  });
  return form;
}
