#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What a room talks about, by its operator's word: a name, and other words for it.
struct Topic {
  std::string name;
  std::vector<std::string> keywords;
  std::string language;  ///< IETF tag; empty: any
};

/// Reads `topics` of RoomRow::extra: texts, or `{name, keywords[], language}`. At most 50; what
/// does not fit is left out. Topics are data of users: they reach a prompt between marks only.
std::vector<Topic> read_topics(std::string_view room_extra);

}  // namespace chorus::fleet
