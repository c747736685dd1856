#include "chorus/crypto/encoding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::crypto {
namespace {

TEST(Encoding, KnownVectors) {
  // Source: RFC 4648 section 10.
  EXPECT_EQ(to_base64("foob"), "Zm9vYg==");
  EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(to_base64url("foob"), "Zm9vYg");
  EXPECT_EQ(to_base64(std::string("\xfb\xff", 2)), "+/8=");
  EXPECT_EQ(to_base64url(std::string("\xfb\xff", 2)), "-_8");
  EXPECT_EQ(to_hex(std::string("\x00\xaf", 2)), "00af");
  EXPECT_EQ(to_hex(""), "");
}

TEST(Encoding, RoundTripsEveryLength) {
  for (std::size_t n = 0; n < 70; ++n) {
    std::string bytes;
    for (std::size_t i = 0; i < n; ++i) bytes += static_cast<char>(i * 37 + n);
    EXPECT_EQ(from_base64(to_base64(bytes)).value(), bytes);
    EXPECT_EQ(from_base64(to_base64url(bytes)).value(), bytes);
    EXPECT_EQ(from_hex(to_hex(bytes)).value(), bytes);
  }
}

TEST(Encoding, TakesBothAlphabetsAndBothCases) {
  const std::string bytes("\xfb\xff", 2);
  for (const auto* text : {"+/8=", "+/8", "-_8=", "-_8"}) {
    EXPECT_EQ(from_base64(text).value(), bytes) << text;
  }
  EXPECT_EQ(from_hex("AbCd").value(), from_hex("abcd").value());
}

TEST(Encoding, RefusesWhatIsNotTheWholeInput) {
  for (const auto* text : {"Zm9v YmFy", "Zm9v\n", "Zm9vYg=", "Z", "=", "Zm9v!"}) {
    const auto decoded = from_base64(text);
    ASSERT_FALSE(decoded) << text;
    EXPECT_EQ(decoded.error().code, ErrorCode::ParseError);
  }
  for (const auto* text : {"abc", "0x", "zz", "ab cd"}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

}  // namespace
}  // namespace chorus::crypto
