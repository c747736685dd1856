// The verdict, the numbers to remember, each threshold, and why.
function tile(k, [v, unit], s) {
  return el(
    "div",
    { class: "tile" },
    el("div", { class: "k" }, k),
    el("div", { class: "v" }, v, unit ? el("small", {}, unit) : null),
    el("div", { class: "s" }, s),
  );
}
function tiles() {
  const reply = metric("reply_latency"),
    L = R.ledger,
    out = [];
  if (reply && reply.count) {
    out.push(tile("reply p95", split(ms(reply.p95)), "p50 " + ms(reply.p50)));
    out.push(
      tile(
        "reply p99",
        reply.count >= 299 ? split(ms(reply.p99)) : ["–", ""],
        reply.count >= 299 ? "max " + ms(reply.max) : `${reply.count} of 299 samples`,
      ),
    );
  }
  if (L.sent)
    out.push(
      tile("answered", [count(L.answered), " of " + count(L.sent)], count(L.required) + " had to be answered"),
    );
  const bot = R.rates.bot;
  out.push(
    tile(
      "bot messages",
      [trim(bot.per_second, 2), "/s"],
      `${count(bot.per_minute)} a minute, ${count(bot.per_hour)} an hour`,
    ),
  );
  out.push(tile("load factor", split(percent(R.load.factor)), "of the platform's limits"));
  if (target)
    out.push(
      tile(
        "target memory",
        split(bytes(target.rss.after)),
        "peak " + bytes(target.rss.peak) + ", " + trim(target.cpu.mean, 2) + " cores",
      ),
    );
  return el("section", { class: "card tiles" }, out);
}
function thresholds() {
  if (!R.thresholds.length) return missing("Thresholds", "the scenario names none");
  const word = t => (t.decided ? (t.ok ? ["ok", "✓ held"] : ["bad", "✗ failed"]) : ["open", "? undecided"]);
  const used = t => {
    const upper = /^\s*(p\([^)]*\)|\w+)\s*<=?/.test(t.expr);
    if (!upper || !(t.limit > 0)) return null;
    return t.never ? Infinity : known(t.value) ? t.value / t.limit : null;
  };
  return card(
    "Thresholds",
    "n: how many samples the value rests on; load factor: how much of the limit was used",
    "",
    table(
      [
        { t: "" },
        { t: "metric" },
        { t: "limit" },
        { t: "value", num: 1 },
        { t: "n", num: 1 },
        { t: "load factor" },
        { t: "", num: 1 },
        { t: "" },
      ],
      R.thresholds.map(t => {
        const f = used(t);
        return [
          state(...word(t)),
          el("code", {}, t.metric),
          el("code", {}, t.expr),
          t.never ? "never" : show(t.value, t.unit),
          count(t.n) + (t.decided || !t.n ? "" : ` of ${t.needed}`),
          f === null ? "" : bar(f),
          f === null ? "" : f === Infinity ? "beyond" : percent(f),
          why(t.why || ""),
        ];
      }),
    ),
  );
}
panel("verdict", () => {
  if (!R) return null;
  return [
    tiles(),
    R.reasons.length ? card("Why this verdict", "", "", bullets(R.reasons, "reasons")) : null,
    thresholds(),
    R.findings.length ? card("What the run knows about why", "", "half", bullets(R.findings)) : null,
    R.not_proven.length
      ? card("Not proven by this run", "", R.findings.length ? "half" : "", bullets(R.not_proven))
      : null,
  ];
});
