#pragma once

#include "chorus/base/check.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chorus::policy::detail {

/// How often a key was asked for lately, by its hash: a count-min sketch of 4-bit counters that are
/// all halved after ten times `capacity` counts, so that what was popular once does not stay so.
/// Never too low but for the halving; may be too high. 8 to 16 bytes per entry of capacity; O(1),
/// and O(capacity) at each halving.
///
/// Source: Einziger, Friedman, Manes: TinyLFU, a highly efficient cache admission policy (2017).
class FrequencySketch {
 public:
  explicit FrequencySketch(std::size_t capacity)
      : words_(std::bit_ceil(std::max<std::size_t>(capacity, 16))), sample_(10 * words_.size()) {
    CH_CHECK(capacity >= 1);
  }

  void count(std::uint64_t hash) {
    bool counted = false;
    for (unsigned row = 0; row < kRows; ++row) {
      const Place place = place_of(hash, row);
      std::uint64_t& word = words_[place.word];
      if (((word >> place.shift) & kMost) < kMost) {
        word += std::uint64_t{1} << place.shift;
        counted = true;
      }
    }
    if (counted && ++counts_ >= sample_) halve();
  }

  /// 0 to 15.
  [[nodiscard]] unsigned estimate(std::uint64_t hash) const {
    std::uint64_t least = kMost;
    for (unsigned row = 0; row < kRows; ++row) {
      const Place place = place_of(hash, row);
      least = std::min(least, (words_[place.word] >> place.shift) & kMost);
    }
    return static_cast<unsigned>(least);
  }

  void clear() {
    std::ranges::fill(words_, 0);
    counts_ = 0;
  }

 private:
  static constexpr unsigned kRows = 4;
  static constexpr std::uint64_t kMost = 15;
  struct Place {
    std::size_t word;
    unsigned shift;
  };

  /// Each row has its own quarter of every word, so rows never share a counter.
  [[nodiscard]] Place place_of(std::uint64_t hash, unsigned row) const {
    // splitmix64: hashes of the standard library may be the key itself.
    std::uint64_t x = hash + (row + 1) * 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    x ^= x >> 31;
    const auto nibble = static_cast<unsigned>(x >> 62);
    return {static_cast<std::size_t>(x) & (words_.size() - 1), 4 * (4 * row + nibble)};
  }

  void halve() {
    for (std::uint64_t& word : words_) word = (word >> 1) & 0x7777777777777777ULL;
    counts_ /= 2;
  }

  std::vector<std::uint64_t> words_;
  std::size_t sample_;
  std::size_t counts_ = 0;
};

}  // namespace chorus::policy::detail
