#include "chorus/crypto/fernet.hpp"

#include "chorus/crypto/encoding.hpp"
#include "chorus/crypto/hash.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <memory>
#include <string>

namespace chorus::crypto {

namespace {

// version (1), time (8), initialisation vector (16), ciphertext (16 n), signature (32)
constexpr std::size_t kVector = 9;
constexpr std::size_t kText = kVector + 16;
constexpr std::size_t kSignature = 32;
constexpr std::size_t kBlock = 16;

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::unexpected<Error> no_token() {
  return fail(ErrorCode::ParseError, "this is no Fernet token");
}
std::unexpected<Error> wrong_key() {
  return fail(ErrorCode::Forbidden, "another key sealed it, or it was damaged");
}

std::string sign(std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(text), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &size);
  out.resize(size);
  return out;
}

}  // namespace

Result<FernetKey> FernetKey::from_text(std::string_view text) {
  if (text.empty()) return fail(ErrorCode::Misconfigured, "the key is empty");
  if (text.size() == 44) {
    if (auto bytes = from_base64(text); bytes && bytes->size() == 32) {
      return FernetKey(Secret(*std::move(bytes)));
    }
  }
  return FernetKey(Secret(sha256(text)));
}

Result<Secret> FernetKey::open(std::string_view token) const {
  const auto bytes = from_base64(token);
  if (!bytes || bytes->size() < kText + kBlock + kSignature || bytes->front() != '\x80') {
    return no_token();
  }
  const std::string_view all = *bytes;
  const auto text = all.substr(kText, all.size() - kText - kSignature);
  if (text.size() % kBlock != 0) return no_token();
  const auto key = bytes_.reveal();
  const auto signed_part = all.substr(0, all.size() - kSignature);
  if (!constant_time_equal(sign(key.substr(0, 16), signed_part),
                           all.substr(all.size() - kSignature))) {
    return wrong_key();
  }
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  std::string plain(text.size() + kBlock, '\0');
  auto* out = reinterpret_cast<unsigned char*>(plain.data());
  int size = 0;
  int rest = 0;
  if (!cipher ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_cbc(), nullptr, raw(key.substr(16)),
                         raw(all.substr(kVector, kBlock))) != 1 ||
      EVP_DecryptUpdate(cipher.get(), out, &size, raw(text), static_cast<int>(text.size())) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), out + size, &rest) != 1) {
    return wrong_key();
  }
  plain.resize(static_cast<std::size_t>(size + rest));
  return Secret(std::move(plain));
}

}  // namespace chorus::crypto
