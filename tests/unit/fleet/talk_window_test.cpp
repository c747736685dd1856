#include "chorus/fleet/talk_window.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;

constexpr RoomId kRoom{1};
constexpr PlatformUserId kPerson{7};
const std::vector<BotId> kBots{BotId{1}, BotId{2}};

PlatformUserId account(BotId bot) {
  return PlatformUserId{1000 + static_cast<std::int64_t>(bot.value)};
}

MonoTime at(Duration t) {
  return MonoTime{} + t;
}

TEST(TalkWindow, NothingSaidHasNoShape) {
  const auto shape = TalkWindow().shape(kBots, at(0s));
  EXPECT_FALSE(shape.speaking_gini);
  EXPECT_FALSE(shape.bot_share);
  EXPECT_FALSE(shape.turn_entropy);
}

TEST(TalkWindow, OneBotAndOnePersonPingPong) {
  TalkWindow talk;
  for (int i = 0; i < 4; ++i) {
    talk.note(kRoom, kPerson, {}, false, at(10s * i));
    talk.note(kRoom, account(BotId{1}), BotId{1}, true, at(10s * i + 3s));
  }
  const auto shape = talk.shape(kBots, at(60s));
  EXPECT_DOUBLE_EQ(*shape.speaking_gini, 0.5);  // the other bot was silent
  EXPECT_DOUBLE_EQ(*shape.bot_share, 0.5);
  EXPECT_NEAR(*shape.turn_entropy, 0, 1e-12);
}

TEST(TalkWindow, RoomsAreNotMixed) {
  TalkWindow talk;
  for (int i = 0; i < 6; ++i) {
    const RoomId room{1 + i % 2};
    talk.note(room, PlatformUserId{i < 2 || i > 3 ? 7 : 8}, {}, false, at(1s * i));
  }
  // Each room hears 7, 8, 7: what follows is always known.
  EXPECT_NEAR(*talk.shape(kBots, at(10s)).turn_entropy, 0, 1e-12);
}

TEST(TalkWindow, AnHourLaterItIsForgotten) {
  TalkWindow talk;
  talk.note(kRoom, kPerson, {}, false, at(0s));
  talk.note(kRoom, account(BotId{1}), BotId{1}, true, at(10min));
  EXPECT_DOUBLE_EQ(*talk.shape(kBots, at(60min)).bot_share, 0.5);
  EXPECT_DOUBLE_EQ(*talk.shape(kBots, at(61min)).bot_share, 1);
  EXPECT_FALSE(talk.shape(kBots, at(71min)).bot_share);
}

TEST(TalkWindow, KeepsTheNewestLines) {
  TalkWindow talk;
  for (int i = 0; i < 5000; ++i) talk.note(kRoom, kPerson, {}, false, at(100ms * i));
  for (int i = 0; i < 1024; ++i) {
    talk.note(kRoom, account(BotId{1}), BotId{1}, true, at(500s + 100ms * i));
  }
  EXPECT_DOUBLE_EQ(*talk.shape(kBots, at(700s)).bot_share, 0.5);
}

}  // namespace
}  // namespace chorus::fleet
