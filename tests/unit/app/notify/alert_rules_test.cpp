#include "chorus/app/notify/alert_rules.hpp"

#include <gtest/gtest.h>

namespace chorus::app {
namespace {

std::vector<std::string> keys(const AlertFigures& figures, const NotifySettings& settings = {}) {
  std::vector<std::string> out;
  for (const auto& alert : alerts_of(figures, settings)) out.push_back(alert.key);
  return out;
}
using Keys = std::vector<std::string>;

TEST(AlertRules, NothingIsWrongWithNothing) {
  EXPECT_EQ(keys({}), Keys{});
}

TEST(AlertRules, MoreThanAFifthOfTheTicksOrAThousandthOfTheSends) {
  AlertFigures figures;
  figures.ticks = {80, 20};
  figures.sends = {999, 1};
  EXPECT_EQ(keys(figures), Keys{}) << "at the limit is not above it";
  figures.ticks = {79, 21};
  figures.sends = {998, 2};
  EXPECT_EQ(keys(figures), (Keys{"ticks", "sends"}));
  EXPECT_EQ(alerts_of(figures, {})[0].text, "21 of 100 decisions failed (21 %, the limit is 20 %)");
  EXPECT_EQ(alerts_of(figures, {})[1].text, "2 of 1000 sends failed (0.2 %, the limit is 0.1 %)");
}

TEST(AlertRules, AFewSayNothing) {
  AlertFigures figures;
  figures.ticks = {0, 19};
  EXPECT_EQ(keys(figures), Keys{});
  figures.ticks = {0, 20};
  EXPECT_EQ(keys(figures), Keys{"ticks"});
}

TEST(AlertRules, SpendingIsToldAtThreeQuartersAndAtNineTenths) {
  AlertFigures figures;
  figures.spend = {{"fleet", 7.4, 10}, {"provider:a", 7.5, 10}, {"bot:3", 9, 10}, {"bot:4", 0, 0}};
  EXPECT_EQ(keys(figures), (Keys{"spend:provider:a:warning", "spend:bot:3:warning",
                                 "spend:bot:3:alarm", "spend:bot:4:warning", "spend:bot:4:alarm"}));
  EXPECT_EQ(alerts_of(figures, {})[0].text,
            "7.50 of 10.00 money per day is spent (provider:a), 75 %");
}

TEST(AlertRules, BotsThatGetNothingOrMayNotSpeak) {
  AlertFigures figures;
  figures.bots = {
      {"ada", "", false}, {"eve", "terminated by other getUpdates", false}, {"max", "", true}};
  EXPECT_EQ(keys(figures), (Keys{"conflict:eve", "token:max"}));
}

}  // namespace
}  // namespace chorus::app
