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
        ms(m.min),
        ms(m.p50),
        m.count >= 30 ? ms(m.p90) : "–",
        m.count >= 59 ? ms(m.p95) : "–",
        m.count >= 299 ? ms(m.p99) : "–",
        ms(m.max),
      ]),
    ),
  );
});
