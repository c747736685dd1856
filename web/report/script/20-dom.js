// Elements. Text is only ever set as text: names of bots and people are strangers' data.
function el(tag, attrs, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs || {})) {
    if (k === "class") e.className = v;
    else if (k === "style") e.style.cssText = v;
    else e.setAttribute(k, v);
  }
  for (const c of children.flat(3)) if (c !== null && c !== undefined && c !== false) e.append(c);
  return e;
}
function svg(tag, attrs) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [k, v] of Object.entries(attrs || {})) {
    if (k === "style") e.style.cssText = v;
    else e.setAttribute(k, v);
  }
  return e;
}
const css = name => `var(--${name})`;
const card = (title, note, cls, ...body) =>
  el(
    "section",
    { class: "card " + (cls || "") },
    title ? el("h3", {}, title, note ? el("span", { class: "note" }, note) : null) : null,
    ...body,
  );
/** heads: [{t, num}]; rows: lists of cells. */
function table(heads, rows) {
  return el(
    "div",
    { class: "scroll" },
    el(
      "table",
      {},
      el(
        "thead",
        {},
        el(
          "tr",
          {},
          heads.map(h => el("th", { class: h.num ? "num" : "", scope: "col" }, h.t)),
        ),
      ),
      el(
        "tbody",
        {},
        rows.map(r =>
          el(
            "tr",
            {},
            r.map((c, i) => el("td", { class: heads[i].num ? "num" : "" }, c)),
          ),
        ),
      ),
    ),
  );
}
/** How much of a limit is used; 1 is all of it. */
function bar(factor) {
  const width = Math.max(0, Math.min(1, factor || 0)) * 100;
  return el(
    "div",
    { class: "bar", role: "img", "aria-label": percent(factor) + " of the limit" },
    el("i", { class: factor > 1 ? "over" : factor > 0.8 ? "hot" : "", style: `width:${width}%` }),
  );
}
/** parts: [{name, value, color}] of one whole. */
function stack(label, parts) {
  const total = parts.reduce((a, p) => a + p.value, 0) || 1;
  return el(
    "div",
    {
      class: "stack",
      role: "img",
      "aria-label": label + ": " + parts.map(p => `${p.name} ${percent(p.value / total)}`).join(", "),
    },
    parts
      .filter(p => p.value > 0)
      .map(p =>
        el("i", {
          style: `width:${(p.value / total) * 100}%;background:${css(p.color)}`,
          title: `${p.name} ${p.text || p.value}`,
        }),
      ),
  );
}
const bullets = (lines, cls) =>
  el(
    "ul",
    { class: "plain " + (cls || "") },
    lines.map(l => el("li", {}, l)),
  );
const swatch = (color, name) => el("span", {}, el("span", { class: "sw", style: `background:${css(color)}` }), name);
const state = (cls, text) => el("span", { class: "state " + cls }, text);
const why = text => el("span", { class: "why" }, text);
const pairs = list =>
  el(
    "dl",
    {},
    list.flatMap(([k, v]) => [el("dt", {}, k), el("dd", {}, v)]),
  );
