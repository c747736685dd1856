#include "chorus/fleet/reason.hpp"
#include "chorus/fleet/settings_table.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

IncomingUpdate joined(std::int64_t chat) {
  IncomingUpdate update;
  update.update_id = 900;
  update.kind = store::InboxKind::Membership;
  update.chat = PlatformChatId(chat);
  update.chat_kind = store::ChatKind::Supergroup;
  update.member_status = "member";
  return update;
}

TEST(FleetLiveSettings, BotsBeginAndCeaseToTalkWhenAnOperatorSaysSo) {
  FleetRig rig;
  rig.start();
  const BotId ada = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(ada, joined(-1007)));
  rig.run_for(10min);
  EXPECT_TRUE(rig.platform->sends.empty());
  FleetSettings settings = rig.fleet->settings();
  settings.talk_interval = 240h;
  rig.fleet->set_settings(settings);
  rig.run_for(1min);
  EXPECT_TRUE(rig.platform->sends.empty());
  settings.talk_interval = 10s;  // who sleeps for days hears of it
  rig.fleet->set_settings(settings);
  rig.run_for(5min);
  const auto spoken = rig.platform->sends.size();
  EXPECT_GT(spoken, 0U);
  settings.talk_interval = 0s;
  rig.fleet->set_settings(settings);
  rig.run_for(1min);  // what was under way
  const auto before = rig.platform->sends.size();
  rig.run_for(30min);
  EXPECT_EQ(rig.platform->sends.size(), before);
}

TEST(FleetLiveSettings, WhatIsCopiedAtTheStartStays) {
  FleetRig rig;
  rig.start();
  FleetSettings settings = rig.fleet->settings();
  settings.max_tokens = 77;
  settings.memories_per_bot = 7;
  settings.endpoints_are_loopback = !settings.endpoints_are_loopback;
  rig.fleet->set_settings(settings);
  EXPECT_EQ(rig.fleet->settings().max_tokens, 77);
  EXPECT_NE(rig.fleet->settings().memories_per_bot, 7U);
  EXPECT_NE(rig.fleet->settings().endpoints_are_loopback, settings.endpoints_are_loopback)
      << "honesty is not an operator's setting";
}

TEST(FleetTicks, EachReasonIsGoodBadOrNoTick) {
  std::string bad;
  std::string none;
  for (std::size_t i = 0; i < kTurnReasons; ++i) {
    const auto reason = static_cast<TurnReason>(i);
    if (tick_result(reason) == TickResult::Bad) bad += std::string(to_string(reason)) + " ";
    if (tick_result(reason) == TickResult::NoTick) none += std::string(to_string(reason)) + " ";
  }
  EXPECT_EQ(bad, "outbox_full empty_text llm_error llm_refused queue_timeout store_unavailable ");
  EXPECT_EQ(none, "duplicate_update own_message edited other malformed shutting_down ");
}

TEST(FleetTicks, TheShareIsThatOfTheLastHour) {
  FleetRig rig;
  rig.start();
  const BotId ada = rig.add_bot("ada");
  EXPECT_EQ(rig.fleet->status().ticks.all(), 0U);
  ASSERT_TRUE(rig.accept(ada, rig.private_message(42, "hello")));
  rig.run_for(10s);
  EXPECT_EQ(rig.fleet->status().ticks.good, 1U);
  EXPECT_EQ(rig.fleet->status().sends.good, 1U);
  EXPECT_NE(rig.metrics_text().find("chorus_tick_success 1\n"), std::string::npos);
  rig.run_for(2h);
  EXPECT_EQ(rig.fleet->status().ticks.all(), 0U);
  EXPECT_EQ(rig.fleet->shares(5min).sends.all(), 0U);
}

}  // namespace
}  // namespace chorus::fleet
