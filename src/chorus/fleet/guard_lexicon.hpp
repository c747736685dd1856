#pragma once

#include "chorus/fleet/phrases.hpp"

#include <span>

/// The words and phrases that the guard matches, Turkish and English, in folded form. Data only:
/// guard.cpp says what is done with them.
namespace chorus::fleet::lexicon {

/// Labels of the guard's phrases; a bit position each.
enum Label : int {
  kRecommendation = 0,
  kPromise = 1,
  kPrice = 2,
  kTrackRecord = 3,
  kPump = 5,
  kContact = 6,
  kHumanClaim = 7,
  kNegatedPromise = 8,
  kBullish = 9,
  kBearish = 10,
  kHonestNegation = 11,
};

std::span<const Phrase> guard_phrases();
std::span<const WordSet> word_sets();
/// Real instruments and words for them; entries may end in `*`.
std::span<const std::string_view> assets();

}  // namespace chorus::fleet::lexicon
