#pragma once

#include "chorus/base/error.hpp"
#include "chorus/crypto/random.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::crypto {

/// 32 bytes that are wiped when they go. No formatter, as Secret has none.
class Key {
 public:
  static constexpr std::size_t kBytes = 32;

  static Key generate(RandomSource& random);
  /// Exactly 32 bytes, else InvalidArgument.
  static Result<Key> from_bytes(std::string_view bytes);
  Key(const Key&) = default;
  Key& operator=(const Key&) = default;
  ~Key();

  [[nodiscard]] std::string_view reveal() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }
  [[nodiscard]] const unsigned char* data() const { return bytes_.data(); }

 private:
  Key() = default;
  std::array<unsigned char, kBytes> bytes_{};
};

/// Where a sealed value lives. It is authenticated with the value, so that a sealed value which is
/// moved to another row, column or table does not open.
struct Place {
  std::string_view table;
  std::string_view column;
  std::int64_t id = 0;
};

/// Seals values of one store under its data key: XChaCha20-Poly1305, a random 192-bit nonce per
/// value. Form: version byte (1), nonce (24), ciphertext and tag (length + 16). Costs about 0.7 us
/// for a chat message. One thread at a time, because of the random source, which must outlive it.
class Sealer {
 public:
  static constexpr std::size_t kOverhead = 1 + 24 + 16;

  Sealer(const Key& data_key, RandomSource& random);

  [[nodiscard]] std::string seal(Place place, std::string_view plain) const;
  /// Errors: Internal when the value was damaged, moved, or sealed under another key.
  [[nodiscard]] Result<std::string> open(Place place, std::string_view sealed) const;

  /// 32 bytes that are equal for equal values and tell nothing else without the key: lets the store
  /// find a sealed value (is this token taken?) without opening every row.
  [[nodiscard]] std::string blind_index(std::string_view context, std::string_view value) const;

 private:
  Key seal_key_;
  Key index_key_;
  RandomSource* random_;
};

}  // namespace chorus::crypto
