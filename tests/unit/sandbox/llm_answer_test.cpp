#include "chorus/base/text.hpp"
#include "chorus/proto/openai/codec.hpp"
#include "chorus/sandbox/llm/answer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::sandbox {
namespace {

proto::openai::ChatRequest asking(std::string text) {
  proto::openai::ChatRequest request;
  request.messages.push_back({"system", "", "Be kind. [c:system]"});
  request.messages.push_back({"user", "", "An older question about elephants"});
  request.messages.push_back({"assistant", "", "An older answer"});
  request.messages.push_back({"user", "", std::move(text)});
  return request;
}

TEST(ScriptedAnswer, TheSameSeedSaysTheSame) {
  const auto request = asking("what about coffee?");
  EXPECT_EQ(scripted_answer(request, 40, Rng(1)), scripted_answer(request, 40, Rng(1)));
  EXPECT_NE(scripted_answer(request, 40, Rng(1)), scripted_answer(request, 40, Rng(2)));
}

TEST(ScriptedAnswer, TurnsOnWordsOfTheLastUserMessage) {
  const auto text = scripted_answer(asking("coffee?"), 60, Rng(3));
  EXPECT_NE(text.find("coffee"), std::string::npos) << text;
  EXPECT_EQ(text.find("elephants"), std::string::npos) << text;
}

TEST(ScriptedAnswer, LeavesMarkersMentionsAndCommandsAlone) {
  const auto text = scripted_answer(
      asking("Ada: [kqwxzvbn]@market_bot /summary #trending coffee[/kqwxzvbn]"), 80, Rng(3));
  EXPECT_NE(text.find("coffee"), std::string::npos) << text;
  for (const auto* word : {"kqwxzvbn", "market", "summary", "trending"}) {
    EXPECT_EQ(text.find(word), std::string::npos) << word << " in " << text;
  }
}

TEST(ScriptedAnswer, IsNearToTheLengthAskedForAndNeverLonger) {
  for (const auto* topic : {"coffee", "кофейня", "珈琲珈琲珈琲", "x"}) {
    for (std::int64_t tokens = 1; tokens < 120; ++tokens) {
      const auto text = scripted_answer(asking(topic), tokens, Rng(std::uint64_t(tokens)));
      EXPECT_TRUE(is_valid_utf8(text)) << tokens;
      const auto length = proto::openai::estimate_tokens(text);
      EXPECT_LE(length, tokens) << text;
      EXPECT_GE(length, 1) << text;
      if (tokens > 16) EXPECT_GE(length, tokens - 14) << text;
    }
  }
}

TEST(ScriptedAnswer, AVeryLongWordDoesNotFillIt) {
  const auto text = scripted_answer(asking(std::string(100'000, 'a')), 30, Rng(1));
  EXPECT_LE(proto::openai::estimate_tokens(text), 30);
  EXPECT_EQ(text.find("aaaaaaaa"), std::string::npos);
}

TEST(ScriptedAnswer, RepeatsTheCanaryWholeInsideOfTheLength) {
  const auto text = scripted_answer(asking("coffee [c:k7f3xq]"), 30, Rng(1));
  EXPECT_TRUE(text.ends_with(" [c:k7f3xq]")) << text;
  EXPECT_LE(proto::openai::estimate_tokens(text), 30);
  const auto tiny = scripted_answer(asking("coffee [c:k7f3xq]"), 1, Rng(1));
  EXPECT_TRUE(tiny.ends_with(" [c:k7f3xq]")) << "an answer must be attributable: " << tiny;
  EXPECT_EQ(scripted_answer(asking("coffee"), 30, Rng(1)).find("[c:"), std::string::npos)
      << "canaries of other messages are not repeated";
}

TEST(Canary, IsFound) {
  EXPECT_EQ(find_canary("a [c:x] b"), "[c:x]");
  EXPECT_EQ(find_canary("[c:] [c:ab-9_Z]"), "[c:ab-9_Z]");
  EXPECT_EQ(find_canary("[c:[c:x]"), "[c:x]");
  EXPECT_EQ(find_canary("[c:12345678901234567890]"), "[c:12345678901234567890]");
  EXPECT_EQ(find_canary("[c:123456789012345678901]"), "");
  EXPECT_EQ(find_canary("[c:two words]"), "");
  EXPECT_EQ(find_canary("[c:open"), "");
  EXPECT_EQ(find_canary(""), "");
}

}  // namespace
}  // namespace chorus::sandbox
