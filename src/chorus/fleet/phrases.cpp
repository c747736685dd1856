#include "chorus/fleet/phrases.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/turkish.hpp"

#include <algorithm>
#include <charconv>

namespace chorus::fleet {

struct PhraseMatcher::Seen {
  std::span<const std::string_view> words;
  std::span<const Break> breaks;
  std::vector<TermId> terms;
  std::vector<std::uint32_t> ends;  ///< of each word's terms

  [[nodiscard]] std::span<const TermId> terms_at(std::size_t at) const {
    const std::size_t begin = at == 0 ? 0 : ends[at - 1];
    return std::span<const TermId>(terms).subspan(begin, ends[at] - begin);
  }
  [[nodiscard]] bool is(std::size_t at, TermId term) const {
    const auto all = terms_at(at);
    return std::find(all.begin(), all.end(), term) != all.end();
  }
  [[nodiscard]] bool clause_begins(std::size_t at) const {
    return at == 0 || words[at - 1] == "?" || (at < breaks.size() && breaks[at] != Break::None);
  }
};

bool is_number_word(std::string_view word) {
  if (!word.empty() && (word.front() == '$' || word.front() == '%')) word.remove_prefix(1);
  return !word.empty() && word.front() >= '0' && word.front() <= '9';
}

PhraseMatcher::PhraseMatcher(std::span<const Phrase> phrases, std::span<const WordSet> sets) {
  phrases_.reserve(phrases.size());
  for (const Phrase& phrase : phrases) add(phrase, sets);
  std::ranges::sort(stems_, {}, &Stem::begin);
  std::ranges::sort(ends_, {}, &Stem::begin);
}

void PhraseMatcher::enter(std::string_view word, TermId term, std::span<const WordSet> sets) {
  if (word.size() > 2 && word.front() == '{') {
    const auto set = std::find_if(sets.begin(), sets.end(), [&](const WordSet& s) {
      return s.name == word.substr(1, word.size() - 2);
    });
    CH_CHECK(set != sets.end());
    for (const std::string_view one : set->words) enter(one, term, sets);
    return;
  }
  if (word.size() > 1 && word.front() == '*') {
    ends_.push_back({std::string(word.rbegin(), word.rend() - 1), Tail::Any, term});
    return;
  }
  const auto stem = [&](Tail tail) {
    stems_.push_back({std::string(word.substr(0, word.size() - 1)), tail, term});
  };
  switch (word.size() > 1 ? word.back() : '\0') {
    case '*':
      return stem(Tail::Any);
    case '+':
      return stem(Tail::Noun);
    case '!':
      return stem(Tail::Directive);
    case '=':
      return stem(Tail::FirstPerson);
    default:
      words_[std::string(word)].push_back(term);
  }
}

PhraseMatcher::TermId PhraseMatcher::term_of(std::string_view part, std::span<const WordSet> sets) {
  if (const auto known = terms_.find(std::string(part)); known != terms_.end()) {
    return known->second;
  }
  const auto id = static_cast<TermId>(terms_.size());
  terms_.emplace(part, id);
  begin_with_.emplace_back();
  for (const std::string_view one : split(part, '|')) {
    if (one == "#") {
      numbers_.push_back(id);
    } else {
      enter(one, id, sets);
    }
  }
  return id;
}

void PhraseMatcher::add(const Phrase& phrase, std::span<const WordSet> sets) {
  Compiled compiled;
  compiled.label = phrase.label;
  for (const std::string_view part : split(phrase.pattern, ' ')) {
    if (part.empty()) continue;
    Step step;
    if (part == "^") {
      compiled.at_begin = true;
      continue;
    }
    if (part == ";") {
      step.kind = Step::Kind::ClauseBegin;
    } else if (part == "!") {
      step.kind = Step::Kind::End;
    } else if (part.front() == '~') {
      step.kind = Step::Kind::Gap;
      std::from_chars(part.data() + 1, part.data() + part.size(), step.value);
    } else {
      step.value = term_of(part, sets);
    }
    compiled.steps.push_back(step);
  }
  const auto first = std::find_if(compiled.steps.begin(), compiled.steps.end(),
                                  [](const Step& s) { return s.kind != Step::Kind::ClauseBegin; });
  CH_CHECK(first != compiled.steps.end() && first->kind == Step::Kind::Words);
  begin_with_[first->value].push_back(static_cast<std::uint32_t>(phrases_.size()));
  phrases_.push_back(std::move(compiled));
}

/// Letter by letter the stems that the word still begins with: for most words none is left after
/// two or three, so this is several times cheaper than to look each beginning up. `letter_at` gives
/// the letters in the order in which `stems` spell theirs, `fits` says whether the rest will do.
template <class LetterAt, class Fits>
void PhraseMatcher::walk(std::span<const Stem> stems, std::size_t letters, LetterAt letter_at,
                         Fits fits, std::vector<TermId>& out) {
  auto first = stems.begin();
  auto last = stems.end();
  for (std::size_t length = 1; length <= letters && first != last; ++length) {
    const auto letter = [length](const Stem& stem) {
      return stem.begin.size() < length ? -1 : static_cast<unsigned char>(stem.begin[length - 1]);
    };
    const int wanted = static_cast<unsigned char>(letter_at(length - 1));
    const auto left = std::ranges::equal_range(first, last, wanted, {}, letter);
    first = left.begin();
    last = left.end();
    for (auto stem = first; stem != last && stem->begin.size() == length; ++stem) {
      if (fits(*stem, length)) out.push_back(stem->term);
    }
  }
}

void PhraseMatcher::terms_of(std::string_view word, std::vector<TermId>& out) const {
  if (const auto exact = words_.find(word); exact != words_.end()) {
    out.insert(out.end(), exact->second.begin(), exact->second.end());
  }
  const auto fits = [word](const Stem& stem, std::size_t length) {
    const std::string_view rest = word.substr(length);
    return stem.tail == Tail::Any         ? true
           : stem.tail == Tail::Noun      ? is_noun_tail(rest)
           : stem.tail == Tail::Directive ? is_directive_tail(rest)
                                          : is_first_person_tail(rest);
  };
  walk(stems_, word.size(), [word](std::size_t i) { return word[i]; }, fits, out);
  // An end belongs to a longer word: one letter at least stands before it.
  const auto backwards = [word](std::size_t i) { return word[word.size() - 1 - i]; };
  const auto any = [](const Stem&, std::size_t) { return true; };
  if (word.size() > 1) walk(ends_, word.size() - 1, backwards, any, out);
  if (is_number_word(word)) out.insert(out.end(), numbers_.begin(), numbers_.end());
}

std::optional<std::size_t> PhraseMatcher::matches(const Compiled& phrase, std::size_t step,
                                                  const Seen& text, std::size_t at) {
  for (; step < phrase.steps.size(); ++step) {
    const Step& s = phrase.steps[step];
    switch (s.kind) {
      case Step::Kind::End:
        while (at < text.words.size() && text.words[at] == "?") ++at;
        return at == text.words.size() ? std::optional(at) : std::nullopt;
      case Step::Kind::ClauseBegin:
        if (at >= text.words.size() || !text.clause_begins(at)) return std::nullopt;
        break;
      case Step::Kind::Gap:
        for (std::size_t skip = 0; skip <= s.value && at + skip <= text.words.size(); ++skip) {
          if (const auto end = matches(phrase, step + 1, text, at + skip)) return end;
          if (at + skip < text.words.size() && text.words[at + skip] == "?")
            break;  // next sentence
        }
        return std::nullopt;
      case Step::Kind::Words:
        if (at >= text.words.size() || !text.is(at, s.value)) return std::nullopt;
        ++at;
        break;
    }
  }
  return at;
}

template <class Visit>
void PhraseMatcher::visit_matches(std::span<const std::string_view> words,
                                  std::span<const Break> breaks, const std::uint64_t& skip,
                                  Visit visit) const {
  Seen text{words, breaks, {}, {}};
  text.ends.reserve(words.size());
  for (const std::string_view word : words) {
    const std::size_t begin = text.terms.size();
    terms_of(word, text.terms);
    std::sort(text.terms.begin() + static_cast<std::ptrdiff_t>(begin), text.terms.end());
    text.terms.erase(
        std::unique(text.terms.begin() + static_cast<std::ptrdiff_t>(begin), text.terms.end()),
        text.terms.end());
    text.ends.push_back(static_cast<std::uint32_t>(text.terms.size()));
  }
  for (std::size_t at = 0; at < words.size(); ++at) {
    for (const TermId term : text.terms_at(at)) {
      for (const std::uint32_t index : begin_with_[term]) {
        const Compiled& phrase = phrases_[index];
        if (phrase.at_begin && at != 0) continue;
        if (skip >> phrase.label & 1U) continue;
        const auto end = matches(phrase, 0, text, at);
        if (end && !visit(Span{phrase.label, at, *end})) return;
      }
    }
  }
}

std::optional<int> PhraseMatcher::find(std::span<const std::string_view> words,
                                       std::uint64_t skip) const {
  std::optional<int> found;
  visit_matches(words, {}, skip, [&](const Span& span) {
    found = span.label;
    return false;
  });
  return found;
}

std::size_t PhraseMatcher::count(std::span<const std::string_view> words, int label) const {
  std::size_t found = 0;
  visit_matches(words, {}, ~(std::uint64_t{1} << label), [&](const Span&) {
    ++found;
    return true;
  });
  return found;
}

std::uint64_t PhraseMatcher::find_all(std::span<const std::string_view> words,
                                      std::span<const Break> breaks) const {
  std::uint64_t labels = 0;
  visit_matches(words, breaks, labels,
                [&](const Span& span) {  // what is found is not looked for again
                  labels |= std::uint64_t{1} << span.label;
                  return true;
                });
  return labels;
}

std::vector<PhraseMatcher::Span> PhraseMatcher::find_spans(
    std::span<const std::string_view> words) const {
  std::vector<Span> found;
  const std::uint64_t all = 0;
  visit_matches(words, {}, all, [&](const Span& span) {
    found.push_back(span);
    return true;
  });
  return found;
}

}  // namespace chorus::fleet
