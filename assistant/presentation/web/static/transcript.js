// The conversation on the screen: each question with its answer, its progress, or what went wrong.

import { contactNode } from "./contact.js";
import { button, byId, el, isolated } from "./dom.js";
import { answerTools } from "./feedback.js";
import { icon } from "./icons.js";
import { AnswerView } from "./render.js";
import { fill, momentText, shorten } from "./text.js";

const STILL = 10_000; // milliseconds until the page says that it goes on working
const PAUSE = 2000; // before an index that was not ready is asked again
const SPOKEN = 240; // characters of an answer that are read out when it is ready
const KEPT = new Set(["bad_request", "too_large", "question"]); // worth another look before it is sent again

export class Transcript {
  #parts;
  #log = byId("transcript");
  #running = null;
  #turns = [];

  /** `parts`: {conversation, screen, panel, announcer, readiness, composer, limits, changed}. */
  constructor(parts) {
    this.#parts = parts;
  }

  get empty() {
    return this.#turns.length === 0;
  }

  get busy() {
    return this.#running !== null;
  }

  ask(question) {
    const turn = this.#add(question, new Date());
    this.#run(turn);
  }

  stop() {
    this.#running?.abort();
  }

  /** Shows what was asked before the page was loaded again. */
  async restore() {
    const { conversation, screen } = this.#parts;
    try {
      const messages = (await conversation.restore()) ?? [];
      this.#log.replaceChildren();
      for (const { answer, asked_at: at, interrupted, rating } of messages) {
        const turn = this.#add(answer.question, new Date(at));
        turn.view = AnswerView.stored(screen, this.#actions, turn.title, answer);
        turn.slot.replaceChildren(turn.view.element);
        this.#finish(turn, answer, rating);
        if (interrupted) this.#interrupted(turn, screen.words.failure.interrupted, false);
      }
      this.#parts.changed();
    } catch (error) {
      const retry = button("secondary", () => this.restore(), screen.words.retry);
      this.#log.replaceChildren(failure(error, screen.words.failure.restore, retry));
    }
  }

  clear() {
    this.stop();
    this.#turns = [];
    this.#log.replaceChildren();
    this.#parts.changed();
  }

  /** Puts the focus on the newest answer; false when there is none. */
  focusLast() {
    const heading = [...this.#log.querySelectorAll("h3")].at(-1);
    heading?.focus();
    return heading !== undefined;
  }

  // ---- one question

  #add(question, at) {
    const { screen } = this.#parts;
    const turn = {
      question,
      title: fill(screen.words.answer.title, { time: momentText(at, screen.lang) }),
      slot: el("div", { class: "slot" }),
      message: null,
      view: null,
    };
    const label = el("span", { class: "sr-only" }, `${screen.words.answer.question}: `);
    turn.asked = isolated(question);
    turn.node = el("div", { class: "turn" }, el("p", { class: "question" }, label, turn.asked), turn.slot);
    this.#log.append(turn.node);
    this.#turns.push(turn);
    return turn;
  }

  async #run(turn) {
    const { announcer, composer, screen } = this.#parts;
    const texts = screen.words;
    const control = new AbortController();
    const voice = announcer.about();
    const progress = el("p", { class: "progress" }, texts.stages.searching);
    this.#running = control;
    composer.busy = true;
    this.#parts.changed();
    turn.message = null;
    turn.view = new AnswerView(screen, this.#actions, turn.title);
    turn.view.element.setAttribute("aria-busy", "true");
    turn.slot.replaceChildren(turn.view.element, progress);
    voice.onTheWay(texts.said.working);
    const still = setTimeout(() => {
      progress.textContent = texts.stages.still;
      voice.onTheWay(texts.said.still);
    }, STILL);
    const release = this.#follow(turn);
    try {
      const answer = await this.#listen(turn, progress, control.signal, release.look);
      voice.lastly(...spoken(answer, texts));
    } catch (error) {
      this.#failed(turn, error, control.signal.aborted, voice);
    } finally {
      clearTimeout(still);
      release();
      progress.remove();
      turn.view.element.removeAttribute("aria-busy");
      if (this.#running === control) {
        this.#running = null;
        composer.busy = false;
      }
      this.#parts.changed();
    }
  }

  /** Takes the events of the answer; waits for the handbooks when they are not ready yet. */
  async #listen(turn, progress, signal, look) {
    const { conversation, readiness, screen } = this.#parts;
    for (;;) {
      try {
        for await (const { event, data } of conversation.ask(turn.question, signal)) {
          const answer = this.#take(turn, event, data, progress);
          look();
          if (answer) return answer;
        }
        throw Object.assign(new Error(), { code: "broken", ...screen.words.errors.broken });
      } catch (error) {
        if (error.code !== "preparing" || turn.view.begun) throw error;
        progress.textContent = screen.words.preparing.pending;
        await pause(PAUSE, signal);
        await readiness.whenReady(signal);
      }
    }
  }

  #take(turn, event, data, progress) {
    const { words: texts } = this.#parts.screen;
    const { view } = turn;
    if (event === "status") progress.textContent = texts.stages[data.stage] ?? texts.stages.searching;
    else if (event === "opening") {
      turn.message = data.message;
      const read = isolated(data.question); // as it was read and stored: without identifiers
      turn.asked.replaceWith(read);
      turn.asked = read;
      view.opening(data);
    } else if (event === "citation") view.citation(data);
    else if (event === "sentence") {
      progress.textContent = texts.stages.writing;
      view.sentence(data);
    } else if (event === "renewed") this.#renewed(turn);
    else if (event === "unsaved") turn.node.append(el("p", { class: "quiet" }, texts.unsaved));
    else if (event === "done") {
      view.done(data);
      this.#finish(turn, data, null);
      return data;
    }
    return null;
  }

  #finish(turn, answer, rating) {
    const { conversation, screen, announcer, limits } = this.#parts;
    turn.view.element.append(
      answerTools({
        answer,
        title: turn.title,
        rating,
        words: screen.words,
        limit: limits.comment,
        voice: announcer,
        rate: (given, comment) => conversation.rate(answer.message, given, comment),
      }),
    );
  }

  // ---- what may go wrong

  #failed(turn, error, stopped, voice) {
    const { conversation, screen, composer } = this.#parts;
    const texts = screen.words;
    if (typeof error.code !== "string") error = { code: "broken", ...texts.errors.broken }; // an engine's own words
    if (!stopped) voice.alerted();
    if (turn.message) conversation.stopped(turn.message).catch(() => {}); // the server notices a broken stream by itself
    if (turn.view.begun) {
      this.#interrupted(turn, stopped ? texts.failure.stopped : `${texts.failure.interrupted} ${error.message}`, !stopped);
      if (stopped) voice.lastly(texts.said.stopped);
      return;
    }
    if (stopped) {
      turn.slot.replaceChildren(el("p", { class: "quiet" }, texts.failure.nothing), this.#retry(turn, null));
      voice.lastly(texts.said.stopped);
      return;
    }
    if (KEPT.has(error.code) && !composer.text) composer.text = turn.question;
    const node = failure(error, texts.failure.heading, this.#retry(turn, error.wait));
    if (error.code === "switched_off") {
      node.lastChild.before(contactNode(screen));
      this.#parts.readiness.watch();
    }
    turn.slot.replaceChildren(node);
  }

  /** What came stays and says that it is not the whole; `news` when the person could not know. */
  #interrupted(turn, text, news) {
    const { retry } = this.#parts.screen.words;
    turn.view.element.append(
      el(
        "div",
        { class: "interrupted" },
        el("p", { role: news && "alert" }, icon("interrupted"), text),
        button("secondary", () => this.#again(turn.question), retry),
      ),
    );
  }

  #again(question) {
    if (this.busy) return;
    this.ask(question);
    this.#parts.composer.focus();
  }

  /** A button that asks the same again, counting down for the eye while it is too early. */
  #retry(turn, wait) {
    const { announcer, composer, screen } = this.#parts;
    const count = el("span", { "aria-hidden": "true" });
    const node = button("secondary", () => {
      if (node.getAttribute("aria-disabled") === "true" || this.busy) return;
      this.#run(turn);
      composer.focus();
    }, screen.words.retry, count);
    let left = wait ?? 0;
    const tick = () => {
      count.textContent = left > 0 ? ` (${fill(screen.words.retry_in, { seconds: left })})` : "";
      node.setAttribute("aria-disabled", String(left > 0));
      if (left <= 0) return wait && node.isConnected && announcer.say(screen.words.retry_now);
      left -= 1;
      setTimeout(tick, 1000);
    };
    tick();
    return node;
  }

  /** The visit had ended: what is above belongs to a conversation that can be neither rated nor erased from here. */
  #renewed(turn) {
    for (const earlier of this.#turns) {
      if (earlier !== turn) earlier.node.querySelectorAll(".asked, .told, .comment").forEach((node) => node.remove());
    }
    turn.node.before(el("p", { class: "divider" }, this.#parts.screen.words.renewed));
  }

  // ---- scrolling

  /** Keeps the question at the top while its answer grows, until the person scrolls. */
  #follow(turn) {
    const pane = byId("pane");
    const scroller = getComputedStyle(pane).overflowY === "auto" ? pane : document.scrollingElement;
    const top = scroller === pane ? pane.getBoundingClientRect().top : 0;
    let following = true;
    const leave = () => (following = false);
    const signs = ["wheel", "touchmove", "pointerdown"];
    for (const sign of signs) addEventListener(sign, leave, { passive: true });
    const release = () => signs.forEach((sign) => removeEventListener(sign, leave));
    release.look = () => {
      if (following) scroller.scrollTop += turn.node.getBoundingClientRect().top - top - 12;
    };
    release.look();
    return release;
  }

  get #actions() {
    const { panel, composer } = this.#parts;
    return {
      cite: (citations, n, origin) => panel.cite(citations, n, origin),
      section: (suggestion, origin) => panel.section(suggestion, origin),
      ask: (question) => this.#again(question),
      fill: (question) => {
        composer.text = question;
        composer.focus();
      },
    };
  }
}

function failure(error, heading, retry) {
  const said = [error.message, error.hint].filter(Boolean).map((part) => el("p", {}, isolated(part)));
  const title = el("h3", { tabindex: "-1" }, icon("error"), heading);
  return el("div", { class: "failure", "data-code": error.code }, el("div", { role: "alert" }, title, ...said), retry);
}

/** What is read out when an answer is ready: that it is, and how it begins, in its own language. */
function spoken(answer, texts) {
  const [sentence] = answer.sentences;
  const first = sentence?.text ?? answer.opening;
  const cited = answer.citations.find((citation) => sentence?.citations.includes(citation.n));
  const lang = (sentence?.kind === "quoted" && cited?.language) || answer.lang;
  return [`${texts.said.ready} `, el("span", { lang }, shorten(first, SPOKEN))];
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
