#include "chorus/fleet/platform_traits.hpp"

#include "support/fleet_rig.hpp"

#include <algorithm>

// Bots of two platforms in one fleet: what differs is data, and neither stops the other.
namespace chorus::fleet {
namespace {

using test::FleetRig;
using namespace std::chrono_literals;

constexpr std::int64_t kRoom = store::kFirstName + 1;

BotId add_matrix_bot(FleetRig& rig, const std::string& token) {
  NewBot bot;
  bot.name = token;
  bot.platform = store::Platform::Matrix;
  bot.token = Secret(token);
  const auto id = test::drive(rig.loop, rig.fleet->add_bot(std::move(bot)));
  EXPECT_TRUE(id);
  rig.run_for(50ms);
  return *id;
}

IncomingUpdate asked(FleetRig& rig, std::int64_t person) {
  return rig.message(person, kRoom + person, store::ChatKind::Private, "hello");
}

TEST(FleetPlatforms, ALostAnswerIsSentAgainOnMatrixWithTheSameRow) {
  FleetRig rig;
  std::vector<std::string> transactions;
  rig.platform->script = [&](const auto&,
                             const OutgoingMessage& message) -> std::optional<SendOutcome> {
    transactions.push_back(message.transaction);
    if (transactions.size() <= 6) return SendUnknown{"timeout"};
    return std::nullopt;
  };
  rig.settings.retry_budget.ratio = 1;
  rig.start();
  const BotId bot = add_matrix_bot(rig, "nova");
  ASSERT_TRUE(rig.accept(bot, asked(rig, 42)));
  rig.run_for(1h);
  ASSERT_EQ(transactions.size(), 7U) << "more often than other rows are tried";
  EXPECT_TRUE(
      std::ranges::all_of(transactions, [&](const auto& t) { return t == transactions[0]; }));
  EXPECT_EQ(rig.counts().outbox_sent, 1U);
  EXPECT_EQ(rig.fleet->status().unknown, 0U);
}

TEST(FleetPlatforms, ASendUnderWayWhenTheProcessDiedIsSentAgainOnMatrix) {
  FleetRig rig;
  std::vector<std::string> transactions;
  rig.platform->script = [&](const auto&,
                             const OutgoingMessage& message) -> std::optional<SendOutcome> {
    transactions.push_back(message.transaction);
    return std::nullopt;
  };
  rig.platform->latency = 10s;
  rig.start();
  const BotId bot = add_matrix_bot(rig, "nova");
  rig.run_for(30s);
  ASSERT_TRUE(rig.accept(bot, asked(rig, 42)));
  rig.run_for(1s);
  ASSERT_EQ(rig.platform->sends.size(), 1U);
  rig.kill();
  rig.start();
  rig.run_for(1s);
  rig.kill();  // before it could try again
  rig.start();
  rig.run_for(60s);
  EXPECT_EQ(rig.counts().outbox_sent, 1U);
  EXPECT_EQ(rig.counts().outbox_unknown, 0U);
  EXPECT_EQ(rig.fleet->status().recovered_unknown, 0U);
  EXPECT_GE(rig.platform->sends.size(), 2U);
}

TEST(FleetPlatforms, AnIllHomeserverDoesNotStopTelegram) {
  FleetRig rig;
  rig.platform->script = [&](const BotAccess& bot, const auto&) -> std::optional<SendOutcome> {
    if (bot.platform != store::Platform::Matrix) return std::nullopt;
    return SendRefused{502, "Bad Gateway", {}, {}, false};
  };
  rig.settings.retry.max_attempts = 1000;
  rig.start();
  const BotId ill = add_matrix_bot(rig, "nova");
  const BotId well = rig.add_bot("ada");
  for (std::int64_t person = 1; person <= 20; ++person) {
    ASSERT_TRUE(rig.accept(ill, asked(rig, person)));
  }
  rig.run_for(20s);
  EXPECT_EQ(rig.fleet->status().host_breaker, policy::BreakerState::Open);
  ASSERT_TRUE(rig.accept(well, rig.private_message(77, "hello")));
  rig.run_for(1s);
  const auto delivered = rig.platform->delivered();
  ASSERT_EQ(delivered.size(), 1U);
  EXPECT_EQ(delivered[0].bot, well);
  const auto breakers = rig.fleet->breakers();
  ASSERT_GE(breakers.size(), 2U);
  EXPECT_EQ(breakers[0].breaker.state, policy::BreakerState::Closed);
  EXPECT_EQ(breakers[1].name, "matrix");
  EXPECT_EQ(breakers[1].breaker.state, policy::BreakerState::Open);
}

TEST(FleetPlatforms, TelegramsLimitsDoNotHoldOnMatrixAndSynapsesCan) {
  const auto sends_in_a_minute = [](MatrixSendProfile profile) {
    FleetRig rig;
    rig.settings.send_profile = policy::SendProfile::Documented;
    rig.settings.matrix_send_profile = profile;
    rig.start();
    const BotId bot = add_matrix_bot(rig, "nova");
    for (std::int64_t person = 1; person <= 60; ++person) {
      EXPECT_TRUE(rig.accept(bot, asked(rig, person)));
    }
    rig.run_for(45s);
    return rig.platform->sends.size();
  };
  EXPECT_EQ(sends_in_a_minute(MatrixSendProfile::Off), 60U);
  EXPECT_EQ(sends_in_a_minute(MatrixSendProfile::Synapse), 10U);
}

TEST(FleetPlatforms, ARoomsRefusalParksThatRoomOnly) {
  FleetRig rig;
  bool first = true;
  rig.platform->script = [&](const auto&,
                             const OutgoingMessage& message) -> std::optional<SendOutcome> {
    if (message.chat.value != kRoom + 1 || !std::exchange(first, false)) return std::nullopt;
    return SendRefused{429, "M_LIMIT_EXCEEDED", 30s, {}, false};
  };
  rig.start();
  const BotId bot = add_matrix_bot(rig, "nova");
  for (std::int64_t person = 1; person <= 3; ++person) {
    ASSERT_TRUE(rig.accept(bot, asked(rig, person)));
  }
  rig.run_for(20s);
  EXPECT_EQ(rig.platform->delivered().size(), 2U);
  rig.run_for(15s);
  EXPECT_EQ(rig.platform->delivered().size(), 3U);
}

}  // namespace
}  // namespace chorus::fleet
