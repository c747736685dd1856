// Latency over time with its limits and faults, and the whole spectrum of percentiles.
function latencyBands() {
  const C = (R.latency_series || []).filter(p => p.t <= end);
  if (!C.some(p => p.n)) return missing("Latency", "no reply came");
  const points = key => C.map(p => [p.t, known(p[key]) ? p[key] : null]);
  const gates = R.thresholds.filter(t => t.metric === "reply_latency" && t.unit === "ms" && t.limit > 0);
  const peak = Math.max(...C.map(p => p.max || 0));
  const log = peak > 60 * Math.max(1, ...C.map(p => p.p50 || 0));
  const limits = gates
    .filter(t => t.limit < peak * (log ? 12 : 2.2))
    .slice(0, 2)
    .map(t => ({ y: t.limit, text: t.expr.replace(/\s/g, "") }));
  return card(
    "Reply latency over time",
    `from the time each message was meant to be sent; intervals of ${secs(C.length > 1 ? C[1].t - C[0].t : dt)}; drag to look closer, double-click for all`,
    "",
    timeline({
      label: "Reply latency over time: p50, p95 and maximum of each interval",
      height: 290,
      marks: limits,
      y: { log, text: ms, label: "latency" + (log ? ", log scale" : "") },
      series: [
        { name: "max", color: "faint", width: 1.2, dash: [2, 3], points: points("max") },
        { name: "p95", color: "orange", points: points("p95") },
        { name: "p50", color: "blue", points: points("p50") },
      ],
    }),
  );
}
/** Curves over log(1 / (1 - p)), as far as n samples reach. */
function spectrumChart(label, curves, n) {
  const top = Math.log10(Math.max(n, 10)),
    place = p => Math.min(top, Math.log10(1 / Math.max(1 - p / 100, 1 / Math.max(n, 10))));
  const stops = [0, 50, 90, 95, 99, 99.9, 99.99, 99.999].filter(
    p => place(p) <= top * 1.001 && (p === 0 || 1 / (1 - p / 100) <= n * 1.01),
  );
  const text = x => "p" + trim(100 * (1 - Math.pow(10, -x)), Math.max(0, Math.ceil(x - 1)) + (x > 1 && x < 2 ? 0 : 0));
  const series = curves.map(c => ({
    ...c,
    points: [...new Map(c.points.map(([p, v]) => [place(p), v]))].sort((a, b) => a[0] - b[0]),
  }));
  const values = series.flatMap(s => s.points.map(p => p[1])).filter(v => v > 0);
  const log = Math.max(...values) > 60 * Math.min(...values);
  return chart({
    label,
    series,
    legend: true,
    y: { log, text: ms, label: "latency" + (log ? ", log scale" : "") },
    x: {
      max: top,
      fixed: true,
      text,
      tip: x => "p" + trim(100 * (1 - Math.pow(10, -x)), 3),
      splits: () => stops.map(place),
    },
  });
}
function spectrum() {
  const reply = metric("reply_latency"),
    all = R.spectrum || {};
  if (!reply || !all.reply_latency || all.reply_latency.length < 3) return null;
  return card(
    "Percentile spectrum",
    "the same replies, counted in two ways; a gap is the backlog of the sender",
    "half",
    spectrumChart(
      "Latency by percentile for response and service time",
      [
        { name: "response: from the intended time", color: "orange", width: 4, points: all.reply_latency },
        { name: "service: from acceptance", color: "blue", width: 1.8, dash: [6, 3], points: all.reply_service || [] },
      ],
      reply.count,
    ),
  );
}
panel("latency", () => (R ? [latencyBands(), spectrum()] : null));
