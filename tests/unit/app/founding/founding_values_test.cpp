#include "chorus/app/founding/founding_values.hpp"

#include <gtest/gtest.h>

namespace chorus::app {
namespace {

TEST(FoundingValues, TextIsWhatItSays) {
  EXPECT_EQ(founding_setting("\"false\""), json::value(false));
  EXPECT_EQ(founding_setting("False"), json::value(false));
  EXPECT_EQ(founding_setting("true"), json::value(true));
  EXPECT_EQ(founding_setting("\"20\""), json::value(20));
  EXPECT_EQ(founding_setting("0.5"), json::value(0.5));
  EXPECT_EQ(founding_setting("plain words"), json::value("plain words"));
}

TEST(FoundingValues, WrappedValuesAreUnwrappedHoweverDeep) {
  EXPECT_EQ(founding_setting(R"({"value": {"value": "true"}})"), json::value(true));
  EXPECT_EQ(founding_setting(json::object{{"value", 3}}), json::value(3));
  EXPECT_EQ(founding_setting(R"({"value": 1, "other": 2})").as_object().size(), 2U);
  EXPECT_EQ(founding_setting(R"(["09:30-12:00"])").as_array().size(), 1U);
  json::value deep = 1;
  for (int i = 0; i < 50; ++i) deep = json::object{{"value", deep}};
  EXPECT_TRUE(founding_setting(deep).is_object());
}

TEST(FoundingValues, JsonOfAColumnMayBeEncodedTwice) {
  const json::object row{{"once", R"({"a":1})"},
                         {"twice", R"("{\"a\":1}")"},
                         {"none", nullptr},
                         {"empty", " "},
                         {"words", "concise"}};
  EXPECT_EQ(founding_json(row, "once").at("a"), 1);
  EXPECT_EQ(founding_json(row, "twice").at("a"), 1);
  EXPECT_TRUE(founding_json(row, "none").is_null());
  EXPECT_TRUE(founding_json(row, "empty").is_null());
  EXPECT_TRUE(founding_json(row, "absent").is_null());
  EXPECT_EQ(founding_json(row, "words"), json::value("concise"));
}

TEST(FoundingValues, FlagsAndTimes) {
  const json::object row{{"zero", 0},
                         {"text", "false"},
                         {"one", 1},
                         {"none", nullptr},
                         {"space", "2026-01-05 12:00:00.250000"},
                         {"offset", "2026-01-05T12:00:00+00:00"},
                         {"words", "yesterday"}};
  EXPECT_FALSE(founding_flag(row, "zero", true));
  EXPECT_FALSE(founding_flag(row, "text", true));
  EXPECT_TRUE(founding_flag(row, "one", false));
  EXPECT_FALSE(founding_flag(row, "none", false));
  EXPECT_EQ(to_iso8601(*founding_time(row, "space")), "2026-01-05T12:00:00.250Z");
  EXPECT_EQ(to_iso8601(*founding_time(row, "offset")), "2026-01-05T12:00:00.000Z");
  EXPECT_FALSE(founding_time(row, "words"));
  EXPECT_FALSE(founding_time(row, "none"));
}

}  // namespace
}  // namespace chorus::app
