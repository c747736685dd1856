#include "chorus/base/canary.hpp"

#include "chorus/base/random.hpp"

#include <fmt/format.h>

namespace chorus {

namespace {

// No vowels and no look-alikes: a canary never spells a word and survives being read aloud.
constexpr std::string_view kAlphabet = "bcdfghjkmnpqrstvwxz23456789";
constexpr char kMark = 'z';
constexpr std::size_t kRunLetters = 3;
constexpr std::size_t kPrefix = 1 + kRunLetters;
constexpr std::size_t kLongestNumber = 7;

std::string encode(std::uint64_t number) {
  std::string out;
  do {
    out += kAlphabet[number % kAlphabet.size()];
    number /= kAlphabet.size();
  } while (number > 0);
  return out;
}

std::optional<std::uint32_t> decode(std::string_view text) {
  if (text.empty() || text.size() > kLongestNumber) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = text.size(); i-- > 0;) {
    const auto digit = kAlphabet.find(text[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    number = number * kAlphabet.size() + digit;
  }
  if (number > UINT32_MAX) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

std::string run_prefix(std::uint64_t run_seed) {
  auto hash = stable_hash("canary", run_seed);
  std::string out(1, kMark);
  for (std::size_t i = 0; i < kRunLetters; ++i) {
    out += kAlphabet[hash % kAlphabet.size()];
    hash /= kAlphabet.size();
  }
  return out;
}

std::size_t token_length(std::string_view text) {
  std::size_t n = 0;
  while (n < text.size() && kAlphabet.find(text[n]) != std::string_view::npos) ++n;
  return n;
}

struct Read {
  Canary canary;
  std::size_t length = 0;
};

/// The canary at the start of `text`, whatever its run.
std::optional<Read> read_canary(std::string_view text) {
  if (!text.starts_with(kMark)) return std::nullopt;
  const auto head = token_length(text);
  if (head <= kPrefix || head >= text.size() || text[head] != '-') return std::nullopt;
  const auto tail = token_length(text.substr(head + 1));
  const auto person = decode(text.substr(kPrefix, head - kPrefix));
  const auto message = decode(text.substr(head + 1, tail));
  if (!person || !message) return std::nullopt;
  return Read{{*person, *message}, head + 1 + tail};
}

bool is_word_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string canary_text(std::uint64_t run_seed, Canary canary) {
  return fmt::format("{}{}-{}", run_prefix(run_seed), encode(canary.person),
                     encode(canary.message));
}

std::optional<Canary> find_canary(std::uint64_t run_seed, std::string_view text) {
  const auto prefix = run_prefix(run_seed);
  for (std::size_t at = text.find(prefix); at != std::string_view::npos;
       at = text.find(prefix, at + 1)) {
    if (const auto read = read_canary(text.substr(at))) return read->canary;
  }
  return std::nullopt;
}

std::string_view find_any_canary(std::string_view text) {
  for (std::size_t at = text.find(kMark); at != std::string_view::npos;
       at = text.find(kMark, at + 1)) {
    if (at > 0 && is_word_char(text[at - 1])) continue;
    const auto read = read_canary(text.substr(at));
    if (!read) continue;
    const auto end = at + read->length;
    if (end == text.size() || !is_word_char(text[end])) return text.substr(at, read->length);
  }
  return {};
}

}  // namespace chorus
