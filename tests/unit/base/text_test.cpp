#include "chorus/base/text.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus {
namespace {

// One, two, three and four bytes: a, e acute, euro sign, an emoji outside the basic plane.
constexpr std::string_view kMixed = "a\u00e9\u20ac\U0001F600z";

TEST(Utf8, RefusesWhatTheStandardForbids) {
  const std::vector<std::pair<const char*, bool>> cases = {
      {"", true},
      {"plain", true},
      {"\xc3\xa9", true},
      {"\xf4\x8f\xbf\xbf", true},   // U+10FFFF
      {"\xf4\x90\x80\x80", false},  // above it
      {"\xed\x9f\xbf", true},       // U+D7FF
      {"\xed\xa0\x80", false},      // a surrogate
      {"\xc0\xaf", false},          // overlong
      {"\xe0\x9f\xbf", false},      // overlong
      {"\xf0\x8f\xbf\xbf", false},  // overlong
      {"\x80", false},              // continuation alone
      {"\xe2\x82", false},          // cut short
      {"\xff", false},
  };
  for (const auto& [text, valid] : cases) EXPECT_EQ(is_valid_utf8(text), valid) << text;
}

TEST(Utf8, BadBytesBecomeReplacementCharacters) {
  EXPECT_EQ(to_valid_utf8("a\xff\xe2\x82z"), "a\uFFFD\uFFFD\uFFFDz");
  EXPECT_EQ(to_valid_utf8(kMixed), kMixed);
}

TEST(Utf8, CountsCodePointsAndUtf16Units) {
  EXPECT_EQ(code_point_count(kMixed), 5U);
  EXPECT_EQ(utf16_length(kMixed), 6U);
  EXPECT_EQ(utf16_length(""), 0U);
}

TEST(Utf8, Utf16OffsetsBecomeByteOffsets) {
  const std::vector<std::optional<std::size_t>> expected = {0, 1, 3, 6, std::nullopt, 10, 11};
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(utf16_to_byte_offset(kMixed, i), expected[i]) << i;
  }
  EXPECT_EQ(utf16_to_byte_offset(kMixed, 7), std::nullopt);
}

TEST(Utf8, TruncatesBetweenCodePoints) {
  EXPECT_EQ(truncate_code_points(kMixed, 0), "");
  EXPECT_EQ(truncate_code_points(kMixed, 3), "a\u00e9\u20ac");
  EXPECT_EQ(truncate_code_points(kMixed, 4), "a\u00e9\u20ac\U0001F600");
  EXPECT_EQ(truncate_code_points(kMixed, 99), kMixed);
}

TEST(Utf8, DecodeSaysHowFarToGoOn) {
  std::size_t bytes = 99;
  EXPECT_EQ(decode_utf8("", bytes), U'\uFFFD');
  EXPECT_EQ(bytes, 0U);
  EXPECT_EQ(decode_utf8("\xff\x41", bytes), U'\uFFFD');
  EXPECT_EQ(bytes, 1U);
  EXPECT_EQ(decode_utf8("\xf0\x9f\x98\x80", bytes), U'\U0001F600');
  EXPECT_EQ(bytes, 4U);
}

TEST(Text, TrimsLowersSplitsAndReplaces) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(ascii_lower("AbC\u00c9"), "abc\u00c9");
  EXPECT_TRUE(iequals_ascii("Content-Type", "content-tYPE"));
  EXPECT_FALSE(iequals_ascii("a", "ab"));
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string_view>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("{x}-{x}", "{x}", ""), "-");
}

TEST(Text, PercentCoding) {
  EXPECT_EQ(percent_decode("a%41+%2b", true), "aA +");
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  EXPECT_EQ(percent_decode("100%, %4, %zz", false), "100%, %4, %zz");
  EXPECT_EQ(percent_decode("%41", false), "A");
  EXPECT_EQ(percent_encode("a b/\u00e9~"), "a%20b%2F%C3%A9~");
}

TEST(Text, NearestIsNearEnoughOrNothing) {
  const std::vector<std::string> keys = {"duration", "seed", "target", "thresholds"};
  EXPECT_EQ(nearest("durtion", keys), "duration");
  EXPECT_EQ(nearest("treshold", keys), "thresholds");
  EXPECT_EQ(nearest("people", keys), std::nullopt);
  EXPECT_EQ(nearest("x", {}), std::nullopt);
}

TEST(InsideMarks, IsWhatTheFrameHolds) {
  EXPECT_EQ(inside_marks("Ada: [kqwxzvbn]what about coffee?[/kqwxzvbn]"), "what about coffee?");
  EXPECT_EQ(inside_marks("A: [m1]one[/m1]\nB: [m1]two[/m1]"), "two") << "the last one counts";
  EXPECT_EQ(inside_marks("Ada: [m]see [1] and [/x] there[/m]"), "see [1] and [/x] there");
  EXPECT_EQ(inside_marks("[m][/m]"), "");
}

TEST(InsideMarks, LeavesOtherTextAlone) {
  for (const auto* text :
       {"", "coffee?", "[x] coffee", "coffee [/x]", "a [x]b[/y]", "[/", "[]a[/]", "[/x] a [x]"}) {
    EXPECT_EQ(inside_marks(text), text);
  }
}

}  // namespace
}  // namespace chorus
