#include "chorus/fleet/phrases.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace chorus::fleet {
namespace {

std::uint16_t start_key(std::string_view word) {
  const auto first = static_cast<unsigned char>(word.empty() ? '\0' : word[0]);
  const auto second = static_cast<unsigned char>(word.size() < 2 ? '\0' : word[1]);
  return static_cast<std::uint16_t>(first << 8 | second);
}

}  // namespace

bool is_number_word(std::string_view word) {
  if (!word.empty() && (word.front() == '$' || word.front() == '%')) word.remove_prefix(1);
  return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

PhraseMatcher::PhraseMatcher(std::span<const Phrase> phrases, std::span<const WordSet> sets) {
  phrases_.reserve(phrases.size());
  for (const Phrase& phrase : phrases) add(phrase, sets);
}

void PhraseMatcher::add(const Phrase& phrase, std::span<const WordSet> sets) {
  Compiled compiled;
  compiled.label = phrase.label;
  for (const std::string_view part : split(phrase.pattern, ' ')) {
    if (part.empty()) continue;
    Term term;
    if (part == "^") {
      compiled.at_begin = true;
      continue;
    }
    if (part == "!") {
      term.kind = Term::Kind::End;
    } else if (part == "#") {
      term.kind = Term::Kind::Number;
    } else if (part.front() == '~') {
      term.kind = Term::Kind::Gap;
      std::from_chars(part.data() + 1, part.data() + part.size(), term.gap);
    } else {
      for (const std::string_view one : split(part, '|')) {
        if (one.size() > 2 && one.front() == '{') {
          const auto set = std::find_if(sets.begin(), sets.end(), [&](const WordSet& s) {
            return s.name == one.substr(1, one.size() - 2);
          });
          CH_CHECK(set != sets.end());
          for (const std::string_view word : set->words) {
            (word.ends_with('*') ? term.stems : term.exact)
                .emplace_back(word.ends_with('*') ? word.substr(0, word.size() - 1) : word);
          }
        } else if (one.ends_with('*')) {
          term.stems.emplace_back(one.substr(0, one.size() - 1));
        } else {
          term.exact.emplace_back(one);
        }
      }
    }
    compiled.terms.push_back(std::move(term));
  }
  CH_CHECK(!compiled.terms.empty());
  const auto index = static_cast<std::uint32_t>(phrases_.size());
  const Term& first = compiled.terms.front();
  CH_CHECK(first.kind == Term::Kind::Words || first.kind == Term::Kind::Number);
  if (first.kind == Term::Kind::Number) by_number_.push_back(index);
  const auto file_under = [&](std::uint16_t key) {
    auto& list = by_start_[key];
    if (list.empty() || list.back() != index) list.push_back(index);
  };
  for (const auto& word : first.exact) file_under(start_key(word));
  for (const auto& stem : first.stems) {
    CH_CHECK(stem.size() >= 2);  // shorter stems would have to be looked at for every word
    file_under(start_key(stem));
  }
  phrases_.push_back(std::move(compiled));
}

bool PhraseMatcher::word_matches(const Term& term, std::string_view word) {
  if (term.kind == Term::Kind::Number) return is_number_word(word);
  return std::any_of(term.exact.begin(), term.exact.end(),
                     [&](const std::string& e) { return word == e; }) ||
         std::any_of(term.stems.begin(), term.stems.end(),
                     [&](const std::string& s) { return word.starts_with(s); });
}

std::optional<std::size_t> PhraseMatcher::matches_from(const Compiled& phrase, std::size_t term,
                                                       std::span<const std::string_view> words,
                                                       std::size_t at) const {
  for (; term < phrase.terms.size(); ++term) {
    const Term& t = phrase.terms[term];
    if (t.kind == Term::Kind::End) {
      while (at < words.size() && words[at] == "?") ++at;
      return at == words.size() ? std::optional(at) : std::nullopt;
    }
    if (t.kind == Term::Kind::Gap) {
      for (std::size_t skip = 0; skip <= t.gap && at + skip <= words.size(); ++skip) {
        if (const auto end = matches_from(phrase, term + 1, words, at + skip)) return end;
        if (at + skip < words.size() && words[at + skip] == "?") return {};  // next sentence
      }
      return std::nullopt;
    }
    if (at >= words.size() || !word_matches(t, words[at])) return std::nullopt;
    ++at;
  }
  return at;
}

std::optional<std::size_t> PhraseMatcher::matches(const Compiled& phrase,
                                                  std::span<const std::string_view> words,
                                                  std::size_t at) const {
  if (phrase.at_begin && at != 0) return std::nullopt;
  return matches_from(phrase, 0, words, at);
}

template <class Visit>
void PhraseMatcher::visit_matches(std::span<const std::string_view> words, Visit visit) const {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto look = [&](const std::vector<std::uint32_t>& candidates) {
      for (const std::uint32_t index : candidates) {
        const auto end = matches(phrases_[index], words, i);
        if (end && !visit(Span{phrases_[index].label, i, *end})) return false;
      }
      return true;
    };
    if (const auto found = by_start_.find(start_key(words[i]));
        found != by_start_.end() && !look(found->second)) {
      return;
    }
    if (is_number_word(words[i]) && !look(by_number_)) return;
  }
}

std::optional<int> PhraseMatcher::find(std::span<const std::string_view> words,
                                       std::uint64_t skip) const {
  std::optional<int> found;
  visit_matches(words, [&](const Span& span) {
    if (skip >> span.label & 1U) return true;
    found = span.label;
    return false;
  });
  return found;
}

std::uint64_t PhraseMatcher::find_all(std::span<const std::string_view> words) const {
  std::uint64_t labels = 0;
  visit_matches(words, [&](const Span& span) {
    labels |= std::uint64_t{1} << span.label;
    return true;
  });
  return labels;
}

std::vector<PhraseMatcher::Span> PhraseMatcher::find_spans(
    std::span<const std::string_view> words) const {
  std::vector<Span> found;
  visit_matches(words, [&](const Span& span) {
    found.push_back(span);
    return true;
  });
  return found;
}

}  // namespace chorus::fleet
