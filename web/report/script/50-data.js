// What the page is about, and what several panels need of it.
const DATA = JSON.parse(document.getElementById("data").textContent);
const R = DATA.result || null;
const S = R ? R.series || [] : [];
const dt = R ? R.series_interval_s || 1 : 1;
const end = S.length ? S[S.length - 1].t + dt : 1;
const warmup = R ? R.windows.warmup_s : 0, measuredEnd = R ? warmup + R.windows.measured_s : 0;
const metric = key => R && R.metrics[key];
const target = R && (R.process || []).find(p => p.name === "target");

/** A fault's times, in seconds from the start of the load: of a plan in words, or of a record. */
function faultOf(f) {
  const unit = { ms: 0.001, s: 1, sec: 1, m: 60, min: 60, h: 3600 };
  const span = text => {
    let sum = 0, any = false;
    for (const [, n, u] of String(text).matchAll(/([\d.]+)\s*(ms|sec|s|min|m|h)\b/g)) { sum += n * unit[u]; any = true; }
    return any ? sum : null;
  };
  if (typeof f === "string") {
    const at = span((/^at ([^:]+):/.exec(f) || [])[1] || "");
    return at === null ? { text: f } : { from: warmup + at, text: f.replace(/^at [^:]+:\s*/, ""), plan: f };
  }
  const number = (...keys) => keys.map(k => f[k]).find(v => typeof v === "number");
  const from = number("from_s", "at_s", "begin_s", "start_s"), lasts = number("for_s", "lasts_s", "duration_s");
  const until = number("to_s", "until_s", "end_s");
  const text = f.text || f.what || f.name || JSON.stringify(f.fault || f);
  if (from === undefined) return { text };
  const zero = number("origin_s") === undefined ? warmup : 0;
  return { from: zero + from, to: until !== undefined ? zero + until : lasts !== undefined ? zero + from + lasts : undefined, text };
}
const faults = R ? (R.faults || []).map(faultOf) : [];

const bands = [];
if (R) {
  if (warmup > 0) bands.push({ from: 0, to: Math.min(warmup, end), text: "warm-up" });
  if (end - measuredEnd > 0.2) bands.push({ from: measuredEnd, to: end, text: "drain" });
  faults.forEach((f, i) => { if (f.to !== undefined) bands.push({ from: f.from, to: f.to, fault: true, text: "fault " + (i + 1) }); });
}
const faultMarks = faults.map((f, i) => f.from === undefined ? null : { x: f.from, text: "fault " + (i + 1), color: "red", row: 1 + i % 3 }).filter(Boolean);
const onTime = { max: end, sync: "time" };
/** One value of each interval, at its middle. */
const over = (key, scale) => S.map(p => [p.t + dt / 2, known(p[key]) ? p[key] * (scale || 1) : null]);
/** Highest of about eighty stretches: of what is a level and not a sum. */
function highest(key) {
  const join = Math.max(1, Math.ceil(S.length / 80)), out = [];
  for (let i = 0; i < S.length; i += join) out.push([S[i].t + dt * join / 2, Math.max(...S.slice(i, i + join).map(p => p[key] || 0))]);
  return out;
}
/** A chart over the time of the run, with its phases and faults. */
const timeline = o => chart({ bands, ...o, x: onTime, marks: [...(o.marks || []), ...faultMarks] });

const sections = [["verdict", "Verdict"], ["diff", "What has changed"], ["capacity", "Capacity"], ["latency", "Latency"], ["load", "Load"],
  ["accounts", "Accounts"], ["platform", "Platform and LLM"], ["target", "Target"], ["run", "This run"]];
const panels = [], absent = [];
/** `draw` gives a card, a list of them, or nothing when there is no data. */
const panel = (section, draw) => panels.push({ section, draw });
/** A panel that has nothing to show, and why. */
const missing = (name, reason) => { absent.push([name, reason]); return null; };
