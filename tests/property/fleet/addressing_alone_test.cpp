#include "chorus/fleet/addressing.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

/// Any message to any few bots whose names overlap, by every way of naming one.
struct AnyInput {
  AnyInput() {
    const auto name = [] {
      return *rc::gen::element<std::string>("ada_bot", "bob_bot", "who_bot");
    };
    for (int n = *rc::gen::inRange(0, 3); n > 0; --n) mentions.push_back(name());
    for (int n = *rc::gen::inRange(0, 2); n > 0; --n) {
      users.push_back(PlatformUserId(*rc::gen::inRange(1, 6)));
    }
    if (*rc::gen::inRange(0, 4) == 0) command = name();
    input.text = text;
    input.mentions = mentions;
    input.mentioned_users = users;
    input.command_target = command;
    if (*rc::gen::arbitrary<bool>()) input.reply_to_user = PlatformUserId(*rc::gen::inRange(1, 6));
    if (*rc::gen::inRange(0, 4) == 0) input.reply_to_bot = BotId(*rc::gen::inRange(1, 5));
  }

  std::string text = *rc::gen::element<std::string>("ada, what do you think?", "hey bob", "nothing",
                                                    "is it so, ada bob?", "bob: hi ada");
  std::vector<std::string> mentions;
  std::vector<PlatformUserId> users;
  std::string command;
  AddressingInput input;
};

RC_GTEST_PROP(AddressingProperty, WhatNamesABotAmongOthersNamesItAlone, ()) {
  static constexpr std::string_view kUsernames[] = {"Ada_Bot", "bob_bot", "", "other_bot"};
  static constexpr std::string_view kNames[] = {"ada", "bob", "ada bob", ""};
  std::vector<Callable> bots;
  for (int i = 0; i < 4; ++i) {
    bots.push_back(
        {BotId(i + 1), PlatformUserId(*rc::gen::inRange(0, 6)), kUsernames[i],
         *rc::gen::elementOf(std::vector<std::string_view>(std::begin(kNames), std::end(kNames)))});
  }
  const AnyInput any;
  const auto among = addressed_to(any.input, bots);
  for (const Callable& bot : bots) {
    if (std::ranges::find(among.bots, bot.bot) == among.bots.end()) continue;
    const auto alone = addressed_to(any.input, {&bot, 1});
    RC_ASSERT(std::ranges::find(alone.bots, bot.bot) != alone.bots.end());
  }
}

}  // namespace
}  // namespace chorus::fleet
