#include "chorus/crypto/key_ring.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/crypto/encoding.hpp"
#include "chorus/crypto/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::crypto {

namespace {

constexpr std::string_view kFirstLine = "chorus-key-ring 1";
constexpr Place kWrapPlace{"key_ring", "data_key", 0};

Result<Key> decode_key(std::string_view text) {
  // 64 characters are hex; 32 bytes of base64 have 43 or 44, so the forms cannot be mistaken.
  auto bytes = text.size() == 64 ? from_hex(text) : from_base64(text);
  if (!bytes) return std::unexpected(bytes.error());
  const Secret held(*std::move(bytes));  // wiped when it goes
  return Key::from_bytes(held.reveal());
}

}  // namespace

KeyRing KeyRing::generate(RandomSource& random) {
  return KeyRing({Key::generate(random)}, "a new key ring");
}

Result<KeyRing> KeyRing::from_key_text(const Secret& text, std::string origin) {
  auto key = decode_key(trim(text.reveal()));
  if (!key) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("{}: expected 32 bytes as base64, base64url or hex", origin));
  }
  return KeyRing({*key}, std::move(origin));
}

Result<KeyRing> KeyRing::parse(std::string_view text, std::string origin) {
  std::vector<Key> keys;
  std::size_t number = 0;
  bool first_seen = false;
  for (const auto raw_line : split(text, '\n')) {
    ++number;
    const auto line = trim(raw_line);
    const auto wrong = [&](std::string_view what) {
      return fail(ErrorCode::Misconfigured, fmt::format("{}:{}: {}", origin, number, what));
    };
    if (line.empty() || line.starts_with('#')) continue;
    if (!first_seen) {
      if (line != kFirstLine) {
        return wrong("not a key ring of this version (its first line is 'chorus-key-ring 1')");
      }
      first_seen = true;
      continue;
    }
    const auto fields = split(line, ' ');
    if (fields.size() != 3 || fields[0] != "key") {
      return wrong("expected 'key FINGERPRINT BASE64'");
    }
    auto key = decode_key(fields[2]);
    if (!key) return wrong("the key is not 32 bytes of base64");
    if (fingerprint_of(*key) != fields[1]) {
      return wrong("the key does not match its fingerprint: the line was changed");
    }
    keys.push_back(*key);
  }
  if (keys.empty()) {
    return fail(ErrorCode::Misconfigured, fmt::format("{}: holds no key", origin));
  }
  return KeyRing(std::move(keys), std::move(origin));
}

Secret KeyRing::serialize() const {
  std::string text(kFirstLine);
  text +=
      "\n# Opens what Chorus sealed. Back it up, apart from the data: without it the data is "
      "lost.\n# The first key is the primary; the others open what older ones wrapped.\n";
  for (const auto& key : keys_) {
    text += fmt::format("key {} {}\n", fingerprint_of(key), to_base64url(key.reveal()));
  }
  return Secret(std::move(text));
}

std::string KeyRing::fingerprint_of(const Key& key) {
  const std::string hex =
      to_hex(blake2b_keyed(key.reveal(), "chorus key fingerprint")).substr(0, 16);
  return fmt::format("{}-{}-{}-{}", hex.substr(0, 4), hex.substr(4, 4), hex.substr(8, 4),
                     hex.substr(12, 4));
}

std::vector<std::string> KeyRing::fingerprints() const {
  std::vector<std::string> out;
  for (const auto& key : keys_) out.push_back(fingerprint_of(key));
  return out;
}

bool KeyRing::holds(std::string_view fingerprint) const {
  return std::ranges::any_of(keys_,
                             [&](const Key& key) { return fingerprint_of(key) == fingerprint; });
}

void KeyRing::rotate(RandomSource& random) {
  keys_.insert(keys_.begin(), Key::generate(random));
}

void KeyRing::add_old_keys(const KeyRing& other) {
  for (const auto& key : other.keys_) {
    if (!holds(fingerprint_of(key))) keys_.push_back(key);
  }
}

WrappedKey KeyRing::wrap(const Key& data_key, RandomSource& random) const {
  return {fingerprint(), Sealer(keys_.front(), random).seal(kWrapPlace, data_key.reveal())};
}

Result<Key> KeyRing::unwrap(const WrappedKey& wrapped) const {
  for (const auto& key : keys_) {
    if (fingerprint_of(key) != wrapped.fingerprint) continue;
    SystemRandom unused;  // opening draws nothing
    auto plain = Sealer(key, unused).open(kWrapPlace, wrapped.sealed);
    if (!plain) break;
    const Secret held(*std::move(plain));
    return Key::from_bytes(held.reveal());
  }
  if (holds(wrapped.fingerprint)) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("the store's data key does not open with key {} of {}: the store's "
                            "key record is damaged; restore the store from a backup",
                            wrapped.fingerprint, origin_));
  }
  return fail(ErrorCode::Misconfigured,
              fmt::format("the store is sealed by key {}, which {} does not hold (it holds {}); "
                          "give the key ring that belongs to this store",
                          wrapped.fingerprint, origin_, fmt::join(fingerprints(), ", ")));
}

}  // namespace chorus::crypto
