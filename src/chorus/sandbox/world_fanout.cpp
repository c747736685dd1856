#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/world.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

/// Who gets an event. Source: reference telegram.md 8.
namespace chorus::sandbox {

/// Delivers one message to chosen bots: encoded once where all see the same bytes.
class World::Fanout {
 public:
  Fanout(World& world, Room& room, Message& message, EventKind kind)
      : world_(world), room_(room), message_(message), kind_(kind) {
    if (world.dialect(room.platform).same_for_all(room, message)) shared_ready_ = true;
  }
  Fanout(const Fanout&) = delete;
  Fanout& operator=(const Fanout&) = delete;
  ~Fanout() { flush(); }

  bool to(Account& bot) {
    if (bot.removed || (bot.wanted & bit(kind_)) == 0) return false;
    if (room_.type == RoomType::Group) world_.give_view(room_, message_, bot);
    if (shared_ == nullptr || !shared_ready_) {
      flush();
      shared_ = world_.make_event(kind_, room_, message_.id, message_.from->id);
      shared_->body = world_.dialect(room_.platform).message_event(kind_, room_, message_, bot);
    }
    const auto number = bot.queue->tail();
    if (!world_.enqueue(bot, shared_)) return false;
    if (world_.recorder_ != nullptr) queues_.emplace_back(bot.id, number);
    return true;
  }

 private:
  void flush() {
    if (!queues_.empty()) world_.recorder_->event(*shared_, queues_);
    queues_.clear();
  }

  World& world_;
  Room& room_;
  Message& message_;
  EventKind kind_;
  bool shared_ready_ = false;
  std::shared_ptr<Event> shared_;  // owners: this and every queue it went to
  std::vector<std::pair<PlatformUserId, std::int64_t>> queues_;
};

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

bool World::enqueue(Account& bot, const std::shared_ptr<const Event>& event) {
  bot.queue->expire(clock_.wall_now(), false, drop_teller(bot));
  if (!bot.queue->push(event, clock_.now())) {
    ++counters_.dropped[static_cast<std::size_t>(DropReason::QueueFull)];
    tell([&](Observer& o) {
      o.on_update_dropped(bot.id, event->room, event->message, DropReason::QueueFull);
    });
    return false;
  }
  ++counters_.deliveries;
  return true;
}

EventQueue::OnDropped World::drop_teller(Account& bot) {
  return [this, id = bot.id](const Event& event, DropReason reason) {
    ++counters_.dropped[static_cast<std::size_t>(reason)];
    tell([&](Observer& o) { o.on_update_dropped(id, event.room, event.message, reason); });
  };
}

void World::give_view(Room& room, Message& message, Account& bot) {
  if (room.view_id(message, bot.id)) return;
  message.views.emplace_back(bot.id, PlatformMessageId(bot.next_message_id++));
  if (recorder_ != nullptr) recorder_->message(room, message);
}

void World::deliver_to_all(Room& room, Message& message, EventKind kind, const Account* except) {
  Fanout fanout(*this, room, message, kind);
  for (auto* bot : room.bots) {
    if (bot != except) fanout.to(*bot);
  }
}

namespace {

/// The one bot in privacy mode that a message of a person is for: a reply beats a command.
PlatformUserId privacy_target(const Room& room, const Message& message) {
  if (message.meant_for) return message.meant_for;
  if (message.address.is_command) {
    return message.address.command_target ? message.address.command_target : room.last_bot_writer;
  }
  return PlatformUserId(0);
}

}  // namespace

void World::deliver_to_people_rules(Room& room, Message& message, EventKind kind,
                                    std::vector<PlatformUserId>* recipients) {
  Fanout fanout(*this, room, message, kind);
  const auto target = privacy_target(room, message);
  for (auto* bot : room.bots) {
    bool sees = true;
    if (!room.is_private() && bot->privacy && !is_admin(room.members[bot->id].standing)) {
      sees = bot->id == target || (options_.mention_reaches_privacy_bots && !target &&
                                   std::ranges::count(message.address.mentions, bot->id) > 0);
    }
    if (!sees) {
      ++counters_.withheld;
      tell([&](Observer& o) { o.on_withheld(bot->id, room.id, message.id); });
      continue;
    }
    if (fanout.to(*bot) && recipients != nullptr) recipients->push_back(bot->id);
  }
}

void World::deliver_to_bots_rules(Room& room, Message& message, Account& sender) {
  // The account of the message that is replied to, if it is a bot.
  const auto* target = room.find(message.reply_to);
  const Account* replied = target != nullptr && target->from->is_bot ? target->from : nullptr;
  Fanout fanout(*this, room, message, EventKind::Message);
  for (auto* bot : room.bots) {
    if (bot == &sender) continue;
    bool sees = false;
    if (bot->bot_to_bot) {
      sees = !bot->privacy || is_admin(room.members[bot->id].standing);
    }
    if (!sees && (bot->bot_to_bot || sender.bot_to_bot)) {
      sees = replied == bot || message.address.command_target == bot->id;
    }
    if (!sees) {
      ++counters_.bot_to_bot_hidden;
      continue;
    }
    fanout.to(*bot);
  }
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
