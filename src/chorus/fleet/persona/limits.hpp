#pragma once

#include <cstddef>

/// How long the texts of a card may be, in code points: the reader refuses more, and a rewrite
/// stays within it.
namespace chorus::fleet::persona_limits {

inline constexpr std::size_t kName = 32;
inline constexpr std::size_t kDescription = 600;
inline constexpr std::size_t kTone = 120;
inline constexpr std::size_t kStyle = 600;
inline constexpr std::size_t kTopic = 80;  ///< an interest, a field of expertise, a stance's topic
inline constexpr std::size_t kRule = 300;
inline constexpr std::size_t kRules = 20;  ///< entries
inline constexpr std::size_t kMood = 40;
inline constexpr std::size_t kEmoji = 16;
inline constexpr std::size_t kPhrase = 120;
inline constexpr std::size_t kStance = 300;
inline constexpr std::size_t kFact = 300;

}  // namespace chorus::fleet::persona_limits
