#include "chorus/fleet/figures.hpp"

#include "chorus/fleet/turkish.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace chorus::fleet {
namespace {

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

constexpr std::array<std::string_view, 38> kUnits = {
    "tl",       "lira",  "liraya", "liradan", "lirayi", "dolar", "dolara",  "dolari",
    "dolardan", "usd",   "usdt",   "euro",    "eur",    "try",   "dollars", "dollar",
    "bucks",    "puan",  "puana",  "puani",   "points", "point", "pts",     "percent",
    "pct",      "yuzde", "baz",    "bps",     "bp",     "cents", "cent",    "kurus",
    "kurusa",   "sent",  "pips",   "pip",     "usdye",  "oz"};
constexpr std::array<std::string_view, 64> kCounted = {
    "gun",    "gunde",     "gundur", "gunluk", "saat",    "saatte",   "saattir",  "saatlik",
    "dakika", "yil",       "yilda",  "yildir", "yillik",  "sene",     "senedir",  "ay",
    "ayda",   "aydir",     "aylik",  "hafta",  "haftada", "haftadir", "haftalik", "kere",
    "defa",   "kez",       "tane",   "kisi",   "soru",    "ayar",     "ayari",    "adet",
    "day",    "days",      "hour",   "hours",  "h",       "year",     "years",    "week",
    "weeks",  "month",     "months", "minute", "minutes", "times",    "people",   "things",
    "ways",   "questions", "karat",  "carat",  "am",      "pm",       "st",       "nd",
    "rd",     "th",        "ceyrek", "adimda", "bolum",   "yas",      "yasinda",  "sayfa"};
constexpr std::array<std::string_view, 2> kBeforePercent = {"yuzde", "percent"};

double magnitude(std::string_view word) {
  struct Pair {
    std::string_view word;
    double factor;
  };
  static constexpr Pair kPairs[] = {
      {"k", 1e3},   {"bin", 1e3},    {"thousand", 1e3}, {"m", 1e6},         {"mn", 1e6},
      {"mio", 1e6}, {"milyon", 1e6}, {"million", 1e6},  {"mil", 1e6},       {"b", 1e9},
      {"bn", 1e9},  {"milyar", 1e9}, {"billion", 1e9},  {"trillion", 1e12}, {"trilyon", 1e12}};
  for (const auto& [name, factor] : kPairs) {
    if (word == name) return factor;
    if (name.size() >= 3 && word.starts_with(name) && is_noun_tail(word.substr(name.size()))) {
      return factor;
    }
  }
  return 0;
}

/// Both readings of `12.350`: the point as a decimal point and as a mark of thousands.
std::array<double, 2> readings(std::string_view digits) {
  const auto points = std::count(digits.begin(), digits.end(), '.');
  std::string plain(digits);
  std::erase(plain, '.');
  double whole = 0;
  std::from_chars(plain.data(), plain.data() + plain.size(), whole);
  if (points > 1) return {whole, whole};
  double decimal = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), decimal);
  const std::size_t point = digits.find('.');
  const bool thousands = points == 1 && digits.size() - point == 4 && point <= 3;
  return {decimal, thousands ? whole : decimal};
}

/// Value of one number word; 0 for none. Words that mean something else alone count in a row only.
struct Spelled {
  double value = 0;
  bool turkish = false;
};
Spelled spelled(std::string_view word) {
  struct Pair {
    std::string_view word;
    double value;
  };
  static constexpr Pair kEnglish[] = {
      {"one", 1},      {"two", 2},        {"three", 3},     {"four", 4},       {"five", 5},
      {"six", 6},      {"seven", 7},      {"eight", 8},     {"nine", 9},       {"ten", 10},
      {"eleven", 11},  {"twelve", 12},    {"thirteen", 13}, {"fourteen", 14},  {"fifteen", 15},
      {"sixteen", 16}, {"seventeen", 17}, {"eighteen", 18}, {"nineteen", 19},  {"twenty", 20},
      {"thirty", 30},  {"forty", 40},     {"fifty", 50},    {"sixty", 60},     {"seventy", 70},
      {"eighty", 80},  {"ninety", 90},    {"hundred", 100}, {"thousand", 1e3}, {"million", 1e6},
      {"billion", 1e9}};
  static constexpr Pair kTurkish[] = {
      {"bir", 1},   {"iki", 2},   {"uc", 3},       {"dort", 4},    {"bes", 5},     {"alti", 6},
      {"yedi", 7},  {"sekiz", 8}, {"dokuz", 9},    {"on", 10},     {"yirmi", 20},  {"otuz", 30},
      {"kirk", 40}, {"elli", 50}, {"altmis", 60},  {"yetmis", 70}, {"seksen", 80}, {"doksan", 90},
      {"yuz", 100}, {"bin", 1e3}, {"milyon", 1e6}, {"milyar", 1e9}};
  for (const auto& [name, value] : kEnglish) {
    if (word == name) return {value, false};
  }
  for (const auto& [name, value] : kTurkish) {
    if (word == name) return {value, true};
    if (name.size() >= 3 && word.starts_with(name) && word.size() > name.size() &&
        is_noun_tail(word.substr(name.size())) && value >= 20) {
      return {value, true};
    }
  }
  return {};
}

std::optional<Figure> spelled_at(std::span<const std::string_view> words, std::size_t at) {
  double total = 0;
  double group = 0;
  std::size_t n = 0;
  const bool turkish = spelled(words[at]).turkish;
  for (; at + n < words.size(); ++n) {
    const Spelled s = spelled(words[at + n]);
    if (s.value == 0 || s.turkish != turkish) break;
    if (s.value >= 1000) {
      total += std::max(group, 1.0) * s.value;
      group = 0;
    } else if (s.value == 100) {
      group = std::max(group, 1.0) * 100;
    } else {
      group += s.value;
    }
  }
  if (n == 0) return std::nullopt;
  Figure f;
  f.word = at;
  f.words = n;
  f.value = f.other = total + group;
  const std::string_view next = at + n < words.size() ? words[at + n] : std::string_view();
  const std::string_view before = at > 0 ? words[at - 1] : std::string_view();
  f.unit = is_one_of(kUnits, next) || is_one_of(kBeforePercent, before);
  f.counts = is_one_of(kCounted, next);
  if (n < 2 && !f.unit) return std::nullopt;
  return f;
}

std::optional<Figure> digits_at(std::span<const std::string_view> words, std::size_t at) {
  std::string_view word = words[at];
  Figure f;
  f.word = at;
  if (word.front() == '$' || word.front() == '%') {
    f.unit = true;
    word.remove_prefix(1);
  }
  std::size_t length = 0;
  while (length < word.size() && ((word[length] >= '0' && word[length] <= '9') ||
                                  (word[length] == '.' && length + 1 < word.size()))) {
    ++length;
  }
  const auto [value, other] = readings(word.substr(0, length));
  f.value = value;
  f.other = other;
  std::string_view rest = word.substr(length);
  if (rest.starts_with('%') || rest.starts_with('$')) {
    f.unit = true;
    rest.remove_prefix(1);
  }
  std::string_view next = at + 1 < words.size() ? words[at + 1] : std::string_view();
  double factor = magnitude(rest);
  if (factor == 0 && !rest.empty()) f.unit = f.unit || is_one_of(kUnits, rest);
  if (factor == 0 && rest.empty()) {
    factor = magnitude(next);
    if (factor != 0) {
      ++f.words;
      next = at + 2 < words.size() ? words[at + 2] : std::string_view();
    }
  }
  if (factor != 0) {
    f.unit = true;
    f.value *= factor;
    f.other *= factor;
  }
  if (next == "cents" || next == "cent" || next == "kurus" || next == "sent") {
    f.value /= 100;
    f.other = f.value;
  }
  const std::string_view before = at > 0 ? words[at - 1] : std::string_view();
  f.unit = f.unit || is_one_of(kUnits, next) || is_one_of(kBeforePercent, before);
  f.counts = !f.unit && (is_one_of(kCounted, next) || is_one_of(kCounted, rest));
  return f;
}

bool is_year(const Figure& f, std::string_view word) {
  if (f.unit || word.size() < 4 || word.find('.') != std::string_view::npos) return false;
  return f.value == std::floor(f.value) && f.value >= 1600 && f.value < 2100;
}

/// A number that belongs to a name: `bist 100`, `nasdaq 100`, `s p 500`.
bool is_part_of_name(std::span<const std::string_view> words, const Figure& f) {
  if (f.word == 0) return false;
  const std::string_view before = words[f.word - 1];
  const bool index = before == "bist" || before == "nasdaq" || before == "endeks" ||
                     before == "xu" || before == "p" || before == "sp" || before == "top" ||
                     before == "ftse" || before == "dow";
  return index && (f.value == 100 || f.value == 30 || f.value == 50 || f.value == 500 ||
                   f.value == 10 || f.value == 20);
}

/// The instrument a figure speaks of: the last one before it, else the first one after.
std::string_view subject_of(const Figure& f, std::span<const Instruments::Mention> mentions) {
  std::string_view name;
  for (const auto& m : mentions) {
    if (m.word < f.word || name.empty()) name = m.name;
  }
  return name;
}

struct Known {
  double value, other;
  std::string_view about;
};

bool is_near(double a, double b) {
  return std::abs(a - b) <= 0.005 * std::max(std::abs(a), std::abs(b)) + 1e-12;
}

bool is_known(const Figure& f, std::string_view about, std::span<const Known> known) {
  return std::any_of(known.begin(), known.end(), [&](const Known& k) {
    if (!about.empty() && !k.about.empty() && k.about != about) return false;
    return is_near(f.value, k.value) || is_near(f.value, k.other) || is_near(f.other, k.value) ||
           is_near(f.other, k.other);
  });
}

}  // namespace

std::vector<Figure> figures_in(std::span<const std::string_view> words) {
  std::vector<Figure> figures;
  for (std::size_t at = 0; at < words.size();) {
    const auto figure = is_number_word(words[at]) ? digits_at(words, at) : spelled_at(words, at);
    if (figure) figures.push_back(*figure);
    at += figure ? figure->words : 1;
  }
  return figures;
}

bool figures_are_sourced(std::span<const std::string_view> words, FigureContext context,
                         std::span<const std::string_view> sources,
                         const Instruments& instruments) {
  const auto mentions = instruments.in(words);
  std::vector<Figure> claims;
  for (const Figure& f : figures_in(words)) {
    if (f.counts || is_year(f, words[f.word]) || is_part_of_name(words, f)) continue;
    constexpr std::size_t kNear = 6;
    const bool near = std::any_of(mentions.begin(), mentions.end(), [&](const auto& m) {
      return (m.word > f.word ? m.word - f.word : f.word - m.word) <= kNear;
    });
    // `3 btc`, `+1, doge`: how many, not how much.
    const bool small =
        !f.unit && f.value < 10 && f.value == std::floor(f.value) &&
        std::any_of(
            mentions.begin(), mentions.end(), [&](const auto& m) { return m.word == f.word + 1; });
    const bool claims_something = f.unit ? context.market || near : near && !context.question;
    if (claims_something && !small) claims.push_back(f);
  }
  if (claims.empty()) return true;
  std::vector<Known> known;
  for (const std::string_view source : sources) {
    const Words all(source);
    const auto about = instruments.in(all.all());
    for (const Figure& f : figures_in(all.all())) {
      known.push_back({f.value, f.other, subject_of(f, about)});
    }
  }
  return std::all_of(claims.begin(), claims.end(),
                     [&](const Figure& f) { return is_known(f, subject_of(f, mentions), known); });
}

}  // namespace chorus::fleet
