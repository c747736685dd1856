#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace chorus
