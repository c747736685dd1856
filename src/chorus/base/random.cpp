#include "chorus/base/random.hpp"

#include <bit>
#include <cmath>
#include <numbers>

#include "chorus/base/check.hpp"

namespace chorus {

namespace {

std::uint64_t split_mix(std::uint64_t& state) {
  std::uint64_t z = (state += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t stable_hash(std::string_view text) { return stable_hash(text, 0); }

std::uint64_t stable_hash(std::string_view text, std::uint64_t more) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ more;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return split_mix(hash);
}

Rng::Rng(std::uint64_t seed) : seed_(seed), state_{} {
  std::uint64_t mix = seed;
  for (auto& word : state_) word = split_mix(mix);
}

Rng Rng::fork(std::string_view label) const { return Rng(stable_hash(label, seed_)); }
Rng Rng::fork(std::string_view label, std::uint64_t index) const {
  std::uint64_t mix = index;
  return Rng(stable_hash(label, seed_ ^ split_mix(mix)));
}

// Source: Blackman and Vigna, xoshiro256++ 1.0 (public domain reference).
std::uint64_t Rng::next() {
  auto& s = state_;
  const std::uint64_t result = std::rotl(s[0] + s[3], 23) + s[0];
  const std::uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = std::rotl(s[3], 45);
  return result;
}

// Lemire's multiply-and-reject.
std::uint64_t Rng::below(std::uint64_t bound) {
  CH_DCHECK(bound > 0);
  __extension__ using Wide = unsigned __int128;
  Wide product = Wide(next()) * bound;
  auto low = static_cast<std::uint64_t>(product);
  if (low < bound) {
    const std::uint64_t threshold = (0 - bound) % bound;
    while (low < threshold) {
      product = Wide(next()) * bound;
      low = static_cast<std::uint64_t>(product);
    }
  }
  return static_cast<std::uint64_t>(product >> 64);
}

std::int64_t Rng::between(std::int64_t low, std::int64_t high) {
  CH_DCHECK(low <= high);
  const auto width = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
  if (width == 0) return static_cast<std::int64_t>(next());
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + below(width));
}

double Rng::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

double Rng::normal() {
  const double u = 1.0 - uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * uniform());
}

double Rng::exponential(double mean) { return -mean * std::log(1.0 - uniform()); }

double Rng::lognormal(double median, double sigma) { return median * std::exp(sigma * normal()); }

}  // namespace chorus
