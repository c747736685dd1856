#pragma once

#include "chorus/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chorus::lab {

/// One line of a room, as anybody who reads along sees it. Speakers are told apart by number only.
struct Utterance {
  std::int64_t id = 0;  ///< of the message in its room
  std::int64_t speaker = 0;
  bool bot = false;
  Duration at{};  ///< from any common beginning
  std::string text;
  std::optional<std::int64_t> reply_to;   ///< id of an earlier line
  std::optional<std::int64_t> addressed;  ///< whom a person spoke to, bot or person
  bool disclosed = false;                 ///< a bot's line that says that a program writes
};

/// What was said in one room, in order of time.
struct Talk {
  std::vector<Utterance> lines;
  std::vector<std::int64_t> bots;  ///< who could have spoken, whether they did or not
};

/// A number with how much it rests on. nullopt: the talk says nothing about it.
struct QualitySample {
  std::optional<double> value;
  std::uint64_t n = 0;
};

}  // namespace chorus::lab
