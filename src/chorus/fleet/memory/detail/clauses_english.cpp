#include "chorus/fleet/memory/detail/clause_rules.hpp"

#include <algorithm>

namespace chorus::fleet::detail {
namespace {

struct Rule {
  std::string_view begins;
  std::string_view prefix;
  std::size_t most_words;
  double confidence;
  MemoryKind kind = MemoryKind::PersonalFact;
};

constexpr Rule kRules[] = {
    {"i live in", "lives in ", 3, 0.9},
    {"i am living in", "lives in ", 3, 0.9},
    {"i am based in", "lives in ", 3, 0.8},
    {"i moved to", "lives in ", 3, 0.8},
    {"i come from", "comes from ", 3, 0.8},
    {"i am from", "comes from ", 3, 0.8},
    {"i work as a|an|the", "works as ", 4, 0.9},
    {"i work as", "works as ", 4, 0.9},
    {"my job is", "works as ", 4, 0.7},
    {"i work at|for", "works at ", 4, 0.8},
    {"my birthday is on", "birthday: ", 4, 0.9},
    {"my birthday is", "birthday: ", 4, 0.9},
    {"i was born on", "birthday: ", 4, 0.8},
    {"i was born in", "comes from ", 3, 0.6},
    {"i do not|really like", "dislikes ", 5, 0.8, MemoryKind::Preference},
    {"i dont like", "dislikes ", 5, 0.8, MemoryKind::Preference},
    {"i dont really like", "dislikes ", 5, 0.7, MemoryKind::Preference},
    {"i hate|dislike", "dislikes ", 5, 0.8, MemoryKind::Preference},
    {"i cant|cannot stand", "dislikes ", 5, 0.8, MemoryKind::Preference},
    {"i like|love|enjoy|adore|prefer", "likes ", 5, 0.8, MemoryKind::Preference},
    {"i really|also|always|absolutely like|love|enjoy|adore", "likes ", 5, 0.8,
     MemoryKind::Preference},
    {"i usually|often|normally|generally", "routine: usually ", 9, 0.7, MemoryKind::Routine},
};

bool ends_value(std::string_view word) {
  return is_one_of(word, {"when",  "while", "which", "that", "who",   "if",  "since", "now",
                          "too",   "lol",   "btw",   "so",   "as",    "then", "though", "a lot",
                          "much",  "right", "these", "haha", "today"});
}

/// Says nothing by itself: `I like it`, `I love you`.
bool is_vague(std::string_view word) {
  return is_one_of(word, {"it",   "this", "that", "these", "those",   "them", "him",  "her",
                          "you",  "your", "how",  "what",  "when",    "where", "why", "if",
                          "one",  "so",   "very", "just",  "the",     "not",
                          "nothing", "everything", "us", "being"});
}

std::optional<MemoryCandidate> value_from(const Clause& clause, std::size_t at, const Rule& rule) {
  while (at < clause.size() && is_one_of(clause[at].folded, {"the", "a", "an", "really"})) ++at;
  if (at >= clause.size() || is_vague(clause[at].folded)) return std::nullopt;
  std::size_t end = at;
  while (end < clause.size() && end - at < rule.most_words && !ends_value(clause[end].folded)) {
    ++end;
  }
  // A value that goes on and on is no value: half of a sentence may say something else.
  if (end < clause.size() && !ends_value(clause[end].folded)) return std::nullopt;
  return stated(rule.kind, rule.prefix, join(clause, at, end), rule.confidence);
}

bool is_profession(std::string_view word) {
  return is_one_of(
      word, {"teacher",  "nurse",    "student",    "engineer", "developer", "designer",
             "lawyer",   "driver",   "cook",       "chef",     "writer",    "artist",
             "farmer",   "doctor",   "accountant", "pilot",    "musician",  "programmer",
             "baker",    "librarian", "carpenter", "architect", "translator", "photographer",
             "electrician", "gardener", "waiter",  "painter",  "scientist", "journalist"});
}

bool is_pet_or_thing(std::string_view word) {
  return is_one_of(word, {"cat", "dog", "parrot", "bird", "fish", "rabbit", "hamster", "horse",
                          "turtle", "cats", "dogs", "birds", "garden", "bike", "bicycle", "car",
                          "boat", "guitar", "piano", "violin"});
}

std::optional<MemoryCandidate> name_in(const Clause& clause) {
  for (const std::string_view begins : {"my name is", "my names", "i am called", "call me",
                                        "people call me", "you can call me", "everyone calls me"}) {
    std::size_t at = 0;
    if (!takes(clause, at, begins)) continue;
    return stated(MemoryKind::PersonalFact, "is called ", name_at(clause, at, clause.size()), 0.95);
  }
  return std::nullopt;
}

/// `my favourite X is Y`.
std::optional<MemoryCandidate> favourite_in(const Clause& clause) {
  std::size_t at = 0;
  if (!takes(clause, at, "my favourite|favorite")) return std::nullopt;
  const auto is = std::find_if(clause.begin() + static_cast<std::ptrdiff_t>(at), clause.end(),
                               [](const Token& t) { return t.folded == "is"; });
  const auto verb = static_cast<std::size_t>(is - clause.begin());
  if (is == clause.end() || verb == at || verb - at > 3) return std::nullopt;
  std::size_t end = verb + 1;
  while (end < clause.size() && end - verb <= 5 && !ends_value(clause[end].folded)) ++end;
  const std::string what = join(clause, verb + 1, end);
  if (what.empty()) return std::nullopt;
  return stated(MemoryKind::Preference, "favourite ", join(clause, at, verb) + ": " + what, 0.85);
}

/// Habits and events: the whole clause is what is kept.
std::optional<MemoryCandidate> whole_in(const Clause& clause) {
  constexpr std::size_t kMostWords = 12;
  if (clause.size() > kMostWords || clause.size() < 4) return std::nullopt;
  std::size_t at = 0;
  if (takes(clause, at, "every") && at + 1 < clause.size() && clause[at + 1].folded == "i") {
    return stated(MemoryKind::Routine, "routine: ", join(clause, 0, clause.size()), 0.75);
  }
  at = 0;
  const bool past =
      takes(clause, at, "yesterday i") ||
      takes(clause, at, "last night|week|weekend|month|year|summer|winter|spring|autumn i");
  if (!past) return std::nullopt;
  return stated(MemoryKind::PastEvent, "told of: ", join(clause, 0, clause.size()), 0.6);
}

}  // namespace

std::optional<MemoryCandidate> stated(MemoryKind kind, std::string_view prefix, std::string value,
                                      double confidence) {
  if (value.empty()) return std::nullopt;
  MemoryCandidate out;
  out.kind = kind;
  out.text = std::string(prefix) + value;
  out.value = std::move(value);
  out.confidence = confidence;
  return out;
}

std::string name_at(const Clause& clause, std::size_t at, std::size_t end) {
  constexpr std::size_t kMostWords = 3;
  end = std::min({end, clause.size(), at + kMostWords});
  if (at >= end) return {};
  std::size_t last = at + 1;
  // Written small, it must stand alone: `my name is as you know`.
  if (!is_capital(clause[at].raw) && last < end) return {};
  while (last < end && is_capital(clause[at].raw) && is_capital(clause[last].raw)) ++last;
  const std::string name = join(clause, at, last);
  const bool letters = std::none_of(name.begin(), name.end(),
                                    [](char c) { return c >= '0' && c <= '9'; });
  return letters && !is_vague(clause[at].folded) ? name : std::string();
}

std::optional<MemoryCandidate> read_english(const Clause& clause) {
  if (auto found = name_in(clause)) return found;
  if (auto found = favourite_in(clause)) return found;
  if (auto found = whole_in(clause)) return found;
  std::size_t at = 0;
  if (takes(clause, at, "we are friends") ||
      takes(clause, at, "we are good|old|best|close friends")) {
    return stated(MemoryKind::Relationship, "calls the two of us ", "friends", 0.7);
  }
  if (takes(clause, at, "i am a|an") && at < clause.size()) {
    const std::size_t end = std::min(clause.size(), at + 3);
    for (std::size_t i = at; i < end; ++i) {
      if (!is_profession(clause[i].folded)) continue;
      return stated(MemoryKind::PersonalFact, "works as ", join(clause, at, i + 1), 0.8);
    }
    return std::nullopt;
  }
  if (takes(clause, at, "i have|own a|an|two|three") && at < clause.size()) {
    const std::size_t end = std::min(clause.size(), at + 3);
    for (std::size_t i = at; i < end; ++i) {
      if (!is_pet_or_thing(clause[i].folded)) continue;
      std::size_t last = i + 1;  // `a cat called Minnoş`
      if (takes(clause, last, "called|named") && last < clause.size()) ++last;
      return stated(MemoryKind::PersonalFact, "has ", join(clause, at - 1, last), 0.8);
    }
    return std::nullopt;
  }
  for (const Rule& rule : kRules) {
    at = 0;
    if (takes(clause, at, rule.begins)) return value_from(clause, at, rule);
  }
  return std::nullopt;
}

}  // namespace chorus::fleet::detail
