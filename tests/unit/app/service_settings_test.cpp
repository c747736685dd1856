#include "chorus/app/service_settings.hpp"

#include "chorus/app/settings_docs.hpp"
#include "chorus/app/settings_service.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

namespace chorus::app {
namespace {

using config::Kind;
using config::Takes;
using fleet::FleetSettings;

FleetSettings apply(const std::map<std::string, std::string>& values) {
  ServiceSettings settings;
  const auto applied = service_settings_table().apply(values, settings);
  EXPECT_TRUE(applied.has_value()) << applied.error().message;
  return settings.fleet;
}
std::string error(const std::string& name, const std::string& value) {
  ServiceSettings settings;
  const auto applied = service_settings_table().apply(name, value, settings);
  if (applied) return "accepted";
  EXPECT_EQ(applied.error().code, ErrorCode::Misconfigured);
  return applied.error().message;
}

TEST(ServiceSettingsTable, EveryKindOfValue) {
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

TEST(ServiceSettingsTable, FeedsAreAddressesAndMoneyIsAnAmount) {
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
            "settings.inner_cost_per_day: expected a number from 0 to 1e+06, not '-1'");
}

TEST(ServiceSettingsTable, AnUnknownNameHasAHint) {
  EXPECT_EQ(error("selectr", "score"),
            "settings: unknown setting 'selectr', did you mean 'selector'?");
  EXPECT_EQ(error("quantum", "1"), "settings: unknown setting 'quantum'");
}

TEST(ServiceSettingsTable, AWrongValueSaysWhatIsExpected) {
  EXPECT_EQ(error("selector", "best"),
            "settings.selector: expected one of score, random, inner, not 'best'");
  EXPECT_EQ(error("max_tokens", "0"),
            "settings.max_tokens: expected a whole number from 1 to 32000 tokens, not '0'");
  EXPECT_EQ(error("max_tokens", "50 tokens"),
            "settings.max_tokens: expected a whole number from 1 to 32000 tokens, not '50 tokens'");
  EXPECT_EQ(error("max_concurrent_conversations", "0"),
            "settings.max_concurrent_conversations: expected a whole number from 1 to "
            "1000000 conversations, not '0'");
  EXPECT_EQ(error("talk_interval", "soon"),
            "settings.talk_interval: expected a duration from 0 to 720h (such as 30s, 5m, 1h30m), "
            "not 'soon'");
  EXPECT_EQ(error("auto_enable_rooms", "maybe"),
            "settings.auto_enable_rooms: expected true or false, not 'maybe'");
  EXPECT_EQ(error("notify_telegram_chat", "@ops"),
            "settings.notify_telegram_chat: expected the numeric id of a chat");
  EXPECT_EQ(error("caches", "reactions=of"),
            "settings.caches: expected NAME=off, NAME=l1 or NAME=l1_l2 with a NAME of api_tokens "
            "and reactions, not 'reactions=of'");
  for (const auto* value : {"-0.1", "1.01", "nan", "inf", "half", ""}) {
    EXPECT_EQ(
        error("threshold", value),
        "settings.threshold: expected a number from 0 to 1, not '" + std::string(value) + "'");
  }
}

TEST(ServiceSettingsTable, AWrongSecretIsNotRepeated) {
  const auto said = error("notify_webhook", "https//hooks.example/T0/very-secret");
  EXPECT_EQ(said.find("very-secret"), std::string::npos) << said;
  EXPECT_EQ(said, "settings.notify_webhook: expected the address of a web hook (https://...)");
}

TEST(ServiceSettingsTable, AWrongValueChangesNothingOfIt) {
  ServiceSettings settings;
  const auto before = settings.fleet.max_tokens;
  EXPECT_FALSE(service_settings_table().apply("max_tokens", "99999", settings).has_value());
  EXPECT_EQ(settings.fleet.max_tokens, before);
}

TEST(ServiceSettingsTable, EveryRowIsWhole) {
  for (const auto& row : service_settings_table().rows()) {
    const auto& s = row.setting;
    EXPECT_FALSE(s.what.empty() || s.group.empty()) << s.name;
    EXPECT_TRUE(s.what.ends_with('.')) << s.name;
    EXPECT_EQ(s.key, "settings." + s.name);
    EXPECT_EQ(s.variable, config::default_variable(s.name));
    // A default is a value like any other, in the form that `check` gives.
    const auto checked = config::check(s, s.fallback);
    ASSERT_TRUE(checked.has_value()) << s.name << ": " << checked.error().message;
    EXPECT_EQ(*checked, s.fallback) << s.name;
    if (s.kind == Kind::Secret) EXPECT_EQ(s.takes, Takes::AtStart) << s.name;
  }
  EXPECT_EQ(service_settings_table().find("endpoints_are_loopback"), nullptr)
      << "honesty is not an operator's setting";
  EXPECT_EQ(config::default_variable("max_reply_age_group"), "CHORUS_MAX_REPLY_AGE_GROUP");
}

/// What is put in comes out again, and lands in no other setting's place.
TEST(ServiceSettingsTable, EveryRowWritesItsOwnMemberOnly) {
  const auto& rows = service_settings_table().rows();
  const auto other = [](const config::Setting& s) -> std::string {
    switch (s.kind) {
      case Kind::Flag:
        return s.fallback == "true" ? "false" : "true";
      case Kind::Choice:
        return s.choices.back() == s.fallback ? s.choices.front() : s.choices.back();
      case Kind::Whole:
        return std::to_string(
            static_cast<std::int64_t>(s.fallback == "7" || s.range.low > 7 ? s.range.low : 7));
      case Kind::Number:
        return "0.125";
      case Kind::Duration:
        return s.fallback == "2h" ? "49h" : s.range.high >= 176'400 ? "49h" : "59m";
      default:
        return s.name == "caches"                 ? "reactions=off"
               : s.name == "notify_telegram_chat" ? "-1001"
               : s.name == "tools"                ? "roll"
               : s.name == "news_feeds"           ? "http://127.0.0.1:1/feed"
               : s.name == "notify_webhook"       ? "http://127.0.0.1:1/x"
                                                  : "other";
    }
  };
  for (const auto& row : rows) {
    ServiceSettings settings;
    const std::string value = other(row.setting);
    ASSERT_NE(value, row.setting.fallback) << row.setting.name;
    const auto applied = service_settings_table().apply(row.setting.name, value, settings);
    ASSERT_TRUE(applied.has_value()) << applied.error().message;
    for (const auto& each : rows) {
      const bool mine = each.setting.name == row.setting.name;
      if (!mine) {
        EXPECT_EQ(each.get(settings), each.setting.fallback)
            << row.setting.name << " changed " << each.setting.name;
      } else if (each.setting.kind != Kind::Secret) {
        EXPECT_EQ(each.get(settings), value) << each.setting.name;
      } else {
        EXPECT_FALSE(each.get(settings).empty());
      }
    }
  }
}

TEST(SettingsDocs, ThePageIsWhatTheTableSays) {
  std::ifstream in(std::string(CHORUS_SOURCE_DIR) + "/docs/settings.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  EXPECT_TRUE(page == settings_docs())
      << "docs/settings.md is stale; make it anew with: chorus settings docs > docs/settings.md";
}

TEST(SettingsAtStart, WhatIsStoredComesBeforeTheFileAndAfterTheEnvironment) {
  GivenSettings given;
  given.given = {{"max_tokens", "50"}, {"pacing", "fast"}};
  given.fixed = {{"pacing", "environment CHORUS_PACING"}};
  given.stored = stored_settings({{"founding.reply_probability", "0.4"},
                                  {"setting.burst", "999999999"},
                                  {"setting.gone_by_now", "1"},
                                  {"setting.max_tokens", "60"},
                                  {"setting.notify_webhook", "http://127.0.0.1:1/x"},
                                  {"setting.pacing", "none"},
                                  {"setting.threshold", "0.25"}});
  const std::map<std::string, std::string> kept = {
      {"max_tokens", "60"}, {"pacing", "none"}, {"threshold", "0.25"}};
  EXPECT_EQ(given.stored, kept) << "unknown, wrong and secret ones do not count";
  const auto settings = settings_at_start(given);
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ(settings->fleet.max_tokens, 60);
  EXPECT_EQ(settings->fleet.pacing, fleet::Pacing::Fast);
  EXPECT_EQ(settings->fleet.threshold, 0.25);
}

}  // namespace
}  // namespace chorus::app
