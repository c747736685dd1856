// How the bots conversed, where that was counted.
panel("accounts", () => {
  const Q = R && R.quality;
  if (!Q) return null;
  const grade = {
    green: ["ok", "✓ green"],
    red: ["bad", "✗ red"],
    between: ["open", "? between"],
    reported: ["", "reported"],
  };
  const value = (v, q) => (!known(v) ? "–" : q.unit === "share" ? percent(v) : trim(v, 2));
  const lines = Q.rooms.reduce((a, r) => a + r.lines, 0),
    base = Q.baseline && Object.keys(Q.baseline.values).length;
  return card(
    "Conversation",
    `turn-taking and wording over ${plural(lines, "line")} of ${plural(Q.rooms.length, "room")}; what depends on the generator is reported, not judged`,
    "",
    table(
      [
        { t: "" },
        { t: "metric" },
        { t: "value", num: 1 },
        ...(base ? [{ t: Q.baseline.name, num: 1 }] : []),
        { t: "green" },
        { t: "n", num: 1 },
      ],
      Object.entries(Q.values).map(([name, q]) => [
        state(...(grade[q.grade] || ["", "no data"])),
        el("span", { title: name }, q.title),
        value(q.value, q),
        ...(base ? [value((Q.baseline.values[name] || {}).value, q)] : []),
        q.green,
        count(q.n),
      ]),
    ),
  );
});
