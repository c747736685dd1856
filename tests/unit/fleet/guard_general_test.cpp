#include "chorus/fleet/guard.hpp"

#include "support/labelled.hpp"
#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

// Talk about anything but markets. The guard is one of finance: elsewhere it should hardly be
// noticed.
namespace chorus::fleet {
namespace {

const std::vector<std::string_view> kOrdinaryRoom = {"anyone up for a walk along the river?",
                                                     "yes, if the rain stops", "bring the dog"};
const std::vector<std::string_view> kMarketRoom = {"good morning", "what are the stocks doing?",
                                                   "no idea, just woke up"};

bool is_blocked(const Guard& guard, std::string_view text,
                std::span<const std::string_view> room) {
  return guard.check({text, room, {}, {}}).blocked();
}

struct Count {
  std::size_t lines = 0;
  std::size_t blocked = 0;
};

Count general(std::string_view split, std::span<const std::string_view> room) {
  const Guard guard;
  Count count;
  std::string ids;
  for (const auto& f : test::labelled_records("guard/general.tsv")) {
    if (f.size() < 6 || f[1] != split) continue;
    ++count.lines;
    if (!is_blocked(guard, f[4], room)) continue;
    ++count.blocked;
    ids += " " + f[0];
  }
  std::printf("guard general %.*s blocked %zu of %zu;%s\n", static_cast<int>(split.size()),
              split.data(), count.blocked, count.lines, ids.c_str());
  return count;
}

TEST(GuardGeneral, TalkThatTheVoiceHasLearntPassesInAnyRoom) {
  for (const auto& room : {kOrdinaryRoom, kMarketRoom}) {
    const Count count = general("tune", room);
    ASSERT_GE(count.lines, 200U);
    EXPECT_EQ(count.blocked, 0U);
  }
}

/// No weight was made with these.
TEST(GuardGeneral, HarmlessTalkPassesWhereNobodyTalksAboutMarkets) {
  const Count count = general("held", kOrdinaryRoom);
  ASSERT_GE(count.lines, 125U);
  EXPECT_LE(count.blocked, 1U);
}

TEST(GuardGeneral, HarmlessTalkMostlyPassesAmongMarketsToo) {
  EXPECT_LE(general("held", kMarketRoom).blocked, 8U);
}

/// Found under load: the second voice had looked at nothing but whether a text sounds like advice.
TEST(GuardGeneral, FillerIsNoAdvice) {
  const Guard guard;
  for (const char* text :
       {"Most mistakes with it come from looking once only. A small test says",
        "Most mistakes with river come from looking",
        "Here is how I see it. I would write down what you expect of it and look again in a week. "
        "If it changes, the rest",
        "Happy to go into that. I would write down what you expect of it and look again in a week. "
        "With"}) {
    EXPECT_FALSE(is_blocked(guard, text, kOrdinaryRoom)) << text;
    EXPECT_FALSE(is_blocked(guard, text, {})) << text;
  }
}

/// What a model without a subject says, ended anywhere.
TEST(GuardGeneral, FillerOfAnyKindPassesWhereverItIsCutOff) {
  const Guard guard;
  std::size_t texts = 0;
  std::size_t blocked = 0;
  for (const char* topic : {"it", "guitar", "the garden", "river", "school", "the second half",
                            "sourdough", "the release", "Ankara", "your knee", "weather"}) {
    for (const char* pattern :
         {"Good question. The first thing I would check about {} is how it behaved before.",
          "Let me think about that. People tend to overrate {} when everybody talks about it.",
          "Fair point. With {} the details decide, and they are rarely in the headline.",
          "In short: A small test says more about {} than a long argument.",
          "There is more to it. If {} changes, the rest follows.",
          "That depends. I have no strong opinion on {}, but I can compare it with what we know.",
          "It comes up often. There are patient ways and quick ways to handle {}.",
          "I would start with {} tomorrow and leave the rest for later, if I were you.",
          "Honestly, {} never let me down so far. Give it another week and see.",
          "Ask somebody who disagrees about {} and see what is left."}) {
      std::string text = pattern;
      text.replace(text.find("{}"), 2, topic);
      for (std::size_t end = text.find(' ', 20); end != std::string::npos;
           end = text.find(' ', end + 1)) {
        ++texts;
        if (!is_blocked(guard, text.substr(0, end), kOrdinaryRoom)) continue;
        ++blocked;
        ADD_FAILURE() << text.substr(0, end);
      }
    }
  }
  EXPECT_GE(texts, 500U);
  EXPECT_EQ(blocked, 0U);
}

/// An advice or a deed that names nothing is one of finance only where markets are talked about.
TEST(GuardGeneral, WhatNamesNothingIsStoppedAmongMarketsOnly) {
  const Guard guard;
  for (const char* text :
       {"id be out by friday if i were you", "take the win and walk away from that one",
        "ben dedim düşecek diye, dinleyen kurtuldu", "wait till it comes down, then get in"}) {
    EXPECT_FALSE(is_blocked(guard, text, kOrdinaryRoom)) << text;
    EXPECT_FALSE(is_blocked(guard, text, {})) << text;
    EXPECT_TRUE(is_blocked(guard, text, kMarketRoom)) << text;
  }
}

/// What names an instrument or a market needs no room for it.
TEST(GuardGeneral, WhatNamesAMarketIsStoppedInAnyRoom) {
  const Guard guard;
  for (const char* text :
       {"sell your tesla shares before friday", "i bought bitcoin at the bottom last week",
        "this fund pays you back whatever happens, guaranteed", "thyao al kenara koy abi",
        "put your savings into a tracker this week"}) {
    EXPECT_TRUE(is_blocked(guard, text, kOrdinaryRoom)) << text;
    EXPECT_TRUE(is_blocked(guard, text, {})) << text;
  }
}

/// A subject that was dropped long ago says nothing about what is meant now.
TEST(GuardGeneral, OnlyTheLastLinesOfARoomTellWhatItTalksAbout) {
  const Guard guard;
  std::vector<std::string_view> lines = {"what are the stocks doing?"};
  EXPECT_TRUE(is_blocked(guard, "id be out by friday if i were you", lines));
  lines.insert(lines.end(), 30, "bring the dog");
  EXPECT_FALSE(is_blocked(guard, "id be out by friday if i were you", lines));
}

}  // namespace
}  // namespace chorus::fleet
