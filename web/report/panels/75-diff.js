// What `lab compare` decided, and both runs' spectra on one chart.
function forest(c) {
  if (c.method === "none" || !c.relative || !known(c.low) || !known(c.high)) return "";
  const reach = Math.max(0.02, 1.15 * Math.max(Math.abs(c.low), Math.abs(c.high), c.min_effect)),
    at = v => `${(Math.max(-reach, Math.min(reach, v)) / reach + 1) * 50}%`;
  const tone = { worse: "fail", better: "pass", same: "pass" }[c.decision] || "faint";
  const out = el(
    "div",
    {
      class: "forest",
      role: "img",
      "aria-label": `${trim(c.low * 100, 1)} to ${trim(c.high * 100, 1)} percent towards worse`,
    },
    el("i", { class: "even", style: `left:${at(-c.min_effect)};right:calc(100% - ${at(c.min_effect)})` }),
    el("i", { class: "zero", style: "left:50%" }),
    el("i", { class: "span", style: `left:${at(c.low)};right:calc(100% - ${at(c.high)})` }),
    el("i", { class: "dot", style: `left:${at(c.effect)}` }),
  );
  out.style.setProperty("--v", css(tone));
  return out;
}
panel("diff", () => {
  const D = DATA.comparison;
  if (!D) return null;
  const word = {
    worse: ["bad", "✗ worse"],
    better: ["ok", "✓ better"],
    same: ["ok", "✓ same"],
    undecided: ["open", "? undecided"],
  };
  const change = c => {
    if (!known(c.before) || !known(c.after)) return "–";
    return c.before > 0 && c.unit !== "share"
      ? signed((c.after / c.before - 1) * 100, v => trim(v, 1) + " %")
      : signed(
          (c.after - c.before) * (c.unit === "share" ? 100 : 1),
          v => trim(v, 2) + (c.unit === "share" ? " points" : ""),
        );
  };
  const rows = D.changes.map(c => [
    c.gate ? state(...(word[c.decision] || ["", c.decision])) : why("shown"),
    el("code", {}, c.measure),
    known(c.before) ? show(c.before, c.unit) : "–",
    known(c.after) ? show(c.after, c.unit) : "–",
    change(c),
    forest(c),
    known(c.p_adjusted) ? (c.p_adjusted < 0.001 ? "< 0.001" : trim(c.p_adjusted, 3)) : "–",
    why(c.note || ""),
  ]);
  const old = DATA.before && DATA.before.spectrum && DATA.before.spectrum.reply_latency,
    now = R && R.spectrum && R.spectrum.reply_latency;
  const both =
    old && now && old.length > 2 && now.length > 2
      ? card(
          "Both spectra",
          "response time by percentile",
          "",
          spectrumChart(
            "Latency by percentile before and after",
            [
              { name: `before: ${D.before[D.before.length - 1]}`, color: "faint", width: 3, points: old },
              { name: `after: ${D.after[D.after.length - 1]}`, color: "orange", width: 2, points: now },
            ],
            Math.min(DATA.before.metrics.reply_latency.count, R.metrics.reply_latency.count),
          ),
        )
      : null;
  return [
    card(
      `Decision: ${D.decision}`,
      `${plural(D.before.length, "run")} before, ${plural(D.after.length, "run")} after; ${D.method === "ranks" ? "whole runs ranked" : "inside the runs, by blocks"}; alpha ${D.alpha} over all gates`,
      "",
      table(
        [
          { t: "" },
          { t: "measure" },
          { t: "before", num: 1 },
          { t: "after", num: 1 },
          { t: "change", num: 1 },
          { t: "interval; right is worse, grey does not matter" },
          { t: "p", num: 1 },
          { t: "" },
        ],
        rows,
      ),
      D.notes.length ? el("div", { class: "below" }, bullets(D.notes)) : null,
    ),
    both,
  ];
});
