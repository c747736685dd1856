#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/world.hpp"

#include <chrono>
#include <utility>

/// What waits for bots: events into their queues, and out of them.
namespace chorus::sandbox {

std::shared_ptr<Event> World::make_event(EventKind kind, const Room& room,
                                         PlatformMessageId message, PlatformUserId from) const {
  auto event = std::make_shared<Event>();
  event->kind = kind;
  event->room = room.id;
  event->message = message;
  event->from = from;
  event->at = clock_.now();
  event->expires =
      clock_.wall_now() + std::chrono::duration_cast<std::chrono::microseconds>(lifetime(kind));
  return event;
}

std::optional<std::int64_t> World::offer(Account& bot, const std::shared_ptr<const Event>& event) {
  bot.queue->expire(clock_.wall_now(), false, drop_teller(bot));
  const auto number = bot.queue->tail();
  if (!bot.queue->push(event, clock_.now())) {
    ++counters_.dropped[static_cast<std::size_t>(DropReason::QueueFull)];
    tell([&](Observer& o) {
      o.on_update_dropped(bot.id, event->room, event->message, DropReason::QueueFull);
    });
    return std::nullopt;
  }
  ++counters_.deliveries;
  return number;
}

bool World::give(Account& bot, const std::shared_ptr<const Event>& event) {
  const auto number = offer(bot, event);
  if (number && recorder_ != nullptr) {
    const std::pair<PlatformUserId, std::int64_t> entry(bot.id, *number);
    recorder_->event(*event, {&entry, 1});
  }
  return number.has_value();
}

EventQueue::OnDropped World::drop_teller(Account& bot) {
  return [this, id = bot.id](const Event& event, DropReason reason) {
    ++counters_.dropped[static_cast<std::size_t>(reason)];
    tell([&](Observer& o) { o.on_update_dropped(id, event.room, event.message, reason); });
  };
}

void World::note_taken(Account& bot, QueuedEvent& queued, Duration exchange, bool webhook) {
  if (queued.taken) return;
  queued.taken = true;
  const auto& event = *queued.event;
  if (!event.message || (event.kind != EventKind::Message && event.kind != EventKind::Post)) return;
  ++counters_.taken;
  const auto waited = clock_.now() - event.at;
  tell([&](Observer& o) {
    o.on_update_taken(bot.id, event.room, event.message, waited, exchange, webhook);
  });
}

void World::confirm_below(Account& bot, std::int64_t number) {
  if (number <= bot.queue->head()) return;
  bot.queue->confirm_below(number, drop_teller(bot));
  if (recorder_ != nullptr) recorder_->confirmed_below(bot.id, number);
}

void World::confirm(Account& bot, std::int64_t number) {
  bot.queue->confirm(number);
  if (recorder_ != nullptr) recorder_->confirmed(bot.id, number);
}

void World::drop_event(Account& bot, std::int64_t number, DropReason reason) {
  bot.queue->drop(number, reason, drop_teller(bot));
  if (recorder_ != nullptr) recorder_->confirmed(bot.id, number);
}

void World::clear_queue(Account& bot) {
  bot.queue->clear(DropReason::DroppedByBot, drop_teller(bot));
  if (recorder_ != nullptr) recorder_->cleared(bot.id);
}

void World::expire_queue(Account& bot, bool all) {
  bot.queue->expire(clock_.wall_now(), all, drop_teller(bot));
}

}  // namespace chorus::sandbox
