#include "chorus/sandbox/llm/answer.hpp"

#include "chorus/base/text.hpp"

#include <array>
#include <vector>

namespace chorus::sandbox {

namespace {

constexpr std::array<std::string_view, 10> kOpeners = {"Good question.",
                                                       "Let me think about that.",
                                                       "Here is how I see it.",
                                                       "That depends.",
                                                       "Fair point.",
                                                       "I looked at it from two sides.",
                                                       "In short:",
                                                       "There is more to it.",
                                                       "Happy to go into that.",
                                                       "It comes up often."};
constexpr std::array<std::string_view, 12> kSentences = {
    "The first thing I would check about {} is how it behaved before.",
    "People tend to overrate {} when everybody talks about it.",
    "With {} the details decide, and they are rarely in the headline.",
    "I would write down what you expect of {} and look again in a week.",
    "Two things can be true about {} at once.",
    "What made you think of {} just now?",
    "A small test says more about {} than a long argument.",
    "If {} changes, the rest follows.",
    "I have no strong opinion on {}, but I can compare it with what we know.",
    "There are patient ways and quick ways to handle {}.",
    "Most mistakes with {} come from looking once only.",
    "Ask somebody who disagrees about {} and see what is left."};

/// Words of at least five letters: what the answer turns on.
std::vector<std::string_view> keywords(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t i = 0;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  while (i < text.size()) {
    const std::size_t start = i;
    while (i < text.size() && is_word(text[i])) ++i;
    if (i - start >= 5) words.push_back(text.substr(start, i - start));
    if (i == start) ++i;
  }
  return words;
}

}  // namespace

std::string_view find_canary(std::string_view text) {
  std::size_t at = 0;
  while ((at = text.find("[c:", at)) != std::string_view::npos) {
    const auto close = text.find(']', at);
    if (close != std::string_view::npos && close - at >= 4 && close - at <= 24) {
      return text.substr(at, close - at + 1);
    }
    at += 3;
  }
  return {};
}

std::string scripted_answer(const proto::openai::ChatRequest& request, std::int64_t tokens,
                            Rng rng) {
  std::string_view last;
  for (const auto& message : request.messages) {
    if (message.role == "user") last = message.content;
  }
  const auto words = keywords(last);
  const std::string_view canary = find_canary(last);
  std::string out(kOpeners[rng.below(kOpeners.size())]);
  while (static_cast<std::int64_t>(out.size()) < tokens * 4) {
    const std::string_view topic = words.empty() ? "it" : words[rng.below(words.size())];
    out += ' ';
    out += replace_all(std::string(kSentences[rng.below(kSentences.size())]), "{}", topic);
  }
  if (static_cast<std::int64_t>(out.size()) > tokens * 4 && tokens > 4) {
    // Cut at a word, so that the length is what was asked for.
    const auto space = out.rfind(' ', static_cast<std::size_t>(tokens * 4));
    if (space != std::string::npos && space > 8) out.resize(space);
  }
  if (!canary.empty()) {
    out += ' ';
    out += canary;
  }
  return out;
}

}  // namespace chorus::sandbox
