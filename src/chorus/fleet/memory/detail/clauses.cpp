#include "chorus/fleet/memory/detail/clauses.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

constexpr std::size_t kMostTokens = 200;  ///< of a line; the rest is not read

bool is_mark(char c) {
  return std::string_view(".,;:!?\"'()[]{}<>*_~`").find(c) != std::string_view::npos;
}

std::string_view without_marks(std::string_view word) {
  while (!word.empty() && is_mark(word.front())) word.remove_prefix(1);
  while (!word.empty() && is_mark(word.back())) word.remove_suffix(1);
  return word;
}

bool has_letters(std::string_view folded) {
  return std::any_of(folded.begin(), folded.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 'a' && u <= 'z') || (u >= '0' && u <= '9') || u >= 0xC3;
  });
}

/// An emoji or another symbol beyond the letters, by its lead byte or code point.
bool is_symbol(std::string_view raw) {
  std::size_t bytes = 1;
  const char32_t c = decode_utf8(raw, bytes);
  return c >= 0x2000 && !(c >= 0x3040 && c <= 0xD7A3);
}

void add_token(Clause& out, std::string_view word) {
  const std::string_view raw = without_marks(word);
  if (raw.empty() || is_symbol(raw)) return;
  std::string folded = fold(raw);
  std::erase(folded, '\'');
  if (!has_letters(folded)) return;
  const bool i_am = folded == "im" && (raw.front() == 'I' || raw.front() == 'i') && raw.size() > 2;
  if (i_am) {
    out.push_back({raw, "i"});
    out.push_back({raw, "am"});
  } else {
    out.push_back({raw, std::move(folded)});
  }
}

bool is_filler(std::string_view word) {
  return is_one_of(word, {"hi",     "hello",  "hey",  "well",    "so",     "oh",    "ok",
                          "okay",   "yes",    "no",   "yeah",    "btw",    "also",  "actually",
                          "merhaba", "selam", "evet", "hayir",   "aslinda", "bence", "ya",
                          "sey",    "tamam",  "haha", "lol",     "please", "lutfen", "honestly"});
}

bool joins_clauses(std::string_view word) {
  return is_one_of(word, {"and", "but", "because", "ve", "ama", "fakat", "cunku", "ayrica"});
}

}  // namespace

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::vector<Sentence> sentences_of(std::string_view line) {
  std::vector<Sentence> out;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    const bool number = i > 0 && i + 1 < line.size() && line[i] == '.' && line[i + 1] > ' ';
    const bool ends = i == line.size() || line[i] == '!' || line[i] == '?' || line[i] == '\n' ||
                      line[i] == ';' || (line[i] == '.' && !number);
    if (!ends) continue;
    const std::string_view text = trim(line.substr(begin, i - begin));
    if (!text.empty()) out.push_back({text, i < line.size() && line[i] == '?'});
    begin = i + 1;
  }
  return out;
}

Clause tokens_of(std::string_view text) {
  Clause out;
  for (const std::string_view word : split(text, ' ')) {
    if (!word.empty() && out.size() < kMostTokens) add_token(out, word);
  }
  return out;
}

std::vector<Clause> clauses_of(std::string_view sentence) {
  std::vector<Clause> out;
  Clause current;
  const auto close = [&] {
    const auto first = std::find_if(current.begin(), current.end(),
                                    [](const Token& t) { return !is_filler(t.folded); });
    current.erase(current.begin(), first);
    if (!current.empty()) out.push_back(std::move(current));
    current = {};
  };
  std::size_t taken = 0;
  for (const std::string_view word : split(sentence, ' ')) {
    if (word.empty() || ++taken > kMostTokens) continue;
    const std::size_t before = current.size();
    add_token(current, word);
    if (current.size() > before && joins_clauses(current.back().folded)) {
      current.pop_back();
      close();
    } else if (word.back() == ',') {
      close();
    }
  }
  close();
  return out;
}

namespace {

/// `options` stand with `|` between them.
bool is_option(std::string_view word, std::string_view options) {
  while (true) {
    const std::size_t end = options.find('|');
    if (options.substr(0, end) == word) return true;
    if (end == std::string_view::npos) return false;
    options.remove_prefix(end + 1);
  }
}

}  // namespace

bool takes(const Clause& clause, std::size_t& at, std::string_view pattern) {
  // Asked of each clause for each pattern there is, so nothing is put into a list.
  std::size_t next = at;
  for (bool more = true; more; ++next) {
    const std::size_t end = pattern.find(' ');
    more = end != std::string_view::npos;
    if (next >= clause.size() || !is_option(clause[next].folded, pattern.substr(0, end))) {
      return false;
    }
    if (more) pattern.remove_prefix(end + 1);
  }
  at = next;
  return true;
}

std::string join(const Clause& clause, std::size_t from, std::size_t to) {
  std::string out;
  for (std::size_t i = from; i < to && i < clause.size(); ++i) {
    // The two halves of "I'm" are one word of the text.
    if (i > from && clause[i].raw.data() == clause[i - 1].raw.data()) continue;
    if (!out.empty()) out += ' ';
    out.append(clause[i].raw);
  }
  return out;
}

bool is_capital(std::string_view raw) {
  std::size_t bytes = 1;
  const char32_t c = decode_utf8(raw, bytes);
  return (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE) || c == 0x130 || c == 0x15E ||
         c == 0x11E || (c >= 0x410 && c <= 0x42F);
}

}  // namespace chorus::fleet::detail
