#include "chorus/fleet/detail/room_lines.hpp"

#include <utility>

namespace chorus::fleet::detail {

RoomLine to_line(store::MessageRow row, MonoTime at) {
  RoomLine line;
  line.row = row.id;
  line.message = row.message;
  line.owner = row.owner;
  line.bot = row.bot;
  line.author = row.author;
  line.name = std::move(row.author_name);
  line.text = std::move(row.text);
  line.from_bot = row.author_is_bot || row.bot;
  line.reply_to = row.reply_to;
  line.thread = row.thread;
  line.date = row.date;
  line.at = at;
  return line;
}

}  // namespace chorus::fleet::detail
