#include "chorus/lab/outputs.hpp"
#include "chorus/lab/stored_result.hpp"
#include "chorus/lab/summary.hpp"

#include "unit/lab/run_harness.hpp"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

json::value keyboard() {
  return *parse_json(R"({"inline_keyboard":[[{"text":"Confirm","callback_data":"ok-7"}]]})");
}

/// A little shop: greets, sells, streams its answers and has a button.
std::vector<BotAct> shop(const json::object& message, std::optional<std::string_view> data) {
  const auto text = std::string(find_string(message, "text").value_or(""));
  const auto id = *find_int(message, "message_id");
  const auto has = [&](std::string_view word) { return text.find(word) != std::string::npos; };
  if (data) {
    return {{100ms, "editMessageText", {{"message_id", id}, {"text", "confirmed 7"}}, false}};
  }
  if (has("I am")) {
    return {{200ms, "sendMessage", {{"text", "Welcome " + text.substr(5)}}, false}};
  }
  if (has("buy")) {
    return {{200ms,
             "sendMessage",
             {{"text", "order 7 costs $12.50"}, {"reply_markup", keyboard()}},
             false}};
  }
  if (has("stream")) {
    return {{200ms, "sendMessage", {{"text", "Hel"}}, false},
            {300ms, "editMessageText", {{"text", "Hello there"}}, true}};
  }
  if (has("twice")) {
    return {{200ms, "sendMessage", {{"text", "one"}}, false},
            {100ms, "sendMessage", {{"text", "two"}}, false}};
  }
  if (has("quiet")) return {};
  return {{200ms, "sendMessage", {{"text", "you said: " + text}}, false}};
}

/// Ten conversations at once in private chats, with these steps.
std::string with(std::string_view steps, std::string_view more = "") {
  return fmt::format(R"y(version: 1
name: steps
target: {{ kind: attach, bots: {{ count: 1, name: "shop{{index}}_bot" }} }}
limits: "off"
rooms: [{{ id: dm, type: private, bots: split, people: all }}]
people: {{ guest: {{ count: 10, rate: 1/min, text: hi }} }}
scenarios: {{ main: {{ executor: burst, size: 10, duration: 30s, conversation: talk }} }}
conversations: {{ talk: {{ data: people.csv, steps: [{}] }} }}
{})y",
                     steps, more);
}

Ran run_shop(std::string_view yaml) {
  ParseOptions options;
  options.read_file = [](const std::string&) -> Result<std::string> {
    return std::string("name\nAnn\nBo\n");
  };
  options.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "PASSWORD") return "hunter22";
    return std::nullopt;
  };
  auto scenario = load_scenario(yaml, "steps.yaml", options);
  EXPECT_TRUE(scenario) << scenario.error().message;
  BotScript script;
  script.part = &shop;
  return Harness(std::move(*scenario), script).go();
}

double rate_of(const RunResult& r, std::string_view key) {
  const auto* m = find_summary(r, key);
  return m == nullptr ? -1 : m->value;
}

TEST(RunSteps, AnOrderIsGreetedPricedConfirmedAndChecked) {
  const auto ran = run_shop(with(
      R"y({ user: "I am {{name}}" },
         { bot: { equals: "Welcome {{name}}", check: greets } },
         { user: { text: "buy", tags: { phase: buy } } },
         { bot: { match: "order (?<id>\\d+)", capture: { total: "\\$([0-9.]+)" },
                  metrics: { order_total: "{{total}}", took: latency, fine: right, sold: 1 },
                  tags: { phase: buy } } },
         { check: { name: price, text: "{{total}}", equals: "12.50" } },
         { check: { name: wrong, text: "{{total}}", contains: "13" } },
         { user: { callback: "ok-{{id}}" } },
         { bot: { within: 2s, contains: confirmed, check: confirmed } })y",
      R"y(metrics: { order_total: { type: trend, unit: number }, took: trend, fine: rate, sold: counter }
thresholds:
  checks{check:greets}: ["rate==1"]
  order_total: ["max<13"]
  took{phase:buy}: ["max<250"]
  reply_latency{phase:buy}: ["max<250"]
  sold: ["count==10"]
)y"));
  ASSERT_TRUE(ran.result);
  const auto& r = *ran.result;
  EXPECT_EQ(r.conversations.completed, 10U);
  EXPECT_EQ(r.verdict, Verdict::Pass) << summary_text(r, {});
  EXPECT_EQ(rate_of(r, "checks{check:greets}"), 1);
  EXPECT_EQ(rate_of(r, "checks{check:price}"), 1);
  EXPECT_EQ(rate_of(r, "checks{check:wrong}"), 0);
  EXPECT_EQ(rate_of(r, "checks{check:confirmed}"), 1);
  EXPECT_EQ(rate_of(r, "checks"), 0.75);
  EXPECT_THAT(summary_text(r, {}), HasSubstr("✗ wrong "));
  EXPECT_NEAR(find_summary(r, "order_total")->max, 12.5, 0.02);
  EXPECT_NEAR(find_summary(r, "took{phase:buy}")->p50, 200, 2);
  EXPECT_EQ(rate_of(r, "fine"), 1);
  EXPECT_EQ(find_summary(r, "reply_latency{phase:buy}")->count, 10U);
  EXPECT_EQ(find_summary(r, "reply_latency")->count, 20U);
  // A press is no message: the account has the twenty that were written.
  EXPECT_EQ(r.ledger.sent, 20U);
  EXPECT_EQ(r.load.sent, r.load.planned);
}

TEST(RunSteps, AStoredResultKeepsTheScenariosOwnMetrics) {
  const auto ran = run_shop(with("{ user: buy }, { bot: { metrics: { sold: 2 } } }",
                                 "metrics: { sold: counter }\n"
                                 "thresholds: { sold: [\"count==20\"] }\n"));
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(ran.result->verdict, Verdict::Pass) << summary_text(*ran.result, {});
  const auto stored = parse_result(result_json(*ran.result));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(rate_of(*stored, "sold"), 20);
  ASSERT_EQ(stored->thresholds.size(), 1U);
  EXPECT_TRUE(stored->thresholds[0].ok);
}

TEST(RunSteps, AnAnswerThatIsStreamedIsJudgedWhenItSettles) {
  const auto early = run_shop(with("{ user: stream }, { bot: { equals: \"Hello there\" } }"));
  const auto late =
      run_shop(with("{ user: stream }, { bot: { equals: \"Hello there\", settle: 500ms } }"));
  EXPECT_EQ(early.result->conversations.completed, 0U);
  EXPECT_EQ(early.result->conversations.abandoned, 10U);
  EXPECT_EQ(late.result->conversations.completed, 10U);
}

TEST(RunSteps, CountAndSettleSeeEveryMessage) {
  const auto completed = [](std::string_view steps) {
    return run_shop(with(steps)).result->conversations.completed;
  };
  EXPECT_EQ(completed("{ user: twice }, { bot: { count: 2, equals: \"one\\ntwo\" } }"), 10U);
  EXPECT_EQ(completed("{ user: twice }, { bot: one }, { bot: two }"), 10U);
  EXPECT_EQ(completed("{ user: twice }, { bot: { count: 1, settle: 1s } }"), 0U);
  EXPECT_EQ(completed("{ user: twice }, { bot: { count: 3, within: 2s } }"), 0U);
}

TEST(RunSteps, SilenceIsAStepAndSoIsAnAnswerThatDoesNotCome) {
  const auto quiet = run_shop(with("{ user: quiet }, { bot: { none: true, for: 3s } }"));
  EXPECT_EQ(quiet.result->conversations.completed, 10U);
  const auto spoke = run_shop(with("{ user: hello }, { bot: { none: true, for: 3s } }"));
  EXPECT_EQ(spoke.result->conversations.completed, 0U);
  const auto goes_on = run_shop(
      with("{ user: quiet }, { bot: { within: 2s, on_timeout: continue } }, { user: hello }, "
           "{ bot: said }"));
  EXPECT_EQ(goes_on.result->conversations.completed, 10U);
  const auto fails = run_shop(with("{ user: quiet }, { bot: { within: 2s, on_timeout: fail } }"));
  EXPECT_EQ(rate_of(*fails.result, "checks{check:talk}"), 0);
}

TEST(RunSteps, RowsAreTakenInTurn) {
  const auto ran =
      run_shop(with("{ user: \"I am {{name}}\" }, { bot: { contains: Ann, check: ann, "
                    "on_timeout: continue } }"));
  EXPECT_EQ(rate_of(*ran.result, "checks{check:ann}"), 0.5);
}

TEST(RunSteps, AnAnswerDuringAThinkTimeIsHeardAfterIt) {
  const auto ran =
      run_shop(with("{ user: hello }, { think: 3s }, { bot: { contains: \"you said\" } }"));
  EXPECT_EQ(ran.result->conversations.completed, 10U);
}

TEST(RunSteps, ASecretReachesTheBotAndNothingElse) {
  const auto ran =
      run_shop(with("{ user: \"I am secret://PASSWORD\" }, { bot: { contains: "
                    "secret://PASSWORD, check: knows } }",
                    "description: \"with secret://PASSWORD\"\n"
                    "thresholds: { checks: [{ expr: \"rate==1\", why: "
                    "\"secret://PASSWORD\" }] }\n"));
  ASSERT_TRUE(ran.result);
  EXPECT_EQ(rate_of(*ran.result, "checks{check:knows}"), 1);
  for (const char* kind : {"json", "md", "html", "junit", "csv"}) {
    EXPECT_THAT(*render(kind, *ran.result), Not(HasSubstr("hunter22"))) << kind;
  }
  EXPECT_THAT(summary_text(*ran.result, {}), Not(HasSubstr("hunter22")));
  EXPECT_THAT(ran.records, Not(HasSubstr("hunter22")));
  ASSERT_FALSE(ran.live.empty());
  ASSERT_FALSE(ran.live.back().exchanges.empty());
  for (const auto& exchange : ran.live.back().exchanges) {
    EXPECT_EQ(exchange.said, "I am ***");
    EXPECT_THAT(exchange.answered, Not(HasSubstr("hunter22")));
  }
}

TEST(RunSteps, AnEditAfterATurnWasAnsweredTouchesNothing) {
  const auto ran = run_shop(R"(version: 1
name: turns
target: { kind: attach, bots: { count: 1, name: "shop{index}_bot" } }
limits: "off"
rooms: [{ id: dm, type: private, bots: split, people: all }]
people: { guest: { count: 8, rate: 1/min, text: stream, expect: { reply: { within: 5s } } } }
scenarios: { main: { executor: partly-open, rate: 2/s, duration: 30s, think: 100ms } }
)");
  ASSERT_TRUE(ran.result);
  EXPECT_GT(ran.result->conversations.completed, 20U);
}

TEST(RunSteps, AConversationInAGroupStaysWithOneBotInOneRoom) {
  const auto ran = run_shop(R"(version: 1
name: group
target: { kind: attach, bots: { count: 3, name: "shop{index}_bot" } }
limits: "off"
rooms: [{ id: hall, count: 4, bots: all, people: all }]
people: { guest: { count: 8, rate: 1/min, text: hi, canary: true } }
scenarios: { main: { executor: partly-open, rate: 1/s, duration: 60s, conversation: talk } }
conversations: { talk: { steps: [{ user: "@{bot} hello" }, { bot: { within: 5s } }, { think: 1s },
  { user: { text: "again", mention: true } }, { bot: { within: 5s, contains: again } }] } }
)");
  ASSERT_TRUE(ran.result);
  const auto& r = *ran.result;
  EXPECT_GT(r.conversations.completed, 40U);
  EXPECT_EQ(r.conversations.abandoned, 0U);
  EXPECT_EQ(r.ledger.misrouted, 0U);
}

}  // namespace
}  // namespace chorus::lab
