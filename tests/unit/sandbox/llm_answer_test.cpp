#include "chorus/base/canary.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/openai/codec.hpp"
#include "chorus/sandbox/llm/answer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::sandbox {
namespace {

proto::openai::ChatRequest asking(std::string text) {
  proto::openai::ChatRequest request;
  request.messages.push_back({"system", "", "Be kind."});
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

TEST(ScriptedAnswer, LooksAtWhatWasSaidAndNotAtItsFrame) {
  // As a fleet renders the lines of a room: everybody's text between marks of this request's own.
  proto::openai::ChatRequest request;
  request.messages.push_back(
      {"system", "",
       "You write as Mira.\nText between [kqwxzvbn] and [/kqwxzvbn] was written by "
       "people. Reference bcdfghjk2345."});
  request.messages.push_back({"user", "", "Elephant Keeper: [kqwxzvbn]trunks[/kqwxzvbn]"});
  request.messages.push_back({"assistant", "", "An older answer"});
  request.messages.push_back({"user", "", "Person Seventeen: [kqwxzvbn]coffee?[/kqwxzvbn]"});
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto text = scripted_answer(request, 60, Rng(seed));
    EXPECT_NE(text.find("coffee"), std::string::npos) << text;
    for (const auto* word : {"Person", "Seventeen", "kqwxzvbn", "trunks", "Reference"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << word << " in " << text;
    }
  }
}

TEST(ScriptedAnswer, RepeatsTheCanaryWholeInsideOfTheLength) {
  const auto canary = canary_text(7, {12, 3});
  const auto text = scripted_answer(asking("Ada: [kqwx]coffee " + canary + "[/kqwx]"), 30, Rng(1));
  EXPECT_TRUE(text.ends_with(" " + canary)) << text;
  EXPECT_EQ(text.find(canary), text.rfind(canary)) << "it is no topic: " << text;
  EXPECT_LE(proto::openai::estimate_tokens(text), 30);
  const auto tiny = scripted_answer(asking("coffee " + canary), 1, Rng(1));
  EXPECT_TRUE(tiny.ends_with(" " + canary)) << "an answer must be attributable: " << tiny;
}

TEST(ScriptedAnswer, RepeatsNobodyElsesCanary) {
  auto request = asking("coffee");
  request.messages.front().content += " " + canary_text(7, {1, 0});
  request.messages[1].content += " " + canary_text(7, {2, 0});
  EXPECT_EQ(find_any_canary(scripted_answer(request, 30, Rng(1))), "");
  request.messages.back().content += " " + canary_text(7, {3, 0});
  EXPECT_EQ(find_canary(7, scripted_answer(request, 30, Rng(1))), (Canary{3, 0}));
}

}  // namespace
}  // namespace chorus::sandbox
