// uPlot, dressed: bands behind the curves, marks over them, one cursor over all charts of one time.
const FONT = "11.5px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', Arial, sans-serif";
const BYTE_STEPS = Array.from({ length: 42 }, (_, i) => Math.pow(2, i));
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];

/** Everything that stands still in a chart's plot: phases, faults and limits. */
function scenery(u, o) {
  const { ctx } = u,
    { left, top, width, height } = u.bbox,
    px = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * px}px ${FONT.slice(FONT.indexOf(" ") + 1)}`;
  const X = v => Math.max(left, Math.min(left + width, u.valToPos(v, "x", true)));
  for (const b of o.bands || []) {
    const a = X(b.from),
      z = X(b.to);
    ctx.fillStyle = b.fault ? fade("red", 0.1) : color("shade");
    ctx.fillRect(a, top, z - a, height);
    if (b.text && z - a > ctx.measureText(b.text).width + 4 * px) {
      ctx.fillStyle = color(b.fault ? "red" : "faint");
      ctx.textAlign = "center";
      ctx.fillText(b.text, (a + z) / 2, top - 6 * px);
    }
  }
  ctx.restore();
}
function marks(u, o) {
  const { ctx } = u,
    { left, top, width, height } = u.bbox,
    px = devicePixelRatio;
  ctx.save();
  ctx.font = `${11 * px}px ${FONT.slice(FONT.indexOf(" ") + 1)}`;
  ctx.lineWidth = px;
  for (const m of o.marks || []) {
    ctx.strokeStyle = ctx.fillStyle = color(m.color || "red");
    ctx.setLineDash([2 * px, 4 * px]);
    ctx.beginPath();
    if (m.y !== undefined) {
      const y = u.valToPos(m.y, "y", true);
      if (y < top || y > top + height) continue;
      ctx.moveTo(left, y);
      ctx.lineTo(left + width, y);
      ctx.stroke();
      ctx.textAlign = "right";
      ctx.fillText(m.text, left + width - 2 * px, y - 4 * px);
    } else {
      const x = u.valToPos(m.x, "x", true);
      if (x < left || x > left + width) continue;
      ctx.moveTo(x, top);
      ctx.lineTo(x, top + height);
      ctx.stroke();
      // A fault's name stands over the plot, where no curve is; others beside their line.
      const right = x < left + width * 0.7;
      ctx.textAlign = m.over ? "center" : right ? "left" : "right";
      ctx.fillText(
        m.text || "",
        m.over ? x : x + (right ? 4 : -4) * px,
        m.over ? top - 6 * px : top + (m.row || 1) * 12 * px,
      );
    }
  }
  ctx.restore();
}

/** Points that have no neighbour would be invisible as a line. */
function lonely(u, at) {
  const ys = u.data[at],
    out = [];
  const none = v => v === null || v === undefined;
  for (let i = 0; i < ys.length; ++i) {
    if (none(ys[i])) continue;
    let a = i - 1,
      b = i + 1;
    while (a >= 0 && ys[a] === undefined) --a;
    while (b < ys.length && ys[b] === undefined) ++b;
    if ((a < 0 || none(ys[a])) && (b >= ys.length || none(ys[b]))) out.push(i);
  }
  return out;
}

function seriesOf(s) {
  const stroke = () => color(s.color);
  const out = {
    label: s.name,
    stroke,
    width: s.width || 2,
    dash: s.dash,
    spanGaps: false,
    points: { show: true, size: 5, fill: stroke, stroke, filter: s.dots ? undefined : lonely },
  };
  if (s.fill) out.fill = () => (s.solid ? mix(color(s.color), color("card"), s.fill) : fade(s.color, s.fill));
  if (s.unseen) {
    out.paths = () => null;
    out.points.show = false;
  }
  if (s.dots) {
    out.paths = () => null;
    out.points.size = 7;
  }
  if (s.bars) out.paths = uPlot.paths.bars({ size: [0.8, 14], align: 1 });
  return out;
}

/** A log axis begins and ends where the values do, not at powers of ten. */
function logRange(low, high) {
  const a = Math.max(low, 1e-6),
    b = Math.max(high, a * 4);
  return [a / 1.3, b * 1.3];
}
/** 1, 2, 5 of each decade where there is room for them, else the decades alone. */
function logSplits(low, high) {
  const digits = Math.log10(high / low) > 2.6 ? [1] : [1, 2, 5],
    out = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); ++e) {
    for (const d of digits) {
      const v = +(d * Math.pow(10, e)).toPrecision(6);
      if (v >= low && v <= high) out.push(v);
    }
  }
  return out;
}

/** Nothing is zoomed: all that there is, is asked for. */
function whole(u, a, b) {
  const xs = u.data[0];
  return !known(a) || !known(b) || a === b || (a <= xs[0] && b >= xs[xs.length - 1]);
}

function options(o, width, series, host) {
  const axis = {
    stroke: () => color("soft"),
    font: FONT,
    labelFont: FONT,
    grid: { stroke: () => color("grid"), width: 1 },
    ticks: { stroke: () => color("line"), size: 4, width: 1 },
  };
  const reach = (o.marks || []).reduce((a, m) => Math.max(a, m.y || 0), 0);
  const xText = o.x.text || clock;
  return {
    width,
    height: o.height || 250,
    ms: 1,
    pxAlign: 0,
    padding: [(o.bands && o.bands.length) || (o.marks && o.marks.length) ? 20 : 10, o.x.fixed ? 20 : 14, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { size: 6 },
      drag: { x: !o.x.fixed, y: false, setScale: true },
      sync: o.x.sync ? { key: o.x.sync, scales: ["x", null] } : undefined,
    },
    scales: {
      x: {
        time: false,
        range: (u, a, b) => (whole(u, a, b) && o.x.max !== undefined ? [o.x.min || 0, o.x.max] : [a, b]),
      },
      y: o.y.log
        ? { distr: 3, range: (u, a, b) => logRange(a || 1, Math.max(b || 1, reach)) }
        : { range: (u, a, b) => [Math.min(0, a || 0), Math.max(b || 0, reach, o.y.min || 0, 1e-9) * 1.08] },
    },
    axes: [
      {
        ...axis,
        size: 34,
        values: (u, v) => v.map(t => (t === null ? "" : xText(t))),
        splits: o.x.splits,
        space: o.x.space || 70,
        incrs: o.x.text ? undefined : TIME_STEPS,
        gap: 4,
      },
      {
        ...axis,
        size: 62,
        space: 34,
        gap: 4,
        incrs: o.y.text === bytes ? BYTE_STEPS : undefined,
        splits: o.y.log ? (u, axis, low, high) => logSplits(low, high) : undefined,
        values: (u, v) => v.map(y => (y === null ? "" : o.y.text === ms ? msTick(y) : o.y.text(y))),
        filter: o.y.log ? (u, v) => v : undefined,
      },
    ],
    series: [{}, ...series.map(seriesOf)],
    hooks: {
      drawClear: [u => scenery(u, o)],
      draw: [
        u => {
          if (o.paint) o.paint(u);
          marks(u, o);
        },
      ],
      setCursor: [u => point(u, o, series, host)],
    },
  };
}

/** The numbers beside the pointer. */
function point(u, o, series, host) {
  const { idx, left } = u.cursor,
    tip = host.tip;
  if (idx === null || idx === undefined || left < 0 || host.hovered !== true) {
    tip.style.opacity = 0;
    return;
  }
  const lines = o.tip
    ? o.tip(u, idx)
    : series.map((s, i) => {
        const y = u.data[i + 1][idx];
        return known(y)
          ? el(
              "div",
              {},
              el("span", { class: "sw", style: `background:${css(s.color)}` }),
              `${s.name}: ${(o.y.tip || o.y.text)(s.real ? s.real[idx] : y)}`,
            )
          : null;
      });
  const shown = lines.filter(Boolean);
  if (!shown.length) {
    tip.style.opacity = 0;
    return;
  }
  tip.replaceChildren(el("b", {}, (o.x.tip || o.x.text || clock)(u.data[0][idx])), ...shown);
  const offset = u.over.offsetLeft,
    right = left > u.over.clientWidth / 2;
  tip.style.opacity = 1;
  tip.style.left = (right ? Math.max(0, offset + left - tip.offsetWidth - 14) : offset + left + 14) + "px";
}

function keyOf(s) {
  const key = svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" });
  const paint = `fill:${css(s.color)}`;
  if (s.fill)
    key.append(
      svg("rect", { x: 1, y: 1, width: 20, height: 8, rx: 2, style: paint + `;opacity:${Math.max(s.fill, 0.3)}` }),
    );
  if (s.dots) key.append(svg("circle", { cx: 11, cy: 5, r: 3.5, style: paint }));
  else if (!s.solid)
    key.append(
      svg("line", {
        x1: 1,
        x2: 21,
        y1: 5,
        y2: 5,
        style: `stroke:${css(s.color)};stroke-width:${Math.min(s.width || 2, 4)};stroke-dasharray:${s.dash ? s.dash.join(" ") : "none"}`,
      }),
    );
  return el("span", {}, key, s.name);
}

/**
 * label (for screen readers); height; x{min,max,text,tip,splits,sync,fixed}; y{text,tip,log,label,min};
 * bands[{from,to,text,fault}]; marks[{y|x,text,color,row,over}]; series[{name,color,dash,width,fill,solid,bars,dots,
 * unseen,points:[[x,y]]}]; paint(u) over the curves; tip(u, index) instead of the usual lines; legend: false; stacked: the series are
 * given from the top.
 */
function chart(o) {
  const tip = el("div", { class: "tip" });
  const plot = el("div", {});
  const box = el("div", { class: "chart", role: "img", "aria-label": o.label }, plot, tip);
  const host = { tip, hovered: false };
  const tables = o.series.map(s => [s.points.map(p => p[0]), s.points.map(p => p[1])]);
  const data =
    o.series.length > 1
      ? uPlot.join(
          tables,
          tables.map(() => [1, 1]),
        )
      : tables[0];
  box.addEventListener("pointerenter", () => {
    host.hovered = true;
  });
  box.addEventListener("pointerleave", () => {
    host.hovered = false;
    tip.style.opacity = 0;
  });
  let live = null;
  drawn(() => {
    const width = box.clientWidth;
    if (width < 40) return;
    if (live) live.destroy();
    plot.replaceChildren();
    live = new uPlot(options(o, width, o.series, host), data, plot);
  });
  return el(
    "div",
    {},
    o.legend === false || (o.series.length < 2 && !o.legend)
      ? null
      : el("div", { class: "legend" }, (o.stacked ? [...o.series].reverse() : o.series).filter(s => s.name).map(keyOf)),
    o.y.label ? el("div", { class: "ylab" }, o.y.label) : null,
    box,
  );
}
