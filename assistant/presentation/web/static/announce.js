// What screen readers hear while the page works: one polite voice that never speaks twice within GAP, and at most
// BUDGET times about one answer.

const GAP = 700; // milliseconds; the promise is 500
const BUDGET = 3;
const SOON = 500; // milliseconds of work that need no announcement: what comes of it is one

export class Announcer {
  #node;
  #last = -Infinity;
  #waiting = null;
  #timer = null;

  constructor(node) {
    this.#node = node;
  }

  /** Says the parts (texts or elements); what still waits to be said is replaced by what is newer. */
  say(...parts) {
    this.#plan(parts, 0);
  }

  /** A voice for one answer: the last word is always said, words on the way only while the budget lasts. */
  about() {
    let left = BUDGET;
    return {
      onTheWay: (...parts) => {
        if (left <= 1) return;
        left -= 1;
        this.#plan(parts, SOON);
      },
      lastly: (...parts) => {
        if (left <= 0) return;
        left = 0;
        this.say(...parts);
      },
      // an alert speaks for itself, and not while something else is said
      alerted: () => {
        left = 0;
        clearTimeout(this.#timer);
        this.#timer = null;
      },
    };
  }

  #plan(parts, delay) {
    this.#waiting = parts;
    if (this.#timer !== null) return;
    this.#timer = setTimeout(() => this.#speak(), Math.max(delay, this.#last + GAP - performance.now()));
  }

  #speak() {
    const said = this.#node.textContent;
    this.#timer = null;
    this.#last = performance.now();
    this.#node.replaceChildren(...this.#waiting);
    // the same words twice are no change, which nobody would hear
    if (this.#node.textContent === said) this.#node.append("\u00a0");
  }
}
