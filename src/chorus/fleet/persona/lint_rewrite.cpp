#include "chorus/base/text.hpp"
#include "chorus/fleet/disclosure.hpp"
#include "chorus/fleet/persona/limits.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/lint_claims.hpp"

#include <algorithm>
#include <array>

namespace chorus::fleet {
namespace {

struct Swap {
  std::string_view claim;  ///< lower case
  std::string_view alone;  ///< when the sentence goes on without a noun
  std::string_view before_noun;
};
// Longest first: a shorter one must not take a part of it.
constexpr std::array kSwaps{
    Swap{"a real human being", "an automated character", "an automated"},
    Swap{"a human being", "an automated character", "an automated"},
    Swap{"an actual human", "an automated character", "an automated"},
    Swap{"an actual person", "an automated character", "an automated"},
    Swap{"a genuine person", "an automated character", "an automated"},
    Swap{"a real person", "an automated character", "an automated"},
    Swap{"a real human", "an automated character", "an automated"},
    Swap{"a human", "an automated character", "an automated"},
    Swap{"truly human", "openly automated", "openly automated"},
    Swap{"fully human", "openly automated", "openly automated"},
    Swap{"completely human", "openly automated", "openly automated"},
    Swap{"gerçek bir insan", "otomatik bir karakter", "otomatik bir karakter"},
    Swap{"gerçek bir kişi", "otomatik bir karakter", "otomatik bir karakter"},
    Swap{"bir insansın", "otomatik bir karaktersin", "otomatik bir karaktersin"},
    Swap{"insansın", "otomatik bir karaktersin", "otomatik bir karaktersin"},
};

/// Words after which no noun follows the claim: "a human with a dog", "a human, who ...".
bool goes_on_alone(std::string_view rest) {
  if (rest.empty() || rest.front() != ' ') return true;
  const auto parts = split(rest.substr(1), ' ');
  static constexpr std::array<std::string_view, 14> kJoins = {
      "who", "that", "with", "and",    "from", "in",  "of",
      "at",  "or",   "but",  "living", "on",   "for", "like"};
  return std::find(kJoins.begin(), kJoins.end(), ascii_lower(parts.front())) != kJoins.end();
}

/// The sentence with its claims turned round; empty when no words for it are known.
std::string turned_round(std::string sentence) {
  for (const Swap& swap : kSwaps) {
    std::string lower = ascii_lower(sentence);
    for (std::size_t at = lower.find(swap.claim); at != std::string::npos;
         at = lower.find(swap.claim, at + 1)) {
      const std::size_t end = at + swap.claim.size();
      const bool whole = (at == 0 || sentence[at - 1] == ' ') &&
                         (end == sentence.size() || std::string_view(" .,;:!?").find(
                                                        sentence[end]) != std::string_view::npos);
      if (!whole) continue;
      const bool alone = goes_on_alone(std::string_view(sentence).substr(end));
      sentence.replace(at, swap.claim.size(), alone ? swap.alone : swap.before_noun);
      lower = ascii_lower(sentence);
    }
  }
  return detail::claims_in(sentence).empty() ? sentence : std::string();
}

/// The text without its claims: turned round where `turn` allows it, else without the sentence.
std::string cleaned(const std::string& text, bool turn) {
  std::string out;
  std::size_t copied = 0;
  for (const auto& sentence : detail::card_sentences(text)) {
    const std::string words = text.substr(sentence.begin, sentence.end - sentence.begin);
    const bool claims = !detail::claims_in(words).empty();
    // What stands between two sentences goes with the one that it leads to.
    const std::string kept = !claims ? words : turn ? turned_round(words) : std::string();
    if (!kept.empty()) {
      if (!out.empty()) out += text.substr(copied, sentence.begin - copied);
      out += kept;
    }
    copied = sentence.end;
  }
  return std::string(trim(out));
}

/// A repaired text may hold no claim: whatever the repair has joined is looked at again. Honest
/// words are longer than the claim at times; where they do not fit, the sentence goes.
std::string without_claims(const std::string& text, std::size_t longest) {
  constexpr int kRounds = 4;
  for (const bool turn : {true, false}) {
    std::string clean = text;
    for (int round = 0; round < kRounds; ++round) {
      const std::string next = cleaned(clean, turn);
      const bool done = next == clean;
      clean = next;
      if (done && code_point_count(clean) <= longest) return clean;
    }
  }
  return {};
}

}  // namespace

Persona propose_rewrite(const Persona& persona) {
  const auto findings = lint_persona(persona);
  if (findings.empty()) return persona;
  Persona out = persona;
  detail::for_each_text(out, [&](const std::string& path, std::string& text, std::size_t longest) {
    const bool found = std::any_of(findings.begin(), findings.end(),
                                   [&](const Finding& f) { return f.field == path; });
    if (found) text = without_claims(text, longest);
  });
  const auto drop_empty = [](std::vector<std::string>& texts) {
    std::erase_if(texts, [](const std::string& text) { return text.empty(); });
  };
  for (auto* texts : {&out.interests, &out.expertise, &out.rules, &out.facts, &out.emotion.mood,
                      &out.emotion.signature_emoji, &out.emotion.signature_phrases}) {
    drop_empty(*texts);
  }
  std::erase_if(out.stances, [](const Stance& s) { return s.topic.empty() || s.text.empty(); });
  const bool hid = std::any_of(findings.begin(), findings.end(), [](const Finding& f) {
    return f.rule == LintRule::Human || f.rule == LintRule::HidesAutomation;
  });
  const std::string open = language_of(out.language) == Language::Turkish
                               ? "Sorulduğunda otomatik bir karakter olduğunu açıkça söyle."
                               : "Say openly that you are an automated character when asked.";
  const bool has = std::find(out.rules.begin(), out.rules.end(), open) != out.rules.end();
  if (hid && !has && out.rules.size() < persona_limits::kRules) out.rules.push_back(open);
  return out;
}

}  // namespace chorus::fleet
