// Texts before they become nodes. Pure: no document, so that node can test it.

const INVISIBLE = /\p{Default_Ignorable_Code_Point}/gu; // zero width, direction marks, soft hyphens, tag characters
const STEERING = /[^\P{C}\p{Cn}\n\t]/gu; // control, private use, halves of surrogate pairs, annotation marks
const SEPARATORS = /[\p{Zl}\p{Zp}]/gu;
const MARKS = /(\p{M}{3})\p{M}+/gu; // accents piled up until they cover the lines around

/** The words as anybody may see them: what is invisible goes, what steers a terminal becomes "·". */
export function harmless(text) {
  return String(text ?? "")
    .replace(INVISIBLE, "")
    .replace(STEERING, "·")
    .replace(SEPARATORS, " ")
    .replace(MARKS, "$1");
}

const INLINE = /`([^`\n]+)`|\*\*(?=\S)([^*\n]+)(?<=\S)\*\*|(?<![\p{L}\p{N}*])\*(?=\S)([^*\n]+)(?<=\S)\*(?![\p{L}\p{N}*])/gu;

/** The tiny Markdown: [{kind: "text" | "code" | "strong" | "em", text}], harmless. Everything else stays words. */
export function tokens(text) {
  const safe = harmless(text);
  const found = [];
  let from = 0;
  for (const match of safe.matchAll(INLINE)) {
    if (match.index > from) found.push({ kind: "text", text: safe.slice(from, match.index) });
    const kind = match[1] !== undefined ? "code" : match[2] !== undefined ? "strong" : "em";
    found.push({ kind, text: match[1] ?? match[2] ?? match[3] });
    from = match.index + match[0].length;
  }
  if (from < safe.length) found.push({ kind: "text", text: safe.slice(from) });
  return found;
}

/** The same words without the marks. */
export const plain = (text) => tokens(text).map((token) => token.text).join("");

/** Cells of a table row, which are joined by " | "; empty ones may stand side by side. */
export const cells = (text) => String(text).split(/(?<=^|\s)\|(?=\s|$)/u).map((cell) => cell.trim());

/** The lines of a quote as people read them: a Markdown table without its ruler and outer bars. */
export const quoteLines = (quote) =>
  String(quote)
    .split("\n")
    .filter((line) => /[^\s|:-]/u.test(line))
    .map((line) => line.replace(/^\s*\|\s*|\s*\|\s*$/gu, ""));

/** {value, rest} of an item that begins with its number ("1. "), else null. */
export function numbered(text) {
  const match = /^(\d{1,4})\.\s+(?=\S)/u.exec(text);
  return match && { value: Number(match[1]), rest: text.slice(match[0].length) };
}

/** The words of a template with its {details}. */
export const fill = (template, details) =>
  template.replace(/\{(\w+)\}/gu, (all, name) => (name in details ? String(details[name]) : all));

/** At most `limit` characters, cut after a word. */
export function shorten(text, limit) {
  const safe = plain(text).replace(/\s+/gu, " ").trim();
  if (safe.length <= limit) return safe;
  const cut = safe.slice(0, limit);
  return `${cut.slice(0, cut.lastIndexOf(" ") > limit / 2 ? cut.lastIndexOf(" ") : limit)}…`;
}

/** "s. 12", "s. 3–4", "slajd 27"; "" for kinds of files that have no pages people could turn to. */
export function pagesText(path, pages, words) {
  const kind = /\.(pdf|pptx)$/iu.exec(path ?? "");
  if (!kind || !pages) return "";
  const [first, last] = pages;
  return fill(kind[1].toLowerCase() === "pdf" ? words.place.page : words.place.slide, {
    pages: first === last ? first : `${first}–${last}`,
  });
}

/** The headings above a place, outermost first, without the document's own title. */
export const headingPath = (source) => (source.headings ?? []).filter((heading, at) => at > 0 || heading !== source.title);

/** Where a citation stands, in short: title, then page or nearest heading. */
export function placeText(source, words) {
  const near = pagesText(source.path, source.pages, words) || headingPath(source).at(-1) || "";
  return [source.title, near].filter(Boolean).map(plain).join(", ");
}

/** "1,2 MB" */
export function sizeText(bytes, lang) {
  const mega = bytes >= 1e6;
  const number = new Intl.NumberFormat(lang, { maximumFractionDigits: mega ? 1 : 0 }).format(
    mega ? bytes / 1e6 : Math.max(1, bytes / 1e3),
  );
  return `${number} ${mega ? "MB" : "kB"}`;
}

/** "14:05" today, else with the day; in the reader's own time. */
export function momentText(moment, lang, now = new Date()) {
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const today = moment.toDateString() === now.toDateString();
  const parts = today ? time : { day: "numeric", month: "long", ...time };
  return new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, parts).format(moment);
}

/** Name of a language in another, "" when there is none. */
export function languageText(code, lang) {
  try {
    return new Intl.DisplayNames([lang], { type: "language" }).of(code) ?? "";
  } catch {
    return "";
  }
}

/** An answer with its sources as plain text for the clipboard. */
export function answerText(answer, heading, words) {
  const said = (answer.sentences ?? []).map((sentence) => {
    const bullet = sentence.form === "item" && !numbered(sentence.text) ? "- " : "";
    return bullet + plain(sentence.text) + sentence.citations.map((n) => ` [${n}]`).join("");
  });
  const sources = (answer.citations ?? []).map((citation) => {
    const dates = [
      citation.edition && fill(words.place.edition, { edition: plain(citation.edition) }),
      citation.state_of_law && fill(words.place.state_of_law, { date: plain(citation.state_of_law) }),
    ];
    const where = [placeText(citation, words), ...dates].filter(Boolean).join(", ");
    return `[${citation.n}] ${where}\n    „${quoteLines(citation.quote).map(plain).join("\n    ")}”`;
  });
  const opening = answer.opening ? [plain(answer.opening), ""] : [];
  const listed = sources.length ? ["", `${words.answer.sources}:`, ...sources] : [];
  const asked = `${words.answer.question}: ${plain(answer.question)}`;
  return [asked, "", heading, "", ...opening, ...said, ...listed, ""].join("\n");
}
