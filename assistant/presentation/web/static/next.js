// What stands under an answer: where its words come from, its sources, what to do next.

import { contactNode } from "./contact.js";
import { button, el, isolated } from "./dom.js";
import { fill, headingPath, pagesText, plain, quoteLines } from "./text.js";

const UNSETTLED = new Set(["refer", "not_found", "out_of_scope", "partial"]);

/** Nodes for an answer; `screen` and `actions` as for an AnswerView. */
export function under(answer, screen, actions) {
  const next = [...readings(answer, screen, actions), ...sections(answer, screen, actions)];
  if (UNSETTLED.has(answer.status)) next.push(...modes(screen), ...adviser(answer, screen));
  return [
    ...origin(answer, screen),
    ...sources(answer, screen, actions),
    ...(next.length ? [el("div", { class: "next" }, ...next)] : []),
    ...offer(answer, screen),
  ];
}

/** A guided mode that fits the question, offered quietly; a frame opens it in a tab of its own. */
function offer({ mode }, { words, lang, surface }) {
  if (surface === "mode" || !/^[a-z][a-z0-9_]*$/u.test(mode?.id ?? "")) return [];
  const apart = surface === "frame" ? { target: "_blank", rel: "noopener" } : {};
  const text = fill(words.offer.link, { title: plain(mode.title) }) + (apart.target ? ` (${words.new_tab})` : "");
  return [el("p", { class: "offer" }, el("a", { href: `/tryby/${mode.id}?lang=${lang}`, ...apart }, text))];
}

function origin(answer, { words, lang, model }) {
  const foreign = answer.lang === lang ? null : answer.lang;
  const told = answer.notices.map((notice) => el("p", { class: "quiet", lang: foreign }, isolated(notice)));
  if (!answer.sentences.length) return told;
  const made = answer.sentences.some((sentence) => sentence.kind === "generated");
  const text = made ? fill(words.answer.generated, { model: model ?? answer.engine }) : words.answer.quoted;
  return [...told, el("p", { class: "quiet" }, text)];
}

/** Numbered sources under the title of their document; on paper with the words that were quoted. */
function sources({ citations }, screen, actions) {
  if (!citations.length) return [];
  const groups = new Map(citations.map((citation) => [citation.document_id, []]));
  for (const citation of citations) groups.get(citation.document_id).push(citation);
  const listed = [...groups.values()].map((group) => {
    const entries = group.map((one) => entry(one, screen, (from) => actions.cite(citations, one.n, from)));
    return el("li", {}, ...documentHead(group[0], screen.words.place), el("ol", {}, ...entries));
  });
  const list = el("ul", { class: "documents" }, ...listed);
  return [el("div", { class: "sources" }, el("h4", {}, screen.words.answer.sources), list)];
}

function documentHead({ title, edition, state_of_law: date }, place) {
  const dated = edition && el("span", { class: "quiet" }, ", ", isolated(fill(place.edition, { edition })));
  return [
    el("p", { class: "document" }, isolated(title), dated),
    date && el("p", { class: "paper" }, isolated(fill(place.state_of_law, { date }))),
  ];
}

function entry(citation, { words }, open) {
  const page = pagesText(citation.path, citation.pages, words);
  const near = [page, headingPath(citation).at(-1)].filter(Boolean).join(" · ") || citation.title;
  const number = el("span", { class: "number" }, String(citation.n));
  const node = button("link", () => open(node), number, " ", isolated(near));
  const quote = isolated(quoteLines(citation.quote).join("\n"));
  return el(
    "li",
    { value: citation.n },
    node,
    el("blockquote", { class: "paper", lang: citation.language || null }, quote),
  );
}

function readings({ suggestions, status }, { words }, actions) {
  const found = suggestions.filter((one) => !one.document_id);
  const masked = status === "blocked"; // words were cut out, so the question needs a look first
  const act = masked ? actions.fill : actions.ask;
  return choices(
    masked ? words.next.rephrase : words.next.readings,
    found.map((one) => button("choice", () => act(one.text), isolated(one.text))),
  );
}

function sections({ suggestions, status }, { words }, actions) {
  const found = suggestions.filter((one) => one.document_id);
  return choices(
    status === "answered" ? words.next.more : words.next.nearest,
    found.map((one) => {
      const where = [one.title, pagesText(one.path, one.pages, words)].filter(Boolean).join(", ");
      const node = button("choice", () => actions.section(one, node), isolated(one.text));
      if (one.title !== one.text) node.append(" ", el("span", { class: "quiet" }, isolated(where)));
      return node;
    }),
  );
}

function modes({ words, modes: known }) {
  const own = known.filter((mode) => /^\/(?!\/)/u.test(mode.url));
  const links = own.map((mode) => el("a", { class: "choice", href: mode.url }, isolated(mode.title)));
  return choices(words.next.modes, links);
}

function adviser({ status }, screen) {
  if (status !== "refer" && !screen.contact) return [];
  return [el("h4", {}, screen.words.next.adviser), contactNode(screen)];
}

function choices(title, nodes) {
  if (!nodes.length) return [];
  return [el("h4", {}, title), el("ul", { class: "choices" }, ...nodes.map((node) => el("li", {}, node)))];
}
