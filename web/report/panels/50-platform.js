// What the platform answered, whether the bots obeyed, and what the LLM was asked.
function obedience() {
  const B = R.obedience;
  if (!B || (!B.limited && !S.some(p => p.limited))) return missing("429s", "no call was answered 429");
  const judged = B.waited + B.early;
  return card(
    "429s and obedience",
    "did the bots wait as long as retry_after told them?",
    "half",
    el(
      "p",
      { class: "lead" },
      state(B.early ? "bad" : "ok", B.early ? "✗ " : "✓ "),
      B.early
        ? `${plural(B.early, "call")} came too early, at most ${ms(B.worst_early_ms)} before the time was over.`
        : judged
          ? "Every wait was kept."
          : "No bot called again for the same room, so none could disobey.",
    ),
    table(
      [{ t: "" }, { t: "", num: 1 }],
      [
        ["calls answered 429", count(B.limited)],
        ["waits that were kept", count(B.waited)],
        ["calls before the time was over", el("span", { class: B.early ? "bad state" : "" }, count(B.early))],
      ],
    ),
    S.some(p => p.limited || p.early)
      ? el(
          "div",
          { class: "below" },
          timeline({
            label: "Calls answered 429 and calls made too early, over time",
            height: 170,
            y: { text: plain, label: "calls in an interval", min: 3 },
            series: [
              { name: "answered 429", color: "orange", width: 1, fill: 0.5, bars: true, points: over("limited") },
              {
                name: "too early",
                color: "red",
                width: 1,
                dots: true,
                points: S.map(p => [p.t + dt / 2, p.early || null]),
              },
            ],
          }),
        )
      : null,
  );
}
function errors() {
  const list = Object.entries(R.errors).sort((a, b) => b[1] - a[1]),
    odd = Object.entries(R.not_simulated || {});
  if (!list.length && !odd.length) return missing("Errors", "no API call was answered 400 or above");
  return card(
    "Errors",
    "API calls answered 400 or above",
    "half",
    list.length
      ? table(
          [{ t: "call and status" }, { t: "times", num: 1 }],
          list.slice(0, 20).map(([k, n]) => [el("code", {}, k), count(n)]),
        )
      : el("p", { class: "lead" }, "None."),
    odd.length
      ? el(
          "div",
          { class: "below" },
          table(
            [{ t: "not simulated here, no error of the bot" }, { t: "times", num: 1 }],
            odd.slice(0, 12).map(([k, n]) => [el("code", {}, k), count(n)]),
          ),
        )
      : null,
  );
}
function llm() {
  const M = R.llm;
  if (!M.calls) return missing("LLM", "no call reached the sandbox's LLM server");
  const seconds = R.windows.measured_s || 1,
    rows = [
      ["calls", count(M.calls)],
      ["prompt tokens", count(M.prompt_tokens)],
      ["completion tokens", count(M.completion_tokens)],
    ];
  for (const [k, label] of [
    ["llm_ttft", "time to first token, p50 / p95"],
    ["llm_total", "whole answer, p50 / p95"],
  ]) {
    const m = metric(k);
    if (m && m.count) rows.push([label, ms(m.p50) + " / " + (m.count >= 59 ? ms(m.p95) : "–")]);
  }
  const total = metric("llm_total"),
    first = metric("llm_ttft");
  if (total && first && total.count && total.mean > first.mean)
    rows.push([
      "tokens a second while one is written",
      plain((M.completion_tokens / M.calls / (total.mean - first.mean)) * 1000),
    ]);
  if (metric("llm_errors")) rows.push(["calls answered 400 or above", show(metric("llm_errors").value, "share")]);
  if (known(M.cost)) {
    rows.push([`cost at ${plain(M.prices.input)} in, ${plain(M.prices.output)} out a million tokens`, plain(M.cost)]);
    if (R.ledger.answered)
      rows.push(["cost of a thousand answered messages", plain((M.cost / R.ledger.answered) * 1000)]);
    rows.push(["cost of a day at this rate", plain((M.cost / Math.max(1, R.duration_s || seconds)) * 86400)]);
  }
  return [
    card(
      "LLM",
      "measured at the sandbox's LLM server",
      "half",
      table([{ t: "" }, { t: "", num: 1 }], rows),
      known(M.cost) ? null : el("p", { class: "identity" }, "Cost: the scenario names no price (llm.prices)."),
    ),
    S.some(p => p.llm_completion)
      ? card(
          "LLM over time",
          "per second",
          "half",
          timeline({
            label: "Tokens per second over time",
            y: { text: plain, label: "tokens per second" },
            series: [
              { name: "prompt", color: "sky", width: 1.6, dash: [4, 3], points: over("llm_prompt", 1 / dt) },
              { name: "completion", color: "green", points: over("llm_completion", 1 / dt) },
            ],
          }),
        )
      : null,
  ];
}
panel("platform", () => (R ? [obedience(), errors(), llm()] : null));
