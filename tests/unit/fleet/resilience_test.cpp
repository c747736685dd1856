// The scenarios R8 to R16 of the acceptance list, with their figures, in virtual time.
// docs/fleet.md says where each of the list is tested.
#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using fleet::SendOutcome;
using fleet::SendRefused;
using fleet::SendUnknown;
using test::FleetRig;

/// How often each trigger was answered on the platform's side.
std::map<std::pair<std::int64_t, std::string>, int> arrivals(const FleetRig& rig) {
  std::map<std::pair<std::int64_t, std::string>, int> out;
  for (const auto& s : rig.platform->sends) ++out[{s.chat.value, s.text}];
  return out;
}

/// The platform took the message and its answer was lost, for one send in twenty.
int run_with_lost_answers(FleetRig& rig, int people) {
  int sends = 0;
  int lost = 0;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<SendOutcome> {
    if (++sends % 20 != 0) return std::nullopt;
    ++lost;
    return SendUnknown{"the answer was lost"};
  };
  rig.settings.conversations.global = 100;
  rig.settings.conversations.queue = 1000;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < people; ++i) {
    EXPECT_TRUE(rig.accept(bot, rig.private_message(100 + i, "hello")));
  }
  rig.run_for(10min);
  rig.platform->script = nullptr;
  return lost;
}

TEST(Resilience, R8AnUnknownOutcomeIsListedAndNeverRepeatedByDefault) {
  FleetRig rig;
  const int lost = run_with_lost_answers(rig, 200);
  EXPECT_EQ(lost, 10);
  const auto arrived = arrivals(rig);
  EXPECT_EQ(arrived.size(), 200U);
  EXPECT_TRUE(std::ranges::all_of(arrived, [](const auto& a) { return a.second == 1; }));
  EXPECT_EQ(rig.counts().outbox_unknown, 10U);
  EXPECT_EQ(rig.counts().outbox_sent, 190U);
}

TEST(Resilience, R8WhereAnOperatorWantsItRepeatedThereIsOneCopyForEachUnknown) {
  FleetRig rig;
  rig.settings.on_unknown = fleet::OnUnknown::Resend;
  const int lost = run_with_lost_answers(rig, 200);
  const auto arrived = arrivals(rig);
  EXPECT_EQ(arrived.size(), 200U);
  int copies = 0;
  for (const auto& [key, times] : arrived) copies += times - 1;
  EXPECT_EQ(copies, lost);
  EXPECT_EQ(rig.counts().outbox_unknown, 0U);
  EXPECT_EQ(rig.counts().outbox_sent, 200U);
}

TEST(Resilience, R10OneChatThatMustWaitTakesNothingFromTheOthers) {
  FleetRig rig;
  const PlatformChatId flooded(100);
  std::optional<MonoTime> refused_at;
  rig.platform->script = [&](const auto&,
                             const fleet::OutgoingMessage& m) -> std::optional<SendOutcome> {
    if (m.chat != flooded || refused_at) return std::nullopt;
    refused_at = rig.loop.now();
    return SendRefused{429, "Too Many Requests", 120'000ms, {}, false};
  };
  rig.settings.max_reply_age_private = 1h;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int round = 0; round < 10; ++round) {
    for (int person = 100; person < 110; ++person) {
      ASSERT_TRUE(rig.accept(bot, rig.private_message(person, "hello " + std::to_string(round))));
    }
    rig.run_for(10s);
  }
  ASSERT_TRUE(refused_at);
  std::size_t others = 0;
  for (const auto& s : rig.platform->delivered()) {
    if (s.chat != flooded)
      ++others;
    else
      EXPECT_GE(s.at - *refused_at, 120s);
  }
  EXPECT_EQ(others, 90U) << "all of the others', while the one chat waits";
  rig.run_for(60s);
  EXPECT_EQ(rig.platform->delivered().size(), 100U);
}

TEST(Resilience, R11OneBotsTroubleAmongManyIsItsOwn) {
  FleetRig rig;
  rig.settings.publish_profiles = false;
  rig.start();
  constexpr int kBots = 500;
  std::vector<BotId> bots;
  for (int i = 0; i < kBots; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
  const BotId refused = bots[7];  // each of its messages is a 400
  rig.platform->bad_tokens = {"bot13"};
  rig.platform->script = [&](const fleet::BotAccess& bot,
                             const auto&) -> std::optional<SendOutcome> {
    if (bot.id != refused) return std::nullopt;
    return SendRefused{400, "Bad Request: message is too weird", {}, {}, false};
  };
  rig.fleet->report_conflict(bots[21], "terminated by other getUpdates request");
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < kBots; ++i) {
      ASSERT_TRUE(rig.accept(bots[static_cast<std::size_t>(i)],
                             rig.private_message(1000 + i, "hi " + std::to_string(round))));
    }
    rig.run_for(20s);
  }
  std::map<BotId, int> calls;
  for (const auto& s : rig.platform->sends) ++calls[s.bot];
  EXPECT_LE(calls[bots[13]], 3) << "401 switches it off";
  EXPECT_EQ(calls[refused], 3) << "a 400 is one call for each message";
  EXPECT_EQ(rig.platform->delivered().size(), 3U * (kBots - 2));
  for (const auto& bot : rig.fleet->status().bots) {
    EXPECT_EQ(bot.breaker, policy::BreakerState::Closed);
  }
  EXPECT_EQ(rig.fleet->status().host_breaker, policy::BreakerState::Closed);
}

TEST(Resilience, R12ABreakerKeepsAnIllHostFromBeingBeatenAndRecovers) {
  FleetRig rig;
  bool ill = true;
  std::vector<MonoTime> failures;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<SendOutcome> {
    if (!ill) return std::nullopt;
    failures.push_back(rig.loop.now());
    return SendRefused{502, "Bad Gateway", {}, {}, false};
  };
  rig.settings.conversations.global = 200;
  rig.settings.conversations.queue = 1000;
  rig.settings.retry.max_attempts = 1000;
  rig.settings.breaker = {};  // open for 5 s; the founding numbers, which are the default, say 60 s
  rig.settings.breaker.consecutive_failures = 10;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  const auto speak = [&](int second) {
    for (int i = 0; i < 5; ++i) {
      ASSERT_TRUE(rig.accept(bot, rig.private_message(1000 + second * 5 + i, "hello")));
    }
    rig.run_for(1s);
  };
  for (int second = 0; second < 30; ++second) speak(second);
  const auto in_first_seconds = std::ranges::count_if(
      failures, [&](MonoTime at) { return at - failures.front() < 5s; });
  EXPECT_LE(in_first_seconds, 20) << "until it opens";
  EXPECT_LE(failures.size(), 20U + 3U * 6U) << "and three probes each time it is asked";
  ill = false;
  const MonoTime healed = rig.loop.now();
  rig.run_for(10min);
  EXPECT_EQ(rig.platform->delivered().size(), 150U);
  EXPECT_LE(rig.platform->delivered().front().at - healed, 5s);
  EXPECT_EQ(rig.fleet->status().host_breaker, policy::BreakerState::Closed);
}

TEST(Resilience, R13RetriesDoNotMultiplyAnOutage) {
  FleetRig rig;
  std::uint64_t calls = 0;
  rig.platform->script = [&](const auto&, const auto&) -> std::optional<SendOutcome> {
    if (++calls % 2 == 0) return std::nullopt;
    return SendRefused{502, "Bad Gateway", {}, {}, false};
  };
  rig.settings.conversations.global = 500;
  rig.settings.conversations.queue = 10'000;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  constexpr int kSeconds = 300;
  constexpr int kEach = 10;
  for (int second = 0; second < kSeconds; ++second) {
    for (int i = 0; i < kEach; ++i) {
      ASSERT_TRUE(rig.accept(bot, rig.private_message(1000 + second * kEach + i, "hello")));
    }
    rig.run_for(1s);
  }
  EXPECT_LE(static_cast<double>(calls), 1.2 * kSeconds * kEach);
  EXPECT_GT(rig.platform->delivered().size(), 0U);
}

/// Two bots of strangers that answer whatever is said, and five of ours, in one room.
TEST(Resilience, R14BotsThatAnswerEverythingDoNotKeepOursTalking) {
  FleetRig rig;
  rig.start();
  std::vector<BotId> ours;
  for (int i = 0; i < 5; ++i) ours.push_back(rig.add_bot("bot" + std::to_string(i)));
  ASSERT_TRUE(rig.accept(ours[0], rig.group_message(42, "good morning, what about tea?")));
  for (const BotId bot : ours) {
    ASSERT_TRUE(rig.accept(bot, rig.group_message(42, "everybody is here")));
  }
  rig.run_for(1s);
  rig.platform->sends.clear();
  std::map<std::int64_t, std::vector<MonoTime>> turns_towards;
  std::size_t heard = 0;
  MonoTime last{};
  for (int tick = 0; tick < 600; ++tick) {
    // Each stranger answers each new line of ours and names its author.
    const auto sent = rig.platform->delivered();
    const std::size_t fresh = sent.size() - heard;
    for (std::size_t i = heard; i < sent.size(); ++i) last = sent[i].at;
    heard = sent.size();
    const std::size_t lines = tick == 0 ? 1 : fresh;
    for (std::size_t i = 0; i < lines; ++i) {
      for (const std::int64_t stranger : {9001, 9002}) {
        const std::size_t whom = (static_cast<std::size_t>(tick) + i) % ours.size();
        const std::string name = "bot_bot" + std::to_string(whom);
        auto update = rig.group_message(stranger, "@" + name + " is it so? tell me more");
        update.message->mentions = {name};
        update.message->from_is_bot = true;
        for (const BotId bot : ours) {
          update.update_id += 100'000;
          ASSERT_TRUE(rig.accept(bot, update));
        }
      }
    }
    rig.run_for(1s);
  }
  EXPECT_LE(heard, 20U) << "turns of ours since a person spoke";
  EXPECT_LE(last - MonoTime{}, rig.loop.now() - MonoTime{} - 480s) << "it ended within 120 s";
  EXPECT_GT(rig.reason("loop_budget"), 0);
}

TEST(Resilience, R16FiftyPeopleAtALimitOfTwentyAreTwentyAndThirty) {
  FleetRig rig;
  rig.settings.conversations.global = 20;
  rig.settings.conversations.per_user = 3;
  rig.settings.conversations.queue = 0;
  rig.settings.tell_refused = false;
  rig.generator->latency = 10s;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int round = 1; round <= 10; ++round) {
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(rig.accept(bot, rig.private_message(1000 + i, "hello")));
    }
    rig.run_for(5s);
    EXPECT_EQ(rig.fleet->status().conversations.live, 20U);
    rig.run_for(30s);
    EXPECT_EQ(rig.platform->delivered().size(), 20U * static_cast<unsigned>(round));
    EXPECT_EQ(rig.reason("conversation_refused"), 30.0 * round);
    EXPECT_EQ(rig.fleet->status().conversations.live, 0U);
  }
}

}  // namespace
}  // namespace chorus
