#include "chorus/config/setting.hpp"

#include "chorus/config/table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace chorus::config {
namespace {

Setting make(Kind kind, Range range = {}) {
  Setting setting;
  setting.name = "it";
  setting.kind = kind;
  setting.range = std::move(range);
  setting.choices = {"human", "fast"};
  return setting;
}
std::string checked(const Setting& setting, std::string_view text) {
  const auto value = check(setting, text);
  return value ? *value : "! " + value.error().message;
}

TEST(Setting, AValueHasOneForm) {
  EXPECT_EQ(checked(make(Kind::Flag), "TRUE"), "true");
  EXPECT_EQ(checked(make(Kind::Flag), "no"), "false");
  EXPECT_EQ(checked(make(Kind::Whole, {0, 100, ""}), "007"), "7");
  EXPECT_EQ(checked(make(Kind::Number, {0, 1, ""}), "0.50"), "0.5");
  EXPECT_EQ(checked(make(Kind::Duration, {0, 3600, ""}), "60s"), "1m");
  EXPECT_EQ(checked(make(Kind::Text), " as it is "), " as it is ");
}

TEST(Setting, ARefusalSaysWhatIsAllowed) {
  EXPECT_EQ(checked(make(Kind::Flag), "2"), "! expected true or false, not '2'");
  EXPECT_EQ(checked(make(Kind::Whole, {1, 5, "lines"}), "6"),
            "! expected a whole number from 1 to 5 lines, not '6'");
  EXPECT_EQ(checked(make(Kind::Whole, {1, 5, ""}), "99999999999999999999"),
            "! expected a whole number from 1 to 5, not '99999999999999999999'");
  EXPECT_EQ(checked(make(Kind::Number, {0, 1, ""}), "nan"),
            "! expected a number from 0 to 1, not 'nan'");
  EXPECT_EQ(checked(make(Kind::Duration, {1, 60, ""}), "5"),
            "! expected a duration from 1s to 1m (such as 30s, 5m, 1h30m), not '5'");
  EXPECT_EQ(checked(make(Kind::Choice), "humn"),
            "! expected one of human, fast, not 'humn'; did you mean 'human'?");
}

TEST(Setting, ARefusalIsOneShortLine) {
  const std::string said = checked(make(Kind::Flag), "a\nb" + std::string(5000, 'x') + "\xff");
  EXPECT_EQ(said.find('\n'), std::string::npos);
  EXPECT_LT(said.size(), 120U);
  EXPECT_EQ(checked(make(Kind::Text), "\xff").find("! expected a text"), 0U);
}

TEST(Setting, ASecretIsNeverRepeated) {
  Setting secret = make(Kind::Secret);
  const std::string value = "hush-hush-" + std::string(9000, 'x');
  EXPECT_EQ(checked(secret, value).find("hush"), std::string::npos);
  EXPECT_EQ(to_json(secret, "hush"), json::value(true));
  EXPECT_EQ(to_json(secret, ""), json::value(nullptr));
}

TEST(Setting, JsonHasTheTypeOfTheValue) {
  EXPECT_EQ(to_json(make(Kind::Flag), "true"), json::value(true));
  EXPECT_EQ(to_json(make(Kind::Whole), "7"), json::value(7));
  EXPECT_EQ(to_json(make(Kind::Number), "0.5"), json::value(0.5));
  EXPECT_EQ(to_json(make(Kind::Duration), "1m"), json::value("1m"));
  for (const auto* text : {"true", "7", "0.25", "\"0.25\"", "\"x\""}) {
    const auto value = json::parse(text);
    const std::string plain = value.is_string() ? std::string(value.get_string()) : text;
    EXPECT_EQ(text_of(value), plain);
  }
  for (const auto* text : {"null", "[]", "{}"}) {
    EXPECT_EQ(text_of(json::parse(text)).error().code, ErrorCode::InvalidArgument) << text;
  }
}

struct Inner {
  int depth = 3;
};
struct Sample {
  bool on = true;
  std::uint32_t count = 5;
  Duration wait = std::chrono::seconds(30);
  Inner inner;
};

TEST(SettingTable, DefaultsComeFromTheStructAndARefusedValueChangesNothing) {
  Table<Inner> inner;
  inner.group("Depths").whole("depth", &Inner::depth, {0, 9, ""}, Takes::AtOnce, "How deep.");
  Table<Sample> table;
  table.group("Sample")
      .flag("on", &Sample::on, Takes::AtOnce, "Whether.")
      .whole("count", &Sample::count, {0, 10, "things"}, Takes::AtStart, "How many.")
      .duration("wait", &Sample::wait, Duration{}, std::chrono::hours(1), Takes::AtOnce,
                "How long.")
      .include(inner, &Sample::inner);
  EXPECT_EQ(table.find("count")->setting.fallback, "5");
  EXPECT_EQ(table.find("wait")->setting.fallback, "30s");
  EXPECT_EQ(table.find("depth")->setting.group, "Depths");
  EXPECT_EQ(table.find("count")->setting.variable, "CHORUS_COUNT");
  Sample sample;
  EXPECT_TRUE(table.apply({{"on", "false"}, {"wait", "1m"}, {"depth", "9"}}, sample));
  EXPECT_FALSE(sample.on);
  EXPECT_EQ(sample.wait, Duration(std::chrono::minutes(1)));
  EXPECT_EQ(sample.inner.depth, 9);
  EXPECT_EQ(table.apply("count", "11", sample).error().message,
            "settings.count: expected a whole number from 0 to 10 things, not '11'");
  EXPECT_EQ(sample.count, 5U);
  EXPECT_EQ(table.apply("cuont", "1", sample).error().message,
            "settings: unknown setting 'cuont', did you mean 'count'?");
}

}  // namespace
}  // namespace chorus::config
