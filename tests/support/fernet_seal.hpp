#pragma once

#include "chorus/crypto/encoding.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <string>
#include <string_view>

namespace chorus::test {

/// Seals as the founding system does: a Fernet token of `plain` under 32 key bytes, made at a fixed
/// time with a fixed vector.
inline std::string fernet_seal(std::string_view key, std::string_view plain) {
  const auto raw = [](std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
  };
  std::string token("\x80\0\0\0\0\x1d\xc0\x9e\xb0", 9);
  for (char i = 0; i < 16; ++i) token += i;
  std::string text(plain.size() + 16, '\0');
  auto* out = reinterpret_cast<unsigned char*>(text.data());
  int size = 0;
  int rest = 0;
  auto* cipher = EVP_CIPHER_CTX_new();
  EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, raw(key.substr(16)), raw(token) + 9);
  EVP_EncryptUpdate(cipher, out, &size, raw(plain), static_cast<int>(plain.size()));
  EVP_EncryptFinal_ex(cipher, out + size, &rest);
  EVP_CIPHER_CTX_free(cipher);
  text.resize(static_cast<std::size_t>(size + rest));
  token += text;
  std::string signature(32, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), 16, raw(token), token.size(),
       reinterpret_cast<unsigned char*>(signature.data()), &length);
  token += signature;
  std::string encoded = crypto::to_base64url(token);
  while (encoded.size() % 4 != 0) encoded += '=';
  return encoded;
}

}  // namespace chorus::test
