#include "chorus/lab/quality/wording.hpp"

#include "chorus/lab/quality/bleu.hpp"
#include "chorus/lab/quality/trigrams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace chorus::lab {
namespace {

using ::testing::ElementsAre;
using Lines = std::vector<std::vector<std::string>>;

Talk said(std::vector<std::pair<std::int64_t, std::string>> lines) {
  Talk talk;
  for (auto& [who, text] : lines) {
    Utterance line;
    line.id = static_cast<std::int64_t>(talk.lines.size()) + 1;
    line.speaker = who;
    line.bot = who > 100;
    line.text = std::move(text);
    talk.lines.push_back(std::move(line));
  }
  return talk;
}

TEST(Wording, WordsAreLettersAndDigitsInLowerCase) {
  EXPECT_THAT(words_of("Hey, THE 2 yağmur-days!"),
              ElementsAre("hey", "the", "2", "yağmur", "days"));
  EXPECT_TRUE(words_of("?!").empty());
}

TEST(Wording, DistinctDividesByWhatChanceWouldLeave) {
  const Lines lines{words_of("a b a b")};
  const double v = 30'000;
  EXPECT_NEAR(*distinct(lines, 1), 2 / (v * (1 - std::pow(1 - 1 / v, 4))), 1e-6);
  EXPECT_NEAR(*distinct(lines, 2), 2.0 / 3, 1e-6);  // ab, ba of ab, ba, ab
  EXPECT_FALSE(distinct(lines, 5));
}

TEST(Wording, BleuOfTheSameIsOneAndOfTheStrangeZero) {
  const auto line = words_of("the sun is out today");
  EXPECT_NEAR(bleu4(line, Lines{line}), 1, 1e-12);
  EXPECT_EQ(bleu4(line, Lines{words_of("nothing of that is here")}), 0);
  // 4 of 5 words, 3 of 4, 2 of 3 and 1 of 2; no brevity penalty.
  EXPECT_NEAR(bleu4(line, Lines{words_of("the sun is out again")}),
              std::pow(0.8 * 0.75 * 2 / 3 * 0.5, 0.25), 1e-12);
  // All of 4 words of a reference of 5: only the brevity counts.
  EXPECT_NEAR(bleu4(words_of("the sun is out"), Lines{line}), std::exp(1 - 5.0 / 4), 1e-12);
}

TEST(Wording, JaccardOfCharacters) {
  // abcd, bcde of one; bcde, cdef of the other.
  EXPECT_NEAR(character_jaccard("abcde", "bcdef", 4), 1.0 / 3, 1e-12);
  EXPECT_EQ(character_jaccard("ABC", "abc", 5), 1);
}

TEST(Wording, TrigramsOfEqualTextsAreEqual) {
  Trigrams t;
  for (const auto* text : {"good morning", "Good Morning", "xyz qqq", "good evening"}) t.add(text);
  t.weigh();
  EXPECT_NEAR(t.cosine(0, 1), 1, 1e-12);
  EXPECT_EQ(t.cosine(0, 2), 0);
  EXPECT_GT(t.cosine(0, 3), 0.1);
  EXPECT_LT(t.cosine(0, 3), 0.9);
}

TEST(Wording, RepeatsAndOpeningsAreShares) {
  const auto w = measure_wording(said({{101, "I think so too, really"},
                                       {102, "I think so too, really!"},
                                       {101, "the harbour is full of ships"},
                                       {102, "no clouds above the hill"}}));
  EXPECT_NEAR(*w.repeats.value, 0.25, 1e-12);
  EXPECT_EQ(w.repeats.n, 4U);
  EXPECT_NEAR(*w.openers.value, 1.0, 1e-12);  // three openings are all there are
}

TEST(Wording, BotsThatParrotEachOtherAreAlike) {
  const auto same = measure_wording(said({{101, "rain again today"}, {102, "rain again today"}}));
  EXPECT_NEAR(*same.cross_bot_similarity.value, 1, 1e-12);
  const auto apart = measure_wording(said({{101, "rain again today"}, {102, "zzzz qqqq"}}));
  EXPECT_EQ(*apart.cross_bot_similarity.value, 0);
  EXPECT_FALSE(measure_wording(said({{101, "alone"}})).cross_bot_similarity.value);
}

TEST(Wording, SelfBleuComparesABotWithItself) {
  const auto w = measure_wording(
      said({{101, "the sun is out"}, {101, "the sun is out"}, {102, "and now the rain"}}));
  EXPECT_NEAR(*w.self_bleu.value, 1, 1e-12);
  EXPECT_EQ(w.self_bleu.n, 2U);
}

TEST(Wording, AnAnswerIsRelevantWhenItFitsItsOwnTrigger) {
  auto talk = said({{1, "how are tomatoes planted"},
                    {101, "tomatoes are planted in May"},
                    {2, "which train goes north"},
                    {102, "the night train goes north"}});
  talk.lines[1].reply_to = 1;
  talk.lines[3].reply_to = 3;
  EXPECT_EQ(*measure_wording(talk).relevance.value, 1);
  std::swap(talk.lines[1].reply_to, talk.lines[3].reply_to);
  std::swap(talk.lines[1], talk.lines[2]);  // both triggers come first
  EXPECT_EQ(*measure_wording(talk).relevance.value, 0);
}

}  // namespace
}  // namespace chorus::lab
