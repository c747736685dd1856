#include "chorus/base/canary.hpp"
#include "chorus/base/text.hpp"
#include "chorus/platform/llm/builtin.hpp"

#include "llm_testing.hpp"

#include <set>

namespace chorus::platform::test {
namespace {

class Builtin : public LlmTest {
 protected:
  fleet::Generated say(std::string text, std::uint64_t seed = 7) {
    auto request = asking(std::move(text));
    request.seed = seed;
    BuiltinGenerator generator;
    auto generated = chorus::test::drive(loop, generator.generate(std::move(request)));
    EXPECT_TRUE(generated.has_value());
    return generated.value_or(fleet::Generated{});
  }
};

TEST_F(Builtin, TheSameQuestionAndSeedGetTheSameLine) {
  EXPECT_EQ(say("what about coffee?").text, say("what about coffee?").text);
  std::set<std::string> lines;
  for (std::uint64_t seed = 0; seed < 40; ++seed) lines.insert(say("coffee?", seed).text);
  EXPECT_GT(lines.size(), 10u);
}

TEST_F(Builtin, TakesNoTimeAndCostsNothing) {
  const MonoTime start = loop.now();
  const auto generated = say("what about coffee?");
  EXPECT_EQ(loop.now(), start);
  EXPECT_EQ(generated.cost, 0);
  EXPECT_EQ(generated.provider, "builtin");
  EXPECT_EQ(generated.model, "builtin-1");
  EXPECT_FALSE(generated.truncated);
  EXPECT_GT(generated.prompt_tokens, 0);
  EXPECT_GT(generated.completion_tokens, 0);
}

TEST_F(Builtin, AnswersOnAWordOfTheMessage) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_NE(say("coffee?", seed).text.find("coffee"), std::string::npos);
  }
}

TEST_F(Builtin, LeavesMarkersMentionsAndLinksAlone) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto text =
        say("@market_bot /summary #trending <marker> [delimiter]x http://host coffee", seed).text;
    for (const auto* word : {"market", "summary", "trending", "marker", "delimiter"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << text;
    }
  }
}

TEST_F(Builtin, LooksAtWhatWasSaidAndNotAtItsFrame) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto text = say("Person Seventeen: [kqwxzvbn]coffee?[/kqwxzvbn]", seed).text;
    EXPECT_NE(text.find("coffee"), std::string::npos) << text;
    for (const auto* word : {"Person", "Seventeen", "kqwxzvbn"}) {
      EXPECT_EQ(text.find(word), std::string::npos) << text;
    }
  }
}

TEST_F(Builtin, BringsTheCanaryOfTheQuestionBackAndNoOther) {
  const auto mine = canary_text(7, {12, 3});
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const auto text = say("Ada: [kqwx]coffee " + mine + "[/kqwx]", seed).text;
    EXPECT_EQ(find_canary(7, text), (Canary{12, 3})) << text;
    EXPECT_EQ(text.find(mine), text.rfind(mine)) << "it is no topic: " << text;
  }
  auto request = asking("coffee");
  request.lines.insert(request.lines.begin(),
                       {fleet::Role::User, "Bob", "tea " + canary_text(7, {1, 1})});
  BuiltinGenerator generator;
  const auto generated = chorus::test::drive(loop, generator.generate(std::move(request)));
  ASSERT_TRUE(generated.has_value());
  EXPECT_EQ(find_any_canary(generated->text), "");
}

TEST_F(Builtin, AnswersTurkishInTurkish) {
  const auto text = say("yatırım nasıl gidiyor?").text;
  bool turkish = false;
  for (const std::string_view letter : {"ı", "ş", "ğ", "ö", "ü", "ç", "İ"}) {
    turkish = turkish || text.find(letter) != std::string::npos;
  }
  EXPECT_TRUE(turkish) << text;
  EXPECT_TRUE(is_valid_utf8(text));
}

TEST_F(Builtin, HasALineForEveryInput) {
  for (const auto* text : {"", "?", "a b c", "😀😀😀", "\xff\xfe", "//////", "@@@"}) {
    const auto line = say(text).text;
    EXPECT_FALSE(line.empty());
    EXPECT_EQ(line.find("{}"), std::string::npos) << line;
  }
  BuiltinGenerator generator;
  const auto none = chorus::test::drive(loop, generator.generate({}));
  ASSERT_TRUE(none.has_value());
  EXPECT_FALSE(none->text.empty());
}

}  // namespace
}  // namespace chorus::platform::test
