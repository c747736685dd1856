// Colours for canvases, which know no variables, and when they have to be drawn anew.
const root = document.documentElement;
const redraws = [];
const color = name =>
  getComputedStyle(root)
    .getPropertyValue("--" + name)
    .trim();
const printing = () => root.hasAttribute("data-print");

function channels(hex) {
  const h = hex.replace("#", ""),
    full = h.length === 3 ? [...h].map(c => c + c).join("") : h;
  return [0, 2, 4].map(i => parseInt(full.slice(i, i + 2), 16));
}
/** `share` of the first colour over the second. */
function mix(over, under, share) {
  const a = channels(over),
    b = channels(under);
  return `rgb(${a.map((v, i) => Math.round(v * share + b[i] * (1 - share))).join(",")})`;
}
const fade = (name, share) => {
  const [r, g, b] = channels(color(name));
  return `rgba(${r},${g},${b},${share})`;
};

const redraw = () => redraws.forEach(draw => draw());
/** `draw` is called now it is in the page, and whenever its size or colours change. */
function drawn(draw) {
  redraws.push(draw);
}

let resized = 0;
addEventListener("resize", () => {
  clearTimeout(resized);
  resized = setTimeout(redraw, 120);
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
addEventListener("beforeprint", () => {
  root.setAttribute("data-print", "");
  redraw();
});
addEventListener("afterprint", () => {
  root.removeAttribute("data-print");
  redraw();
});
