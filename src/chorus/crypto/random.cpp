#include "chorus/crypto/random.hpp"

#include "chorus/base/check.hpp"
#include "chorus/crypto/encoding.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace chorus::crypto {

void SystemRandom::fill(std::span<unsigned char> out) {
  // Idempotent and safe from any thread; without it the generator may not be set up.
  CH_CHECK(sodium_init() >= 0);
  randombytes_buf(out.data(), out.size());
}

PooledRandom::~PooledRandom() {
  sodium_memzero(pool_.data(), pool_.size());
}

void PooledRandom::fill(std::span<unsigned char> out) {
  if (out.size() > pool_.size() / 8) return system_.fill(out);
  if (out.size() > left_) {
    system_.fill(pool_);
    left_ = pool_.size();
  }
  unsigned char* from = pool_.data() + (pool_.size() - left_);
  std::memcpy(out.data(), from, out.size());
  sodium_memzero(from, out.size());
  left_ -= out.size();
}

void SeededRandom::fill(std::span<unsigned char> out) {
  while (!out.empty()) {
    const std::uint64_t word = rng_.next();
    const std::size_t n = std::min(out.size(), sizeof word);
    std::memcpy(out.data(), &word, n);
    out = out.subspan(n);
  }
}

std::string random_token(RandomSource& random, std::size_t bytes) {
  std::string raw(bytes, '\0');
  random.fill({reinterpret_cast<unsigned char*>(raw.data()), raw.size()});
  std::string token = to_base64url(raw);
  sodium_memzero(raw.data(), raw.size());
  return token;
}

}  // namespace chorus::crypto
