#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/disclosure.hpp"
#include "chorus/fleet/guard.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/fleet/unmask.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

/// Pieces that rules look for, letters of many scripts and things that hide: texts made of them
/// reach further into the rules than random code points would.
std::string random_text(Rng& rng, std::size_t pieces) {
  static const std::string kPieces[] = {
      "btc",    "al",     "sat",        "buy",        "sell",    "garanti", "kesin",  " ",
      "  ",     ".",      ",",          "?",          "!",       "\n",      "\"",     "'",
      "@",      "@selin", "/stop",      "/a@b",       "http://", "t.me/x",  "12.350", "%5",
      "$",      "1",      "x",          "Ada:",       "<|",      "|>",      "[INST]", "[IN",
      "ST]",    "\u200B", "\u202E",     "\U0001F680", "\u0131",  "\u0130",  "\u0430", "\u0645",
      "\uFF0F", "\uFF20", "\u0301",     "g4r4nt1",    "b u y",   "(dot)",   "yuzde",  "yirmi",
      "bin",    "I",      "ben",        "aldim",      "my",      "dolar",   "altin",  "moon",
      "\uFE0F", "\u2028", "\U000E0041", "a",          "e"};
  std::string text;
  for (std::size_t i = 0; i < pieces; ++i) {
    if (rng.chance(0.9)) {
      text += kPieces[rng.below(std::size(kPieces))];
    } else {
      const auto c = static_cast<char32_t>(rng.below(0x110000));
      append_utf8(text, c >= 0xD800 && c < 0xE000 ? U'x' : c);
    }
  }
  return text;
}

TEST(GuardProperty, AnyTextIsJudgedTheSameTwiceAndCleanedOnce) {
  const Guard guard;
  const Disclosure disclosure;
  const std::vector<std::string> members = {"veli"};
  const bool ok = rc::check("guard and clean_output", [&](std::uint64_t seed) {
    Rng rng(seed);
    const std::string text = random_text(rng, rng.below(60));
    const std::string source = random_text(rng, rng.below(20));
    const std::vector<std::string_view> sources = {source};
    const auto verdict = guard.check({text, sources, {}, {}});
    RC_ASSERT(guard.check({text, sources, {}, {}}).found == verdict.found);
    (void)guard.push_of(text);        // must not crash
    (void)disclosure.asked_in(text);  // must not crash
    const std::size_t limit = 1 + rng.below(80);
    const OutputRules rules{"Ada", "ada_bot", members, limit};
    const std::string clean = clean_output(text, rules);
    RC_ASSERT(is_valid_utf8(clean));
    RC_ASSERT(code_point_count(clean) <= limit);
    RC_ASSERT(clean_output(clean, rules) == clean);
    RC_ASSERT(is_valid_utf8(unmask(fold(text))));
  });
  EXPECT_TRUE(ok);
}

TEST(GuardProperty, BrokenBytesDoNoHarm) {
  const Guard guard;
  const bool ok = rc::check("any bytes", [&](const std::string& bytes) {
    (void)guard.check({bytes, {}, {}, {}});  // must not crash
    (void)clean_output(bytes, {"Ada", "ada_bot", {}, 100});
  });
  EXPECT_TRUE(ok);
}

/// The longest message is judged in bounded work: one that is full of beginnings of phrases has no
/// effect but its length. (A matcher that tried again would not come back at all.)
TEST(GuardProperty, TheLongestMessageOfBeginningsEnds) {
  const Guard guard;
  for (const char* word : {"buy ", "btc ", "garanti ", "12 ", "a ", "? ", "btc 12 ", "i have ",
                           "b.u.y ", "@@", "<|", "/x", "\"", "(dot)"}) {
    std::string text;
    while (text.size() < 4 * kLongestMessage) text += word;
    (void)guard.check({text, {}, {}, {}});
    (void)clean_output(text, {"Ada", "ada_bot", {}, kLongestMessage});
  }
}

}  // namespace
}  // namespace chorus::fleet
