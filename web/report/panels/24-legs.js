// Where a reply's time went, from what the sandbox sees of any bot.
const LEG_COLORS = { queue: "sky", react: "orange", work: "blue", send: "purple", llm: "green" };

function legsOverTime(names) {
  const at = S.map(p => p.t + dt / 2);
  if (S.filter(p => p.legs_n).length < 4) return null;
  const sums = S.map(() => 0),
    curves = [];
  ["queue", "react", "work", "send"].forEach((leg, k) => {
    const real = S.map(p => (p.legs_n ? p.legs_ms[k] / p.legs_n : null));
    real.forEach((v, i) => {
      sums[i] += v || 0;
    });
    curves.push({
      name: names[leg] || leg,
      color: LEG_COLORS[leg],
      width: 1,
      fill: 0.55,
      solid: true,
      real,
      points: at.map((t, i) => [t, real[i] === null ? null : sums[i]]),
    });
  });
  return timeline({
    stacked: true,
    label: "Mean time of each leg over the run, one upon the other",
    height: 220,
    y: { text: ms, label: "mean, one upon the other" },
    series: curves.reverse(),
  });
}

panel("latency", () => {
  const G = R && R.legs;
  if (!G || !G.parts || !G.parts.length)
    return R && missing("Legs", "no required reply of one bot came, so none could be taken apart");
  const parts = G.parts.filter(p => p.leg !== "llm"),
    llm = G.parts.find(p => p.leg === "llm");
  const names = Object.fromEntries(G.parts.map(p => [p.leg, p.title]));
  const whole = parts.reduce((a, p) => a + p.mean, 0) || 1;
  const row = p => [
    swatch(LEG_COLORS[p.leg], p.leg),
    el("span", { class: "why" }, p.title),
    ms(p.p50),
    ms(p.p95),
    ms(p.mean),
    p.leg === "llm" ? "–" : percent(p.mean / whole),
    count(p.n),
  ];
  const unseen = G.replies - G.split;
  const notes = [
    `Seen in ${count(G.split)} of ${plural(G.replies, "reply", "replies")}.` +
      (unseen > 0
        ? ` For ${count(unseen)} the bot's part is unknown: it had several messages of that room in hand, and nothing tells which one a call was for.`
        : ""),
    llm
      ? `The LLM's part is known for ${plural(G.llm_calls, "call")}` +
        (G.llm_unknown ? `; ${count(G.llm_unknown)} could have been for several messages and count for none.` : ".")
      : G.llm_unknown
        ? `The LLM's part is unknown: each of ${plural(G.llm_unknown, "call")} could have been for several messages.`
        : null,
  ];
  return card(
    "Where a reply's time goes",
    "by what the sandbox sees: deliveries, calls and LLM calls of any bot",
    "",
    stack(
      "Mean time by leg",
      parts.map(p => ({ name: p.leg, value: p.mean, color: LEG_COLORS[p.leg], text: ms(p.mean) })),
    ),
    table(
      [
        { t: "leg" },
        { t: "" },
        { t: "p50", num: 1 },
        { t: "p95", num: 1 },
        { t: "mean", num: 1 },
        { t: "share", num: 1 },
        { t: "n", num: 1 },
      ],
      [...parts, ...(llm ? [llm] : [])].map(row),
    ),
    el("p", { class: "identity" }, notes.filter(Boolean).join(" ")),
    el("div", { class: "below" }, legsOverTime(names)),
  );
});
