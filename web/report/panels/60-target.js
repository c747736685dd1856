// Memory, CPU and descriptors of the target, and of the lab beside it.
function processes() {
  const list = R.process || [];
  if (!list.length)
    return missing(
      "Processes",
      R.virtual_time
        ? "simulated: the target has no process of its own"
        : W
          ? "nobody gave a process (--pid)"
          : "no process could be read",
    );
  const range = p =>
    p.rss.slope_between ? ` (${bytes(p.rss.slope_between[0])} to ${bytes(p.rss.slope_between[1])})` : "";
  return card(
    "Processes",
    "growth an hour: Theil-Sen slope over the measured window, with its 95 % interval",
    "",
    table(
      [
        { t: "" },
        { t: "memory", num: 1 },
        { t: "peak", num: 1 },
        { t: "growth an hour", num: 1 },
        { t: "cores", num: 1 },
        { t: "peak", num: 1 },
        { t: "fds", num: 1 },
        { t: "fds an hour", num: 1 },
        { t: "threads", num: 1 },
      ],
      list.map(p => [
        p.name === "generator" ? (W ? "the watch itself" : "lab, sandbox, people") : p.name,
        bytes(p.rss.after),
        bytes(p.rss.peak),
        bytes(p.rss.slope) + range(p),
        trim(p.cpu.mean, 2),
        trim(p.cpu.peak, 2),
        count(p.fds),
        known(p.fds_slope) ? trim(p.fds_slope, 0) : "–",
        count(p.threads),
      ]),
    ),
  );
}
function memory() {
  if (!target || !S.some(p => p.rss)) return null;
  const a = warmup,
    b = measuredEnd,
    middle = target.rss.before,
    slope = target.rss.slope / 3600;
  const line =
    R.windows.measured_s > 0
      ? [
          {
            name: "slope",
            color: "faint",
            width: 1.4,
            dash: [5, 4],
            points: [
              [a, middle],
              [b, Math.max(0, middle + slope * (b - a))],
            ],
          },
        ]
      : [];
  return card(
    "Target memory",
    `${signed(target.rss.slope, bytes)} an hour`,
    "half",
    timeline({
      label: "Resident memory of the target over time",
      height: 210,
      y: { text: bytes, label: "resident memory" },
      series: [{ name: "target", color: "purple", fill: 0.16, points: over("rss") }, ...line],
    }),
  );
}
function cpu() {
  if (!(R.process || []).length) return null;
  return card(
    "CPU",
    "",
    "half",
    timeline({
      label: "Cores in use over time",
      height: 210,
      y: { text: v => trim(v, 2), label: "cores", min: 0.1 },
      series: [
        ...(target ? [{ name: "target", color: "purple", points: over("cpu") }] : []),
        { name: W ? "the watch" : "lab", color: "faint", dash: [4, 3], points: over("lab_cpu") },
      ],
    }),
  );
}
function descriptors() {
  if (!S.some(p => p.fds)) return null;
  return card(
    "Descriptors and threads",
    target && known(target.fds_slope) ? `${signed(target.fds_slope, v => trim(v, 0))} descriptors an hour` : "",
    "half",
    timeline({
      label: "Open files and threads of the target over time",
      height: 210,
      y: { text: plain, label: "highest of each interval", min: 4 },
      series: [
        { name: "fds", color: "blue", points: over("fds") },
        { name: "threads", color: "orange", dash: [4, 3], points: over("threads") },
      ],
    }),
  );
}
panel("target", () => (R ? [processes(), memory(), cpu(), descriptors()] : null), "any");
