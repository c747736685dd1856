#include "chorus/crypto/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <span>
#include <vector>

namespace chorus::crypto {
namespace {

TEST(PooledRandom, NeverHandsOutTheSameBytesTwice) {
  PooledRandom random;
  std::set<std::array<unsigned char, 24>> seen;
  for (int i = 0; i < 5000; ++i) {  // many pools, and draws that lie across the end of one
    std::array<unsigned char, 24> nonce{};
    random.fill(nonce);
    EXPECT_TRUE(seen.insert(nonce).second);
    std::array<unsigned char, 7> odd{};
    random.fill(odd);
  }
}

TEST(PooledRandom, ADrawAsLargeAsThePoolIsFilledWhole) {
  PooledRandom random;
  for (const std::size_t size : {0U, 1U, 192U, 193U, 1536U, 5000U}) {
    std::vector<unsigned char> out(size + 16, 0xAA);
    random.fill(std::span(out).first(size));
    EXPECT_TRUE(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(size), out.end(),
                            [](unsigned char c) { return c == 0xAA; }));
    if (size < 192) continue;
    // All the same: one chance in 256 to the power of what was drawn.
    EXPECT_GT(std::set<unsigned char>(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size))
                  .size(),
              16U);
  }
}

}  // namespace
}  // namespace chorus::crypto
