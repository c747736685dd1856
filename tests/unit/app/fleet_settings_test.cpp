#include "chorus/app/fleet_settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

namespace chorus::app {
namespace {

using fleet::FleetSettings;

FleetSettings apply(const std::map<std::string, std::string>& values) {
  FleetSettings settings;
  const auto applied = apply_fleet_settings(values, settings);
  EXPECT_TRUE(applied.has_value()) << applied.error().message;
  return settings;
}
std::string error(const std::string& name, const std::string& value) {
  FleetSettings settings;
  const auto applied = apply_fleet_settings({{name, value}}, settings);
  if (applied) return "accepted";
  EXPECT_EQ(applied.error().code, ErrorCode::Misconfigured);
  return applied.error().message;
}

TEST(FleetSettingsText, EveryKindOfValue) {
  const auto settings = apply({{"selector", "random"},
                               {"threshold", "0.25"},
                               {"loop_soft", "0"},
                               {"talk_interval", "1h30m"},
                               {"auto_enable_rooms", "false"},
                               {"disclosure", "TRUE"},
                               {"pacing", "none"},
                               {"fallback_line", "One moment."},
                               {"max_concurrent_conversations", "12"},
                               {"max_conversations_per_user", "2"},
                               {"send_profile", "founding"},
                               {"on_unknown", "resend"}});
  EXPECT_EQ(settings.selector, fleet::Selector::Random);
  EXPECT_EQ(settings.threshold, 0.25);
  EXPECT_EQ(settings.loop_soft, 0u);
  EXPECT_EQ(settings.talk_interval, Duration(std::chrono::minutes(90)));
  EXPECT_FALSE(settings.auto_enable_rooms);
  EXPECT_TRUE(settings.disclosure);
  EXPECT_EQ(settings.pacing, fleet::Pacing::None);
  EXPECT_EQ(settings.fallback_line, "One moment.");
  EXPECT_EQ(settings.conversations.global, 12u);
  EXPECT_EQ(settings.conversations.per_user, 2u);
  EXPECT_EQ(settings.send_profile, policy::SendProfile::Founding);
  EXPECT_EQ(settings.on_unknown, fleet::OnUnknown::Resend);
}

TEST(FleetSettingsText, FeedsAreAddressesAndMoneyIsAnAmount) {
  const auto settings = apply({{"selector", "inner"},
                               {"news_feeds", "https://a.test/rss, http://b.test/atom?x=1"},
                               {"inner_cost_per_hour", "0.25"}});
  EXPECT_EQ(settings.selector, fleet::Selector::Inner);
  EXPECT_EQ(settings.news_feeds,
            (std::vector<std::string>{"https://a.test/rss", "http://b.test/atom?x=1"}));
  EXPECT_EQ(settings.inner_cost_per_hour, 0.25);
  EXPECT_EQ(error("news_feeds", "file:///etc/passwd"),
            "settings.news_feeds: expected addresses that begin with http:// or https://, not "
            "'file:///etc/passwd'");
  EXPECT_EQ(error("inner_cost_per_day", "-1"),
            "settings.inner_cost_per_day: expected an amount of money from 0 to 1000000, not '-1'");
}

TEST(FleetSettingsText, AnUnknownNameHasAHint) {
  EXPECT_EQ(error("selectr", "score"),
            "settings: unknown setting 'selectr', did you mean 'selector'?");
  EXPECT_EQ(error("quantum", "1"), "settings: unknown setting 'quantum'");
}

TEST(FleetSettingsText, AWrongValueSaysWhatIsExpected) {
  EXPECT_EQ(error("selector", "best"),
            "settings.selector: expected one of score, random, inner, not 'best'");
  EXPECT_EQ(error("max_tokens", "0"),
            "settings.max_tokens: expected a whole number from 1 to 32000, not '0'");
  EXPECT_EQ(error("max_tokens", "50 tokens"),
            "settings.max_tokens: expected a whole number from 1 to 32000, not '50 tokens'");
  EXPECT_EQ(error("max_concurrent_conversations", "0"),
            "settings.max_concurrent_conversations: expected a whole number from 1 to 1000000, not "
            "'0'");
  EXPECT_EQ(error("talk_interval", "soon"),
            "settings.talk_interval: 'soon' is not a duration; write it like 250ms, 30s, 5m or "
            "1h30m");
  EXPECT_EQ(error("auto_enable_rooms", "0"),
            "settings.auto_enable_rooms: expected true or false, not '0'");
  for (const auto* value : {"-0.1", "1.01", "nan", "inf", "half", ""}) {
    EXPECT_EQ(
        error("threshold", value),
        "settings.threshold: expected a number from 0 to 1, not '" + std::string(value) + "'");
  }
}

TEST(FleetSettingsText, AWrongValueChangesNothingOfIt) {
  FleetSettings settings;
  const auto before = settings.max_tokens;
  EXPECT_FALSE(apply_fleet_settings({{"max_tokens", "99999"}}, settings).has_value());
  EXPECT_EQ(settings.max_tokens, before);
}

TEST(FleetSettingsText, NamesAreSortedAndHaveAVariable) {
  const auto names = fleet_setting_names();
  EXPECT_TRUE(std::ranges::is_sorted(names));
  EXPECT_NE(std::ranges::find(names, "selector"), names.end());
  EXPECT_EQ(std::ranges::find(names, "endpoints_are_loopback"), names.end())
      << "honesty is not an operator's setting";
  EXPECT_EQ(fleet_setting_variable("max_reply_age_group"), "CHORUS_MAX_REPLY_AGE_GROUP");
}

}  // namespace
}  // namespace chorus::app
