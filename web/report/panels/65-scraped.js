// What the target says of itself, on the same time as everything else.
const SCRAPED_COLORS = ["blue", "orange", "green", "purple", "sky", "red", "faint"];
const NOISE = /^(process_|go_|python_gc_|nodejs_|promhttp_|scrape_)/;

function scrapedText(name, shows) {
  const seconds = /_seconds$/.test(name),
    size = /_bytes$/.test(name);
  if (shows === "per_second") return v => plain(v) + "/s";
  return seconds ? v => ms(v * 1000) : size ? bytes : plain;
}
function scrapedCard(name, list, at) {
  const shown = list.slice(0, SCRAPED_COLORS.length),
    shows = list[0].shows;
  const label = s =>
    Object.entries(s.labels)
      .map(([k, v]) => `${k}=${v}`)
      .join(" ") || "value";
  const note = { per_second: "per second", mean: "mean of the new ones", value: "" }[shows] || "";
  return card(
    name,
    note + (list.length > shown.length ? `; ${list.length - shown.length} more series` : ""),
    "third small",
    timeline({
      label: `${name} over time`,
      height: 150,
      quiet: true,
      bands: bands.map(b => ({ ...b, text: "" })),
      y: { text: scrapedText(name, shows) },
      series: shown.map((s, i) => ({
        name: label(s),
        color: SCRAPED_COLORS[i],
        width: 1.6,
        points: at.map((t, k) => [t, s.values[k]]),
      })),
      legend: shown.length > 1 || label(shown[0]) !== "value",
    }),
  );
}
panel("target", () => {
  const P = R && R.scrape;
  if (!P)
    return (
      R &&
      missing(
        "The target's own metrics",
        R.virtual_time
          ? "simulated: nothing is scraped"
          : W
            ? "nobody gave an address (--metrics)"
            : "it shows none; name them with target.metrics in the scenario",
      )
    );
  if (!P.series.length)
    return missing(
      "The target's own metrics",
      P.scrapes
        ? `${P.url} was read ${count(P.scrapes)} times, and nothing moved`
        : `${P.url} could not be read: ${P.last_error || "no answer"}`,
    );
  const families = new Map();
  for (const s of P.series) families.set(s.name, [...(families.get(s.name) || []), s]);
  const order = [...families].sort((a, b) => NOISE.test(a[0]) - NOISE.test(b[0]) || a[0].localeCompare(b[0]));
  const cards = order.map(([name, list]) => scrapedCard(name, list, P.at)),
    open = cards.slice(0, 9),
    rest = cards.slice(9);
  const more = rest.length
    ? el(
        "details",
        {},
        el("summary", {}, plural(rest.length, "more metric") + " of the target"),
        el("div", { class: "grid" }, rest),
      )
    : null;
  if (more) more.addEventListener("toggle", redraw);
  const told =
    `${P.url}, ${plural(P.scrapes, "scrape")}` +
    (P.failed ? `, ${count(P.failed)} failed (${P.last_error})` : "") +
    (P.left_out ? `; ${count(P.left_out)} series that stood still or were beyond the bound are left out` : "");
  return [
    el(
      "div",
      { class: "card" },
      el("h3", { style: "margin:0" }, "The target's own metrics", el("span", { class: "note" }, told)),
    ),
    ...open,
    more,
  ];
}, "any");
