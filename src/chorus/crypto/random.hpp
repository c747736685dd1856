#pragma once

#include "chorus/base/random.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace chorus::crypto {

/// Where keys, nonces and tokens come from. The system's generator in production; a seeded one in a
/// simulation, where two runs must be byte-identical. One thread at a time.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(std::span<unsigned char> out) = 0;
};

/// libsodium's generator: safe for keys, nonces and tokens. Any thread.
class SystemRandom final : public RandomSource {
 public:
  void fill(std::span<unsigned char> out) override;
};

/// The same, a system call for many small draws: nonces. What was handed out is erased. One thread
/// at a time, and not across a fork.
class PooledRandom final : public RandomSource {
 public:
  ~PooledRandom() override;
  void fill(std::span<unsigned char> out) override;

 private:
  SystemRandom system_;
  std::array<unsigned char, 1536> pool_{};
  std::size_t left_ = 0;  ///< at the end of the pool
};

/// Predictable by design: only for simulations, whose store is not meant to keep a secret.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(Rng rng) : rng_(rng) {}
  void fill(std::span<unsigned char> out) override;

 private:
  Rng rng_;
};

/// `bytes` random bytes as base64url without padding (24 bytes give 32 characters): session tokens,
/// API keys, webhook paths and secrets.
std::string random_token(RandomSource& random, std::size_t bytes = 24);

}  // namespace chorus::crypto
