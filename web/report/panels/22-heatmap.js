// Time by latency, every reply: what percentiles fold together, two bands for instance, is apart here.
const binUpper = bin => {
  // microseconds; 32 bins an octave, as the lab counts them
  if (bin < 64) return bin;
  const shift = (bin >> 5) - 1;
  return (bin - shift * 32 + 1) * Math.pow(2, shift);
};
const binMiddle = bin => (binUpper(Math.max(0, bin - 1)) + binUpper(bin)) / 2 / 1000;

function heat() {
  const filled = S.filter(p => p.bins);
  const n = filled.reduce((a, p) => a + p.n, 0);
  if (filled.length < 4 || n < 30) return null;
  const parsed = S.map(p =>
    (p.bins || "")
      .split(" ")
      .filter(Boolean)
      .map(t => t.split(":").map(Number)),
  );
  const values = parsed.flat().map(([bin]) => binMiddle(bin));
  const low =
    Math.log10(
      Math.max(
        0.05,
        values.reduce((a, v) => Math.min(a, v), Infinity),
      ),
    ) - 0.02;
  const high = Math.max(low + 0.3, Math.log10(values.reduce((a, v) => Math.max(a, v), 0)) + 0.02);
  const wide = Math.max(1, Math.ceil(S.length / 120), Math.ceil(Math.min(S.length / 20, (40 * S.length) / n)));
  const columns = Math.ceil(S.length / wide),
    rows = Math.max(10, Math.min(34, Math.round((high - low) / 0.05)));
  const cells = Array.from({ length: columns }, () => new Uint32Array(rows));
  parsed.forEach((bins, i) =>
    bins.forEach(([bin, k]) => {
      const row = Math.floor(((Math.log10(Math.max(0.05, binMiddle(bin))) - low) / (high - low)) * rows);
      cells[Math.floor(i / wide)][Math.max(0, Math.min(rows - 1, row))] += k;
    }),
  );
  return { cells, columns, rows, low, high, width: wide * dt, n, most: cells.reduce((a, c) => Math.max(a, ...c), 1) };
}

panel("latency", () => {
  if (!R) return null;
  const h = heat();
  if (!h) return missing("Heatmap", "it takes 30 replies over four intervals");
  const at = row => Math.pow(10, h.low + ((h.high - h.low) * row) / h.rows);
  const paint = u => {
    const { ctx } = u,
      under = color("card"),
      over = color("blue");
    ctx.save();
    h.cells.forEach((column, i) =>
      column.forEach((k, row) => {
        if (!k) return;
        const x = u.valToPos(i * h.width, "x", true),
          right = u.valToPos(Math.min(end, (i + 1) * h.width), "x", true);
        const y = u.valToPos(at(row + 1), "y", true),
          bottom = u.valToPos(at(row), "y", true);
        const a = Math.max(x, u.bbox.left),
          z = Math.min(right, u.bbox.left + u.bbox.width);
        if (z <= a) return;
        ctx.fillStyle = mix(over, under, 0.14 + 0.86 * Math.sqrt(k / h.most));
        ctx.fillRect(a, y, Math.max(1, z - a - 0.5), Math.max(1, bottom - y - 0.5));
      }),
    );
    ctx.restore();
  };
  const tip = (u, idx) => {
    const { top } = u.cursor,
      value = u.posToVal(top, "y");
    const row = Math.floor(((Math.log10(Math.max(value, 1e-9)) - h.low) / (h.high - h.low)) * h.rows),
      column = h.cells[idx];
    const k = column && column[row];
    return [el("div", {}, `${plural(k || 0, "reply", "replies")} of ${ms(at(row))} to ${ms(at(row + 1))}`)];
  };
  const points = h.cells.map((c, i) => [(i + 0.5) * h.width, i % 2 ? at(0) : at(h.rows)]);
  return card(
    "Latency heatmap",
    `${plural(h.n, "reply", "replies")}; the darkest cell holds ${count(h.most)}`,
    "half",
    timeline({
      label: "Replies by time and latency",
      y: { log: true, text: ms, label: "latency, log scale" },
      paint,
      tip,
      legend: false,
      series: [{ name: "", color: "card", unseen: true, points }],
    }),
  );
});
