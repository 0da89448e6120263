// What a person may do with the whole conversation: print it, keep a copy, begin anew, erase it.

import { button, byId, el } from "./dom.js";
import { fill } from "./text.js";

/** `parts`: {conversation, transcript, announcer, words, days, begun}; `begun` is called for an empty page. */
export class Controls {
  #parts;
  #confirm = byId("confirm");

  constructor(parts) {
    this.#parts = parts;
    byId("print").addEventListener("click", () => print());
    for (const node of document.querySelectorAll("[data-export]")) {
      node.addEventListener("click", () => this.#save(node.dataset.export));
    }
    byId("renew").addEventListener("click", () => this.#askNew());
    byId("erase").addEventListener("click", () => this.#askErase());
  }

  async #save(format) {
    const { conversation, announcer, words } = this.#parts;
    try {
      const { blob, name } = await conversation.export(format);
      const url = URL.createObjectURL(blob);
      el("a", { href: url, download: name ?? `${words.file}.${format}` }).click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
      announcer.say(words.saved);
      this.#tell("");
    } catch (error) {
      this.#tell(error.message);
    }
  }

  #askNew() {
    const { conversation, transcript, words, days, announcer, begun } = this.#parts;
    const anew = () => {
      conversation.forget();
      transcript.clear();
      this.#close();
      announcer.say(words.renewed);
      begun();
    };
    if (!conversation.begun) return anew();
    return this.#question(byId("renew"), fill(words.renew_question, { days }), [
      [words.renew_keep, "secondary", anew],
      [words.renew_erase, "danger", () => this.#erase(words.renewed)],
    ]);
  }

  #askErase() {
    const { words } = this.#parts;
    this.#question(byId("erase"), words.erase_question, [[words.erase_yes, "danger", () => this.#erase(words.erased)]]);
  }

  async #erase(said) {
    const { conversation, transcript, announcer, begun } = this.#parts;
    transcript.stop();
    try {
      await conversation.erase();
    } catch (error) {
      return this.#tell(`${error.message} ${error.hint}`);
    }
    transcript.clear();
    this.#close();
    announcer.say(said);
    return begun();
  }

  /** A question in the page itself, not over it; focus goes to it and comes back to `origin`. */
  #question(origin, text, answers) {
    const title = el("p", { id: "confirm-text", tabindex: "-1" }, text);
    const back = () => {
      this.#close();
      origin.focus();
    };
    this.#confirm.replaceChildren(
      title,
      el(
        "div",
        { class: "row" },
        ...answers.map(([label, look, act]) => button(look, act, label)),
        button("quiet-button", back, this.#parts.words.back),
      ),
      el("p", { class: "problem", role: "alert" }),
    );
    this.#confirm.hidden = false;
    this.#confirm.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      back();
    };
    title.focus();
  }

  #tell(text) {
    const place = this.#confirm.querySelector(".problem");
    if (!this.#confirm.hidden && place) place.textContent = text;
    else byId("control-problem").textContent = text;
  }

  #close() {
    this.#confirm.hidden = true;
    this.#confirm.replaceChildren();
  }
}
