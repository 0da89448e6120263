// The only maker of SVG elements.

const SVG = "http://www.w3.org/2000/svg";

/** An element of a picture; `text` stands in it. */
export function drawn(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = String(text);
  return made;
}
