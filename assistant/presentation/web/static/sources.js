// The source panel: the place a citation points to, with the quoted words marked. Beside the conversation where there
// is room, over it where there is not.

import { button, byId, el, isolated } from "./dom.js";
import { cells, fill, headingPath, languageText, numbered, pagesText, placeText, plain, quoteLines, sizeText } from "./text.js";

const NARROW = matchMedia("(max-width: 63.99rem)");
const LOST = new Set(["changed", "gone"]);

export class SourcePanel {
  #conversation;
  #screen;
  #voice;
  #node = byId("source");
  #body = byId("source-body");
  #title = byId("source-title");
  #behind = [...document.querySelectorAll("[data-behind]")];
  #origin = null;
  #list = [];
  #at = 0;
  #wanted = 0;

  constructor(conversation, screen, voice) {
    this.#conversation = conversation;
    this.#screen = screen;
    this.#voice = voice;
    byId("source-close").addEventListener("click", () => this.close());
    byId("source-back").addEventListener("click", () => this.#step(-1));
    byId("source-forward").addEventListener("click", () => this.#step(1));
    NARROW.addEventListener("change", () => this.#settle());
  }

  get isOpen() {
    return !this.#node.hidden;
  }

  /** Opens citation `n` of an answer's `citations`; focus comes back to `origin`. */
  cite(citations, n, origin) {
    this.#list = citations;
    this.#origin = origin;
    this.#open(Math.max(0, citations.findIndex((citation) => citation.n === n)));
    this.focus();
  }

  /** Opens a section that was suggested. */
  section(suggestion, origin) {
    this.#list = [{ ...suggestion, quote: suggestion.text }];
    this.#origin = origin;
    this.#open(0);
    this.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.#wanted += 1;
    this.#node.hidden = true;
    this.#settle();
    if (this.#origin?.isConnected) this.#origin.focus();
    else byId("question").focus();
  }

  focus() {
    this.#title.focus();
  }

  /** To the next or previous source; focus stays on the button, so the new place is said. */
  #step(by) {
    const at = this.#at + by;
    if (at < 0 || at >= this.#list.length) return;
    this.#open(at);
    this.#voice.say(`${this.#title.textContent}: ${placeText(this.#list[at], this.#screen.words)}`);
  }

  async #open(at) {
    const { panel } = this.#screen.words;
    const citation = this.#list[at];
    this.#at = at;
    this.#wanted += 1;
    const wanted = this.#wanted;
    this.#node.hidden = false;
    this.#settle();
    this.#title.textContent = citation.n
      ? fill(panel.title, { n: citation.n, count: this.#list.length })
      : panel.section;
    for (const [id, off] of [["source-back", at === 0], ["source-forward", at === this.#list.length - 1]]) {
      byId(id).setAttribute("aria-disabled", String(off));
      byId(id).hidden = this.#list.length === 1;
    }
    this.#body.replaceChildren(this.#head(citation, null), el("p", { class: "progress" }, panel.loading));
    this.#body.scrollTop = 0;
    try {
      const source = await this.#conversation.source(citation);
      if (wanted === this.#wanted) this.#show(citation, source);
    } catch (error) {
      if (wanted === this.#wanted) this.#failed(citation, error, at);
    }
  }

  /** Over the conversation the panel is a dialog and what is behind it cannot be reached; beside it, neither. */
  #settle() {
    const over = this.isOpen && NARROW.matches;
    document.body.toggleAttribute("data-source", this.isOpen);
    this.#node.setAttribute("role", over ? "dialog" : "complementary");
    if (over) this.#node.setAttribute("aria-modal", "true");
    else this.#node.removeAttribute("aria-modal");
    for (const node of this.#behind) node.inert = over;
  }

  #show(citation, source) {
    const { panel } = this.#screen.words;
    const lost = LOST.has(source.found);
    const empty = !citation.n && !source.segments.length;
    const said = empty ? panel.unseen : panel.found[source.found];
    this.#body.replaceChildren(
      this.#head(citation, source),
      ...(said ? [el("p", { class: `found ${source.found}` }, said)] : []),
      ...(lost && citation.n ? [this.#kept(citation)] : []),
      ...(source.segments.length ? [this.#section(citation, source)] : []),
      ...(source.file ? [this.#original(citation, source)] : []),
    );
    const mark = this.#body.querySelector(".marked");
    // by hand: scrollIntoView may also move the page around the frame
    if (mark) this.#body.scrollTop += mark.getBoundingClientRect().top - this.#body.getBoundingClientRect().top - 96;
  }

  #section(citation, source) {
    const language = source.document?.language || citation.language;
    const lang = language && language !== this.#screen.lang ? language : null;
    return el("div", { class: "segments", lang }, ...blocks(source.segments, this.#screen.words.panel));
  }

  #failed(citation, error, at) {
    const { retry } = this.#screen.words;
    this.#body.replaceChildren(
      this.#head(citation, null),
      el("p", { class: "found", role: "alert" }, `${error.message} ${error.hint}`),
      ...(citation.n ? [this.#kept(citation)] : []),
      button("secondary", () => this.#open(at), retry),
    );
  }

  #head(citation, source) {
    const { panel, place } = this.#screen.words;
    const now = source?.document ?? citation;
    const pages = pagesText(citation.path, source?.pages ?? citation.pages, this.#screen.words);
    const language = now.language && now.language !== this.#screen.lang && languageText(now.language, this.#screen.lang);
    const headings = source?.headings?.length ? source.headings : citation.headings;
    const facts = [
      [panel.edition, now.edition],
      [panel.state_of_law, now.state_of_law],
      [panel.page, pages],
      [panel.language, language],
      [panel.path, headingPath({ title: now.title, headings }).join(" › ")],
    ].filter(([, value]) => value);
    return el(
      "div",
      { class: "facts" },
      el("h3", {}, isolated(now.title ?? place.unnamed)),
      el("dl", {}, ...facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, isolated(value))))),
    );
  }

  /** The words as they were when they were quoted. */
  #kept(citation) {
    const { panel } = this.#screen.words;
    const mark = el("mark", { class: "marked" }, isolated(quoteLines(citation.quote).join("\n")));
    return el(
      "figure",
      {},
      el("figcaption", { class: "quiet" }, panel.kept),
      el("blockquote", { lang: citation.language || null }, mark),
    );
  }

  #original(citation, source) {
    const { words: texts, lang } = this.#screen;
    const { file } = source;
    const url = new URL(file.url, location.origin);
    if (url.origin !== location.origin) return "";
    const path = source.document?.path ?? citation.path ?? "";
    const kind = (/\.([a-z0-9]{1,5})$/iu.exec(path)?.[1] ?? texts.panel.file).toUpperCase();
    if (kind === "PDF" && file.page && !url.hash) url.hash = `page=${file.page}`;
    const page = pagesText(path, source.pages, texts);
    const name = [plain(source.document?.title ?? citation.title), page].filter(Boolean).join(", ");
    return el(
      "p",
      { class: "original" },
      el(
        "a",
        { href: url.href, target: "_blank", rel: "noopener noreferrer" },
        `${texts.panel.original}: ${name} (${kind}, ${sizeText(file.bytes, lang)}, ${texts.new_tab})`,
      ),
    );
  }
}

/** Segments as headings, paragraphs, lists and tables; consecutive ones of one block belong together. */
function blocks(segments, panel) {
  const found = [];
  for (const segment of segments) {
    const last = found.at(-1);
    if (last && last[0].block === segment.block && last[0].kind === segment.kind) last.push(segment);
    else found.push([segment]);
  }
  let announced = false;
  const marked = (segment, node) => {
    if (!segment.mark) return node;
    const first = !announced;
    announced = true;
    return el("mark", { class: "marked" }, first && el("span", { class: "sr-only" }, `${panel.quote}: `), node);
  };
  return found.flatMap((block) => blockNodes(block, marked, panel));
}

function blockNodes(block, marked, panel) {
  const [first, ...others] = block;
  if (first.kind === "heading") return block.map((one) => el("h4", {}, marked(one, isolated(one.text))));
  if (first.kind === "list") {
    const lead = others.length && first.text.trimEnd().endsWith(":");
    const items = lead ? others : block;
    const list = el(numbered(items[0].text) ? "ol" : "ul");
    for (const one of items) {
      const number = numbered(one.text);
      list.append(el("li", { value: number?.value }, marked(one, isolated(number ? number.rest : one.text))));
    }
    return lead ? [el("p", {}, marked(first, isolated(first.text))), list] : [list];
  }
  if (first.kind === "table") {
    const row = (one, cell) => {
      const scope = cell === "th" ? "col" : null;
      return el("tr", {}, ...cells(one.text).map((text) => el(cell, { scope }, marked(one, isolated(text)))));
    };
    const table = el("table", {}, others.length > 0 && el("thead", {}, row(first, "th")));
    table.append(el("tbody", {}, ...(others.length ? others : block).map((one) => row(one, "td"))));
    return [el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": panel.table }, table)];
  }
  const node = el("p");
  block.forEach((one, at) => node.append(at ? " " : "", marked(one, isolated(one.text))));
  return [node];
}
