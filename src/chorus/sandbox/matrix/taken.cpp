#include "chorus/sandbox/matrix/taken.hpp"

#include <cstdint>
#include <vector>

namespace chorus::sandbox::matrix {

void take_from_queue(World& world, Account& bot, const MessageKeys& messages, Duration exchange,
                     bool pushed) {
  if (messages.empty() || !bot.queue || bot.queue->empty()) return;
  std::vector<std::int64_t> done;
  for (auto* queued : bot.queue->from(bot.queue->head(), SIZE_MAX)) {
    if (!messages.contains({queued->event->room, queued->event->message})) continue;
    world.note_taken(bot, *queued, exchange, pushed);
    done.push_back(queued->number);
    if (done.size() == messages.size()) break;
  }
  for (const auto number : done) world.confirm(bot, number);
}

}  // namespace chorus::sandbox::matrix
