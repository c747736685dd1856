#include "chorus/fleet/detail/turn_rows.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet::detail {

store::OutboxRow new_outbox_row(Core& core, const TurnJob& job, TurnId turn,
                                std::string_view part) {
  store::OutboxRow row;
  row.id = core.ids.next<OutboxId>();
  row.bot = job.bot->row.id;
  row.room = job.room->face_of(job.bot->row.id).id;
  row.turn = turn;
  const MessageRowId trigger = job.heard() != nullptr ? job.heard()->line.row : MessageRowId{};
  row.idem_key = trigger ? fmt::format("m{:x}-{:x}-{}", trigger.value, row.bot.value, part)
                         : fmt::format("t{:x}-{:x}-{}", turn.value, row.bot.value, part);
  if (job.thread) row.options = write_options({.thread = job.thread});
  row.created_at = core.loop.wall_now();
  row.not_before = row.created_at;
  return row;
}

std::int32_t stored_priority(policy::Priority priority) {
  return static_cast<std::int32_t>(policy::kPriorities) - 1 - static_cast<std::int32_t>(priority);
}

std::optional<PlatformMessageId> reply_target(const TurnJob& job) {
  const RoomLine* about = job.about();
  if (about == nullptr) return std::nullopt;
  const BotId own = job.room->face_of(job.bot->row.id).owner;
  if (about->owner == own) return about->message;
  const RoomLine* line = job.room->log.find_row(about->row);
  if (line == nullptr) return std::nullopt;
  const auto it = std::find_if(line->also.begin(), line->also.end(),
                               [&](const auto& other) { return other.first == own; });
  return it == line->also.end() ? std::nullopt : std::optional(it->second);
}

}  // namespace chorus::fleet::detail
