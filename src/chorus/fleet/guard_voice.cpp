#include "chorus/fleet/guard_voice.hpp"

#include "chorus/base/check.hpp"
#include "chorus/fleet/embedded_guard.hpp"
#include "chorus/fleet/guard_classes.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

constexpr std::uint32_t kSeed = 2166136261U;

std::uint32_t hash(std::uint32_t state, std::string_view text) {
  for (const char c : text) state = (state ^ static_cast<unsigned char>(c)) * 16777619U;
  return state;
}

std::uint32_t hash(std::uint32_t state, std::uint32_t value) {
  return (state ^ value) * 16777619U;
}

std::uint32_t bin(std::uint32_t state) {
  return static_cast<std::uint32_t>((state ^ (state >> 15)) & (kVoiceBins - 1));
}

/// What kind of feature it is: equal words in different places are different features.
enum Kind : std::uint32_t {
  kWord = 1,
  kStemOf,
  kEnd,
  kLongEnd,
  kPair,
  kSkip,
  kFirst,
  kLast,
  kSign,
  kSignAtMarket,
  kClass,
  kClassAt,
  kClassPair,
  kClassNext,
  kLetters,
  kClassBefore,
  kClassBehind,
  kClassAndSign
};

/// A word as the voice takes it: an instrument and a number are one word each.
struct Heard {
  std::string_view word;
  std::string_view stem;  ///< its beginning: what Turkish endings stand behind
  bool begins = false;    ///< ... a part of a sentence
};

constexpr std::size_t kStem = 5;

/// Each four letters of a word; its beginning and its end count as one. Endings and slips of
/// writing leave most of them as they are.
template <class Add>
void add_letters(std::string_view word, Add add) {
  constexpr std::size_t kLetterCount = 4;
  constexpr std::size_t kShortest = 3;
  if (word.size() < kShortest || word.front() == '$') return;
  const auto letter = [word](std::size_t i) {
    return static_cast<std::uint32_t>(
        i == 0 || i > word.size() ? 0 : static_cast<unsigned char>(word[i - 1]));
  };
  const std::uint32_t begin = hash(kSeed, kLetters);
  for (std::size_t i = 0; i + kLetterCount <= word.size() + 2; ++i) {
    std::uint32_t state = begin;
    for (std::size_t j = i; j < i + kLetterCount; ++j) state = hash(state, letter(j));
    add(state);
  }
}

}  // namespace

Evidence evidence_of(const VoiceInput& input) {
  if (input.market) return Evidence::Market;
  Evidence most = Evidence::None;
  for (const auto& c : input.classes) {
    if (c.label == kClassTraded) return Evidence::Market;
    if (c.label == kClassTrading || c.label == kClassMoney) most = Evidence::Money;
  }
  return most;
}

std::vector<std::uint32_t> voice_features(const VoiceInput& input) {
  std::vector<Heard> heard;
  heard.reserve(input.words.size());
  auto mention = input.instruments.begin();
  for (std::size_t i = 0; i < input.words.size(); ++i) {
    std::string_view word = input.words[i];
    const bool named = mention != input.instruments.end() && mention->word == i;
    const bool meant = named && (input.market || mention->sense == Sense::Ticker);
    if (named) ++mention;
    if (meant) {
      word = "$i";
    } else if (is_number_word(word)) {
      word = word.find('%') == std::string_view::npos ? "$n" : "$p";
    }
    heard.push_back({word, word.substr(0, kStem), i == 0 || input.breaks[i] != Break::None});
  }
  std::vector<std::uint32_t> bins;
  bins.reserve(heard.size() * 9 + 40);
  const bool about_markets = input.market || std::ranges::any_of(input.classes, [](const auto& c) {
                               return c.label == kClassTraded || c.label == kClassTrading;
                             });
  const std::uint32_t market = hash(kSeed, about_markets ? 'm' : '-');
  const auto add = [&bins](std::uint32_t state) { bins.push_back(bin(state)); };
  for (std::size_t i = 0; i < heard.size(); ++i) {
    const Heard& h = heard[i];
    add(hash(hash(kSeed, kWord), h.word));
    add(hash(hash(market, kStemOf), h.stem));
    if (h.word.size() > kStem) add(hash(hash(kSeed, kStemOf), h.stem));
    if (h.word.size() > 4) {
      add(hash(hash(market, kEnd), h.word.substr(h.word.size() - 3)));
      add(hash(hash(kSeed, kLongEnd), h.word.substr(h.word.size() - 4)));
    }
    if (h.begins) add(hash(hash(kSeed, kFirst), h.stem));
    if (i + 1 < heard.size()) add(hash(hash(hash(kSeed, kPair), h.stem), heard[i + 1].stem));
    if (i + 2 < heard.size()) add(hash(hash(hash(kSeed, kSkip), h.stem), heard[i + 2].stem));
    add_letters(h.word, add);
  }
  add(market);
  // Meanings: each once for the text, pairs of them in any order, and neighbours in order.
  std::uint64_t classes = 0;
  for (const auto& c : input.classes) classes |= std::uint64_t{1} << c.label;
  for (std::uint32_t a = 0; a < 64; ++a) {
    if ((classes >> a & 1U) == 0) continue;
    add(hash(hash(kSeed, kClass), a));
    add(hash(hash(market, kClassAt), a));
    for (std::uint32_t b = a + 1; b < 64; ++b) {
      if ((classes >> b & 1U) != 0) add(hash(hash(hash(market, kClassPair), a), b));
    }
  }
  for (std::size_t i = 0; i < input.classes.size(); ++i) {
    const auto& a = input.classes[i];
    const auto meaning = static_cast<std::uint32_t>(a.label);
    if (a.begin > 0) {
      add(hash(hash(hash(kSeed, kClassBehind), meaning), heard[a.begin - 1].stem));
    }
    if (a.end < heard.size()) {
      add(hash(hash(hash(kSeed, kClassBefore), meaning), heard[a.end].stem));
    }
    for (std::size_t j = i + 1; j < input.classes.size() && input.classes[j].begin <= a.begin + 2;
         ++j) {
      const auto& b = input.classes[j];
      if (b.begin == a.begin) continue;
      add(hash(hash(hash(hash(kSeed, kClassNext), static_cast<std::uint32_t>(a.label)),
                    static_cast<std::uint32_t>(b.label)),
               static_cast<std::uint32_t>(b.begin - a.begin)));
    }
  }
  if (!heard.empty()) add(hash(hash(kSeed, kLast), heard.back().stem));
  for (std::uint32_t sign = 0; sign < 64; ++sign) {
    if ((input.signs >> sign & 1U) == 0) continue;
    add(hash(hash(kSeed, kSign), sign));
    add(hash(hash(market, kSignAtMarket), sign));
    for (std::uint32_t a = 0; a < 64; ++a) {
      if ((classes >> a & 1U) != 0) add(hash(hash(hash(kSeed, kClassAndSign), a), sign));
    }
  }
  return bins;
}

GuardVoice::GuardVoice() {
  weights_.reserve(kVoiceBins);
  for (const EmbeddedFile& file : embedded_guard::files()) {
    for (const char c : file.bytes) {
      if (c > ' ') weights_.push_back(static_cast<std::int8_t>(c - kVoiceZero));
    }
  }
  CH_CHECK(weights_.size() == kVoiceBins);
}

float GuardVoice::hear(std::span<const std::uint32_t> bins) const {
  int sum = 0;
  for (const std::uint32_t b : bins) sum += weights_[b];
  return static_cast<float>(sum) * kVoiceStep;
}

}  // namespace chorus::fleet
