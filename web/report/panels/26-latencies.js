// Every trend in numbers.
panel("latency", () => {
  if (!R) return null;
  const trends = Object.entries(R.metrics).filter(
    ([k, m]) => m.hdr !== undefined && m.count > 0 && !k.startsWith("leg_latency"),
  );
  if (!trends.length) return null;
  return card(
    "Latencies in numbers",
    "a percentile is shown where enough samples carry it: p95 needs 59, p99 299",
    "",
    table(
      [
        { t: "metric" },
        { t: "n", num: 1 },
        { t: "min", num: 1 },
        { t: "p50", num: 1 },
        { t: "p90", num: 1 },
        { t: "p95", num: 1 },
        { t: "p99", num: 1 },
        { t: "max", num: 1 },
      ],
      trends.map(([k, m]) => [
        el("code", {}, k),
        count(m.count),
        show(m.min, m.unit),
        show(m.p50, m.unit),
        m.count >= 30 ? show(m.p90, m.unit) : "–",
        m.count >= 59 ? show(m.p95, m.unit) : "–",
        m.count >= 299 ? show(m.p99, m.unit) : "–",
        show(m.max, m.unit),
      ]),
    ),
  );
});
