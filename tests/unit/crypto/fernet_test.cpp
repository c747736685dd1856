#include "chorus/crypto/fernet.hpp"

#include "chorus/crypto/encoding.hpp"
#include "chorus/crypto/hash.hpp"

#include "support/fernet_seal.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus::crypto {
namespace {

// Source: verify.json and generate.json of the Fernet specification.
constexpr char kSecret[] = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=";
constexpr char kToken[] =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4"
    "IwqDA==";

TEST(Fernet, OpensTheVectorOfTheSpecification) {
  const auto key = FernetKey::from_text(kSecret);
  ASSERT_TRUE(key);
  const auto opened = key->open(kToken);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->reveal(), "hello");
  EXPECT_EQ(test::fernet_seal(*from_base64(kSecret), "hello"), kToken);
}

TEST(Fernet, EveryChangedByteIsNoticed) {
  const auto key = *FernetKey::from_text(kSecret);
  const std::string bytes = *from_base64(kToken);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    const auto opened = key.open(to_base64url(changed));
    ASSERT_FALSE(opened) << i;
    EXPECT_EQ(opened.error().code, i == 0 ? ErrorCode::ParseError : ErrorCode::Forbidden) << i;
  }
}

TEST(Fernet, WhatIsNoTokenIsSaidToBeNone) {
  const auto key = *FernetKey::from_text(kSecret);
  const std::string bytes = *from_base64(kToken);
  for (const std::string& text :
       {std::string(), std::string("123456:plain-token"), std::string("gAAAA"),
        to_base64url(bytes.substr(0, 40)), to_base64url(bytes.substr(0, bytes.size() - 1))}) {
    const auto opened = key.open(text);
    ASSERT_FALSE(opened) << text.size();
    EXPECT_EQ(opened.error().code, ErrorCode::ParseError);
  }
}

TEST(Fernet, APassphraseIsHashedOnce) {
  const auto key = *FernetKey::from_text("a passphrase of the old system");
  const std::string sealed =
      test::fernet_seal(sha256("a passphrase of the old system"), "1001:a-token");
  EXPECT_EQ(key.open(sealed)->reveal(), "1001:a-token");
  const auto other = FernetKey::from_text("another passphrase")->open(sealed);
  EXPECT_EQ(other.error().code, ErrorCode::Forbidden);
  EXPECT_EQ(FernetKey::from_text("").error().code, ErrorCode::Misconfigured);
}

// 44 characters that are no 32 bytes are a passphrase, as the old system had it.
TEST(Fernet, TheLengthOfAKeyDoesNotMakeOne) {
  const std::string words = "forty-four letters that do not make one key!";
  ASSERT_EQ(words.size(), 44U);
  EXPECT_EQ(FernetKey::from_text(words)->open(test::fernet_seal(sha256(words), "x"))->reveal(),
            "x");
}

}  // namespace
}  // namespace chorus::crypto
