// The question field: sends with Enter, never loses focus or text, says how much room is left.

import { byId, show } from "./dom.js";
import { fill } from "./text.js";

const NEAR = 0.85; // share of the limit from which the counter is shown

export class Composer {
  #field = byId("question");
  #send = byId("send");
  #stop = byId("stop");
  #counter = byId("counter");
  #words;
  #limit;
  #voice;
  #busy = false;
  #warned = "";

  /** `ask(question)` and `stop()` are called for the buttons; `voice` says when the text gets too long. */
  constructor({ words, limit, voice, ask, stop }) {
    this.#words = words;
    this.#limit = limit;
    this.#voice = voice;
    this.#field.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(ask);
    });
    this.#field.addEventListener("keydown", (event) => {
      const modified = event.shiftKey || event.ctrlKey || event.altKey || event.metaKey;
      if (event.key !== "Enter" || modified || event.isComposing) return;
      event.preventDefault();
      this.#submit(ask);
    });
    this.#field.addEventListener("input", () => this.#measure());
    this.#stop.addEventListener("click", () => {
      stop();
      this.focus();
    });
  }

  enable() {
    this.#field.disabled = false;
    this.#send.setAttribute("aria-disabled", "false");
    this.#measure();
  }

  /** While an answer is under way the field stays as it is; only sending waits. */
  set busy(busy) {
    this.#busy = busy;
    this.#send.setAttribute("aria-disabled", String(busy));
    show(this.#stop, busy, this.#field);
  }

  get text() {
    return this.#field.value;
  }

  set text(text) {
    this.#field.value = text;
    this.#measure();
  }

  focus() {
    this.#field.focus();
  }

  #submit(ask) {
    const question = this.#field.value.trim();
    const length = [...this.#field.value].length;
    if (this.#busy) return this.#tell(this.#words.wait, false);
    if (!question) return this.#tell(this.#words.empty, true);
    if (length > this.#limit) return this.#tell(fill(this.#words.too_long, { limit: this.#limit }), true);
    this.text = "";
    ask(question);
  }

  #tell(text, wrong) {
    this.#counter.textContent = text;
    this.#counter.classList.toggle("problem", wrong);
    if (wrong) this.#field.setAttribute("aria-invalid", "true");
    this.#voice.say(text);
    this.focus();
  }

  #measure() {
    const left = this.#limit - [...this.#field.value].length;
    const near = left <= this.#limit * (1 - NEAR);
    const over = left < 0;
    const text = over ? fill(this.#words.over, { count: -left }) : near ? fill(this.#words.left, { count: left }) : "";
    this.#counter.textContent = text;
    this.#counter.classList.toggle("problem", over);
    if (over) this.#field.setAttribute("aria-invalid", "true");
    else this.#field.removeAttribute("aria-invalid");
    const state = over ? "over" : near ? "near" : "";
    if (state && state !== this.#warned) this.#voice.say(text);
    this.#warned = state;
    this.#grow();
  }

  #grow() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }
}
