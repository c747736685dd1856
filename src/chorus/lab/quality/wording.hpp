#pragma once

#include "chorus/lab/quality/utterance.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// How the bots of a room word what they say. Computed by counting alone: no model is asked.
/// Source: reference/practice.md 3.3. Words are runs of letters and digits in lower case.
struct Wording {
  /// Distinct words and pairs of words in the bots' last 200 lines over what a drawing of as many
  /// from 30 000 words (their pairs) would leave distinct (EAD): independent of length. n: words,
  /// pairs.
  QualitySample distinct_1;
  QualitySample distinct_2;
  /// Mean BLEU-4 of a bot's line against its own others, over its last 100 lines of 4 words or
  /// more: 1 is always the same. n: lines.
  QualitySample self_bleu;
  /// Mean over the bots' lines of the greatest cosine to a line of another bot, over the last 50
  /// lines of each, as TF-IDF vectors of character trigrams. n: lines.
  QualitySample cross_bot_similarity;
  /// Bots' lines that nearly repeat an earlier one of any bot within 24 h: Jaccard of character
  /// 5-grams above 0.6. n: lines.
  QualitySample repeats;
  /// Bots' lines that begin with one of the three most frequent openings of three words.
  QualitySample openers;
  /// Mean percentile of cosine(trigger, answer) among cosines of that answer with other triggers,
  /// over the last 100 linked answers to people.
  QualitySample relevance;
};

/// Pure. At most the last 600 lines of bots are looked at: well below a second.
Wording measure_wording(const Talk& talk);

std::vector<std::string> words_of(std::string_view text);
/// Expectation-adjusted distinct n-grams of one list of words. nullopt: none.
std::optional<double> distinct(std::span<const std::vector<std::string>> lines, std::size_t n);
/// Of the sets of character n-grams, lower case.
double character_jaccard(std::string_view a, std::string_view b, std::size_t n);

}  // namespace chorus::lab
