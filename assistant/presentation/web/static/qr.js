// A QR code from the server as a picture.

import { drawn } from "./drawn.js";

const BORDER = 4; // squares of light around it, without which cameras do not find it

/** Rows of "0" and "1" as a QR code, dark on light in any colours of the page. */
export function qr(rows, alternative) {
  const size = rows.length + 2 * BORDER;
  const squares = rows.flatMap((row, y) => [...row].flatMap((one, x) => (one === "1" ? [`M${x + BORDER} ${y + BORDER}h1v1h-1z`] : [])));
  const svg = drawn("svg", { viewBox: `0 0 ${size} ${size}`, class: "qr", role: "img", "aria-label": alternative });
  svg.append(drawn("rect", { class: "light", width: size, height: size }), drawn("path", { class: "dark", d: squares.join("") }));
  return svg;
}
