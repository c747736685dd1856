#include "chorus/lab/quality/turn_taking.hpp"

#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kAda = 1;
constexpr std::int64_t kBo = 2;
constexpr std::int64_t kBot = 101;
constexpr std::int64_t kOther = 102;

/// A talk of two people and two bots, written line by line; ids are 1, 2, 3...
struct Written {
  Talk talk{{}, {kBot, kOther}};
  Written& person(std::int64_t who, Duration at, std::optional<std::int64_t> to = {}) {
    Utterance line;
    line.speaker = who;
    line.at = at;
    line.addressed = to;
    return add(std::move(line));
  }
  Written& bot(std::int64_t who, Duration at, std::optional<std::int64_t> reply_to = {},
               bool disclosed = false) {
    Utterance line;
    line.speaker = who;
    line.bot = true;
    line.at = at;
    line.reply_to = reply_to;
    line.disclosed = disclosed;
    return add(std::move(line));
  }
  Written& add(Utterance line) {
    line.id = static_cast<std::int64_t>(talk.lines.size()) + 1;
    talk.lines.push_back(std::move(line));
    return *this;
  }
  [[nodiscard]] TurnTaking measured() const { return measure_turns(talk); }
};

void expect(const QualitySample& sample, double value, std::uint64_t n) {
  ASSERT_TRUE(sample.value);
  EXPECT_NEAR(*sample.value, value, 1e-9);
  EXPECT_EQ(sample.n, n);
}

TEST(TurnTaking, NothingSaidMeasuresNothing) {
  const auto t = Written().measured();
  EXPECT_FALSE(t.speaking_gini.value);
  EXPECT_FALSE(t.addressed_answer.value);
  EXPECT_FALSE(t.turn_entropy.value);
  EXPECT_FALSE(t.disclosure.value);
}

TEST(TurnTaking, WhoIsAskedMoreMaySpeakMore) {
  Written w;
  for (int i = 0; i < 3; ++i) w.person(kAda, 20s * i, kBot).bot(kBot, 20s * i + 3s, 2 * i + 1);
  w.person(kAda, 60s, kOther).bot(kOther, 63s, 7);
  expect(w.measured().speaking_gini, 0.25, 4);
  expect(w.measured().residual_gini, 0, 4);
}

TEST(TurnTaking, WhoSpeaksUnaskedAloneTakesTheOthersShare) {
  Written w;
  for (int i = 0; i < 4; ++i) w.bot(kBot, 20s * i);
  expect(w.measured().residual_gini, 0.5, 4);
}

TEST(TurnTaking, AnAnswerIsALinkOrTheNextUnlinkedLineWithin30s) {
  Written w;
  w.person(kAda, 0s, kBot).bot(kBot, 10s, 1);       // linked
  w.person(kAda, 60s, kBot).bot(kBot, 65s);         // not linked
  w.person(kAda, 120s, kBot).bot(kBot, 151s, 5);    // too late
  w.person(kAda, 200s, kBot).bot(kOther, 205s, 7);  // the wrong bot
  w.person(kAda, 300s, kBot).person(kBo, 305s);     // the time is not over yet
  expect(w.measured().addressed_answer, 0.5, 4);
}

TEST(TurnTaking, OneUnlinkedLineAnswersOneQuestion) {
  Written w;
  w.person(kAda, 0s, kBot).person(kBo, 1s, kBot).bot(kBot, 5s).person(kAda, 90s);
  expect(w.measured().addressed_answer, 0.5, 2);
}

TEST(TurnTaking, ALineBetweenPeopleIsNotForBots) {
  Written w;
  w.person(kAda, 0s, kBo).bot(kBot, 9s, 1);
  w.person(kBo, 20s, kAda).person(kAda, 25s, kBo).person(kBo, 30s, kAda);
  expect(w.measured().false_chime_in, 0.25, 4);
}

TEST(TurnTaking, YieldingMeansFiveSecondsAfterTwoPeople) {
  Written w;
  w.person(kAda, 0s).person(kBo, 2s).bot(kBot, 6s, 2);               // does not yield
  w.person(kAda, 60s).person(kBo, 62s).bot(kBot, 68s, 5);            // 6 s later
  w.person(kAda, 120s).person(kAda, 122s).bot(kBot, 125s, 8);        // one person alone
  w.person(kAda, 180s).person(kBo, 182s, kBot).bot(kBot, 185s, 11);  // was asked
  expect(w.measured().human_yield, 0.25, 4);
}

TEST(TurnTaking, BotShareCountsOnlyWhilePeopleAreThere) {
  Written w;
  w.bot(kBot, 0s).person(kAda, 10s).bot(kBot, 20s).bot(kOther, 20s + 5min);
  expect(w.measured().bot_share, 0.5, 2);
}

TEST(TurnTaking, ATriggerIsOvertaken) {
  Written w;
  w.person(kAda, 0s, kBot).person(kAda, 2s, kBot).bot(kBot, 5s, 1).bot(kBot, 7s, 2);
  w.person(kBo, 60s).bot(kOther, 63s, 5).bot(kBot, 66s, 5);  // answered by another already
  w.person(kBo, 100s).bot(kOther, 221s, 8);                  // 121 s old
  expect(w.measured().stale, 0.6, 5);
}

TEST(TurnTaking, TwoWhoWereAskedBothAnswer) {
  Written w;
  w.person(kAda, 0s, kBot).bot(kOther, 2s, 1).bot(kBot, 4s, 1);
  expect(w.measured().stale, 0, 2);
}

TEST(TurnTaking, TheFirstLineOfEveryBotDiscloses) {
  Written w;
  w.bot(kBot, 0s, {}, true).bot(kBot, 5s).bot(kOther, 10s).bot(kOther, 15s, {}, true);
  expect(w.measured().disclosure, 0.5, 2);
}

TEST(TurnTaking, AnswerTimesHaveAShape) {
  Written equal;
  Written spread;
  for (int i = 0; i < 10; ++i) {
    equal.person(kAda, 60s * i, kBot).bot(kBot, 60s * i + 12s, 2 * i + 1);
    spread.person(kAda, 60s * i, kBot).bot(kBot, 60s * i + 100ms * (1 << i), 2 * i + 1);
  }
  expect(equal.measured().reply_p95, 12, 10);
  expect(equal.measured().reply_shape, 1, 10);
  EXPECT_LT(*spread.measured().reply_shape.value, 0.15);
  expect(spread.measured().reply_p95, 51.2, 10);
}

}  // namespace
}  // namespace chorus::lab
