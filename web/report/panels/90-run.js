// How it was measured: definitions, environment, and the whole result to take away.
function founding() {
  const list = Object.entries(R.founding || {});
  if (!list.length) return null;
  const ack = metric("ack_latency") || {}, late = ["avg", "p50", "p95", "p99"];
  const ours = { duration: secs(R.windows.measured_s), sent: count(R.load.sent), failed: count(R.ledger.failed), throughput: trim(R.rates.person.per_second, 2) + " msg/s",
    avg: ms(ack.mean), p50: ms(ack.p50), p95: ms(ack.p95), p99: ack.count >= 299 ? ms(ack.p99) : ack.count ? ms(ack.p99) + ` (n=${ack.count})` : "–" };
  return card("The founding run beside this one", "", "", table([{ t: "" }, { t: "founding run", num: 1 }, { t: "this run", num: 1 }, { t: "" }], list.map(([k, v]) =>
    [k, v, ours[k] || "–", why(late.includes(k) ? "ack_latency: founding numbers were closed-loop webhook answers; ours count from the intended time" : "")])));
}
function saveButton() {
  const raw = el("button", { class: "link", type: "button" }, "Save the result as JSON");
  raw.addEventListener("click", () => {
    const a = el("a", { href: URL.createObjectURL(new Blob([JSON.stringify(R, null, 2)], { type: "application/json" })), download: R.name + "-result.json" });
    a.click();
    URL.revokeObjectURL(a.href);
  });
  return el("p", { class: "below" }, raw);
}
panel("run", () => {
  if (!R) return null;
  const facts = [["seed", String(R.seed)], ["records hash", R.records_hash], ["lab lateness", `p99 ${ms(R.load.late_p99_ms)}, ${count(R.load.late)} of ${count(R.load.sent)} sends more than 5 ms late`],
    ["load", `${count(R.load.sent)} of ${count(R.load.planned)} planned messages in the measured window`], ["Little's law", `off by ${percent(R.little_error)}`],
    ["intervals", `${count(S.length)} of ${secs(dt)}`], ...Object.entries(R.env)];
  const meanings = Object.entries(R.definitions || {});
  return [founding(), card("How it was measured", "", "", pairs(facts), saveButton()),
    meanings.length ? card("What each metric means", "", "", pairs(meanings)) : null];
});
