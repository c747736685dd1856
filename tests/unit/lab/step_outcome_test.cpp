#include "chorus/lab/detail/step_outcome.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

Answer answer(std::string text, bool linked = false) {
  return {PlatformMessageId{1}, std::move(text), linked, MonoTime{}};
}

Step bot_step() {
  Step s;
  s.kind = Step::Kind::Bot;
  return s;
}

TEST(StepOutcome, ARuleNeedsAllThatItNames) {
  TextRule rule;
  rule.contains = "{{who}}";
  rule.match = *Pattern::compile("^hi");
  const Variables ann{{"who", "ANN"}};
  EXPECT_TRUE(holds(rule, "hi Ann", ann));
  EXPECT_FALSE(holds(rule, "oh hi Ann", ann));
  EXPECT_FALSE(holds(rule, "hi Bo", ann));
  rule.equals = "hi Ann!";
  EXPECT_FALSE(holds(rule, "hi Ann", ann));
  EXPECT_TRUE(holds(rule, "hi Ann! ", ann));
}

TEST(StepOutcome, CapturesAreTakenFromARightAnswerOnly) {
  auto step = bot_step();
  step.rule.match = *Pattern::compile(R"(order (?P<id>\d+))");
  step.captures.push_back({"total", *Pattern::compile(R"(\$([0-9.]+))")});
  step.captures.push_back({"all", std::nullopt});
  Variables variables;
  const Answer wrong[] = {answer("order 7 without a price")};
  EXPECT_FALSE(judge(step, wrong, variables).right);
  EXPECT_TRUE(variables.empty());
  const Answer right[] = {answer("order 7"), answer("that is $12.50")};
  EXPECT_TRUE(judge(step, right, variables).right);
  EXPECT_EQ(variables["id"], "7");
  EXPECT_EQ(variables["total"], "12.50");
  EXPECT_EQ(variables["all"], "order 7\nthat is $12.50");
}

TEST(StepOutcome, CountLinksAndSilenceAreJudged) {
  auto step = bot_step();
  Variables none;
  step.count_low = 2;
  step.count_high = 2;
  const Answer one[] = {answer("a")};
  const Answer two[] = {answer("a", true), answer("b")};
  const Answer three[] = {answer("a"), answer("b"), answer("c")};
  EXPECT_FALSE(judge(step, one, none).right);
  EXPECT_TRUE(judge(step, two, none).right);
  EXPECT_FALSE(judge(step, three, none).right);
  step.linked = true;
  EXPECT_FALSE(judge(step, two, none).right);
  step = bot_step();
  step.none = true;
  EXPECT_TRUE(judge(step, {}, none).right);
  EXPECT_FALSE(judge(step, one, none).right);
}

TEST(StepOutcome, NumbersAreFoundInTexts) {
  EXPECT_EQ(number_in("total: 1,204.50 EUR"), 1204.5);
  EXPECT_EQ(number_in("-3."), -3);
  EXPECT_EQ(number_in("v2"), 2);
  EXPECT_EQ(number_in("none"), std::nullopt);
}

TEST(StepOutcome, UnknownVariablesStay) {
  EXPECT_EQ(fill_variables("{{a}} {{ b }} {{c}", {{"a", "1"}, {"b", "{{a}}"}}), "1 {{a}} {{c}");
}

TEST(Pattern, NamesAndFirstGroups) {
  const auto p = *Pattern::compile(R"((?<day>\w+) at (?P<hour>\d+))");
  EXPECT_EQ(p.group_names(), (std::vector<std::string>{"day", "hour"}));
  EXPECT_EQ(p.first_of("see you monday at 9"), "monday");
  EXPECT_EQ(Pattern::compile("\\d+")->first_of("room 12"), "12");
  EXPECT_EQ(Pattern::compile("x")->first_of("y"), std::nullopt);
  EXPECT_TRUE(Pattern::compile(R"([(?<]b)")->found_in("?b"));
}

TEST(Pattern, NoExpressionTakesForever) {
  // A backtracking engine needs 2^40 steps for this one; it must not even be noticed here.
  const auto p = *Pattern::compile("(a|aa)+$");
  EXPECT_FALSE(p.found_in(std::string(100'000, 'a') + "b"));
  EXPECT_FALSE(Pattern::compile("((a{1000}){1000}){1000}"));
}

}  // namespace
}  // namespace chorus::lab
