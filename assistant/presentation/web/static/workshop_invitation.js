// How people get in: address and code, a link, and a QR code to show on a screen.

import { copyable } from "./copyable.js";
import { button, el } from "./dom.js";
import { qr } from "./qr.js";
import { fill } from "./text.js";

export class Invitation {
  #parts;
  #ways = el("div", { class: "stack" });
  #problem = el("p", { class: "problem", role: "alert" });
  element;

  /** `parts`: {texts, say, storage, renew}; `renew()` gives a new {join_code, link, qr}. */
  constructor(parts) {
    this.#parts = parts;
    const { texts } = parts;
    const anew = el(
      "div",
      { class: "line" },
      el("div", {}, button("secondary", () => this.#renew(), texts.invite.anew)),
      el("p", { class: "quiet" }, texts.invite.anew_help),
      this.#problem,
    );
    this.element = el("div", { class: "stack" }, el("p", {}, texts.invite.help), this.#ways, anew);
    this.#show();
  }

  #show() {
    const { texts, say, storage } = this.#parts;
    const { join_code: code, link, qr: rows } = storage.read() ?? {};
    if (!code || !link) {
      this.#ways.replaceChildren(el("p", { class: "found" }, texts.invite.lost));
      return;
    }
    const address = link.replace(/#.*$/u, "");
    this.#ways.replaceChildren(
      el(
        "div",
        { class: "invitation" },
        Array.isArray(rows) ? qr(rows, fill(texts.invite.qr, { link: address })) : "",
        el(
          "div",
          { class: "stack" },
          el("div", { class: "line" }, el("p", { class: "label" }, texts.invite.address), el("p", { class: "big" }, address)),
          copyable({ label: texts.invite.code, text: code, words: texts, say, look: "code-shown big" }),
          copyable({ label: texts.invite.link, text: link, words: texts, say, look: "code-shown link-shown" }),
        ),
      ),
    );
  }

  async #renew() {
    const { texts, say, storage, renew } = this.#parts;
    this.#problem.textContent = "";
    try {
      const { join_code, link, qr: rows } = await renew();
      storage.write({ ...storage.read(), join_code, link, qr: rows });
      this.#show();
      say(texts.invite.made);
    } catch (error) {
      this.#problem.textContent = `${error.message} ${error.hint}`;
    }
  }
}
