#include "chorus/fleet/disclosure_proof.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

TEST(DisclosureProof, EachNoticeThatWasGivenIsOneLine) {
  FleetSettings settings = FleetRig::quick();
  settings.disclosure = true;
  FleetRig rig(settings);
  rig.start();
  const BotId bot = rig.add_bot("ada");
  ASSERT_TRUE(rig.accept(bot, rig.private_message(42, "my secret is tangerine")));
  rig.run_for(2s);
  const auto snapshot = test::drive(rig.loop, rig.store->load());
  ASSERT_TRUE(snapshot);
  const std::string csv = disclosure_csv(*snapshot);
  EXPECT_TRUE(
      csv.starts_with("bot_id,bot,username,platform,chat_id,person_id,kind,version,at\r\n"));
  EXPECT_NE(csv.find(",ada,bot_ada,telegram,42,42,disclosure,1,2026-01-05T12:00:0"),
            std::string::npos)
      << csv;
  EXPECT_EQ(csv.find("tangerine"), std::string::npos);
  EXPECT_EQ(csv.find("Person"), std::string::npos) << "no names of people";
}

TEST(DisclosureProof, FieldsAreQuotedAndNeverRunAsFormulas) {
  store::Snapshot snapshot;
  store::BotRow bot;
  bot.id = BotId(7);
  bot.name = "=cmd(\"x\"),y";
  snapshot.bots.push_back(bot);
  snapshot.notices.push_back({BotId(7), RoomId(9), PlatformUserId(0), "stop", 0, {}});
  EXPECT_NE(disclosure_csv(snapshot).find("7,\"'=cmd(\"\"x\"\"),y\",,,,0,stop,0,"),
            std::string::npos)
      << disclosure_csv(snapshot);
}

}  // namespace
}  // namespace chorus::fleet
