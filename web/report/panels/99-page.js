// Puts the page together: head, sections with their panels, and what is not in it.
function headOf() {
  if (!R) {
    const C = DATA.capacity || {};
    root.style.setProperty("--v", css(C.people ? "pass" : "invalid"));
    return el(
      "header",
      { class: "top" },
      el("div", { class: "kicker" }, el("span", { class: "badge" }, "CAPACITY"), el("b", {}, C.scenario || "")),
      el("h1", {}, C.sentence || "Nothing to report."),
    );
  }
  const tones = { PASS: "pass", FAIL: "fail", WATCHED: "blue" };
  root.style.setProperty("--v", css(tones[R.verdict] || "invalid"));
  const began = ["started", R.started_at.replace("T", " ").replace(/\.\d+Z|Z/, " UTC")];
  const meta = W
    ? [["", R.target.description], ["for", secs(R.windows.measured_s)], ["read every", secs(W.every_s)], began]
    : [
        ["target", R.target.description],
        ["bots", count(R.target.bots) + " by " + R.target.transport],
        ["people", count(R.target.people)],
        ["limits", R.target.limits],
        ["measured", secs(R.windows.measured_s) + " after " + secs(warmup) + " warm-up"],
        ["seed", String(R.seed)],
        began,
      ];
  if (R.virtual_time) meta.push(["time", "virtual"]);
  return el(
    "header",
    { class: "top" },
    el(
      "div",
      { class: "kicker" },
      el("span", { class: "badge" }, R.verdict),
      el("b", {}, R.name),
      R.end !== "complete" ? el("span", {}, spaced(R.end)) : null,
      el("span", {}, "exit code " + R.exit_code),
    ),
    el("h1", {}, R.sentence),
    R.description ? el("p", { class: "lead" }, R.description) : null,
    el(
      "div",
      { class: "meta" },
      meta.map(([k, v]) => el("span", {}, k + " ", el("b", {}, v))),
    ),
  );
}
/** A panel that cannot be drawn says so and leaves the others alone. */
function draw(one) {
  try {
    return [one.draw()].flat(2).filter(Boolean);
  } catch (problem) {
    return [card("This panel could not be drawn", "", "", el("p", { class: "lead" }, String(problem)))];
  }
}
const parts = [],
  links = [];
const kinds = ["any", W ? "watch" : "load"];
for (const [id, title] of sections) {
  const cards = panels.filter(p => p.section === id && kinds.includes(p.of)).flatMap(draw);
  if (!cards.length) continue;
  links.push(el("a", { href: "#" + id }, title));
  parts.push(
    el(
      "section",
      { id },
      id === "verdict" && !parts.length ? null : el("h2", {}, title),
      el("div", { class: "grid" }, cards),
    ),
  );
}
if (absent.length)
  parts.push(
    el(
      "section",
      {},
      el("div", { class: "grid" }, card("Not in this report", "panels without data, and why", "", pairs(absent))),
    ),
  );
document
  .getElementById("page")
  .replaceChildren(
    headOf(),
    links.length > 2 ? el("nav", { "aria-label": "Parts of the report" }, links) : "",
    ...parts,
    el(
      "footer",
      {},
      el("span", {}, W ? "Chorus watch report" : "Chorus load test report"),
      el(
        "span",
        {},
        W
          ? "Nothing was sent to what was watched but requests for its numbers."
          : "Percentiles come from whole histograms and are never averaged.",
      ),
      el("span", {}, "This page loads nothing from the network."),
    ),
  );
redraw();
