#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(Fleet, AnswersAPrivateMessage) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "hello")));
  rig.run_for(1s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].bot, bot);
  EXPECT_EQ(sent[0].chat, PlatformChatId(42));
  const auto counts = rig.counts();
  EXPECT_EQ(counts.inbox_total, 1U);
  EXPECT_EQ(counts.inbox_new, 0U);
  EXPECT_EQ(counts.outbox_sent, 1U);
  EXPECT_EQ(counts.messages_in, 1U);
  EXPECT_EQ(counts.messages_out, 1U);
  EXPECT_EQ(rig.reason("sent"), 1);
}

TEST(Fleet, AnswersEveryPrivateMessageInOrder) {
  FleetRig rig;
  rig.generator->script = [](const fleet::GenerationRequest& request) -> Result<std::string> {
    const std::string& last = request.lines.back().text;
    const auto at = last.find("number");
    return "echo of " + last.substr(at, last.find('[', at) - at);
  };
  rig.start();
  const BotId bot = rig.add_bot("ada");
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "number " + std::to_string(i))));
  }
  rig.run_for(10s);
  const auto sent = rig.platform->delivered();
  ASSERT_EQ(sent.size(), 10U);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(sent[static_cast<std::size_t>(i)].text, "echo of number " + std::to_string(i));
  }
  EXPECT_EQ(rig.platform->most_per_chat, 1);
}

TEST(Fleet, PausedItStoresAndStaysSilentAndDoesNotAnswerLater) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  rig.fleet->pause();
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(10s);
  EXPECT_EQ(rig.reason("paused"), 1);
  rig.fleet->resume();
  rig.run_for(10s);
  EXPECT_TRUE(rig.platform->sends.empty());
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello again")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Fleet, ADisabledBotIsSilentAndAnEnabledOneSpeaksAgain) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  EXPECT_TRUE(rig.started.contains(bot));
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_bot_enabled(bot, false)));
  EXPECT_FALSE(rig.started.contains(bot));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1s);
  EXPECT_TRUE(rig.platform->sends.empty());
  EXPECT_EQ(rig.reason("disabled"), 1);
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->set_bot_enabled(bot, true)));
  rig.run_for(1s);
  EXPECT_TRUE(rig.started.contains(bot));
  ASSERT_TRUE(rig.accept(bot, rig.private_message(1, "hello")));
  rig.run_for(1s);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST(Fleet, ARemovedBotIsUnknown) {
  FleetRig rig;
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(test::drive(rig.loop, rig.fleet->remove_bot(bot)));
  const auto refused = rig.accept(bot, rig.private_message(1, "hello"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_TRUE(rig.fleet->bots().empty());
}

TEST(Fleet, TheSameSeedGivesTheSameHistory) {
  const auto history = [](std::uint64_t seed) {
    FleetRig rig;
    rig.settings_seed = seed;
    rig.settings.pacing = fleet::Pacing::Human;
    rig.settings.talk_interval = 20s;
    rig.settings.threshold = 0.3;
    rig.start();
    std::vector<BotId> bots;
    for (int i = 0; i < 5; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
    for (int i = 0; i < 30; ++i) {
      auto update =
          rig.group_message(1 + i % 3, "what do you think about thing " + std::to_string(i) + "?");
      for (const BotId bot : bots) {
        ++update.update_id;
        EXPECT_TRUE(rig.accept(bot, update));
      }
      rig.run_for(25s);
    }
    std::string out;
    for (const auto& s : rig.platform->sends) {
      out += fmt::format("{} {} {} {}\n", s.bot, s.chat, s.at.time_since_epoch().count(), s.text);
    }
    return out;
  };
  const std::string once = history(5);
  EXPECT_GT(once.size(), 500U);
  EXPECT_EQ(once, history(5));
  EXPECT_NE(once, history(6));
}

}  // namespace
}  // namespace chorus
