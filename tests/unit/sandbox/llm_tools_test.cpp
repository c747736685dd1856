#include "chorus/sandbox/llm/tool_rules.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chorus::sandbox {
namespace {

using proto::openai::ChatRequest;

ChatRequest asked(std::string text, std::vector<std::string> results = {}) {
  ChatRequest request;
  request.model = "m";
  request.messages.push_back({"user", "", "Ada: [xyz]" + std::move(text) + "[/xyz]"});
  for (auto& result : results) {
    request.messages.push_back({"assistant", "", "", {{"c", "recall", "{}"}}, ""});
    request.messages.push_back({"tool", "", "[xyz]" + std::move(result) + "[/xyz]", {}, "c"});
  }
  request.tools.push_back({"recall", "", ""});
  request.tool_choice = "auto";
  return request;
}

const std::vector<LlmToolRule> kRules = {{.when = "Remember",
                                          .call = "recall",
                                          .arguments = R"({"query":"{said}"})",
                                          .times = 2,
                                          .say = "I know: {result}"}};

TEST(LlmTools, ARuleCallsWithWhatWasSaid) {
  const ToolPlay play = play_tools(kRules, asked("what do you remember of \"tea\"?"));
  ASSERT_EQ(play.calls.size(), 1U);
  EXPECT_EQ(play.calls[0].name, "recall");
  EXPECT_EQ(play.calls[0].arguments, R"({"query":"what do you remember of \"tea\"?"})");
  EXPECT_FALSE(play.say);
}

TEST(LlmTools, AfterItsRoundsItAnswersWithTheResult) {
  EXPECT_EQ(play_tools(kRules, asked("remember?", {"one"})).calls.size(), 1U);
  const ToolPlay play = play_tools(kRules, asked("remember?", {"one", "two"}));
  EXPECT_TRUE(play.calls.empty());
  EXPECT_EQ(play.say, "I know: two");
}

TEST(LlmTools, NothingIsCalledThatIsNotDeclaredOrWanted) {
  auto request = asked("remember?");
  request.tool_choice = "none";
  EXPECT_TRUE(play_tools(kRules, request).calls.empty());
  request = asked("remember?");
  request.tools.clear();
  EXPECT_TRUE(play_tools(kRules, request).calls.empty());
  auto confused = kRules;
  confused[0].undeclared = true;
  EXPECT_EQ(play_tools(confused, request).calls.size(), 1U);
  EXPECT_TRUE(play_tools(kRules, asked("hello")).calls.empty());
  EXPECT_TRUE(play_tools({}, asked("remember?")).calls.empty());
}

}  // namespace
}  // namespace chorus::sandbox
