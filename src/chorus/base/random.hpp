#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace chorus {

/// Seeded generator (xoshiro256++). The same seed gives the same sequence on every machine: no
/// standard distribution is used, because those differ between libraries. Not for secrets.
/// One thread. About 1 ns per number.
class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// A stream of its own for `label`: independent of how many numbers this one has handed out.
  [[nodiscard]] Rng fork(std::string_view label) const;
  [[nodiscard]] Rng fork(std::string_view label, std::uint64_t index) const;

  std::uint64_t next();
  /// Uniform in [0, bound); bound must be > 0. Unbiased.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform integer in [low, high], both inclusive.
  std::int64_t between(std::int64_t low, std::int64_t high);
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  bool chance(double probability) { return uniform() < probability; }
  double normal();
  double exponential(double mean);
  /// `median` is the value at p50, `sigma` the deviation of its logarithm.
  double lognormal(double median, double sigma);

  template <class T>
  T& pick(std::span<T> items) {
    return items[below(items.size())];
  }
  template <class T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t seed_;
  std::array<std::uint64_t, 4> state_;
};

/// 64-bit FNV-1a with a final mix: stable across runs and machines, for seeds and phases. Not a
/// cryptographic hash.
std::uint64_t stable_hash(std::string_view text);
std::uint64_t stable_hash(std::string_view text, std::uint64_t more);

}  // namespace chorus
