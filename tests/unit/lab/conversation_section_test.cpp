#include "chorus/lab/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::string file(std::string_view steps, std::string_view more = "") {
  return "version: 1\nname: x\nrooms: [{ id: a }]\n"
         "people: { talker: { count: 4, rate: 6/min, text: hi } }\n"
         "metrics: { order_total: { type: trend, unit: number }, good: rate, sold: counter }\n"
         "conversations: { order: { data: people.csv, steps: [" +
         std::string(steps) + "] } }\n" + std::string(more);
}

ParseOptions options() {
  ParseOptions out;
  out.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "people.csv") return std::string("name,city\nAnn,Rome\n\"Bo, jr\",Oslo\n");
    if (path == "ragged.csv") return std::string("name,city\nAnn\n");
    if (path == "token.txt") return std::string("from-a-file\n");
    return fail(ErrorCode::NotFound, "there is no file '" + path + "'");
  };
  out.environment = [](const std::string& name) -> std::optional<std::string> {
    if (name == "PASSWORD") return "hunter22";
    if (name == "TOKEN_FILE") return "token.txt";
    if (name == "SHORT") return "ab";
    return std::nullopt;
  };
  return out;
}

Scenario read(std::string_view steps, std::string_view more = "") {
  auto parsed = parse_scenario(file(steps, more), options());
  for (const auto& p : parsed.problems) ADD_FAILURE() << to_string(p, "f.yaml");
  return parsed.scenario.value_or(Scenario{});
}

TEST(ConversationSection, ReadsEveryKindOfStep) {
  const auto s = read(
      R"y({ user: "I am {{name}}" },
  { bot: { within: 3s, match: "order (?<id>\\d+)", count: 1..2, settle: 500ms,
           capture: { total: "\\$([0-9.]+)" }, check: greets,
           metrics: { order_total: "{{total}}", good: right, sold: 1 },
           tags: { phase: first }, on_timeout: fail } },
  { think: 1s },
  { user: { callback: "confirm-{{id}}", tags: { phase: confirm } } },
  { bot: "thanks" },
  { check: { name: total, text: "{{total}}", match: "^42" } },
  { bot: { none: true, for: 2s } })y",
      "thresholds: { order_total: [\"p(95)<100\"], \"checks{check:greets}\": [\"rate>0.99\"], "
      "\"reply_latency{phase:confirm}\": [\"p(95)<2s\"] }\n");
  ASSERT_EQ(s.conversations.size(), 1U);
  const auto& c = s.conversations[0];
  EXPECT_THAT(c.data.columns, ElementsAre("name", "city"));
  EXPECT_THAT(c.data.rows, SizeIs(2));
  EXPECT_EQ(c.data.rows[1][0], "Bo, jr");
  ASSERT_THAT(c.steps, SizeIs(7));
  const auto& bot = c.steps[1];
  EXPECT_EQ(bot.count_high, 2U);
  EXPECT_EQ(bot.settle, 500ms);
  EXPECT_EQ(bot.check, "greets");
  EXPECT_EQ(bot.on_timeout, Step::OnTimeout::Fail);
  EXPECT_THAT(bot.feeds, SizeIs(3));
  EXPECT_EQ(c.steps[3].button, "confirm-{{id}}");
  EXPECT_EQ(c.steps[3].label, 1);
  ASSERT_THAT(s.labels, SizeIs(1));
  EXPECT_EQ(c.steps[4].rule.contains, "thanks");
  EXPECT_EQ(c.steps[5].kind, Step::Kind::Check);
  ASSERT_THAT(s.thresholds, SizeIs(3));
  EXPECT_EQ(s.thresholds[0].own_unit, MetricUnit::Number);
}

TEST(ConversationSection, SecretsComeFromTheEnvironmentOrAFile) {
  const auto s = read("{ user: \"/login secret://PASSWORD secret://TOKEN\" }");
  EXPECT_EQ(s.conversations[0].steps[0].text, "/login hunter22 from-a-file");
  ASSERT_THAT(s.secrets, SizeIs(2));
  EXPECT_EQ(s.secrets[1].reveal(), "from-a-file");
}

TEST(ConversationSection, NoProblemShowsASecret) {
  const auto out =
      parse_scenario(file("{ user: hi }, { bot: { match: \"(secret://PASSWORD\" } }"), options());
  ASSERT_THAT(out.problems, SizeIs(1));
  EXPECT_THAT(out.problems[0].message, HasSubstr("no regular expression"));
  EXPECT_THAT(out.problems[0].message, testing::Not(HasSubstr("hunter22")));
}

TEST(ConversationSection, EveryMistakeIsOneLineWithItsPlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"{ user: hi }, { bot: { mach: x } }", "did you mean 'match'?"},
      {"{ user: hi }, { bot: { match: \"(\" } }", "is no regular expression (RE2): missing )"},
      {"{ user: hi }, { bot: { match: \"(a)\\\\1\" } }", "is no regular expression (RE2)"},
      {"{ user: \"{{nam}}\" }", "unknown placeholder 'nam', did you mean 'name'?"},
      {"{ user: \"{{later}}\" }, { bot: { capture: later } }", "unknown placeholder 'later'"},
      {"{ user: { text: hi, callback: x } }", "not both"},
      {"{ user: { callback: x } }", "must start with a 'user' step that says something"},
      {"{ user: hi }, { bot: { none: true, contains: x } }", "has no text to look at"},
      {"{ user: hi }, { bot: { check: \"two words\" } }", "check: 'two words' must be letters"},
      {"{ user: hi }, { bot: { metrics: { order_totl: 1 } } }", "did you mean 'order_total'?"},
      {"{ user: hi }, { bot: { metrics: { good: 1 } } }", "a rate takes 'right'"},
      {"{ user: hi }, { bot: { metrics: { sold: latency } } }", "a trend takes 'latency'"},
      {"{ user: { text: hi, tags: { kind: x } } }", "'kind' is a tag of the lab's own"},
      {"{ user: { text: hi, tags: { a: \"b c\" } } }", "as thresholds write them"},
      {"{ user: hi }, { check: { name: x, text: y } }", "a check needs a 'name', a 'text'"},
      {"{ user: hi }, { bot: { count: x } }", "must be a number or a range"},
      {"{ user: hi }, { bot: { on_timeout: retry } }", "on_timeout: unknown value 'retry'"},
      {"{ user: hi, bot: ho }", "a step is exactly one of user, bot, think, check"},
      {"{ user: \"secret://MISSING\" }",
       "secret://MISSING is not set; put it into the environment"},
      {"{ user: \"secret://SHORT\" }", "has fewer than 4 characters"},
  };
  for (const auto& [steps, expected] : cases) {
    const auto problems = parse_scenario(file(steps), options()).problems;
    ASSERT_FALSE(problems.empty()) << steps;
    EXPECT_THAT(to_string(problems[0], "f.yaml"), HasSubstr(expected)) << steps;
    EXPECT_THAT(to_string(problems[0], "f.yaml"), HasSubstr("f.yaml:6:")) << steps;
  }
}

TEST(ConversationSection, MistakesOfMetricsAndDataAreToldToo) {
  const auto first = [](const std::string& yaml) {
    const auto problems = parse_scenario(yaml, options()).problems;
    return problems.empty() ? std::string("none") : to_string(problems[0], "f.yaml");
  };
  const std::string head = "version: 1\nname: x\nrooms: [{ id: a }]\n";
  EXPECT_THAT(first(head + "metrics: { reply_latency: trend }\n"), HasSubstr("the lab's own"));
  EXPECT_THAT(first(head + "metrics: { a: trnd }\n"), HasSubstr("did you mean 'trend'?"));
  EXPECT_THAT(first(head + "conversations: { c: { data: gone.csv, steps: [{ user: x }] } }\n"),
              HasSubstr("f.yaml:4:29: data: there is no file 'gone.csv'"));
  EXPECT_THAT(first(head + "conversations: { c: { data: ragged.csv, steps: [{ user: x }] } }\n"),
              HasSubstr("data: line 2 has 1 cells and not 2"));
  EXPECT_THAT(first(head + "thresholds: { checks: [\"p(95)<1\"] }\n"),
              HasSubstr("checks offers rate or count"));
}

}  // namespace
}  // namespace chorus::lab
