// What the page is about, and what several panels need of it.
const DATA = JSON.parse(document.getElementById("data").textContent);
const R = DATA.result || null;
const S = R ? R.series || [] : [];
const dt = R ? R.series_interval_s || 1 : 1;
const end = S.length ? S[S.length - 1].t + dt : 1;
const warmup = R ? R.windows.warmup_s : 0,
  measuredEnd = R ? warmup + R.windows.measured_s : 0;
const metric = key => R && R.metrics[key];
/** A watch of a running system instead of a load test. */
const W = R && R.watch;
const target = R && (R.process || []).find(p => p.name === "target");

/** A plan in words, "at 1 min 30 s: ...", with its moment from the start of the load. */
function plannedFault(text) {
  const unit = { ms: 0.001, s: 1, sec: 1, m: 60, min: 60, h: 3600 };
  const [, when, what] = /^at ([^:]+):\s*(.*)$/.exec(text) || [];
  const parts = [...(when || "").matchAll(/([\d.]+)\s*(ms|sec|s|min|m|h)\b/g)];
  return parts.length ? { from: warmup + parts.reduce((a, [, n, u]) => a + n * unit[u], 0), what } : { what: text };
}
/** What struck, where the run has recorded it; else what was planned. */
const struck = R ? R.fault_windows || [] : [];
const faults = struck.length
  ? struck.map(w => ({ from: w.begin_s, to: known(w.end_s) ? w.end_s : measuredEnd, what: w.what, name: w.name }))
  : R
    ? (R.faults || []).filter(f => typeof f === "string").map(plannedFault)
    : [];
const faultName = i => faults[i].name || "fault " + (i + 1);

const bands = [];
if (W) {
  // Where no source that counts answered, nothing is known: a gap is no silence of the bots.
  const seers = W.sources.filter(s => s.kind !== "process");
  for (const [a, z] of (seers[0] || { gaps: [] }).gaps)
    if (seers.every(s => s.gaps.some(([b, y]) => b <= a + 1 && y >= z - 1)))
      bands.push({ from: a, to: Math.min(z, end), fault: true, text: "no answer" });
}
if (R) {
  if (warmup > 0) bands.push({ from: 0, to: Math.min(warmup, end), text: "warm-up" });
  if (!W && end - measuredEnd > 0.2) bands.push({ from: measuredEnd, to: end, text: "drain" });
  faults.forEach((f, i) => {
    if (f.to !== undefined) bands.push({ from: f.from, to: f.to, fault: true, text: "" });
  });
}
const faultMarks = faults
  .map((f, i) =>
    f.from === undefined
      ? null
      : { x: f.from, text: faults.length > 6 ? String(i + 1) : faultName(i), color: "red", over: true },
  )
  .filter(Boolean);
const onTime = { max: end, sync: "time" };
/** One value of each interval, at its middle. */
const over = (key, scale) => S.map(p => [p.t + dt / 2, known(p[key]) ? p[key] * (scale || 1) : null]);
/** Highest of about eighty stretches: of what is a level and not a sum. */
function highest(key) {
  const join = Math.max(1, Math.ceil(S.length / 80)),
    out = [];
  for (let i = 0; i < S.length; i += join)
    out.push([S[i].t + (dt * join) / 2, Math.max(...S.slice(i, i + join).map(p => p[key] || 0))]);
  return out;
}
/** A chart over the time of the run, with its phases and faults. */
const timeline = o =>
  chart({
    bands,
    ...o,
    x: onTime,
    marks: [...(o.marks || []), ...(o.quiet ? faultMarks.map(m => ({ ...m, text: "" })) : faultMarks)],
  });

const sections = [
  ["diff", "What has changed"],
  ["verdict", "Verdict"],
  ["capacity", "Capacity"],
  ["latency", "Latency"],
  ["load", "Load"],
  ["accounts", "Accounts"],
  ["platform", "Platform and LLM"],
  ["watched", "What was seen"],
  ["target", "Target"],
  ["run", "This run"],
];
const panels = [],
  absent = [];
/**
 * `draw` gives a card, a list of them, or nothing when there is no data. `of`: what has it, a load test, a watch or any.
 */
const panel = (section, draw, of = "load") => panels.push({ section, draw, of });
/** A panel that has nothing to show, and why. */
const missing = (name, reason) => {
  absent.push([name, reason]);
  return null;
};
