#include "chorus/fleet/memory/memory_decay.hpp"
#include "chorus/fleet/memory/memory_seed.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = from_micros(1'780'000'000'000'000);
constexpr auto kDay = std::chrono::hours(24);

Memory said(std::int64_t id, std::string text, MemoryKind kind = MemoryKind::Preference) {
  Memory m;
  m.id = MemoryId(id);
  m.bot = BotId(1);
  m.room = RoomId(9);
  m.person = PlatformUserId(77);
  m.kind = kind;
  m.text = std::move(text);
  m.created = m.last_used = kNow + std::chrono::seconds(id);
  return m;
}

TEST(MemoryDecay, HalfGoesInAHalfLife) {
  const Memory m = said(1, "likes tea");
  EXPECT_DOUBLE_EQ(strength_at(m, m.last_used, 30 * kDay), 1);
  EXPECT_NEAR(strength_at(m, m.last_used + 30 * kDay, 30 * kDay), 0.5, 1e-9);
  EXPECT_NEAR(strength_at(m, m.last_used + 90 * kDay, 30 * kDay), 0.125, 1e-9);
  EXPECT_DOUBLE_EQ(strength_at(m, m.last_used - 1h, 30 * kDay), 1) << "a clock that went back";
  Memory seed = m;
  seed.source = MemorySource::Persona;
  EXPECT_DOUBLE_EQ(strength_at(seed, kNow + 10'000 * kDay, 30 * kDay), 1);
}

TEST(MemoryDecay, UseStrengthensAndIsBounded) {
  Memory m = said(1, "likes tea");
  reinforce(m, 30 * kDay, m.last_used + 30 * kDay);
  EXPECT_NEAR(m.strength, 0.6, 1e-9);
  EXPECT_EQ(m.uses, 1);
  for (int i = 0; i < 100; ++i) reinforce(m, 30 * kDay, m.last_used);
  EXPECT_LE(m.strength, 1.0);
}

TEST(MemoryDecay, WeakAndExpiredOnesGo) {
  auto expired = said(1, "exam on friday");
  expired.expires = kNow;
  auto faded = said(2, "likes tea");
  faded.last_used = kNow - 200 * kDay;
  const auto fresh = said(3, "likes mountains");
  auto seed = said(4, "once missed a train");
  seed.source = MemorySource::Persona;
  seed.last_used = kNow - 2000 * kDay;
  const std::vector all{expired, faded, fresh, seed};
  const TidyUp done = tidy_up(all, {}, kNow);
  EXPECT_EQ(done.gone, (std::vector{MemoryId(1), MemoryId(2)}));
  EXPECT_TRUE(done.changed.empty());
  EXPECT_EQ(done.expired, 1U);
  EXPECT_EQ(done.faded, 1U);
}

TEST(MemoryDecay, NearDuplicatesBecomeOne) {
  auto a = said(1, "likes black filter coffee from Kenya");
  a.strength = 0.5;
  a.uses = 3;
  a.confidence = 0.9;
  auto b = said(2, "likes black filter coffee of Kenya");
  b.strength = 0.5;
  b.uses = 2;
  b.confidence = 0.7;
  const std::vector all{a, b, said(3, "likes mountains")};
  const WallTime now = b.last_used;
  const TidyUp done = tidy_up(all, {}, now);
  EXPECT_EQ(done.gone, (std::vector{MemoryId(1)}));
  ASSERT_EQ(done.changed.size(), 1U);
  EXPECT_EQ(done.changed[0].id, MemoryId(2)) << "the newest words stay";
  EXPECT_EQ(done.changed[0].uses, 5);
  EXPECT_NEAR(done.changed[0].strength, 0.75, 1e-4);
  EXPECT_DOUBLE_EQ(done.changed[0].confidence, 0.9);
  EXPECT_EQ(done.merged, 1U);
}

TEST(MemoryDecay, ACorrectionTakesTheOldOnesPlace) {
  const auto old = said(1, "lives in Izmir", MemoryKind::PersonalFact);
  const auto now_lives = said(2, "lives in Ankara", MemoryKind::PersonalFact);
  EXPECT_TRUE(says_the_same(old, now_lives, {}));
  const Memory kept = merged(old, now_lives, {}, now_lives.created);
  EXPECT_EQ(kept.text, "lives in Ankara");
  EXPECT_DOUBLE_EQ(kept.strength, 1);
  EXPECT_FALSE(says_the_same(old, said(3, "works as nurse", MemoryKind::PersonalFact), {}));
}

TEST(MemoryDecay, OnlyTheSameScopeIsMerged) {
  const auto a = said(1, "likes tea");
  auto room = said(2, "likes tea");
  room.room = RoomId(10);
  auto person = said(3, "likes tea");
  person.person = PlatformUserId(78);
  const std::vector all{a, room, person};
  EXPECT_TRUE(tidy_up(all, {}, kNow).gone.empty());
}

TEST(MemorySeed, ReadsWhatTheCardBrings) {
  const auto seeds = seeds_of(R"({"name":"Ada","description":"calm","interests":["tea"],
    "facts":["grew up by a lake", 7, "  "],"anecdotes":"once missed a train",
    "emotion":{"signature_phrases":["step by step"]}})");
  ASSERT_EQ(seeds.size(), 3U);
  EXPECT_EQ(seeds[0].text, "grew up by a lake");
  EXPECT_EQ(seeds[0].kind, MemoryKind::PersonalFact);
  EXPECT_EQ(seeds[1].kind, MemoryKind::PastEvent);
  EXPECT_EQ(seeds[2].text, "likes to say: step by step");
  EXPECT_TRUE(seeds_of("").empty());
  EXPECT_TRUE(seeds_of("[]").empty());
  EXPECT_TRUE(seeds_of(R"({"facts":{"a":1}})").empty());
}

}  // namespace
}  // namespace chorus::fleet
