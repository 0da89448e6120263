// A radar chart as SVG: a numbered spoke for each dimension, beside the table that has their names and the numbers.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = 260;
const REACH = 104; // from the middle to a full score
const RINGS = [0.25, 0.5, 0.75, 1];

export function radar(dimensions, label) {
  const at = (n, share) => {
    const angle = (2 * Math.PI * n) / dimensions.length - Math.PI / 2;
    return [SIZE / 2 + REACH * share * Math.cos(angle), SIZE / 2 + REACH * share * Math.sin(angle)];
  };
  const line = (share) => dimensions.map((one, n) => at(n, share(one)).map((x) => x.toFixed(1)).join(",")).join(" ");
  const picture = node("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, class: "radar", role: "img", "aria-label": label });
  for (const share of RINGS) picture.append(node("polygon", { points: line(() => share), class: "ring" }));
  dimensions.forEach((_, n) => {
    const [x2, y2] = at(n, 1);
    picture.append(node("line", { x1: SIZE / 2, y1: SIZE / 2, x2, y2, class: "ring" }));
  });
  picture.append(node("polygon", { points: line(({ score }) => score ?? 0), class: "shape" }));
  dimensions.forEach(({ score }, n) => {
    if (score !== null) {
      const [cx, cy] = at(n, score);
      picture.append(node("circle", { cx, cy, r: 3.5, class: "dot" }));
    }
    const [x, y] = at(n, 1.14);
    const number = node("text", { x, y: y + 5, "text-anchor": "middle" });
    number.textContent = String(n + 1);
    picture.append(number);
  });
  return picture;
}

function node(kind, attributes) {
  const made = document.createElementNS(SVG, kind);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
