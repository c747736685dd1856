#pragma once

#include "chorus/fleet/room_log.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chorus::fleet {

/// What becomes of a message that nobody asked for when people have spoken while it was made.
enum class Revalidation : std::uint8_t { Send, Revise, AnsweredMeanwhile, TopicMoved };
inline constexpr std::size_t kRevalidations = 4;
[[nodiscard]] constexpr bool takes_back(Revalidation verdict) {
  return verdict == Revalidation::AnsweredMeanwhile || verdict == Revalidation::TopicMoved;
}

/// Looks at what was said after `trigger` (a message; nullptr: the bot began by itself) and before
/// `draft` leaves. The question was answered by somebody else; or people have gone on (two of their
/// lines or more) and the newest has no word in common with trigger or draft; or the bot wanted to
/// begin something while a person did. Revise: it still fits, but who is answered has said more: a
/// text that can be made anew should know of it. Pure; O(lines).
/// Source: reference/practice.md 3.2, step 6.
Revalidation revalidate(const RoomLine* trigger, std::span<const RoomLine* const> later,
                        std::string_view draft);

}  // namespace chorus::fleet
