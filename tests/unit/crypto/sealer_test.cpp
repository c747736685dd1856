#include "chorus/crypto/sealer.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::crypto {
namespace {

class SealerTest : public testing::Test {
 protected:
  SystemRandom random_;
  Key key_ = Key::generate(random_);
  Sealer sealer_{key_, random_};
};

TEST_F(SealerTest, RoundTrips) {
  for (const std::size_t n : {0U, 1U, 46U, 4096U, 100'000U}) {
    const std::string plain(n, 'x');
    const auto sealed = sealer_.seal({"messages", "body", 7}, plain);
    EXPECT_EQ(sealed.size(), n + Sealer::kOverhead);
    EXPECT_EQ(sealer_.open({"messages", "body", 7}, sealed).value(), plain);
  }
}

TEST_F(SealerTest, HidesTheTextAndUsesFreshNonces) {
  const auto a = sealer_.seal({"t", "c", 1}, "a plain canary");
  const auto b = sealer_.seal({"t", "c", 1}, "a plain canary");
  EXPECT_EQ(a.find("canary"), std::string::npos);
  EXPECT_NE(a, b);
}

TEST_F(SealerTest, DoesNotOpenInAnotherPlace) {
  const auto sealed = sealer_.seal({"ab", "c", 1}, "text");
  EXPECT_TRUE(sealer_.open({"ab", "c", 1}, sealed));
  for (const Place place : {Place{"ab", "c", 2}, Place{"ab", "d", 1}, Place{"a", "bc", 1},
                            Place{"abc", "", 1}, Place{"x", "c", 1}}) {
    const auto opened = sealer_.open(place, sealed);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::Internal);
  }
}

TEST_F(SealerTest, DoesNotOpenWhenAnyByteChanged) {
  const auto sealed = sealer_.seal({"t", "c", 1}, "text");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto damaged = sealed;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(sealer_.open({"t", "c", 1}, damaged)) << "byte " << i;
  }
  for (std::size_t n = 0; n < sealed.size(); ++n) {
    EXPECT_FALSE(sealer_.open({"t", "c", 1}, sealed.substr(0, n))) << "length " << n;
  }
}

TEST_F(SealerTest, DoesNotOpenUnderAnotherKey) {
  const Sealer other(Key::generate(random_), random_);
  const auto sealed = sealer_.seal({"t", "c", 1}, "text");
  const auto opened = other.open({"t", "c", 1}, sealed);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().message.find("text"), std::string::npos);
}

TEST_F(SealerTest, SameSeedGivesTheSameBytes) {
  SeededRandom a(Rng(3));
  SeededRandom b(Rng(3));
  EXPECT_EQ(Sealer(key_, a).seal({"t", "c", 1}, "text"),
            Sealer(key_, b).seal({"t", "c", 1}, "text"));
}

TEST_F(SealerTest, BlindIndexIsEqualForEqualValuesOnly) {
  EXPECT_EQ(sealer_.blind_index("bots.token", "1:a"), sealer_.blind_index("bots.token", "1:a"));
  EXPECT_NE(sealer_.blind_index("bots.token", "1:a"), sealer_.blind_index("bots.token", "1:b"));
  EXPECT_NE(sealer_.blind_index("bots.token", "1:a"), sealer_.blind_index("bots.secret", "1:a"));
  const Sealer other(Key::generate(random_), random_);
  EXPECT_NE(sealer_.blind_index("bots.token", "1:a"), other.blind_index("bots.token", "1:a"));
}

TEST(Key, HasExactly32Bytes) {
  EXPECT_FALSE(Key::from_bytes(std::string(31, 'k')));
  EXPECT_FALSE(Key::from_bytes(std::string(33, 'k')));
  EXPECT_EQ(Key::from_bytes(std::string(32, 'k')).value().reveal(), std::string(32, 'k'));
}

}  // namespace
}  // namespace chorus::crypto
