#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::proto::feed {

/// One entry. Texts are valid UTF-8 without markup, on one line.
struct Item {
  std::string id;     ///< guid or id; else the link; else the title. Never empty
  std::string title;  ///< at most 300 code points, never empty
  std::string link;   ///< http(s), at most 2 048 bytes; may be empty
  std::optional<WallTime> published;
};

inline constexpr std::size_t kMostItems = 200;
inline constexpr std::size_t kMostBytes = 1024 * 1024;

/// The items of an RSS 2.0 (also 0.9x and 1.0) or Atom feed, in its order, at most kMostItems.
/// Errors: ParseError (not well-formed, neither kind of feed, deeper than 32 elements, or with a
/// document type: without one no entity but XML's own five exists, so nothing is fetched and
/// nothing expands), PayloadTooLarge above kMostBytes. Encodings: UTF-8, UTF-16, ISO-8859-1,
/// ISO-8859-9, windows-1252 and windows-1254. Memory: O(bytes). Source: RSS 2.0 specification; RFC
/// 4287; XML 1.0.
Result<std::vector<Item>> parse(std::string_view bytes);

/// RFC 822 with two or four digits of the year and any of its zones (unknown ones are UTC), or RFC
/// 3339. nullopt: neither.
std::optional<WallTime> parse_date(std::string_view text);

}  // namespace chorus::proto::feed
