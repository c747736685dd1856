#include "chorus/config/setting.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

namespace chorus::config {
namespace {

Setting any_setting() {
  Setting setting;
  setting.name = "it";
  setting.kind = *rc::gen::element(Kind::Flag, Kind::Whole, Kind::Number, Kind::Duration,
                                   Kind::Choice, Kind::Text);
  const int low = *rc::gen::inRange(-50, 50);
  setting.range = {static_cast<double>(low), static_cast<double>(low + *rc::gen::inRange(0, 5000)),
                   ""};
  setting.choices = {"human", "fast", "none"};
  return setting;
}

/// Text that is often nearly right.
std::string any_text() {
  const auto number = std::to_string(*rc::gen::inRange(-100, 6000));
  return *rc::gen::oneOf(rc::gen::arbitrary<std::string>(), rc::gen::just(number),
                         rc::gen::just(number + ".5"), rc::gen::just(number + "s"),
                         rc::gen::just(number + "ms"), rc::gen::just("1h" + number + "m"),
                         rc::gen::element<std::string>("true", "FALSE", "yes", "human", "fsat",
                                                       "nan", "inf", "0", ""));
}

TEST(SettingProperty, WhatIsTakenHasOneFormThatIsTakenAgain) {
  EXPECT_TRUE(rc::check([] {
    const Setting setting = any_setting();
    const std::string text = any_text();
    const auto once = check(setting, text);
    if (!once) {
      RC_ASSERT(once.error().code == ErrorCode::Misconfigured);
      RC_ASSERT(once.error().message.find('\n') == std::string::npos);
      RC_ASSERT(once.error().message.find(allowed(setting)) != std::string::npos);
      return;
    }
    const auto twice = check(setting, *once);
    RC_ASSERT(twice.has_value());
    RC_ASSERT(*twice == *once);
  }));
}

TEST(SettingProperty, TheApiTakesBackWhatItGives) {
  EXPECT_TRUE(rc::check([] {
    const Setting setting = any_setting();
    const auto value = check(setting, any_text());
    if (!value) return;
    const auto text = text_of(to_json(setting, *value));
    RC_ASSERT(text.has_value());
    const auto again = check(setting, *text);
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == *value);
  }));
}

}  // namespace
}  // namespace chorus::config
