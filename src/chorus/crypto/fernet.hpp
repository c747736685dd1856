#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/secret.hpp"

#include <string_view>

namespace chorus::crypto {

/// Opens what other systems sealed with Fernet (AES-128-CBC under HMAC-SHA256). Nothing of ours is
/// ever sealed with it, so it only opens. A value; wiped when it goes.
/// Source: https://github.com/fernet/spec/blob/master/Spec.md
class FernetKey {
 public:
  /// 44 characters of base64url that give 32 bytes are the key itself; any other text is a
  /// passphrase whose SHA-256 is the key. Errors: Misconfigured for empty text.
  static Result<FernetKey> from_text(std::string_view text);

  /// The sealed value. Its age is not looked at. Errors, none of which holds the text: ParseError
  /// (no Fernet token), Forbidden (another key made it, or it was damaged).
  [[nodiscard]] Result<Secret> open(std::string_view token) const;

 private:
  explicit FernetKey(Secret bytes) : bytes_(std::move(bytes)) {}
  Secret bytes_;  // 16 bytes to sign, 16 bytes to encrypt
};

}  // namespace chorus::crypto
