#include "chorus/fleet/memory/memory_extract.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/memory/detail/clauses.hpp"
#include "chorus/fleet/memory/detail/clause_rules.hpp"
#include "chorus/fleet/memory/memory_lexicon.hpp"

#include <algorithm>
#include <optional>

namespace chorus::fleet {
namespace {

using detail::Clause;

constexpr Duration kDay = std::chrono::hours(24);

/// The text behind `remember that` or `unutma:`; empty when the sentence does not begin so.
std::string_view note_in(std::string_view sentence) {
  static constexpr std::string_view kBegins[] = {
      "remember that", "remember this", "remember", "dont forget that", "dont forget",
      "do not forget that", "do not forget", "keep in mind that", "keep in mind", "note that",
      "make a note that", "sunu unutma", "bunu unutma", "unutma ki", "unutma", "sunu hatirla",
      "bunu hatirla", "hatirla ki", "hatirla", "sunu not et", "bunu not et", "not et", "not al",
      "aklinda olsun", "aklinda kalsin", "aklinda tut"};
  const Clause tokens = detail::tokens_of(sentence);
  std::size_t start = 0;
  while (start < tokens.size() &&
         detail::is_one_of(tokens[start].folded, {"please", "lutfen", "hey", "ok", "so", "and",
                                                  "hi", "hello", "merhaba", "selam"})) {
    ++start;
  }
  for (const std::string_view begin : kBegins) {
    std::size_t at = start;
    if (!detail::takes(tokens, at, begin) || at >= tokens.size()) continue;
    const auto offset = static_cast<std::size_t>(tokens[at].raw.data() - sentence.data());
    return trim(sentence.substr(offset));
  }
  return {};
}

std::optional<MemoryCandidate> note_of(std::string_view text) {
  const Clause tokens = detail::tokens_of(text);
  if (tokens.size() < 3) return std::nullopt;  // two words state nothing that helps later
  if (detail::is_one_of(tokens.front().folded, {"when", "how", "what", "why", "if", "me", "us"})) {
    return std::nullopt;  // `remember when ...` recalls, it does not ask to keep
  }
  MemoryCandidate note;
  note.kind = MemoryKind::UserNote;
  note.value = std::string(text);
  note.text = "asked to keep in mind: " + note.value;
  note.confidence = 0.9;
  const bool soon = std::any_of(tokens.begin(), tokens.end(), [](const detail::Token& t) {
    return is_calendar_word(t.folded) ||
           detail::is_one_of(t.folded, {"tomorrow", "tonight", "week", "bugun", "yarin", "hafta"});
  });
  if (soon) note.keeps = 14 * kDay;
  return note;
}

}  // namespace

std::vector<MemoryCandidate> extract_memories(std::string_view line) {
  std::vector<MemoryCandidate> out;
  const auto add = [&](std::optional<MemoryCandidate> found) {
    if (!found || out.size() >= kCandidatesPerLine) return false;
    if (found->kind == MemoryKind::PastEvent) found->keeps = 90 * kDay;
    out.push_back(*std::move(found));
    return true;
  };
  for (const detail::Sentence& sentence : detail::sentences_of(line)) {
    if (sentence.question) continue;
    const std::string_view note = note_in(sentence.text);
    bool stated = false;
    for (const Clause& clause : detail::clauses_of(note.empty() ? sentence.text : note)) {
      if (add(detail::read_english(clause)) || add(detail::read_turkish(clause))) stated = true;
    }
    // What the rules understand is kept in their words; the rest as it was said.
    if (!note.empty() && !stated) add(note_of(note));
  }
  return out;
}

}  // namespace chorus::fleet
