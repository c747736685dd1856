#include "chorus/crypto/hash.hpp"

#include "chorus/crypto/encoding.hpp"
#include "chorus/crypto/random.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace chorus::crypto {
namespace {

TEST(Hash, KnownVectors) {
  // Source: FIPS 180-4 examples; `b2sum -l 256` of coreutils.
  EXPECT_EQ(to_hex(sha256("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(blake2b("abc")),
            "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  EXPECT_EQ(hash_api_token(Secret("abc")), to_hex(sha256("abc")));
}

TEST(Hash, KeyedHashDependsOnTheKey) {
  const std::string a(32, 'a');
  const std::string b(32, 'b');
  EXPECT_NE(blake2b_keyed(a, "x"), blake2b_keyed(b, "x"));
  EXPECT_NE(blake2b_keyed(a, "x"), blake2b("x"));
  EXPECT_EQ(blake2b_keyed(a, "x"), blake2b_keyed(a, "x"));
}

TEST(Hash, ConstantTimeEqual) {
  EXPECT_TRUE(constant_time_equal("", ""));
  EXPECT_TRUE(constant_time_equal("same", "same"));
  EXPECT_FALSE(constant_time_equal("same", "sama"));
  EXPECT_FALSE(constant_time_equal("same", "sam"));
}

TEST(Password, VerifiesOnlyItself) {
  const PasswordCost cheap{1, 8192};
  const auto first = hash_password(Secret("correct horse"), cheap);
  const auto second = hash_password(Secret("correct horse"), cheap);
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->starts_with("$argon2id$"));
  EXPECT_NE(*first, *second) << "each hash has a salt of its own";
  EXPECT_TRUE(verify_password(*first, Secret("correct horse")));
  EXPECT_FALSE(verify_password(*first, Secret("correct hors")));
  EXPECT_FALSE(verify_password("", Secret("")));
  EXPECT_FALSE(verify_password("not a hash", Secret("not a hash")));
  EXPECT_FALSE(verify_password(std::string(4000, 'x'), Secret("x")));
}

TEST(RandomToken, LengthAlphabetAndDifference) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const auto token = random_token(random);
    EXPECT_EQ(token.size(), 32U);
    EXPECT_EQ(
        token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        std::string::npos);
    seen.insert(token);
  }
  EXPECT_EQ(seen.size(), 200U);
}

TEST(RandomToken, SeededSourceRepeats) {
  SeededRandom a(Rng(7));
  SeededRandom b(Rng(7));
  SeededRandom c(Rng(8));
  const auto first = random_token(a, 5);
  EXPECT_EQ(first, random_token(b, 5));
  EXPECT_NE(first, random_token(c, 5));
  EXPECT_NE(first, random_token(a, 5));
}

}  // namespace
}  // namespace chorus::crypto
