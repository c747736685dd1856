#include "chorus/crypto/sealer.hpp"

#include "chorus/base/check.hpp"
#include "chorus/crypto/hash.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <cstring>

namespace chorus::crypto {

namespace {

constexpr unsigned char kVersion = 1;
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(Sealer::kOverhead == 1 + kNonce + kTag);
static_assert(Key::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
static_assert(Key::kBytes == crypto_kdf_KEYBYTES);

/// Table and column end with a zero byte, so that no two places give the same bytes.
struct Associated {
  std::array<unsigned char, 96> bytes{};
  std::size_t size = 0;

  explicit Associated(const Place& place) {
    CH_CHECK(place.table.size() + place.column.size() + 2 + sizeof place.id <= bytes.size());
    append(place.table.data(), place.table.size());
    bytes[size++] = 0;
    append(place.column.data(), place.column.size());
    bytes[size++] = 0;
    for (int shift = 0; shift < 64; shift += 8) {
      bytes[size++] = static_cast<unsigned char>(static_cast<std::uint64_t>(place.id) >> shift);
    }
  }
  void append(const char* from, std::size_t n) {
    std::memcpy(bytes.data() + size, from, n);
    size += n;
  }
};

Key derive(const Key& from, std::uint64_t number) {
  std::string bytes(Key::kBytes, '\0');
  // The context belongs to the format: changing it makes every sealed value unreadable.
  crypto_kdf_derive_from_key(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), number,
                             "chorusdk", from.data());
  auto key = Key::from_bytes(bytes);
  sodium_memzero(bytes.data(), bytes.size());
  CH_CHECK(key.has_value());
  return *key;
}

}  // namespace

Key Key::generate(RandomSource& random) {
  Key key;
  random.fill(key.bytes_);
  return key;
}

Result<Key> Key::from_bytes(std::string_view bytes) {
  if (bytes.size() != kBytes) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("a key has 32 bytes, this one has {}", bytes.size()));
  }
  Key key;
  std::memcpy(key.bytes_.data(), bytes.data(), kBytes);
  return key;
}

Key::~Key() {
  sodium_memzero(bytes_.data(), bytes_.size());
}

Sealer::Sealer(const Key& data_key, RandomSource& random)
    : seal_key_(derive(data_key, 1)), index_key_(derive(data_key, 2)), random_(&random) {
  // Picks the vectorised implementations; without it libsodium works, but at a fraction.
  CH_CHECK(sodium_init() >= 0);
}

std::string Sealer::seal(Place place, std::string_view plain) const {
  const Associated associated(place);
  std::string out(kOverhead + plain.size(), '\0');
  auto* bytes = reinterpret_cast<unsigned char*>(out.data());
  bytes[0] = kVersion;
  random_->fill({bytes + 1, kNonce});
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      bytes + 1 + kNonce, nullptr, reinterpret_cast<const unsigned char*>(plain.data()),
      plain.size(), associated.bytes.data(), associated.size, nullptr, bytes + 1, seal_key_.data());
  return out;
}

Result<std::string> Sealer::open(Place place, std::string_view sealed) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(sealed.data());
  if (sealed.size() >= kOverhead && bytes[0] == kVersion) {
    const Associated associated(place);
    std::string out(sealed.size() - kOverhead, '\0');
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(
            reinterpret_cast<unsigned char*>(out.data()), nullptr, nullptr, bytes + 1 + kNonce,
            sealed.size() - 1 - kNonce, associated.bytes.data(), associated.size, bytes + 1,
            seal_key_.data()) == 0) {
      return out;
    }
  }
  return fail(ErrorCode::Internal,
              fmt::format("the sealed value {}.{} of row {} does not open: it was damaged, moved, "
                          "or sealed under another key",
                          place.table, place.column, place.id));
}

std::string Sealer::blind_index(std::string_view context, std::string_view value) const {
  std::string data(context);
  data += '\0';
  data += value;
  std::string out = blake2b_keyed(index_key_.reveal(), data);
  sodium_memzero(data.data(), data.size());
  return out;
}

}  // namespace chorus::crypto
