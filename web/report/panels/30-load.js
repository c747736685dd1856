// What was planned, what was sent, what came back, and what was under way.
/** Few messages a second would only draw noise: neighbours are joined until an interval holds some. */
function joiner() {
  const total = S.reduce((a, p) => a + Math.max(p.planned, p.bot), 0);
  let join = 1;
  while (S.length / (join * 2) >= 15 && (total / S.length) * join < 12) join *= 2;
  const points = key => {
    const out = [];
    for (let i = 0; i + join <= S.length; i += join)
      out.push([S[i].t + (dt * join) / 2, S.slice(i, i + join).reduce((a, p) => a + (p[key] || 0), 0) / (dt * join)]);
    return out;
  };
  return { points, width: dt * join };
}
function planned() {
  const { points, width } = joiner(),
    series = [];
  if (S.some(p => p.planned)) {
    series.push({ name: "planned", color: "faint", width: 1, fill: 0.16, points: points("planned") });
    series.push({ name: "sent", color: "blue", points: points("sent") });
    series.push({ name: "answered", color: "green", dash: [6, 3], points: points("answered") });
  }
  series.push({ name: "bot messages", color: "orange", width: 1.6, dash: [2, 3], points: points("bot") });
  return card(
    "Plan and actual",
    `per second, in intervals of ${secs(width)}; ${count(R.load.sent)} of ${count(R.load.planned)} planned messages were sent in the measured window`,
    "half",
    timeline({
      label: "Messages per second planned, sent and answered",
      y: { text: plain, label: "messages per second" },
      series,
    }),
  );
}
function underWay() {
  if (!S.some(p => p.queue || p.in_flight)) return null;
  const off = R.little_error;
  return card(
    "In flight and queued",
    "highest of each interval" + (known(off) ? `; Little's law is off by ${percent(off)}` : ""),
    "half",
    timeline({
      label: "Messages in flight and updates queued over time",
      y: { text: plain, label: "messages", min: 4 },
      series: [
        { name: "awaiting a reply", color: "blue", points: highest("in_flight") },
        { name: "queued", color: "orange", dash: [4, 3], points: highest("queue") },
      ],
    }),
  );
}
function limits() {
  if (!R.limits.length) return null;
  const whose = l =>
    l.whose === "platform"
      ? R.target.limits === "off"
        ? "the platform's, not enforced here"
        : "set by the platform"
      : "set by the scenario";
  return card(
    "Limits and load factor",
    "how near the run came to each",
    "",
    table(
      [{ t: "limit" }, { t: "peak", num: 1 }, { t: "of", num: 1 }, { t: "load factor" }, { t: "", num: 1 }],
      R.limits.map(l => [
        el("span", {}, l.name, el("div", { class: "why" }, whose(l))),
        show(l.peak, l.unit),
        show(l.limit, l.unit),
        bar(known(l.factor) ? l.factor : 9),
        known(l.factor) ? percent(l.factor) : "never",
      ]),
    ),
  );
}
panel("load", () =>
  R && S.length ? [planned(), underWay(), limits()] : R ? [missing("Load", "nothing was sent"), limits()] : null,
);
