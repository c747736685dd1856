#include "chorus/lab/crowd.hpp"

#include "chorus/lab/measure.hpp"
#include "chorus/sandbox/world.hpp"

#include "unit/lab/run_harness.hpp"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::lab {
namespace {

using sandbox::Platform;

struct CrowdTest : testing::Test {
  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual, .seed = 3}};
  metrics::Registry registry;
  net::InProcessTransport webhooks{loop, Rng(3)};
  sandbox::Sandbox box{loop, {}, webhooks, registry};

  static Scenario scenario(std::string_view platform) {
    return load(
        std::string(kGroup).replace(std::string(kGroup).find("kind: attach"), 12,
                                    "kind: attach, platform: '" + std::string(platform) + "'"));
  }
};

TEST_F(CrowdTest, OnMatrixAGroupIsARoomAndAMentionNamesTheUser) {
  const auto plan = scenario("matrix");
  Crowd crowd(plan, 7);
  ASSERT_TRUE(crowd.create(box));
  EXPECT_EQ(crowd.bots()[0].address, "@helper001_bot:sandbox");
  EXPECT_THAT(crowd.bots()[0].token, testing::StartsWith("syt_"));
  EXPECT_EQ(crowd.bots()[0].rooms.size(), 2U);
  for (int i = 0; i < 20; ++i) {
    auto draft = crowd.next(6, box, {});  // one of those who mention
    const auto said = box.post(draft.message);
    ASSERT_TRUE(said) << said.error().message;
    const auto* message = box.world().find_room(draft.message.room)->find(*said);
    if (!draft.message.reply_to) {
      EXPECT_THAT(message->address.mentions, testing::Contains(draft.sent.addressed));
    }
  }
}

TEST_F(CrowdTest, OnTwoPlatformsBotsAndRoomsAreDealtOutAndNobodySpeaksAcross) {
  const auto plan = scenario("telegram,matrix");
  Crowd crowd(plan, 7);
  ASSERT_TRUE(crowd.create(box));
  ASSERT_EQ(crowd.places().size(), 2U);
  EXPECT_EQ(crowd.places()[0].platform, Platform::Telegram);
  EXPECT_EQ(crowd.places()[1].platform, Platform::Matrix);
  EXPECT_THAT(crowd.places()[0].bots, testing::ElementsAre(0, 2));
  EXPECT_THAT(crowd.places()[1].bots, testing::ElementsAre(1));
  for (std::uint32_t person = 0; person < crowd.people().size(); ++person) {
    const auto draft = crowd.next(person, box, {});
    EXPECT_EQ(crowd.place(draft.place).platform,
              person % 2 == 0 ? Platform::Telegram : Platform::Matrix);
    EXPECT_TRUE(box.post(draft.message));
  }
}

TEST(PlatformLimits, AreThoseOfTheTargetsPlatformsAndAnApplicationServiceHasNone) {
  TargetSpec target;
  EXPECT_EQ(platform_limits(target).size(), 2U);
  target.platforms = {Platform::Matrix};
  ASSERT_EQ(platform_limits(target).size(), 1U);
  EXPECT_EQ(platform_limits(target)[0].platform, Platform::Matrix);
  target.bots.transport = UpdateTransport::Webhook;
  EXPECT_TRUE(platform_limits(target).empty());
}

}  // namespace
}  // namespace chorus::lab
