// The account of every message, and whether all were served alike.
const ENDS = [
  ["answered", "green", "the reply came in time"],
  ["ignored_ok", "sky", "no reply was required, none came"],
  ["unanswered", "orange", "the bot had it, the required reply did not come in time"],
  ["lost", "red", "a required recipient never took it"],
  ["failed", "purple", "the platform refused it"],
  ["in_flight", "faint", "the run ended before its time was over"],
];
const spaced = k => k.replaceAll("_", " ");

function ledger() {
  const L = R.ledger;
  if (!L.sent) return missing("Ledger", "nobody sent anything");
  return card(
    "Ledger",
    "each sent message ended as exactly one of these",
    "two3",
    stack(
      "Outcomes of all sent messages",
      ENDS.map(([k, c]) => ({ name: spaced(k), value: L[k], color: c })),
    ),
    table(
      [{ t: "ended as" }, { t: "messages", num: 1 }, { t: "share", num: 1 }, { t: "" }],
      ENDS.map(([k, c, d]) => [swatch(c, spaced(k)), count(L[k]), percent(L[k] / L.sent), why(d)]),
    ),
    el(
      "p",
      { class: "identity" },
      state(L.identity ? "ok" : "bad", L.identity ? "✓ adds up: " : "✗ does not add up: "),
      `${count(L.sent)} sent = ` + ENDS.map(([k]) => `${count(L[k])} ${spaced(k)}`).join(" + "),
    ),
  );
}
function botMessages() {
  const L = R.ledger,
    via = Object.entries(L.attributed || {}),
    total = via.reduce((a, [, n]) => a + n, 0) || 1;
  if (!L.bot_messages && !L.sent) return null;
  const names = {
    link: "reply link",
    canary: "token in the text",
    order: "order of updates",
    window: "oldest open one (weak)",
  };
  const lines = [
    ["duplicated", L.duplicated],
    ["out of order", L.out_of_order],
    ["spurious", L.spurious],
    ["misrouted", L.misrouted],
    ["late replies", L.late_replies],
    ["unprompted", L.unprompted],
  ];
  return card(
    "Bot messages",
    plural(L.bot_messages, "message"),
    L.sent ? "third" : "",
    table(
      [{ t: "outside the identity" }, { t: "", num: 1 }],
      lines.map(([k, n]) => [k, el("span", { class: n && k !== "unprompted" ? "bad state" : "" }, count(n))]),
    ),
    el(
      "div",
      { class: "below" },
      table(
        [{ t: "attributed by" }, { t: "share", num: 1 }],
        via.filter(([, n]) => n).map(([k, n]) => [names[k] || k, percent(n / total)]),
      ),
    ),
  );
}
const servedTable = (who, list) =>
  table(
    [{ t: who }, { t: "owed", num: 1 }, { t: "answered", num: 1 }, { t: "share", num: 1 }, { t: "mean reply", num: 1 }],
    list.map(s => [
      s.name,
      count(s.required),
      count(s.answered),
      percent(s.answered / Math.max(1, s.required)),
      s.mean_ms ? ms(s.mean_ms) : "–",
    ]),
  );

function fairness() {
  const F = R.fairness;
  if (!F || !F.people) return missing("Fairness", "nobody was owed a reply");
  const owed = F.worst_people[0],
    all = owed && owed.answered === owed.required;
  const curve =
    F.lorenz.length > 1 && !all
      ? chart({
          label: "Lorenz curve of the answered shares",
          height: 230,
          legend: true,
          y: { text: percent, label: "their part of what was answered" },
          x: { max: 1, fixed: true, text: percent, tip: v => percent(v) + " of the people, worst served first" },
          series: [
            { name: "all alike", color: "faint", width: 1, dash: [3, 4], points: F.lorenz.map(([x]) => [x, x]) },
            { name: "this run", color: "blue", fill: 0.12, points: F.lorenz },
          ],
        })
      : null;
  return [
    card(
      "Fairness",
      `Jain's index ${trim(F.jain, 3)}, Gini ${trim(F.gini, 3)} over the answered shares of ${plural(F.people, "person", "people")}`,
      "half",
      all
        ? el(
            "p",
            { class: "lead" },
            "Everybody got every reply in time. Those who waited longest on average stand beside.",
          )
        : el("p", { class: "lead" }, "1 is perfectly fair for Jain's index, 0 for Gini."),
      curve,
      F.worst_rooms.length
        ? el("div", { class: "below" }, servedTable("groups served worst", F.worst_rooms.slice(0, 5)))
        : null,
    ),
    card(all ? "Who waited longest" : "Who was served worst", "", "half", servedTable("person", F.worst_people)),
  ];
}
panel("accounts", () => (R ? [ledger(), botMessages(), fairness()] : null));
