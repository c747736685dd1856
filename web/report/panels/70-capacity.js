// What `lab search` found: the levels, the throughput of every probe and the law that was fitted.
function usl(C) {
  const points = C.probes
    .filter(p => known(p.throughput))
    .map(p => [p.people, p.throughput])
    .sort((a, b) => a[0] - b[0]);
  if (points.length < 2) return missing("Scalability", "fewer than two probes had a throughput");
  const largest = points[points.length - 1][0],
    U = C.usl,
    upto = Math.max(largest * 1.15, U && U.peak && U.peak < largest * 2 ? U.peak * 1.1 : 0);
  const series = [{ name: "probe", color: "orange", dots: true, points: [...new Map(points)] }];
  const line = f =>
    Array.from({ length: 81 }, (_, i) => {
      const n = Math.max(1, (upto * i) / 80);
      return [n, f(n)];
    });
  if (U) {
    series.unshift({
      name: "fit",
      color: "blue",
      points: line(n => (U.lambda * n) / (1 + U.sigma * (n - 1) + U.kappa * n * (n - 1))),
    });
    series.unshift({
      name: "if nothing were shared",
      color: "faint",
      width: 1,
      dash: [3, 4],
      points: line(n => U.lambda * n).filter(p => p[1] <= Math.max(...points.map(q => q[1])) * 1.25),
    });
  }
  const lines = [];
  if (C.people) lines.push({ x: C.people, text: `${count(C.people)} hold`, color: "green" });
  if (known(C.missed)) lines.push({ x: C.missed, text: `${count(C.missed)} do not`, color: "red", row: 2 });
  const note = U ? `contention ${plain(U.sigma)}, coherence ${plain(U.kappa)}, R² ${trim(U.r_squared, 3)}` : C.no_usl;
  return card(
    "Scalability",
    note,
    "",
    chart({
      label: "Throughput by number of people, with the fitted law",
      height: 300,
      marks: lines,
      legend: true,
      x: { max: upto, fixed: true, text: count, tip: n => plural(n, "person", "people") },
      y: { text: plain, label: "bot messages per second" },
      series,
    }),
  );
}
panel("capacity", () => {
  const C = DATA.capacity;
  if (!C) return null;
  const levels = card(
    "Levels",
    `goal ${C.goal}; intervals are Wilson's, 95 %`,
    "",
    table(
      [
        { t: "people", num: 1 },
        { t: "" },
        { t: "in time", num: 1 },
        { t: "required", num: 1 },
        { t: "share", num: 1 },
        { t: "between", num: 1 },
        { t: "probes", num: 1 },
      ],
      C.levels.map(l => [
        count(l.people),
        state({ holds: "ok", misses: "bad" }[l.state] || "open", l.state),
        count(l.in_time),
        count(l.required),
        l.required ? trim((l.in_time / l.required) * 100, 1) + " %" : "–",
        `${trim(l.low * 100, 1)} to ${trim(l.high * 100, 1)} %`,
        count(l.probes),
      ]),
    ),
  );
  const probes = card(
    "Probes",
    "each is a run of its own, with a new sandbox and a new target",
    "",
    table(
      [
        { t: "" },
        { t: "people", num: 1 },
        { t: "in time", num: 1 },
        { t: "p95", num: 1 },
        { t: "bots' msg/s", num: 1 },
        { t: "drained in", num: 1 },
        { t: "lab late, p99", num: 1 },
        { t: "seed", num: 1 },
      ],
      C.probes.map(p => [
        p.phase,
        count(p.people),
        `${count(p.in_time)} of ${count(p.required)}`,
        ms(p.p95_ms),
        known(p.throughput) ? trim(p.throughput, 2) : "–",
        p.drained ? secs(p.drain_s) : state("bad", "did not"),
        ms(p.late_p99_ms),
        String(p.seed),
      ]),
    ),
  );
  const notes = [
    ...C.hints,
    ...(C.caveats || []),
    ...(C.virtual_time
      ? ["simulated: latencies are modelled and CPU costs no time, so this is no capacity of a machine"]
      : []),
  ];
  return [
    usl(C),
    levels,
    notes.length ? card("What was full first, and how to read this", "", "", bullets(notes)) : null,
    probes,
  ];
});
