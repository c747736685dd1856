#include "chorus/fleet/folding.hpp"

#include "chorus/base/text.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

namespace chorus::fleet {
namespace {

/// Invisible characters that hide or reorder text.
bool is_hidden(char32_t c) {
  return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x2064) || (c >= 0x2066 && c <= 0x206F) || c == 0xFEFF ||
         c == 0x00AD || c == 0x061C || c == 0x180E || (c >= 0xE0000 && c <= 0xE007F) ||
         (c >= 0xFE00 && c <= 0xFE0E) || (c >= 0xE0100 && c <= 0xE01EF) || c == 0x3164 ||
         c == 0x115F || c == 0x1160 || c == 0xFFA0;
}

/// Marks on the letter before, and the sign that asks for an emoji's coloured shape: they mean
/// something to a reader, but words are compared without them.
bool is_mark(char32_t c) {
  return (c >= 0x0300 && c <= 0x036F) || c == 0xFE0F;
}

bool is_emoji(char32_t c) {
  return (c >= 0x2300 && c <= 0x23FF) || (c >= 0x2600 && c <= 0x27BF) || c >= 0x1F000;
}

/// Letters and digits in another shape (full width, circled, mathematical) as plain ASCII; 0 when
/// it is none.
char plain_shape(char32_t c) {
  if ((c >= 0xFF10 && c <= 0xFF19) || c == 0xFF20) return static_cast<char>(c - 0xFEE0);
  if (c >= 0xFF21 && c <= 0xFF3A) return static_cast<char>(c - 0xFF21 + 'a');
  if (c >= 0xFF41 && c <= 0xFF5A) return static_cast<char>(c - 0xFF41 + 'a');
  if (c >= 0x24B6 && c <= 0x24E9) return static_cast<char>((c - 0x24B6) % 26 + 'a');
  if (c >= 0x1D400 && c <= 0x1D6A3) return static_cast<char>((c - 0x1D400) % 26 + 'a');
  if (c >= 0x1D7CE && c <= 0x1D7FF) return static_cast<char>((c - 0x1D7CE) % 10 + '0');
  if (c >= 0x1F130 && c <= 0x1F149) return static_cast<char>(c - 0x1F130 + 'a');
  if (c >= 0x1F150 && c <= 0x1F169) return static_cast<char>(c - 0x1F150 + 'a');
  if (c >= 0x1F170 && c <= 0x1F189) return static_cast<char>(c - 0x1F170 + 'a');
  return 0;
}

/// Latin letters with marks as their base letter; 0 when there is none.
char base_letter(char32_t c) {
  switch (c) {
    case 0xFD:  // Turkish text that was once read in the wrong code page has y, th and d
    case 0xDD:  // with marks for dotless i, s with cedilla and soft g
    case 0x131:
    case 0x130:
    case 0xEC:
    case 0xED:
    case 0xEE:
    case 0xEF:
    case 0xCC:
    case 0xCD:
    case 0xCE:
    case 0xCF:
      return 'i';
    case 0xFE:
    case 0xDE:
    case 0x15F:
    case 0x15E:
    case 0x219:
    case 0x218:
    case 0x15B:
    case 0x15A:
    case 0x161:
    case 0x160:
      return 's';
    case 0xF0:
    case 0xD0:
    case 0x11F:
    case 0x11E:
      return 'g';
    case 0xFC:
    case 0xDC:
    case 0xF9:
    case 0xFA:
    case 0xFB:
    case 0xD9:
    case 0xDA:
    case 0xDB:
      return 'u';
    case 0xF6:
    case 0xD6:
    case 0xF2:
    case 0xF3:
    case 0xF4:
    case 0xF5:
    case 0xD2:
    case 0xD3:
    case 0xD4:
    case 0xD5:
      return 'o';
    case 0xE7:
    case 0xC7:
    case 0x107:
    case 0x106:
    case 0x10D:
    case 0x10C:
      return 'c';
    case 0xE0:
    case 0xE1:
    case 0xE2:
    case 0xE3:
    case 0xE4:
    case 0xE5:
    case 0xC0:
    case 0xC1:
    case 0xC2:
    case 0xC3:
    case 0xC4:
    case 0xC5:
    case 0x105:
    case 0x104:
      return 'a';
    case 0xE8:
    case 0xE9:
    case 0xEA:
    case 0xEB:
    case 0xC8:
    case 0xC9:
    case 0xCA:
    case 0xCB:
    case 0x119:
    case 0x118:
    case 0x11B:
    case 0x11A:
      return 'e';
    case 0xF1:
    case 0xD1:
    case 0x144:
    case 0x143:
      return 'n';
    case 0x142:
    case 0x141:
      return 'l';
    case 0x17C:
    case 0x17B:
    case 0x17A:
    case 0x179:
    case 0x17E:
    case 0x17D:
      return 'z';
    case 0x2019:
    case 0x2018:
    case 0x02BC:
      return '\'';
    default:
      return 0;
  }
}

bool is_word_byte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || u >= 0x80 || u == '@' || u == '_' ||
         u == '$' || u == '%';
}

constexpr char kSentenceEnd = '\x01';
constexpr char kClauseEnd = '\x02';

/// Punctuation beyond ASCII that separates words.
bool is_wide_punctuation(char32_t c) {
  return (c >= 0x2010 && c <= 0x2027) || (c >= 0x2030 && c <= 0x205E) || c == 0xA0 ||
         (c >= 0x3000 && c <= 0x3003) || c == 0xBF || c == 0xA1 || c == 0xAB || c == 0xBB ||
         (c >= 0xFF01 && c <= 0xFF0F);
}

/// Takes a chat template's token away that `text` now ends with, so that none can be put together
/// from the pieces around another one.
void drop_template_token(std::string& text) {
  constexpr std::size_t kLongest = 40;
  const std::string_view all = text;
  if (all.ends_with("|>")) {
    const std::size_t from = all.size() > kLongest ? all.size() - kLongest : 0;
    const std::size_t open = all.substr(from, all.size() - from - 2).rfind("<|");
    if (open != std::string_view::npos) text.resize(from + open);
    return;
  }
  for (const std::string_view token :
       {"[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<start_of_turn>", "<end_of_turn>"}) {
    if (!all.ends_with(token)) continue;
    text.resize(text.size() - token.size());
    return;
  }
}

/// Plain ASCII without anything that sanitising would change: most messages. Looks at every letter,
/// so that many are compared at once.
bool is_plain(std::string_view text) {
  bool plain = true;
  for (const char c : text) plain &= (c >= 0x20) & (c < 0x7F) & (c != '<') & (c != '[');
  return plain;
}

/// What no name may hold: marks that mean something in a prompt, and the end of a line.
constexpr std::string_view kNotInNames = "<>[]{}|`\"\\:#*/\n";

/// A name that sanitising would leave as it is: most names.
bool is_plain_name(std::string_view name) {
  constexpr std::size_t kLongest = 32;
  if (name.empty() || name.size() > kLongest || !is_plain(name)) return false;
  if (name.front() == ' ' || name.back() == ' ') return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (kNotInNames.find(name[i]) != std::string_view::npos) return false;
    if (name[i] == ' ' && name[i - 1] == ' ') return false;
  }
  return true;
}

}  // namespace

std::string fold(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) {
      out += static_cast<char>(first >= 'A' && first <= 'Z' ? first + 32 : first);
      text.remove_prefix(1);
      continue;
    }
    std::size_t bytes = 1;
    char32_t c = decode_utf8(text, bytes);
    text.remove_prefix(std::min(std::max<std::size_t>(bytes, 1), text.size()));
    if (is_hidden(c) || is_mark(c)) continue;
    if (const char base = base_letter(c)) {
      out += base;
      continue;
    }
    if (const char plain = plain_shape(c)) {
      out += plain;
      continue;
    }
    if (c == 0x61F || c == 0xFF1F) {  // Arabic and full-width question marks
      out += '?';
      continue;
    }
    if (is_wide_punctuation(c)) {
      out += ' ';
      continue;
    }
    if (is_emoji(c)) {  // a word of its own
      out += ' ';
      append_utf8(out, c);
      out += ' ';
      continue;
    }
    if (c >= 0x410 && c <= 0x42F) c += 0x20;  // Cyrillic capitals
    if (c == 0x401 || c == 0x451) c = 0x435;  // yo is written as ye more often than not
    append_utf8(out, c);
  }
  return out;
}

Words::Words(std::string_view text) : folded_(fold(text)) {
  // One pass writes the words apart; the views are made afterwards, when `spaced_` has its place.
  spaced_.reserve(folded_.size() + 16);
  // A control character in place of the space says what ended there.
  const auto end_word = [this](char mark = ' ') {
    if (spaced_.empty()) return;
    if (static_cast<unsigned char>(spaced_.back()) > ' ') {
      spaced_ += mark;
    } else if (mark < spaced_.back()) {
      spaced_.back() = mark;
    }
  };
  for (std::size_t i = 0; i < folded_.size(); ++i) {
    const char c = folded_[i];
    if (is_word_byte(c)) {
      spaced_ += c;
    } else if (c == '\'' && i > 0 && is_word_byte(folded_[i - 1])) {
      std::size_t end = i + 1;
      while (end < folded_.size() && is_word_byte(folded_[end])) ++end;
      const std::string_view suffix(folded_.data() + i + 1, end - i - 1);
      if (suffix == "t" || suffix == "s" || suffix == "d") spaced_ += suffix;
      if (suffix == "m") spaced_ += " am";
      if (suffix == "re") spaced_ += " are";
      if (suffix == "ve") spaced_ += " have";
      if (suffix == "ll") spaced_ += " will";
      i = end - 1;
    } else if (c == '?') {
      end_word();
      spaced_ += "?";
      end_word(kSentenceEnd);
    } else if ((c == '.' || c == ',') && i > 0 && i + 1 < folded_.size() && folded_[i - 1] >= '0' &&
               folded_[i - 1] <= '9' && folded_[i + 1] >= '0' && folded_[i + 1] <= '9') {
      spaced_ += '.';  // inside a number
    } else if (c == '.' || c == '!' || c == '\n') {
      end_word(kSentenceEnd);
    } else if (c == ',' || c == ';' || c == ':' || c == '(' || c == ')' || c == '"') {
      end_word(kClauseEnd);
    } else {
      end_word();
    }
  }
  end_word();
  std::size_t begin = 0;
  Break before = Break::Sentence;
  for (std::size_t i = 0; i < spaced_.size(); ++i) {
    if (static_cast<unsigned char>(spaced_[i]) > ' ') continue;
    const std::string_view word(spaced_.data() + begin, i - begin);
    if (word == "im") {
      words_.insert(words_.end(), {"i", "am"});
      breaks_.insert(breaks_.end(), {before, Break::None});
    } else if (!word.empty()) {
      words_.push_back(word);
      breaks_.push_back(before);
    }
    before = spaced_[i] == kSentenceEnd ? Break::Sentence
             : spaced_[i] == kClauseEnd ? Break::Clause
                                        : Break::None;
    begin = i + 1;
  }
}

bool Words::has(std::string_view word) const {
  return std::find(words_.begin(), words_.end(), word) != words_.end();
}

std::vector<std::uint32_t> shingles(std::string_view text) {
  constexpr std::size_t kLength = 5;
  constexpr std::size_t kMax = 512;
  std::string plain;
  for (const char c : fold(text)) {
    if (is_word_byte(c)) {
      plain += c;
    } else if (!plain.empty() && plain.back() != ' ') {
      plain += ' ';
    }
  }
  while (!plain.empty() && plain.back() == ' ') plain.pop_back();
  const auto hash = [](std::string_view part) {
    std::uint32_t h = 2166136261u;
    for (const char c : part) h = (h ^ static_cast<unsigned char>(c)) * 16777619u;
    return h;
  };
  std::vector<std::uint32_t> out;
  if (plain.empty()) return out;
  if (plain.size() <= kLength) {
    out.push_back(hash(plain));
    return out;
  }
  const std::size_t count = std::min(plain.size() - kLength + 1, kMax);
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(hash(std::string_view(plain).substr(i, kLength)));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

namespace {

/// How many numbers two sorted sets share; nullopt as soon as they cannot be `needed`. Without a branch
/// on which number is smaller: of two hashes that cannot be predicted.
std::optional<std::size_t> common_of(std::span<const std::uint32_t> a,
                                     std::span<const std::uint32_t> b, std::size_t needed) {
  std::size_t i = 0, j = 0, common = 0;
  while (i < a.size() && j < b.size()) {
    if (common + std::min(a.size() - i, b.size() - j) < needed) return std::nullopt;
    const std::uint32_t left = a[i], right = b[j];
    common += left == right ? 1 : 0;
    i += left <= right ? 1 : 0;
    j += right <= left ? 1 : 0;
  }
  return common < needed ? std::nullopt : std::optional(common);
}

}  // namespace

bool similar(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b, double threshold) {
  if (a.empty() || b.empty()) return false;
  // |A and B| / |A or B| >= t  <=>  |A and B| >= t / (1 + t) * (|A| + |B|)
  const double total = static_cast<double>(a.size() + b.size());
  const double needed = std::ceil(threshold / (1 + threshold) * total - 1e-9);
  return needed <= 0 || common_of(a, b, static_cast<std::size_t>(needed)).has_value();
}

double likeness(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b) {
  if (a.empty() || b.empty()) return 0;
  const std::size_t common = common_of(a, b, 0).value_or(0);
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

std::string sanitise_text(std::string_view text, std::size_t max_code_points) {
  if (text.size() <= max_code_points && is_plain(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  std::size_t taken = 0;
  while (!text.empty() && taken < max_code_points) {
    const auto first = static_cast<unsigned char>(text.front());
    if (first < 0x80) {
      if (first >= 0x20 && first != 0x7F) {
        out += static_cast<char>(first);
        ++taken;
        if (first == '>' || first == ']') drop_template_token(out);
      } else if (first == '\n' || first == '\t') {
        out += first == '\n' ? '\n' : ' ';
        ++taken;
      }
      text.remove_prefix(1);
      continue;
    }
    std::size_t bytes = 1;
    const char32_t c = decode_utf8(text, bytes);
    bytes = std::min(std::max<std::size_t>(bytes, 1), text.size());
    if (c == 0x2028 || c == 0x2029) {  // line breaks that editors do not show
      out += '\n';
      ++taken;
    } else if (!is_hidden(c) && !(c >= 0x80 && c < 0xA0)) {
      out.append(text.substr(0, bytes));
      ++taken;
    }
    text.remove_prefix(bytes);
  }
  return out;
}

std::string sanitise_name(std::string_view name) {
  if (is_plain_name(name)) return std::string(name);
  std::string clean = sanitise_text(name, 200);
  std::string out;
  std::size_t taken = 0;
  std::string_view rest = clean;
  while (!rest.empty() && taken < 32) {
    std::size_t bytes = 1;
    decode_utf8(rest, bytes);
    bytes = std::min(std::max<std::size_t>(bytes, 1), rest.size());
    const std::string_view one = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
    if (one.size() == 1 && kNotInNames.find(one[0]) != std::string_view::npos) continue;
    if (one == " " && (out.empty() || out.back() == ' ')) continue;
    out.append(one);
    ++taken;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.empty()) out = "someone";
  return out;
}

}  // namespace chorus::fleet
