#include "chorus/sandbox/llm/answer.hpp"

#include "chorus/base/canary.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/openai/codec.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace chorus::sandbox {

namespace openai = proto::openai;

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

constexpr std::size_t kShortestWord = 5;
constexpr std::size_t kLongestWord = 40;

/// Words of five letters or more, and not so long that one would fill the answer: what it turns on.
/// Markers, mentions and commands (`[x8f2]`, `@name`, `/about`) are no topics, nor is the canary
/// (a part of `text`, or empty).
std::vector<std::string_view> keywords(std::string_view text, std::string_view canary) {
  std::vector<std::string_view> words;
  std::size_t i = 0;
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  while (i < text.size()) {
    if (!canary.empty() && text.data() + i == canary.data()) {
      i += canary.size();
      continue;
    }
    const char c = text[i];
    if (c == '[' || c == '@' || c == '/' || c == '#') {
      const auto stop = text.find_first_of(c == '[' ? "] \n" : " \n[", i + 1);
      i = stop == std::string_view::npos ? text.size() : stop;
      continue;
    }
    const std::size_t start = i;
    while (i < text.size() && is_word(text[i])) ++i;
    if (i - start >= kShortestWord && i - start <= kLongestWord) {
      words.push_back(text.substr(start, i - start));
    }
    if (i == start) ++i;
  }
  return words;
}

/// Shortens `text` to `tokens` tokens at most: at a space when there is one, else at a character.
void cut_to(std::string& text, std::int64_t tokens) {
  if (openai::estimate_tokens(text) <= tokens) return;
  // The estimate grows with the text, so the longest part that fits is found by halving.
  std::size_t fits = 0;
  std::size_t too_long = text.size();
  while (too_long - fits > 1) {
    const std::size_t middle = fits + (too_long - fits) / 2;
    const bool ok = openai::estimate_tokens(std::string_view(text).substr(0, middle)) <= tokens;
    (ok ? fits : too_long) = middle;
  }
  while (fits > 0 && (static_cast<unsigned char>(text[fits]) & 0xC0U) == 0x80U) --fits;
  const auto space = text.rfind(' ', fits);
  text.resize(space != std::string::npos && space > 0 ? space : fits);
}

}  // namespace

std::string scripted_answer(const openai::ChatRequest& request, std::int64_t tokens, Rng rng) {
  std::string_view last;
  for (const auto& message : request.messages) {
    if (message.role == "user") last = message.content;
  }
  const auto said = inside_marks(last);
  const auto canary = find_any_canary(said);
  const auto words = keywords(said, canary);
  std::string tail;
  if (!canary.empty()) tail = " " + std::string(canary);
  const std::int64_t room = std::max<std::int64_t>(1, tokens - openai::estimate_tokens(tail));
  std::string out(kOpeners[rng.below(kOpeners.size())]);
  while (openai::estimate_tokens(out) < room) {
    const std::string_view topic = words.empty() ? "it" : words[rng.below(words.size())];
    out += ' ';
    out += replace_all(std::string(kSentences[rng.below(kSentences.size())]), "{}", topic);
  }
  cut_to(out, room);
  return out + tail;
}

}  // namespace chorus::sandbox
