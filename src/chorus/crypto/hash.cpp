#include "chorus/crypto/hash.hpp"

#include "chorus/base/check.hpp"
#include "chorus/crypto/encoding.hpp"

#include <sodium.h>

#include <array>
#include <cstring>

namespace chorus::crypto {

namespace {

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
unsigned char* raw(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

}  // namespace

std::string blake2b(std::string_view data) {
  std::string out(32, '\0');
  crypto_generichash(raw(out), out.size(), raw(data), data.size(), nullptr, 0);
  return out;
}

std::string blake2b_keyed(std::string_view key, std::string_view data) {
  CH_CHECK(key.size() >= crypto_generichash_KEYBYTES_MIN &&
           key.size() <= crypto_generichash_KEYBYTES_MAX);
  std::string out(32, '\0');
  crypto_generichash(raw(out), out.size(), raw(data), data.size(), raw(key), key.size());
  return out;
}

std::string sha256(std::string_view data) {
  std::string out(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256(raw(out), raw(data), data.size());
  return out;
}

std::string hash_api_token(const Secret& token) {
  return to_hex(sha256(token.reveal()));
}

bool constant_time_equal(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

Result<std::string> hash_password(const Secret& password, PasswordCost cost) {
  CH_CHECK(sodium_init() >= 0);
  std::array<char, crypto_pwhash_STRBYTES> out{};
  const auto text = password.reveal();
  if (crypto_pwhash_str_alg(out.data(), text.data(), text.size(), cost.operations,
                            cost.memory_bytes, crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return fail(ErrorCode::Unavailable, "not enough memory to hash a password");
  }
  return std::string(out.data());
}

bool verify_password(std::string_view hash, const Secret& password) {
  // libsodium reads a fixed-size field, so foreign text is copied into one first.
  std::array<char, crypto_pwhash_STRBYTES> field{};
  if (hash.size() >= field.size()) return false;
  std::memcpy(field.data(), hash.data(), hash.size());
  const auto text = password.reveal();
  return crypto_pwhash_str_verify(field.data(), text.data(), text.size()) == 0;
}

}  // namespace chorus::crypto
