#include "chorus/fleet/memory/memory_gate.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/memory/memory_lexicon.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace chorus::fleet {
namespace {

constexpr std::array<std::string_view, kMemoryRefusals> kNames{
    "not_a_person", "quoted",       "too_short",        "too_long",         "disguised",
    "instruction",  "secret",       "contact",          "sensitive",        "third_person",
    "unknown_language", "restates_persona", "too_many"};

constexpr std::size_t kLongestLine = 1000;  ///< code points; a longer one is no remark
constexpr std::size_t kShortestText = 3;
constexpr std::size_t kPhoneDigits = 7;
constexpr std::size_t kAccountDigits = 13;
constexpr std::size_t kKeyLength = 20;

enum class Alphabet : std::uint8_t { None, Latin, Greek, Cyrillic, Other };

Alphabet alphabet_of(char32_t c) {
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0x24F)) {
    return Alphabet::Latin;
  }
  if (c >= 0x370 && c <= 0x3FF) return Alphabet::Greek;
  if (c >= 0x400 && c <= 0x52F) return Alphabet::Cyrillic;
  return c >= 0x530 && c < 0x2000 ? Alphabet::Other : Alphabet::None;
}

/// What a kept text may consist of: letters, digits, spaces and quiet punctuation. No markup, no
/// symbols, no full-width or mathematical letters.
bool is_plain_character(char32_t c) {
  if (c < 0x80) {
    const auto a = static_cast<char>(c);
    return (a >= '0' && a <= '9') || (a >= 'a' && a <= 'z') || (a >= 'A' && a <= 'Z') ||
           std::string_view(" .,'-()&+%!:").find(a) != std::string_view::npos;
  }
  if (c >= 0x300 && c <= 0x36F) return false;   // marks over other letters
  if (c >= 0x3040 && c <= 0x9FFF) return true;  // kana, Han
  if (c >= 0xAC00 && c <= 0xD7A3) return true;  // Hangul
  return (c >= 0xC0 && c < 0x2000 && c != 0xD7 && c != 0xF7) || c == 0x2019 || c == 0x2013;
}

template <class Each>
void for_each_character(std::string_view text, Each each) {
  while (!text.empty()) {
    std::size_t bytes = 1;
    const char32_t c = decode_utf8(text, bytes);
    text.remove_prefix(std::min(std::max<std::size_t>(bytes, 1), text.size()));
    each(c);
  }
}

/// Two alphabets in one word: letters that only look like those they stand for.
bool mixes_alphabets(std::string_view text) {
  Alphabet current = Alphabet::None;
  bool mixed = false;
  for_each_character(text, [&](char32_t c) {
    const Alphabet one = alphabet_of(c);
    if (one == Alphabet::None) {
      current = Alphabet::None;
    } else if (current == Alphabet::None) {
      current = one;
    } else if (one != current) {
      mixed = true;
    }
  });
  return mixed;
}

/// `i g n o r e`, and characters no reader expects in a chat: full-width and mathematical letters,
/// struck-out ones, selectors that carry bytes nobody sees.
bool hides_words(std::string_view text, std::span<const std::string_view> words) {
  std::size_t single = 0;
  for (const std::string_view word : words) {
    const bool letter = word.size() == 1 && word[0] >= 'a' && word[0] <= 'z';
    single = letter ? single + 1 : 0;
    if (single >= 4) return true;
  }
  bool odd = false;
  for_each_character(text, [&](char32_t c) {
    odd = odd || (c >= 0xFF10 && c <= 0xFF5A) || (c >= 0x1D400 && c <= 0x1D7FF) ||
          (c >= 0x2460 && c <= 0x24FF) || (c >= 0xE000 && c <= 0xF8FF) ||
          (c >= 0x1F110 && c <= 0x1F189) || (c >= 0x334 && c <= 0x338) ||
          (c >= 0xFE00 && c <= 0xFE0E) || (c >= 0xE0100 && c <= 0xE01EF);
  });
  return odd;
}

/// Characters that a prompt would lose, except that a tab becomes a space there.
bool has_hidden_characters(std::string_view text) {
  return sanitise_text(text, text.size() + 1) != replace_all(std::string(text), "\t", " ");
}

bool has_markup(std::string_view text) {
  for (const std::string_view mark : {"```", "<|", "|>", "[[", "{{", "</", "###", "${", "<!--",
                                      ");", "{\"", "](", "-->"}) {
    if (text.find(mark) != std::string_view::npos) return true;
  }
  return false;
}

/// `/word` at the beginning of a word is a command to some bot.
bool has_command(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    const bool at_start = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\n';
    const char next = text[i + 1];
    if (text[i] == '/' && at_start && next >= 'a' && next <= 'z') return true;
  }
  return false;
}

bool has_link(std::string_view folded) {
  for (const std::string_view part : {"://", "www.", "t.me", "mailto:"}) {
    if (folded.find(part) != std::string_view::npos) return true;
  }
  for (const std::string_view end : {".com", ".net", ".org", ".io", ".ru", ".tr", ".xyz", ".app",
                                     ".dev", ".info", ".link", ".site", ".gg", ".me", ".ly"}) {
    for (std::size_t at = folded.find(end); at != std::string_view::npos;
         at = folded.find(end, at + 1)) {
      const std::size_t after = at + end.size();
      const bool ends = after == folded.size() || folded[after] < '0' ||
                        (folded[after] > '9' && folded[after] < 'a');
      if (at > 0 && folded[at - 1] > ' ' && ends) return true;
    }
  }
  return false;
}

/// Digits in a row, counted over what people put between them.
std::size_t longest_number(std::string_view text) {
  std::size_t longest = 0, digits = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      longest = std::max(longest, ++digits);
    } else if (std::string_view(" -()+").find(c) == std::string_view::npos) {
      digits = 0;
    }
  }
  return longest;
}

/// A long run of letters and digits mixed: a key, a hash, a token, something encoded.
bool has_key(std::string_view text) {
  std::size_t length = 0;
  bool letter = false, digit = false;
  for (const char c : text) {
    const bool is_digit = c >= '0' && c <= '9';
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!is_digit && !is_letter && std::string_view("_-:+/=").find(c) == std::string_view::npos) {
      length = 0;
      letter = digit = false;
      continue;
    }
    letter = letter || is_letter;
    digit = digit || is_digit;
    if (++length >= kKeyLength && letter && digit) return true;
  }
  return false;
}

std::optional<MemoryRefusal> data_in(std::string_view text, const Words& words) {
  if (has_key(text)) return MemoryRefusal::Secret;
  const std::size_t digits = longest_number(text);
  if (digits >= kAccountDigits) return MemoryRefusal::Secret;
  if (digits >= kPhoneDigits || has_link(words.folded())) return MemoryRefusal::Contact;
  if (text.find('@') != std::string_view::npos) return MemoryRefusal::Contact;
  for (const std::string_view word : words.all()) {  // names of variables: OPENAI_API_KEY
    if (word.find('_') == std::string_view::npos) continue;
    for (const std::string_view part : {"key", "token", "secret", "pass"}) {
      if (word.find(part) != std::string_view::npos) return MemoryRefusal::Secret;
    }
  }
  return std::nullopt;
}

/// The rules know English and Turkish. Of what is written in other letters only a name is kept.
bool has_foreign_letters(std::string_view text) {
  bool foreign = false;
  for_each_character(text, [&](char32_t c) {
    const Alphabet one = alphabet_of(c);
    foreign = foreign || c >= 0x3040 || (one != Alphabet::None && one != Alphabet::Latin);
  });
  return foreign;
}

/// Somebody else is spoken of: a name at the head of a note that does not speak of its author.
bool is_about_a_name(std::string_view note) {
  bool first_person = false;
  const Words words(note);
  for (const std::string_view word : words.all()) {
    first_person = first_person || is_first_person(word);
  }
  bool at_head = true;
  for (const std::string_view token : split(note, ' ')) {
    if (token.empty()) continue;
    std::size_t bytes = 1;
    const char32_t c = decode_utf8(token, bytes);
    const bool capital = (c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE) || c == 0x130 ||
                         c == 0x15E || c == 0x11E || (c >= 0x410 && c <= 0x42F);
    const Words one(token);
    const bool calendar = one.all().empty() || is_calendar_word(one.all().front());
    const bool own = !one.all().empty() && is_first_person(one.all().front());
    if (capital && !calendar && !own && (at_head || !first_person)) return true;
    at_head = false;
  }
  return false;
}

}  // namespace

std::string_view to_string(MemoryRefusal refusal) noexcept {
  return kNames[static_cast<std::size_t>(refusal)];
}

MemoryGate::MemoryGate() : phrases_(memory_phrases(), {}) {}

std::optional<MemoryRefusal> MemoryGate::check_content(std::string_view text) const {
  if (has_hidden_characters(text) || mixes_alphabets(text) || has_markup(text)) {
    return MemoryRefusal::Disguised;
  }
  const Words words(text);
  if (hides_words(text, words.all())) return MemoryRefusal::Disguised;
  if (has_command(text)) return MemoryRefusal::Instruction;
  // An order is named as what it is, whatever else stands in it.
  const auto found = phrases_.find_all(words.all());
  const auto holds = [&](MemoryRefusal what) { return (found >> static_cast<int>(what) & 1) != 0; };
  for (const auto what : {MemoryRefusal::Instruction, MemoryRefusal::Secret}) {
    if (holds(what)) return what;
  }
  if (const auto data = data_in(text, words)) return data;
  for (const auto what : {MemoryRefusal::Contact, MemoryRefusal::Sensitive, MemoryRefusal::Quoted,
                          MemoryRefusal::ThirdPerson}) {
    if (holds(what)) return what;
  }
  return std::nullopt;
}

std::optional<MemoryRefusal> MemoryGate::check_line(std::string_view line, bool from_bot) const {
  if (from_bot) return MemoryRefusal::NotAPerson;
  if (code_point_count(line) > kLongestLine) return MemoryRefusal::TooLong;
  for (const std::string_view mark :
       {"\"", "\xE2\x80\x9C", "\xE2\x80\x9E", "\xC2\xAB", "\n>", " > "}) {
    if (line.find(mark) != std::string_view::npos) return MemoryRefusal::Quoted;
  }
  if (line.starts_with(">")) return MemoryRefusal::Quoted;
  // A question is no order and states nothing: it is left out, so that `who are you?` beside a
  // remark does not spoil it.
  std::string statements;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= line.size(); ++i) {
    const bool ends = i == line.size() || line[i] == '.' || line[i] == '!' || line[i] == '?' ||
                      line[i] == '\n';
    if (!ends) continue;
    const std::size_t end = std::min(i + 1, line.size());
    if (i == line.size() || line[i] != '?') statements.append(line.substr(begin, end - begin));
    begin = end;
  }
  const Words words(statements);
  if (std::any_of(words.all().begin(), words.all().end(), orders_reader)) {
    return MemoryRefusal::Instruction;
  }
  const auto refused = check_content(statements);
  if (!refused) return has_hidden_characters(line) ? std::optional(MemoryRefusal::Disguised)
                                                   : std::nullopt;
  // What is said of others, and of matters that are nobody's business, is refused where a candidate
  // holds it; it does not spoil the rest of a line.
  if (*refused == MemoryRefusal::ThirdPerson || *refused == MemoryRefusal::Sensitive ||
      *refused == MemoryRefusal::Quoted) {
    return std::nullopt;
  }
  return refused;
}

std::optional<MemoryRefusal> MemoryGate::check(const MemoryCandidate& candidate) const {
  const std::string_view value = candidate.value;
  if (code_point_count(value) + 1 < kShortestText) return MemoryRefusal::TooShort;
  if (code_point_count(candidate.text) > kLongestMemory) return MemoryRefusal::TooLong;
  bool plain = true;
  for_each_character(value, [&](char32_t c) { plain = plain && is_plain_character(c); });
  if (!plain) return has_link(fold(value)) || value.find('@') != std::string_view::npos
                         ? MemoryRefusal::Contact
                         : MemoryRefusal::Disguised;
  if (const auto refused = check_content(value)) return refused;
  if (has_foreign_letters(value) && !candidate.text.starts_with("is called ")) {
    return MemoryRefusal::UnknownLanguage;
  }
  const Words words(value);
  if (words.all().empty()) return MemoryRefusal::TooShort;
  for (const std::string_view word : words.all()) {
    if (speaks_to_reader(word)) return MemoryRefusal::Instruction;
  }
  if (candidate.kind == MemoryKind::UserNote) {
    if (begins_an_order(words.all().front()) || ends_an_order(words.all().back())) {
      return MemoryRefusal::Instruction;
    }
    if (is_about_a_name(value)) return MemoryRefusal::ThirdPerson;
  }
  return std::nullopt;
}

std::optional<MemoryRefusal> MemoryGate::check_own(std::string_view text,
                                                   std::string_view card) const {
  if (code_point_count(text) < kShortestText) return MemoryRefusal::TooShort;
  if (code_point_count(text) > kLongestMemory) return MemoryRefusal::TooLong;
  if (const auto refused = check_content(text)) {
    // A card may speak of a character's family or of politics in general; that is its author's say.
    const bool authors = *refused == MemoryRefusal::ThirdPerson ||
                         *refused == MemoryRefusal::Sensitive || *refused == MemoryRefusal::Quoted;
    if (!authors) return refused;
  }
  const auto known = memory_terms(card), terms = memory_terms(text);
  if (std::includes(known.begin(), known.end(), terms.begin(), terms.end())) {
    return MemoryRefusal::RestatesPersona;
  }
  return std::nullopt;
}

bool MemoryPace::allow(PlatformUserId person, MonoTime now) {
  constexpr std::size_t kMostPersons = 10'000;
  constexpr Duration kWindow = std::chrono::hours(1);
  const auto expire = [&](std::deque<MonoTime>& times) {
    while (!times.empty() && now - times.front() >= kWindow) times.pop_front();
  };
  if (kept_.size() >= kMostPersons && !kept_.contains(person)) {
    for (auto it = kept_.begin(); it != kept_.end();) {
      expire(it->second);
      it = it->second.empty() ? kept_.erase(it) : std::next(it);
    }
    if (kept_.size() >= kMostPersons) return false;
  }
  std::deque<MonoTime>& times = kept_[person];
  expire(times);
  if (times.size() >= per_hour_) return false;
  times.push_back(now);
  return true;
}

}  // namespace chorus::fleet
