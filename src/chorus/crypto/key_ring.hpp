#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/crypto/random.hpp"
#include "chorus/crypto/sealer.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::crypto {

/// A data key as the store keeps it: sealed by the ring's key with that fingerprint.
struct WrappedKey {
  std::string fingerprint;
  std::string sealed;
};

/// The keys that wrap data keys. The first is the primary: it wraps what is new; the others only
/// open what was wrapped before a rotation. It lives outside the data directory, so that a copy of
/// the data alone is worth nothing. A value.
class KeyRing {
 public:
  /// One new key.
  static KeyRing generate(RandomSource& random);
  /// 32 bytes as base64, base64url or hex: `TOKEN_ENCRYPTION_KEY`. `origin` names the place in
  /// messages. Errors: Misconfigured, never with the text.
  static Result<KeyRing> from_key_text(const Secret& text, std::string origin);
  /// The file's form. Errors: Misconfigured with `origin:line`.
  static Result<KeyRing> parse(std::string_view text, std::string origin);
  [[nodiscard]] Secret serialize() const;

  /// `3f2a-90c1-77de-0b45` of the primary key: tells keys apart, is safe to show.
  [[nodiscard]] std::string fingerprint() const { return fingerprint_of(keys_.front()); }
  [[nodiscard]] std::vector<std::string> fingerprints() const;
  [[nodiscard]] bool holds(std::string_view fingerprint) const;
  /// Path or variable the ring was read from; for messages.
  [[nodiscard]] const std::string& origin() const { return origin_; }

  /// Makes a new primary; the old keys stay so that existing stores open and are wrapped anew.
  void rotate(RandomSource& random);
  /// Takes over the other ring's keys for opening only.
  void add_old_keys(const KeyRing& other);

  [[nodiscard]] WrappedKey wrap(const Key& data_key, RandomSource& random) const;
  /// Errors: Misconfigured when the ring does not hold that key or the wrapping is damaged.
  [[nodiscard]] Result<Key> unwrap(const WrappedKey& wrapped) const;

 private:
  KeyRing(std::vector<Key> keys, std::string origin)
      : keys_(std::move(keys)), origin_(std::move(origin)) {}
  static std::string fingerprint_of(const Key& key);

  std::vector<Key> keys_;  // never empty
  std::string origin_;
};

/// Reads a key ring file. Errors: NotFound when there is none; Misconfigured when it lies inside
/// `data_dir` (symbolic links resolved), others may read it, it is not a plain file, or its text is
/// wrong.
Result<KeyRing> load_key_ring(const std::filesystem::path& file,
                              const std::filesystem::path& data_dir);

/// Writes the file with mode 0600, whole or not at all, making missing directories with 0700.
/// Errors: Misconfigured for a place inside `data_dir`, Conflict when the file exists and `replace`
/// is false, Unavailable when the file system refuses.
Result<void> save_key_ring(const KeyRing& ring, const std::filesystem::path& file,
                           const std::filesystem::path& data_dir, bool replace);

struct KeyRingOptions {
  std::filesystem::path file;
  std::filesystem::path data_dir;  ///< empty: nothing is stored in files
  /// `TOKEN_ENCRYPTION_KEY`: becomes the primary key; keys of `file`, when it exists, still open.
  std::optional<Secret> environment_key = std::nullopt;
  /// Fingerprint that an existing store asks for (`store::sealed_by`): then no key is ever made.
  std::optional<std::string> sealed_by = std::nullopt;
};
struct OpenedKeyRing {
  KeyRing ring;
  bool created = false;  ///< `file` was written by this call: its path and fingerprint are shown
};
/// The ring for a start: what is there, or on a first start a new one. Errors: Misconfigured with
/// one line that says what to do.
Result<OpenedKeyRing> open_key_ring(const KeyRingOptions& options, RandomSource& random);

}  // namespace chorus::crypto
