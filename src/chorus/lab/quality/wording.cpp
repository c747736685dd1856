#include "chorus/lab/quality/wording.hpp"

#include "chorus/base/random.hpp"
#include "chorus/base/text.hpp"
#include "chorus/lab/quality/bleu.hpp"
#include "chorus/lab/quality/trigrams.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

namespace chorus::lab {

namespace {

constexpr std::size_t kMostLines = 600;
constexpr std::size_t kDistinctLines = 200;
constexpr std::size_t kBleuLines = 100;
constexpr std::size_t kSimilarLines = 50;
constexpr std::size_t kRelevanceLines = 100;
constexpr std::size_t kOpenerWords = 3;
constexpr std::size_t kShingle = 5;
constexpr double kRepeat = 0.6;
constexpr double kVocabulary = 30'000;
constexpr Duration kRepeatTime = std::chrono::hours(24);

using Line = std::vector<std::string>;
using Grams = std::map<std::string, std::uint32_t>;

Grams grams_of(const Line& words, std::size_t n) {
  Grams out;
  for (std::size_t i = 0; i + n <= words.size(); ++i) {
    std::string gram = words[i];
    for (std::size_t j = 1; j < n; ++j) gram += ' ' + words[i + j];
    ++out[gram];
  }
  return out;
}

struct Mean {
  double sum = 0;
  std::uint64_t n = 0;
  void add(double value) {
    sum += value;
    ++n;
  }
  [[nodiscard]] QualitySample sample() const {
    if (n == 0) return {};
    return {sum / static_cast<double>(n), n};
  }
};

template <class T>
std::span<const T> last(const std::vector<T>& all, std::size_t most) {
  return std::span<const T>(all).last(std::min(most, all.size()));
}

std::vector<std::uint32_t> shingles_of(std::string_view text, std::size_t n) {
  std::vector<std::uint32_t> out;
  const auto lower = ascii_lower(text);
  const std::string_view all = lower;
  for (std::size_t i = 0; i + n <= std::max(n, all.size()); ++i) {
    out.push_back(static_cast<std::uint32_t>(stable_hash(all.substr(i, n))));
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

double jaccard(const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
  std::size_t common = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) ++common;
    const bool first = *i <= *j;
    const bool second = *j <= *i;
    if (first) ++i;
    if (second) ++j;
  }
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

QualitySample repeats_of(std::span<const Utterance* const> lines) {
  std::vector<std::vector<std::uint32_t>> sets;
  std::uint64_t repeated = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    sets.push_back(shingles_of(lines[i]->text, kShingle));
    bool found = false;
    for (std::size_t j = i; j-- > 0 && !found;) {
      if (lines[i]->at - lines[j]->at > kRepeatTime) break;
      const auto [small, large] = std::minmax({sets[i].size(), sets[j].size()});
      // The sizes alone may leave nothing to compare.
      if (static_cast<double>(small) <= kRepeat * static_cast<double>(large)) continue;
      found = jaccard(sets[i], sets[j]) > kRepeat;
    }
    if (found) ++repeated;
  }
  if (lines.empty()) return {};
  return {static_cast<double>(repeated) / static_cast<double>(lines.size()), lines.size()};
}

QualitySample openers_of(const std::vector<Line>& lines) {
  std::map<std::string, std::uint64_t> openers;
  std::uint64_t all = 0;
  for (const auto& words : lines) {
    if (words.size() < kOpenerWords) continue;
    ++openers[words[0] + ' ' + words[1] + ' ' + words[2]];
    ++all;
  }
  if (all == 0) return {};
  std::vector<std::uint64_t> counts;
  for (const auto& [opener, n] : openers) counts.push_back(n);
  std::ranges::sort(counts, std::greater<>{});
  std::uint64_t top = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(3, counts.size()); ++i) top += counts[i];
  return {static_cast<double>(top) / static_cast<double>(all), all};
}

QualitySample self_bleu_of(const std::map<std::int64_t, std::vector<Line>>& by_bot) {
  Mean mean;
  for (const auto& [bot, all] : by_bot) {
    std::vector<Line> lines;
    for (const auto& line : last(all, kBleuLines)) {
      if (line.size() >= 4) lines.push_back(line);
    }
    for (const double score : bleu4_of_each(lines)) mean.add(score);
  }
  return mean.sample();
}

QualitySample similarity_of(std::span<const Utterance* const> lines) {
  std::map<std::int64_t, std::size_t> seen;
  std::vector<const Utterance*> chosen;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    if (++seen[(*line)->speaker] <= kSimilarLines) chosen.push_back(*line);
  }
  if (seen.size() < 2) return {};
  Trigrams vectors;
  for (const auto* line : chosen) vectors.add(line->text);
  vectors.weigh();
  Mean mean;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    double greatest = 0;
    for (std::size_t j = 0; j < chosen.size(); ++j) {
      if (chosen[i]->speaker == chosen[j]->speaker) continue;
      greatest = std::max(greatest, vectors.cosine(i, j));
    }
    mean.add(greatest);
  }
  return mean.sample();
}

QualitySample relevance_of(const Talk& talk) {
  std::map<std::int64_t, const Utterance*> people;
  std::vector<std::pair<const Utterance*, const Utterance*>> pairs;  // trigger and answer
  for (const auto& line : talk.lines) {
    if (!line.bot) people[line.id] = &line;
    if (!line.bot || !line.reply_to) continue;
    const auto trigger = people.find(*line.reply_to);
    if (trigger != people.end()) pairs.emplace_back(trigger->second, &line);
  }
  const auto chosen = last(pairs, kRelevanceLines);
  if (chosen.size() < 2) return {};
  Trigrams vectors;
  for (const auto& [trigger, answer] : chosen) {
    vectors.add(trigger->text);
    vectors.add(answer->text);
  }
  vectors.weigh();
  Mean mean;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const double own = vectors.cosine(2 * i, 2 * i + 1);
    double below = 0;
    for (std::size_t j = 0; j < chosen.size(); ++j) {
      if (j == i) continue;
      const double other = vectors.cosine(2 * j, 2 * i + 1);
      below += other < own ? 1 : other > own ? 0 : 0.5;
    }
    mean.add(below / static_cast<double>(chosen.size() - 1));
  }
  return mean.sample();
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  std::string word;
  for (const char c : ascii_lower(text) + " ") {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
    if (letter) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  return out;
}

std::optional<double> distinct(std::span<const std::vector<std::string>> lines, std::size_t n) {
  std::set<std::string> unique;
  double total = 0;
  for (const auto& line : lines) {
    for (const auto& [gram, count] : grams_of(line, n)) {
      unique.insert(gram);
      total += count;
    }
  }
  if (unique.empty()) return std::nullopt;
  const double possible = std::pow(kVocabulary, static_cast<double>(n));
  // V (1 - (1 - 1/V)^C) without losing what is left of 1 - 1/V.
  const double expected = -possible * std::expm1(total * std::log1p(-1 / possible));
  return std::min(1.0, static_cast<double>(unique.size()) / expected);
}

double character_jaccard(std::string_view a, std::string_view b, std::size_t n) {
  return jaccard(shingles_of(a, n), shingles_of(b, n));
}

Wording measure_wording(const Talk& talk) {
  std::vector<const Utterance*> all;
  for (const auto& line : talk.lines) {
    if (line.bot && !line.text.empty()) all.push_back(&line);
  }
  const auto lines = last(all, kMostLines);
  std::vector<Line> words;
  std::map<std::int64_t, std::vector<Line>> by_bot;
  for (const auto* line : lines) {
    words.push_back(words_of(line->text));
    by_bot[line->speaker].push_back(words.back());
  }
  Wording out;
  const auto newest = last(words, kDistinctLines);
  std::array<std::uint64_t, 2> grams{};
  for (const auto& line : newest) {
    grams[0] += line.size();
    grams[1] += line.empty() ? 0 : line.size() - 1;
  }
  out.distinct_1 = {distinct(newest, 1), grams[0]};
  out.distinct_2 = {distinct(newest, 2), grams[1]};
  out.self_bleu = self_bleu_of(by_bot);
  out.cross_bot_similarity = similarity_of(lines);
  out.repeats = repeats_of(lines);
  out.openers = openers_of(words);
  out.relevance = relevance_of(talk);
  return out;
}

}  // namespace chorus::lab
