#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::crypto {

/// 32 raw bytes.
std::string blake2b(std::string_view data);
/// 32 raw bytes; `key` of 16 to 64 bytes (checked).
std::string blake2b_keyed(std::string_view key, std::string_view data);
/// 32 raw bytes.
std::string sha256(std::string_view data);

/// What is kept of an API token: SHA-256 in hex. The token itself has at least 128 random bits, so
/// a slow hash would protect nothing and cost every request.
std::string hash_api_token(const Secret& token);

/// True when equal; takes the same time wherever the difference lies. The length is not hidden.
bool constant_time_equal(std::string_view a, std::string_view b);

/// Work of argon2id. The default takes about 60 ms and 64 MiB: run it in the blocking pool.
struct PasswordCost {
  std::uint64_t operations = 2;
  std::size_t memory_bytes = 64 * 1024 * 1024;
};
/// argon2id in its own text form (`$argon2id$v=19$...`), which carries salt and cost.
/// Errors: Unavailable when the memory cannot be had.
Result<std::string> hash_password(const Secret& password, PasswordCost cost = {});
/// False for a wrong password and for text that is not such a hash. As slow as the hash was.
bool verify_password(std::string_view hash, const Secret& password);

}  // namespace chorus::crypto
