// How it was measured: definitions, environment, and the whole result to take away.
function founding() {
  const list = Object.entries(R.founding || {});
  if (!list.length) return null;
  const ack = metric("ack_latency") || {},
    late = ["avg", "p50", "p95", "p99"];
  const ours = {
    duration: secs(R.windows.measured_s),
    sent: count(R.load.sent),
    failed: count(R.ledger.failed),
    throughput: trim(R.rates.person.per_second, 2) + " msg/s",
    avg: ms(ack.mean),
    p50: ms(ack.p50),
    p95: ms(ack.p95),
    p99: ack.count >= 299 ? ms(ack.p99) : ack.count ? ms(ack.p99) + ` (n=${ack.count})` : "–",
  };
  return card(
    "The founding run beside this one",
    "",
    "",
    table(
      [{ t: "" }, { t: "founding run", num: 1 }, { t: "this run", num: 1 }, { t: "" }],
      list.map(([k, v]) => [
        k,
        v,
        ours[k] || "–",
        why(
          late.includes(k)
            ? "ack_latency: founding numbers were closed-loop webhook answers; ours count from the intended time"
            : "",
        ),
      ]),
    ),
  );
}
function littleText() {
  const l = R.little,
    off = `off by ${percent(R.little_error)}`;
  return l && l.n
    ? `${off}: ${plain(l.in_flight)} in flight on average, ${plain(l.rate_per_s)} a second of ${ms(l.time_s * 1000)} each`
    : off;
}
function drifted() {
  const D = R.drift;
  if (!D) return null;
  const row = (name, f) => [name, ms(f.p95_ms), percent(f.success), count(f.n)];
  return card(
    "Drift",
    known(D.latency_ratio) ? `p95 of the last fifth is ${trim(D.latency_ratio, 2)} times that of the first` : "",
    "half",
    table(
      [{ t: "of the measured window" }, { t: "p95", num: 1 }, { t: "answered in time", num: 1 }, { t: "n", num: 1 }],
      [row("first fifth", D.first), row("last fifth", D.last)],
    ),
  );
}
function saveButton() {
  const raw = el("button", { class: "link", type: "button" }, "Save the result as JSON");
  raw.addEventListener("click", () => {
    const a = el("a", {
      href: URL.createObjectURL(new Blob([JSON.stringify(R, null, 2)], { type: "application/json" })),
      download: R.name + "-result.json",
    });
    a.click();
    URL.revokeObjectURL(a.href);
  });
  return el("p", { class: "below" }, raw);
}
panel("run", () => {
  if (!R) return null;
  const facts = [
    ["seed", String(R.seed)],
    ["records hash", R.records_hash],
    [
      "lab lateness",
      `p99 ${ms(R.load.late_p99_ms)}, ${count(R.load.late)} of ${count(R.load.sent)} sends more than 5 ms late`,
    ],
    ["load", `${count(R.load.sent)} of ${count(R.load.planned)} planned messages in the measured window`],
    ["Little's law", littleText()],
    ["intervals", `${count(S.length)} of ${secs(dt)}`],
    ...Object.entries(R.env),
  ];
  const meanings = Object.entries(R.definitions || {});
  return [
    founding(),
    drifted(),
    card("How it was measured", "", "", pairs(facts), saveButton()),
    meanings.length ? card("What each metric means", "", "", pairs(meanings)) : null,
  ];
});
