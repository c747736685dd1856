// Numbers as people read them.
const trim = (x, d) => {
  const s = x.toFixed(d);
  return s.includes(".") ? s.replace(/\.?0+$/, "") : s;
};
const known = v => v !== null && v !== undefined && !Number.isNaN(v);

/** A time in milliseconds. */
function ms(v) {
  if (!known(v)) return "–";
  if (v === 0) return "0 ms";
  if (v < 1) return Math.max(1, Math.round(v * 1000)) + " µs";
  if (v < 10) return trim(v, 1) + " ms";
  if (v < 999.5) return Math.round(v) + " ms";
  if (v < 9995) return (v / 1000).toFixed(2) + " s";
  if (v < 120000) return trim(v / 1000, 1) + " s";
  const s = Math.round(v / 1000);
  return Math.floor(s / 60) + " m " + String(s % 60).padStart(2, "0") + " s";
}
/** The same on an axis, where every digit has to say something. */
const msTick = v => (v >= 999.5 && v < 120000 ? trim(v / 1000, 2) + " s" : ms(v));
/** A span in seconds. */
function secs(s) {
  if (s < 120) return trim(s, 1) + " s";
  const whole = Math.round(s),
    rest = whole % 60;
  return Math.floor(whole / 60) + " m" + (rest ? " " + String(rest).padStart(2, "0") + " s" : "");
}
/** A moment of the run, in seconds from its start. */
function clock(s) {
  const whole = Math.floor(s + 1e-9),
    h = Math.floor(whole / 3600),
    m = Math.floor(whole / 60) % 60;
  const part = s - whole > 0.049 ? trim(s - whole, 1).slice(1) : "";
  const two = n => String(n).padStart(2, "0");
  return (h ? h + ":" + two(m) : m) + ":" + two(whole % 60) + part;
}
const count = n => (known(n) ? Math.round(n).toLocaleString("en-US") : "–");
function bytes(b) {
  if (!known(b)) return "–";
  const a = Math.abs(b),
    sign = b < 0 ? "−" : "";
  if (a < 1024) return sign + Math.round(a) + " B";
  if (a < 1048576) return sign + trim(a / 1024, 1) + " KiB";
  if (a < 1073741824) return sign + trim(a / 1048576, 1) + " MiB";
  return sign + (a / 1073741824).toFixed(2) + " GiB";
}
const percent = f => (known(f) ? (f >= 0.1 || f === 0 ? Math.round(f * 100) : trim(f * 100, 1)) + " %" : "–");
/** Any number, short. */
function plain(v) {
  if (!known(v)) return "–";
  const a = Math.abs(v);
  if (a >= 1e6) return trim(v / 1e6, 2) + " M";
  if (a >= 1000) return count(v);
  return a === 0 ? "0" : a >= 100 ? trim(v, 1) : a >= 0.1 ? trim(v, 2) : a >= 0.001 ? trim(v, 4) : v.toExponential(1);
}
/** A value of a metric in its unit. */
function show(v, unit) {
  if (!known(v)) return "no data";
  if (unit === "ms") return ms(v);
  if (unit === "share") return trim(v * 100, v > 0 && v < 0.001 ? 3 : 2) + " %";
  if (unit === "bytes") return bytes(v);
  return Number.isInteger(v) ? count(v) : trim(v, 2);
}
const signed = (v, text) => (v < 0 ? "−" : "+") + text(Math.abs(v));
/** "12 ms" as ["12", "ms"]. */
const split = t => {
  const i = t.lastIndexOf(" ");
  return i < 0 ? [t, ""] : [t.slice(0, i), t.slice(i + 1)];
};
const plural = (n, one, many) => count(n) + " " + (n === 1 ? one : many || one + "s");
