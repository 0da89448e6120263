// The only maker of elements: names, attributes and texts, never markup.

import { tokens } from "./text.js";

/** An element; attributes that are null, undefined or false are left out, functions listen to the event they name. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") node.addEventListener(key, value);
    else node.setAttribute(key, value === true ? "" : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Words from outside: harmless, in the tiny Markdown, isolated from the direction of the words around them. */
export function isolated(text) {
  const nodes = tokens(text).map(({ kind, text: part }) => (kind === "text" ? part : el(kind, {}, part)));
  return el("bdi", {}, ...nodes);
}

/** A button that does one thing; `look` is its class. */
export function button(look, click, ...children) {
  return el("button", { type: "button", class: look, click }, ...children);
}

export const byId = (id) => document.getElementById(id);

/** Shows or hides; focus never stays on what is hidden. */
export function show(node, visible, focusAfter = null) {
  const held = !visible && node.contains(document.activeElement);
  node.hidden = !visible;
  if (held && focusAfter) focusAfter.focus();
}
