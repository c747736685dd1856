#include "chorus/app/bots_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace chorus::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(BotsFile, OneBotALine) {
  const auto bots = parse_bots_file(
      "name,token,persona\n# ours\nAda,1001:abc,trader\n\n\"Eve, \"\"the\"\" bot\" , 1002:def\r\n",
      "bots.csv");
  ASSERT_TRUE(bots) << bots.error().message;
  ASSERT_EQ(bots->size(), 2U);
  EXPECT_EQ((*bots)[0].name, "Ada");
  EXPECT_EQ((*bots)[0].token.reveal(), "1001:abc");
  EXPECT_EQ((*bots)[0].persona, "trader");
  EXPECT_EQ((*bots)[1].name, "Eve, \"the\" bot");
  EXPECT_EQ((*bots)[1].token.reveal(), "1002:def");
  EXPECT_EQ((*bots)[1].persona, "");
}

TEST(BotsFile, EveryProblemHasItsLineAndNoToken) {
  const auto bots = parse_bots_file(
      "Ada,1001:SECRET\nAda,1002:SECRET\n,1:SECRET\n1:SECRET\n"
      "a,1:SECRET,b,c\n\"x,1:SECRET\n",
      "bots.csv");
  ASSERT_FALSE(bots);
  EXPECT_EQ(bots.error().message,
            "bots.csv:2: there is another bot named 'Ada'\n"
            "bots.csv:3: expected name,token or name,token,persona\n"
            "bots.csv:4: expected name,token or name,token,persona\n"
            "bots.csv:5: expected name,token or name,token,persona\n"
            "bots.csv:6: a double quote is not closed");
  EXPECT_THAT(bots.error().message, Not(HasSubstr("SECRET")));
}

TEST(BotsFile, AnEmptyFileIsAMistake) {
  EXPECT_EQ(parse_bots_file("# none\n", "bots.csv").error().message,
            "bots.csv: there is no bot in it");
}

}  // namespace
}  // namespace chorus::app
