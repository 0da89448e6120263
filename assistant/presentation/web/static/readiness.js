// Whether questions can be answered: the handbooks may still be read, or the operator may have closed the assistant.

import { ApiError } from "./api.js";
import { contactNode } from "./contact.js";
import { byId, el, isolated } from "./dom.js";
import { icon } from "./icons.js";

const SOON = 2000; // milliseconds between looks while the handbooks are prepared
const LATER = 15_000; // and while the assistant is switched off

export class Readiness {
  #api;
  #screen;
  #node = byId("state");
  #timer = null;
  #waiting = [];

  constructor(api, screen) {
    this.#api = api;
    this.#screen = screen;
  }

  /** Looks now, and again until questions can be answered. */
  async watch() {
    clearTimeout(this.#timer);
    let state;
    try {
      state = await this.#api.get("/state");
    } catch {
      state = { ready: true, open: true }; // a question will tell what is wrong
    }
    this.#show(state);
    if (state.ready && state.open) {
      for (const { resolve } of this.#waiting.splice(0)) resolve();
      return;
    }
    if (state.error) for (const { reject } of this.#waiting.splice(0)) reject(new ApiError(state.error));
    this.#timer = setTimeout(() => this.watch(), state.open && !state.error ? SOON : LATER);
  }

  /** Resolves when the handbooks are ready; rejects when they cannot be made so or `signal` says to wait no longer. */
  whenReady(signal) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      this.watch();
    });
  }

  #show(state) {
    const { preparing, off } = this.#screen.words;
    const key = JSON.stringify([state.open, state.ready, state.reason, state.error]);
    if (!state.open) {
      if (this.#node.dataset.key === key) return;
      this.#node.replaceChildren(
        el("h2", {}, icon("off"), off.heading),
        el("p", {}, isolated(state.reason || off.no_reason)),
        el("p", {}, off.help),
        contactNode(this.#screen),
      );
    } else if (!state.ready && state.error) {
      if (this.#node.dataset.key === key) return;
      this.#node.replaceChildren(
        el("h2", {}, icon("error"), preparing.failed),
        el("p", {}, isolated(state.error.message)),
        el("p", {}, isolated(state.error.hint)),
        contactNode(this.#screen),
      );
    } else if (!state.ready) {
      this.#progress(state, preparing, this.#node.dataset.key === key);
    } else {
      this.#node.replaceChildren();
    }
    this.#node.dataset.key = key;
  }

  #progress({ stage, done, total }, texts, same) {
    if (!same) {
      const bar = el("progress", { "aria-labelledby": "preparing-title" });
      const step = el("p", { class: "quiet" });
      this.#node.replaceChildren(el("h2", { id: "preparing-title" }, texts.heading), el("p", {}, texts.explain), bar, step);
    }
    const bar = this.#node.querySelector("progress");
    if (total > 0) {
      bar.max = total;
      bar.value = done;
    } else {
      bar.removeAttribute("value");
    }
    const name = texts.stages[stage] ?? "";
    this.#node.lastChild.textContent = total > 0 ? `${name} ${Math.floor((100 * done) / total)} %` : name;
  }
}
