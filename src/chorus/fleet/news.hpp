#pragma once

#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/fleet/ports.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace chorus::fleet {

/// For whom news are looked through.
struct NewsReader {
  std::span<const std::string> topics;     ///< folded words of the room's topics
  std::span<const std::string> interests;  ///< folded words of the character
};

/// Items of at most `longest_age` in the order in which they suit the reader: by words in common
/// first (a topic counts twice), then shuffled, so that not everybody quotes the same headline.
/// Where a room has topics, only items of a topic or interest come. Pure; indices into `items`.
std::vector<std::size_t> suitable_news(std::span<const NewsItem> items, const NewsReader& reader,
                                       WallTime now, Duration longest_age, Rng& rng);

}  // namespace chorus::fleet
