#include "chorus/fleet/reactions.hpp"

#include "chorus/proto/telegram/reactions.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace chorus::platform {
namespace {

/// The founding fleet reacted with charts, which the platform refuses with a 400 each time.
TEST(TelegramReactions, WhatTheFleetChoosesIsInThePlatformsSet) {  // PB1
  std::set<std::string> chosen;
  for (const char* text : {"great, thanks!", "what a sad loss", "the meeting is at five"}) {
    for (double draw = 0; draw < 1; draw += 0.05) {
      const auto emoji = fleet::choose_reaction(text, std::nullopt, draw);
      ASSERT_TRUE(emoji);
      chosen.insert(*emoji);
    }
  }
  EXPECT_GE(chosen.size(), 8U) << "every mood was reached";
  for (const auto& emoji : chosen) {
    EXPECT_TRUE(proto::telegram::is_allowed_reaction(emoji)) << emoji;
  }
}

}  // namespace
}  // namespace chorus::platform
