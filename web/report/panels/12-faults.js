// What was done to the run, and how people got over it.
panel("verdict", () => {
  if (!faults.length) return null;
  const at = f => (f.from === undefined ? "–" : clock(f.from));
  if (!struck.length) {
    return card(
      "Faults injected",
      "drawn over every chart of time",
      "",
      table(
        [{ t: "" }, { t: "at" }, { t: "what" }],
        faults.map((f, i) => [faultName(i), at(f), el("code", {}, f.what)]),
      ),
    );
  }
  const span = s => (known(s) ? secs(s) : "–");
  return card(
    "Faults injected",
    "recovered: people are served as in the minute before; drained: the last answer to a message from before its end",
    "",
    table(
      [
        { t: "fault" },
        { t: "at", num: 1 },
        { t: "for", num: 1 },
        { t: "calls met", num: 1 },
        { t: "missed", num: 1 },
        { t: "p95 before", num: 1 },
        { t: "during", num: 1 },
        { t: "recovered", num: 1 },
        { t: "drained", num: 1 },
      ],
      struck
        .slice(0, 50)
        .map(w => [
          el("span", {}, w.name, " ", why(w.what + (w.note ? "; " + w.note : ""))),
          clock(w.begin_s),
          known(w.end_s) ? secs(w.end_s - w.begin_s) : "the rest",
          count(w.calls),
          `${count(w.missed)} of ${count(w.messages)}`,
          ms(w.p95_before_ms),
          ms(w.p95_during_ms),
          span(w.recovery_s),
          span(w.drain_s),
        ]),
    ),
    R.faults_uncounted ? el("p", { class: "identity" }, `${count(R.faults_uncounted)} more faults happened.`) : null,
  );
});
