#include "chorus/app/dotenv.hpp"

#include <gtest/gtest.h>

namespace chorus::app {
namespace {

using Values = std::map<std::string, std::string>;

Values read(std::string_view text) {
  const auto values = parse_dotenv(text, ".env");
  if (!values) {
    ADD_FAILURE() << values.error().message;
    return {};
  }
  return *values;
}
std::string error(std::string_view text) {
  const auto values = parse_dotenv(text, ".env");
  if (values) return "accepted";
  EXPECT_EQ(values.error().code, ErrorCode::Misconfigured);
  return values.error().message;
}

TEST(Dotenv, Lines) {
  EXPECT_EQ(read("A=1\n\n# comment\n  B = two words \nexport C=3\r\nD=\n"),
            (Values{{"A", "1"}, {"B", "two words"}, {"C", "3"}, {"D", ""}}));
  EXPECT_EQ(read(""), Values{});
  EXPECT_EQ(read("\xEF\xBB\xBF"
                 "A=1"),
            (Values{{"A", "1"}}))
      << "editors leave a byte order mark";
  EXPECT_EQ(read("A=1\nA=2"), (Values{{"A", "2"}}));
}

TEST(Dotenv, Quotes) {
  EXPECT_EQ(read("A=\" x \"\nB='y # z'\nC=\"it's\"\nD=\"\"  # empty\n"),
            (Values{{"A", " x "}, {"B", "y # z"}, {"C", "it's"}, {"D", ""}}));
}

TEST(Dotenv, CommentsBehindValues) {
  EXPECT_EQ(read("A=1 # one\nB=pass#word\nC=#nothing\nD=a=b\t# tab\n"),
            (Values{{"A", "1"}, {"B", "pass#word"}, {"C", ""}, {"D", "a=b"}}));
}

TEST(Dotenv, NothingIsExpanded) {
  EXPECT_EQ(read("A=$HOME\nB=\"${X}\\n\"\n"), (Values{{"A", "$HOME"}, {"B", "${X}\\n"}}));
}

TEST(Dotenv, FaultsNameTheLineAndNeverTheValue) {
  EXPECT_EQ(error("A=1\nnonsense\n"), ".env:2: expected KEY=value");
  EXPECT_EQ(error("=1\n"), ".env:1: expected KEY=value");
  EXPECT_EQ(error("A B=1\n"), ".env:1: expected KEY=value");
  EXPECT_EQ(error("1A=1\n"), ".env:1: expected KEY=value");
  EXPECT_EQ(error("\n\nTOKEN=\"secret\n"), ".env:3: the quotes of TOKEN do not match");
  EXPECT_EQ(error("TOKEN='secret' more\n"), ".env:1: the quotes of TOKEN do not match");
}

}  // namespace
}  // namespace chorus::app
