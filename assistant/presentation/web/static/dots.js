// How replies to one statement are spread: a dot for each level that somebody chose, its number inside, and the same as
// a table.

import { el } from "./dom.js";
import { drawn } from "./drawn.js";
import { fill } from "./text.js";

const WIDTH = 320;
const EDGE = 28;
const MIDDLE = 26;

/** An SVG; `levels` are counts from level 1. */
export function dots(levels, middle, alternative) {
  const gap = (WIDTH - 2 * EDGE) / Math.max(levels.length - 1, 1);
  const at = (level) => EDGE + (level - 1) * gap;
  const most = Math.max(...levels, 1);
  const chosen = levels.flatMap((count, place) => (count ? [place + 1] : []));
  const svg = drawn("svg", { viewBox: `0 0 ${WIDTH} 76`, class: "dots", role: "img", "aria-label": alternative });
  if (chosen.length) svg.append(drawn("line", { class: "span", x1: at(chosen[0]), x2: at(chosen.at(-1)), y1: MIDDLE, y2: MIDDLE }));
  for (const [place, count] of levels.entries()) {
    const x = at(place + 1);
    if (count) {
      svg.append(drawn("circle", { class: "dot", cx: x, cy: MIDDLE, r: 11 + 11 * Math.sqrt(count / most) }));
      svg.append(drawn("text", { class: "inside", x, y: MIDDLE + 5 }, count));
    } else svg.append(drawn("circle", { class: "none", cx: x, cy: MIDDLE, r: 2.5 }));
    svg.append(drawn("text", { class: "under", x, y: 73 }, place + 1));
  }
  if (middle !== null) {
    const x = at(middle);
    svg.append(drawn("path", { class: "median", d: `M${x} 50l6 9h-12z` }));
  }
  return svg;
}

/** The same in one sentence. */
export function told(levels, middle, texts, number) {
  const counts = levels.flatMap((count, place) => (count ? [fill(texts.plot_level, { level: place + 1, count })] : []));
  return fill(texts.plot, { counts: counts.join(", "), middle: number(middle) });
}

/** Level, what it means, how many. */
export function table(levels, anchors, caption, texts) {
  const meanings = new Map(anchors.map(({ level, text }) => [level, text]));
  const head = [texts.level, texts.anchor, texts.people].map((text) => el("th", { scope: "col" }, text));
  const rows = levels.map((count, place) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, String(place + 1)),
      el("td", {}, meanings.get(place + 1) ?? "–"),
      el("td", { class: "count" }, String(count)),
    ),
  );
  return el(
    "div",
    { class: "scroll", tabindex: "0", role: "group", "aria-label": texts.table },
    el("table", {}, el("caption", { class: "sr-only" }, caption), el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
  );
}
