#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/quality/quality.hpp"
#include "chorus/sandbox/types.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab {

/// What was said in the groups of a run, kept to be judged when it is over: the first 2 000 lines
/// of at most 8 rooms with two bots or more. Private chats are no conversations of a room. One
/// thread.
class ChatLog {
 public:
  /// From then on the room's lines are kept, if there is place for it.
  void open(PlatformChatId room, std::string name, std::vector<PlatformUserId> bots);
  /// `addressed`: whom a person spoke to; none: everybody, or a bot's line.
  void add(const sandbox::MessageView& line, PlatformUserId addressed, MonoTime at);
  /// Nothing when no room was opened.
  [[nodiscard]] std::optional<QualityReport> report() const;

 private:
  struct Room {
    std::string name;
    Talk talk;
    std::uint64_t beyond = 0;
  };
  std::map<std::int64_t, Room> rooms_;
};

/// Whether a line says of its writer that it is a program, in the words of the common languages:
/// any bot's disclosure counts, not only ours.
bool names_a_program(std::string_view text);

}  // namespace chorus::lab
