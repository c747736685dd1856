#include "chorus/fleet/unmask.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/slips.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace chorus::fleet {
namespace {

/// Latin letter that a Cyrillic or Greek one looks like; 0 when it looks like none.
char look_alike(char32_t c) {
  struct Pair {
    char32_t from;
    char to;
  };
  static constexpr std::array<Pair, 33> kPairs = {{
      {0x430, 'a'}, {0x435, 'e'}, {0x43E, 'o'}, {0x440, 'p'}, {0x441, 'c'}, {0x443, 'y'},
      {0x445, 'x'}, {0x456, 'i'}, {0x458, 'j'}, {0x455, 's'}, {0x432, 'b'}, {0x43A, 'k'},
      {0x43C, 'm'}, {0x43D, 'h'}, {0x442, 't'}, {0x501, 'd'}, {0x51B, 'q'}, {0x4BB, 'h'},
      {0x3B1, 'a'}, {0x3BF, 'o'}, {0x3C1, 'p'}, {0x3BD, 'v'}, {0x3C5, 'u'}, {0x3B9, 'i'},
      {0x3BA, 'k'}, {0x3B5, 'e'}, {0x3C4, 't'}, {0x3C7, 'x'}, {0x391, 'a'}, {0x395, 'e'},
      {0x39F, 'o'}, {0x3A4, 't'}, {0x251, 'a'},
  }};
  const auto it =
      std::find_if(kPairs.begin(), kPairs.end(), [&](const Pair& p) { return p.from == c; });
  return it == kPairs.end() ? '\0' : it->to;
}

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A word that has Latin letters and look-alikes of them, all in Latin.
std::string in_latin(std::string_view word) {
  if (std::all_of(word.begin(), word.end(),
                  [](char c) { return static_cast<signed char>(c) >= 0; }))
    return std::string(word);
  std::string latin;
  bool mixed = false;
  while (!word.empty()) {
    std::size_t bytes = 1;
    const char32_t c = decode_utf8(word, bytes);
    bytes = std::min(std::max<std::size_t>(bytes, 1), word.size());
    const char like = look_alike(c);
    mixed = mixed || is_letter(word.front());
    if (like != 0) {
      latin += like;
    } else {
      latin.append(word.substr(0, bytes));
    }
    word.remove_prefix(bytes);
  }
  return mixed ? latin : std::string();
}

char letter_for(char c) {
  switch (c) {
    case '0':
      return 'o';
    case '1':
    case '!':
    case '|':
      return 'i';
    case '3':
      return 'e';
    case '4':
    case '@':
      return 'a';
    case '5':
    case '$':
      return 's';
    case '7':
      return 't';
    case '8':
      return 'b';
    case '6':
    case '9':
      return 'g';
    default:
      return c;
  }
}

/// Digits and signs between letters as letters. A number with an ending (`58k`, `2ye`), a mention,
/// a price and a name that ends in a number stay.
std::string without_digits_for_letters(std::string_view word) {
  std::string out(word);
  const auto letters = static_cast<std::size_t>(std::count_if(word.begin(), word.end(), is_letter));
  if (letters == 0 || letters == word.size() || word.front() == '@') return out;
  if (word.front() == '$' && is_letter(word[1])) return out.substr(1);  // a cashtag
  std::size_t lead = 0;
  while (lead < word.size() && (is_digit(word[lead]) || word[lead] == '.' || word[lead] == '%')) {
    ++lead;
  }
  if (lead > 1 || (lead == 1 && word.size() <= 4)) return out;
  std::size_t tail = word.size();
  while (tail > 0 && is_digit(word[tail - 1])) --tail;
  if (word.size() - tail > 1) return out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const bool punctuation = out[i] == '!' || out[i] == '|';
    const bool inside =
        i > 0 && i + 1 < out.size() && is_letter(out[i - 1]) && is_letter(word[i + 1]);
    if (!punctuation || inside) out[i] = letter_for(out[i]);
  }
  return out;
}

/// Three and more of the same letter in a row as one.
std::string without_repeats(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size();) {
    std::size_t end = i;
    while (end < word.size() && word[end] == word[i]) ++end;
    out.append(is_letter(word[i]) && end - i >= 3 ? 1 : end - i, word[i]);
    i = end;
  }
  return out;
}

bool is_gap(char c) {
  return c == ' ' || c == '.' || c == '-' || c == '_' || c == '*' || c == '/';
}

/// Letters that stand apart, each with one sign between, as words. Two signs end a word.
std::string joined(std::string_view text) {
  std::string out;
  bool after_run = false;  // the two letters of a short word count only beside a longer one
  for (std::size_t i = 0; i < text.size();) {
    const bool begins = i == 0 || !is_letter(text[i - 1]);
    std::size_t letters = 0;
    std::size_t at = i;
    while (begins && at < text.size() && is_letter(text[at]) &&
           (at + 1 == text.size() || !is_letter(text[at + 1]))) {
      ++letters;
      if (at + 2 < text.size() && is_gap(text[at + 1]) && is_letter(text[at + 2]) &&
          (at + 3 == text.size() || !is_letter(text[at + 3]))) {
        at += 2;
      } else {
        ++at;
        break;
      }
    }
    if (letters >= 3 || (letters == 2 && after_run)) {
      for (std::size_t j = i; j < at; j += 2) out += text[j];
      after_run = true;
      i = at;
      continue;
    }
    if (is_letter(text[i])) after_run = false;
    out += text[i++];
  }
  return out;
}

/// `ga-ran-ti`, `al.dim`: signs between the letters of a word are dropped.
std::string without_signs_inside(std::string_view word) {
  std::string out;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const bool sign = is_gap(word[i]) && word[i] != '/';
    const bool inside =
        i > 0 && i + 1 < word.size() && is_letter(word[i - 1]) && is_letter(word[i + 1]);
    if (!sign || !inside) out += word[i];
  }
  return out;
}

/// A word that promises and boasts are made of.
struct Meant {
  std::string_view word;
  std::u32string letters;
};

const std::vector<Meant>& meant_words() {
  static const std::vector<Meant> words = [] {
    std::vector<Meant> all;
    for (const std::string_view word :
         {"garanti",   "garantili",  "kesinlikle", "kazanirsin", "kazanacak",  "kazandirir",
          "imkansiz",  "tutuyorum",  "aliyorum",   "portfoyum",  "maliyetim",  "yatirim",
          "bitcoin",   "ethereum",   "guaranteed", "guarantee",  "definitely", "portfolio",
          "kaybetmez", "kazandirdi", "satmistim",  "almistim",   "topladim",   "biriktiriyorum"}) {
      all.push_back({word, code_points(word)});
    }
    return all;
  }();
  return words;
}

/// Such a word put right when one letter slipped.
std::string without_slip(std::string word) {
  constexpr std::size_t kShortest = 6;
  if (word.size() < kShortest || !std::all_of(word.begin(), word.end(), is_letter)) return word;
  const auto& words = meant_words();
  // A slip adds, drops or changes one letter, or swaps two.
  const auto may_be = [&](const Meant& m) {
    return m.letters.size() + 1 >= word.size() && word.size() + 1 >= m.letters.size();
  };
  if (std::ranges::none_of(words, may_be)) return word;
  if (std::ranges::find(words, word, &Meant::word) != words.end()) return word;
  const std::u32string typed = code_points(word);
  for (const Meant& meant : words) {
    if (may_be(meant) && is_slip(typed, meant.letters)) return std::string(meant.word);
  }
  return word;
}

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\t';
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  std::string out;
  std::size_t begin = 0;
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, begin)) {
    out.append(text, begin, at - begin).append(to);
    begin = at + from.size();
  }
  if (begin == 0) return;
  out.append(text, begin);
  text = std::move(out);
}

}  // namespace

std::string unmask(std::string_view folded) {
  std::string out;
  out.reserve(folded.size());
  const std::string text = joined(folded);
  for (std::size_t i = 0; i < text.size();) {
    if (is_space(text[i])) {
      out += text[i++];
      continue;
    }
    std::size_t end = i;
    while (end < text.size() && !is_space(text[end])) ++end;
    const std::string_view word = std::string_view(text).substr(i, end - i);
    std::string latin = in_latin(word);
    if (latin.empty()) latin = word;  // wholly in its own script
    out += without_slip(without_repeats(without_digits_for_letters(without_signs_inside(latin))));
    i = end;
  }
  return out;
}

std::string unmask_links(std::string_view folded) {
  std::string text = " " + std::string(folded) + " ";
  struct Spoken {
    std::string_view from, to;
  };
  static constexpr Spoken kSpoken[] = {
      {"(dot)", "."},   {"[dot]", "."},   {"{dot}", "."},   {" dot ", "."},   {"(nokta)", "."},
      {"[nokta]", "."}, {" nokta ", "."}, {" slash ", "/"}, {" bolu ", "/"},  {" taksim ", "/"},
      {"[.]", "."},     {"(.)", "."},     {"hxxp", "http"}, {" : //", "://"}, {" . ", "."},
      {" / ", "/"},     {"(at)", "@"},    {"[at]", "@"}};
  for (const auto& [from, to] : kSpoken) replace_all(text, from, to);
  return text;
}

}  // namespace chorus::fleet
