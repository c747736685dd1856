#include "chorus/fleet/reactions.hpp"

#include "chorus/fleet/folding.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace chorus::fleet {
namespace {

// All are in Telegram's ReactionTypeEmoji set; chart emoji are not, and were the founding mistake.
constexpr std::array<std::string_view, 4> kGlad = {"👍", "🔥", "👏", "🎉"};
constexpr std::array<std::string_view, 3> kSad = {"😢", "🤔", "😨"};
constexpr std::array<std::string_view, 3> kPlain = {"👍", "🤔", "👀"};

constexpr std::string_view kGladWords[] = {"great",  "thanks", "love",  "nice",   "awesome", "good",
                                           "harika", "super",  "guzel", "tesekk", "bravo",   "iyi",
                                           "tebrik", "sagol",  "mutlu", "happy"};
constexpr std::string_view kSadWords[] = {"sad",  "bad",  "sorry",  "lost", "angry", "terrible",
                                          "uzgu", "kotu", "maales", "kayb", "zarar", "sinir"};

bool has_any(const Words& words, std::span<const std::string_view> stems) {
  return std::any_of(words.all().begin(), words.all().end(), [&](std::string_view word) {
    return std::any_of(stems.begin(), stems.end(),
                       [&](std::string_view stem) { return word.starts_with(stem); });
  });
}

}  // namespace

bool is_sad(std::string_view text) {
  return has_any(Words(text), kSadWords);
}

std::optional<std::string> choose_reaction(std::string_view text,
                                           const std::optional<std::vector<std::string>>& allowed,
                                           double draw) {
  const Words words(text);
  std::span<const std::string_view> wanted = kPlain;
  if (has_any(words, kGladWords)) wanted = kGlad;
  if (has_any(words, kSadWords)) wanted = kSad;
  const auto start = static_cast<std::size_t>(draw * static_cast<double>(wanted.size()));
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::string_view emoji = wanted[(start + i) % wanted.size()];
    if (!allowed || std::find(allowed->begin(), allowed->end(), emoji) != allowed->end()) {
      return std::string(emoji);
    }
  }
  return std::nullopt;
}

}  // namespace chorus::fleet
