// Conversations of steps: how they ended, and what held in them.
function conversationsHeld() {
  const C = R.conversations;
  if (!C || !C.started) return missing("Conversations", "the people said single messages");
  const line = (k, n, d) => [k, count(n), why(d)];
  return card(
    "Conversations",
    "over the whole run, with its warm-up",
    "half",
    table(
      [{ t: "" }, { t: "", num: 1 }, { t: "" }],
      [
        line("started", C.started, "people that began one"),
        line("completed", C.completed, "came to their last step"),
        line("abandoned", C.abandoned, "a step was not answered as it had to be"),
      ],
    ),
  );
}
function checks() {
  const named = Object.entries(R.metrics).flatMap(([k, m]) => {
    const [, name] = /^checks\{check:([^,}]*)\}$/.exec(k) || [];
    return name && m.count ? [[name, m]] : [];
  });
  if (!named.length) return missing("Checks", "the scenario names none");
  return card(
    "Checks",
    "in the measured window; they stop nothing, and a threshold says how many have to hold",
    "half",
    table(
      [{ t: "" }, { t: "check" }, { t: "held", num: 1 }, { t: "of", num: 1 }, { t: "share", num: 1 }],
      named.map(([name, m]) => [
        m.value === 1 ? state("ok", "✓") : state("bad", "✗"),
        el("code", {}, name),
        count(m.value * m.count),
        count(m.count),
        show(m.value, "share"),
      ]),
    ),
  );
}
panel("accounts", () => (R ? [conversationsHeld(), checks()] : null));
