// A watch: what a running system did while somebody looked on.
const WP = W ? W.points || [] : [];
const wdt = W ? W.interval_s || 1 : 1;
const seen = draw => panel("watched", draw, "watch");
/** A count of each interval per second; nothing where nobody answered. */
const perSecond = key => WP.map(p => [p.t + wdt / 2, p.silent ? null : (p[key] || 0) / wdt]);
const level = key => WP.map(p => [p.t + wdt / 2, p.silent ? null : p[key] || 0]);
const some = (...keys) => WP.some(p => keys.some(k => p[k]));
const happened = W
  ? W.events
      .filter(e => /^breaker|restarted/.test(e.what))
      .slice(0, 12)
      .map((e, i) => ({
        x: e.at,
        text: /restarted/.test(e.what) ? "restart" : e.what.replace(/^breaker .* is /, "breaker "),
        color: "red",
        row: 1 + (i % 3),
      }))
  : [];
/** A quantile that is not above the lowest bound may be anything below it. */
const atMost = (v, least, text) => (known(v) && v <= least ? "≤ " : "") + text(v);
const share = (a, b) => (a + b > 0 ? a / (a + b) : null);

function watchTiles() {
  const out = [],
    into = metric("messages{side:person}"),
    from = metric("messages{side:bot}"),
    errors = metric("errors"),
    hits = metric("cache_hits"),
    opened = metric("breaker_opened"),
    T = R.windows.measured_s || 1;
  const rate = m => trim(m.value / T, 2) + " a second";
  if (into) out.push(tile("messages in", [count(into.value), ""], rate(into)));
  if (from) out.push(tile("messages out", [count(from.value), ""], rate(from)));
  if (errors)
    out.push(
      tile(
        "failed calls",
        split(percent(errors.value)),
        `of ${count(errors.count)}, ${count((metric("rate_limited") || {}).value || 0)} answered 429`,
      ),
    );
  if (hits && hits.count) out.push(tile("cache hits", split(percent(hits.value)), `of ${count(hits.count)} reads`));
  if (opened) out.push(tile("breakers", [count(opened.value), ""], "times opened"));
  if (target)
    out.push(
      tile(
        "memory",
        split(bytes(target.rss.after)),
        "peak " + bytes(target.rss.peak) + ", " + trim(target.cpu.mean, 2) + " cores",
      ),
    );
  return out.length ? el("section", { class: "card tiles" }, out) : null;
}
panel(
  "verdict",
  () => [
    watchTiles(),
    R.reasons.length ? card("Why this verdict", "", "", bullets(R.reasons, "reasons")) : null,
    R.thresholds.length ? thresholds() : null,
    card("Not proven by a watch", "", "", bullets(R.not_proven)),
  ],
  "watch",
);
seen(() =>
  some("in", "out")
    ? card(
        "Messages",
        "per second",
        "half",
        timeline({
          label: "Messages in and out per second",
          height: 230,
          marks: happened,
          y: { text: v => plain(v) + "/s", label: "per second" },
          series: [
            { name: "in", color: "blue", points: perSecond("in") },
            { name: "out", color: "green", points: perSecond("out") },
          ],
        }),
      )
    : missing("Messages", "no source counts messages by a name that is known; its own metrics are below"),
);
seen(() =>
  some("calls")
    ? card(
        "Calls to platforms and models",
        "per second",
        "half",
        timeline({
          label: "Calls, errors and 429 per second",
          height: 230,
          marks: happened,
          y: { text: v => plain(v) + "/s", label: "per second" },
          series: [
            { name: "calls", color: "purple", points: perSecond("calls") },
            { name: "errors", color: "red", points: perSecond("errors") },
            { name: "429", color: "orange", points: perSecond("limited") },
          ],
        }),
      )
    : null,
);
seen(() =>
  some("hits", "misses")
    ? card(
        "Cache hits",
        "share of the cached reads of each interval",
        "third small",
        timeline({
          label: "Share of cache hits over time",
          height: 150,
          quiet: true,
          y: { text: percent, min: 1 },
          series: [
            { name: "hits", color: "green", points: WP.map(p => [p.t + wdt / 2, share(p.hits || 0, p.misses || 0)]) },
          ],
        }),
      )
    : null,
);
seen(() =>
  some("lag_ms")
    ? card(
        "Loop lag",
        W.lag_name ? "99th percentile of each interval, by its own histogram" : "as it tells",
        "third small",
        timeline({
          label: "Loop lag over time",
          height: 150,
          quiet: true,
          y: { text: ms },
          series: [{ name: "lag", color: "orange", points: level("lag_ms") }],
        }),
      )
    : null,
);
seen(() =>
  some("pending", "open_breakers")
    ? card(
        "Waiting, and open breakers",
        "highest of each interval",
        "third small",
        timeline({
          label: "What waits over time",
          height: 150,
          quiet: true,
          y: { text: plain, min: 1 },
          series: [
            { name: "waiting", color: "blue", points: level("pending") },
            { name: "open breakers", color: "red", points: level("open_breakers") },
          ],
        }),
      )
    : null,
);
seen(() => {
  if (!W.calls.length) return missing("Calls of each method", "no source counts them");
  return ["metrics", "sandbox"].map(by => {
    const list = W.calls.filter(c => c.seen_by === by);
    if (!list.length) return null;
    return card(
      by === "sandbox" ? "Calls of each method, as the sandbox sees them" : "Calls of each method, as it counts them",
      by === "sandbox" ? "time: from the request until the sandbox's answer; polls are held" : "",
      "",
      table(
        [
          { t: "api" },
          { t: "method" },
          { t: "calls", num: 1 },
          { t: "failed", num: 1 },
          { t: "429", num: 1 },
          { t: "p50", num: 1 },
          { t: "p95", num: 1 },
          { t: "answers" },
        ],
        list.map(c => [
          c.api,
          el("code", {}, c.method),
          count(c.count),
          count(c.failed),
          count(c.limited),
          atMost(c.p50_ms, c.least_ms, ms),
          atMost(c.p95_ms, c.least_ms, ms),
          why(
            Object.entries(c.statuses)
              .map(([s, n]) => `${s}: ${count(n)}`)
              .join(", "),
          ),
        ]),
      ),
    );
  });
});
seen(() =>
  W.caches.length
    ? card(
        "Caches",
        "",
        "half",
        table(
          [{ t: "cache" }, { t: "hits", num: 1 }, { t: "misses", num: 1 }, { t: "share", num: 1 }],
          W.caches.map(c => [c.name, count(c.hits), count(c.misses), percent(share(c.hits, c.misses))]),
        ),
      )
    : missing("Caches", "no source counts hits and misses"),
);
seen(() => {
  const turns = Object.entries(W.turns);
  if (!turns.length && !W.breakers.length) return null;
  const states = ["closed", "half-open", "open"];
  return [
    turns.length
      ? card(
          "Decisions by how they ended",
          "",
          "half",
          table(
            [{ t: "reason" }, { t: "turns", num: 1 }],
            turns.map(([k, n]) => [k, count(n)]),
          ),
        )
      : null,
    W.breakers.length
      ? card(
          "Breakers",
          "as far as readings show",
          "half",
          table(
            [{ t: "of" }, { t: "opened", num: 1 }, { t: "not closed", num: 1 }, { t: "now" }],
            W.breakers.map(b => [b.of, count(b.opened), secs(b.open_s), states[b.state] || ""]),
          ),
        )
      : null,
  ];
});
seen(() => {
  if (!W.rows.length) return null;
  const name = r =>
    el(
      "code",
      {},
      r.name +
        (Object.keys(r.labels).length
          ? "{" +
            Object.entries(r.labels)
              .map(([k, v]) => `${k}="${v}"`)
              .join(",") +
            "}"
          : ""),
    );
  const unit = r => (/_seconds$/.test(r.name) ? v => ms(v * 1000) : /_bytes$/.test(r.name) ? bytes : plain);
  const of = (...kinds) => W.rows.filter(r => kinds.includes(r.kind));
  const part = (title, note, heads, rows) => (rows.length ? card(title, note, "", table(heads, rows)) : null);
  const box = el(
    "details",
    W.calls.length ? {} : { open: "" },
    el("summary", {}, "Everything else that it tells"),
    el(
      "div",
      { class: "grid" },
      part(
        "Counters",
        "growth over the watch, most first; counting from 0 again is allowed for",
        [{ t: "" }, { t: "grew by", num: 1 }, { t: "per second", num: 1 }, { t: "resets", num: 1 }],
        of("counter").map(r => [name(r), plain(r.value), plain(r.per_second), count(r.resets || 0)]),
      ),
      part(
        "Histograms and summaries",
        "of the values that came during the watch; quantiles from the buckets, by a straight line",
        [{ t: "" }, ...["n", "mean", "p50", "p95", "p99"].map(t => ({ t, num: 1 }))],
        of("histogram", "summary").map(r => [
          name(r),
          plain(r.value),
          unit(r)(r.mean),
          ...[r.p50, r.p95, r.p99].map(v => atMost(v, r.least, unit(r))),
        ]),
      ),
      part(
        "Gauges",
        "",
        [{ t: "" }, ...["at the end", "lowest", "mean", "highest"].map(t => ({ t, num: 1 }))],
        of("gauge").map(r => [name(r), ...[r.value, r.low, r.mean, r.high].map(unit(r))]),
      ),
    ),
  );
  return box;
});
seen(() =>
  W.events.length
    ? card(
        "What happened",
        W.more_events ? `and ${count(W.more_events)} more` : "",
        "",
        table(
          [{ t: "at", num: 1 }, { t: "" }],
          W.events.map(e => [clock(e.at), e.what]),
        ),
      )
    : null,
);
panel(
  "run",
  () => [
    card(
      "Where it looked",
      "a gap is a time without answers; the watch ended " + W.ended,
      "",
      table(
        [{ t: "source" }, { t: "where" }, ...["read", "in vain", "gaps", "restarts"].map(t => ({ t, num: 1 })), { t: "" }],
        W.sources.map(s => [
          s.kind,
          el("code", {}, s.where),
          count(s.reads),
          count(s.failed),
          count(s.gaps.length + s.more_gaps),
          count(s.restarts.length + s.more_restarts),
          why(s.last_error),
        ]),
      ),
    ),
    card(
      "How it was measured",
      "",
      "",
      pairs([["intervals", `${count(WP.length)} of ${secs(wdt)}`], ...Object.entries(R.env)]),
      saveButton(),
    ),
    Object.keys(R.definitions || {}).length
      ? card("What each metric means", "", "", pairs(Object.entries(R.definitions)))
      : null,
  ],
  "watch",
);
