#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"
#include "chorus/sandbox/telegram/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

/// Who gets an update. Source: reference telegram.md 8.
namespace chorus::sandbox::telegram {

namespace {

EventKind kind_of(const Room& room, bool edited) {
  if (room.type == RoomType::Channel) return edited ? EventKind::EditedPost : EventKind::Post;
  return edited ? EventKind::EditedMessage : EventKind::Message;
}

bool leads(const Room& room, const Account& bot) {
  const auto* member = room.member(bot.id);
  return member != nullptr && is_admin(member->standing);
}

/// The one bot in privacy mode that a message of a person is for: a reply beats a command.
PlatformUserId privacy_target(const Room& room, const Message& message) {
  if (message.meant_for) return message.meant_for;
  if (message.address.is_command) {
    return message.address.command_target ? message.address.command_target : room.last_bot_writer;
  }
  return PlatformUserId(0);
}

}  // namespace

/// Delivers one message to chosen bots: encoded once where all see the same bytes.
class TelegramDialect::Fanout {
 public:
  Fanout(TelegramDialect& form, Room& room, Message& message, EventKind kind)
      : form_(form),
        room_(room),
        message_(message),
        kind_(kind),
        shared_ready_(form.same_for_all(room, message)) {}
  Fanout(const Fanout&) = delete;
  Fanout& operator=(const Fanout&) = delete;
  ~Fanout() { flush(); }

  bool to(Account& bot) {
    if (bot.removed || (bot.wanted & bit(kind_)) == 0) return false;
    if (room_.type == RoomType::Group) form_.give_view(room_, message_, bot);
    auto& world = form_.world_;
    if (shared_ == nullptr || !shared_ready_) {
      flush();
      shared_ = world.make_event(kind_, room_, message_.id, message_.from->id);
      shared_->body = form_.message_event(kind_, room_, message_, bot);
    }
    const auto number = world.offer(bot, shared_);
    if (!number) return false;
    if (world.recorder() != nullptr) queues_.emplace_back(bot.id, *number);
    return true;
  }

 private:
  void flush() {
    if (!queues_.empty()) form_.world_.recorder()->event(*shared_, queues_);
    queues_.clear();
  }

  TelegramDialect& form_;
  Room& room_;
  Message& message_;
  EventKind kind_;
  bool shared_ready_;
  std::shared_ptr<Event> shared_;  // owners: this and every queue it went to
  std::vector<std::pair<PlatformUserId, std::int64_t>> queues_;
};

void TelegramDialect::give_view(Room& room, Message& message, Account& bot) {
  if (room.view_id(message, bot.id)) return;
  message.views.emplace_back(bot.id, PlatformMessageId(bot.next_message_id++));
  if (auto* recorder = world_.recorder()) recorder->message(room, message);
}

void TelegramDialect::said(Room& room, Message& message, Recipients* recipients) {
  if (message.kind == MessageKind::Service) {  // a topic was opened
    Fanout fanout(*this, room, message, EventKind::Message);
    for (auto* bot : room.bots) fanout.to(*bot);
    return;
  }
  if (!message.from->is_bot) return to_people_rules(room, message, false, recipients);
  if (room.type == RoomType::Group) {
    message.views.emplace_back(message.from->id,
                               PlatformMessageId(message.from->next_message_id++));
  }
  if (!room.is_private()) {
    if (room.bots.size() > 1) to_bots_rules(room, message);
  } else if (room.peer->is_bot) {
    mirror(room, message);
  }
}

void TelegramDialect::edited(Room& room, Message& message) {
  // What bots change, other bots are not told of.
  if (!message.from->is_bot) to_people_rules(room, message, true, nullptr);
}

void TelegramDialect::to_people_rules(Room& room, Message& message, bool edited,
                                      Recipients* recipients) {
  Fanout fanout(*this, room, message, kind_of(room, edited));
  const auto target = privacy_target(room, message);
  for (auto* bot : room.bots) {
    bool sees = true;
    if (!room.is_private() && bot->privacy && !leads(room, *bot)) {
      sees = bot->id == target || (world_.options().mention_reaches_privacy_bots && !target &&
                                   std::ranges::count(message.address.mentions, bot->id) > 0);
    }
    if (!sees) {
      ++world_.counters().withheld;
      world_.tell([&](Observer& o) { o.on_withheld(bot->id, room.id, message.id); });
      continue;
    }
    if (fanout.to(*bot) && recipients != nullptr) recipients->push_back(bot->id);
  }
}

void TelegramDialect::to_bots_rules(Room& room, Message& message) {
  const auto& sender = *message.from;
  // The account of the message that is replied to, if it is a bot.
  const auto* target = room.find(message.reply_to);
  const Account* replied = target != nullptr && target->from->is_bot ? target->from : nullptr;
  Fanout fanout(*this, room, message, EventKind::Message);
  for (auto* bot : room.bots) {
    if (bot == &sender) continue;
    bool sees = false;
    if (bot->bot_to_bot) sees = !bot->privacy || leads(room, *bot);
    if (!sees && (bot->bot_to_bot || sender.bot_to_bot)) {
      sees = replied == bot || message.address.command_target == bot->id;
    }
    if (!sees) {
      ++world_.counters().bot_to_bot_hidden;
      continue;
    }
    fanout.to(*bot);
  }
}

/// Two bots that talk have a private chat each: what one says appears in the other's.
void TelegramDialect::mirror(Room& room, const Message& message) {
  auto& other = world_.open_private(*room.peer, *room.bot);
  Message copy = message;
  copy.reply_to = PlatformMessageId(0);
  copy.views.clear();
  auto& added = world_.append(other, std::move(copy));
  other.started = room.started = true;
  {
    Fanout fanout(*this, other, added, EventKind::Message);
    for (auto* bot : other.bots) fanout.to(*bot);
  }
  if (auto* recorder = world_.recorder()) recorder->message(other, added);
}

void TelegramDialect::pressed(const ButtonPress& press, const Message& message) {
  auto& bot = *press.bot;
  if (bot.removed || (bot.wanted & bit(EventKind::Button)) == 0) return;
  auto event = world_.make_event(EventKind::Button, *press.room, message.id, press.by->id);
  event->body = button_event(press, message);
  world_.give(bot, event);
}

void TelegramDialect::reacted(Room& room, Message& message, Account& by, std::string_view before,
                              std::string_view after) {
  if (by.is_bot) return;
  for (auto* bot : room.bots) {
    // Source: telegram.md 10: administrators only, and only when asked for.
    const bool may = room.is_private() || leads(room, *bot);
    if (!may || bot->removed || (bot->wanted & bit(EventKind::Reaction)) == 0) continue;
    const auto seen = room.view_id(message, bot->id);
    if (!seen) continue;
    auto event = world_.make_event(EventKind::Reaction, room, message.id, by.id);
    event->body = reaction_event(room, seen, by, before, after, world_.clock().wall_now());
    world_.give(*bot, event);
  }
}

void TelegramDialect::standing_changed(Room& room, const StandingChange& change) {
  if (!change.told) return;
  const bool goes = is_present(change.before) && !is_present(change.after);
  const bool comes = !is_present(change.before) && is_present(change.after);
  const bool shown = !room.is_private() && room.type != RoomType::Channel;
  if (shown && goes) tell_service(room, change, "left");
  tell_membership(room, change);
  if (shown && comes) tell_service(room, change, "new");
}

Result<void> TelegramDialect::asked_to_join(Room& room, Account& by) {
  if (room.is_private() || by.is_bot) {
    return fail(ErrorCode::InvalidArgument, "people ask to join groups and channels");
  }
  const auto key = member_key(kRequest, by.id);
  if (!chat_extra(room, key).empty()) {
    return fail(ErrorCode::Conflict, "this person has asked already");
  }
  const auto at = to_unix_seconds(world_.clock().wall_now());
  world_.set_extra(room, key, fmt::format("{}", at));
  for (auto* bot : room.bots) {
    if (!leads(room, *bot) || bot->removed || (bot->wanted & bit(EventKind::JoinRequest)) == 0) {
      continue;
    }
    auto event = world_.make_event(EventKind::JoinRequest, room, PlatformMessageId(0), by.id);
    event->body =
        fmt::format(R"("{}":{{"chat":{},"from":{},"user_chat_id":{},"date":{}}}}})",
                    update_name(EventKind::JoinRequest), room.wire, by.wire, by.id.value, at);
    world_.give(*bot, event);
  }
  return {};
}

/// Service messages go to every bot in every mode, also to the one that caused them.
Message& TelegramDialect::tell_all(Room& room, Message message, Account* also) {
  message.kind = MessageKind::Service;
  message.as_room = room.type == RoomType::Channel;
  auto& added = world_.append(room, std::move(message));
  {
    Fanout fanout(*this, room, added, kind_of(room, false));
    for (auto* bot : room.bots) fanout.to(*bot);
    if (also != nullptr) fanout.to(*also);
  }
  if (auto* recorder = world_.recorder()) recorder->message(room, added);
  return added;
}

void TelegramDialect::tell_service(Room& room, const StandingChange& change,
                                   std::string_view kind) {
  Message message;
  message.from = &change.actor;
  message.wire = service_wire(kind, change.subject);
  tell_all(room, std::move(message),
           kind == "left" && change.subject.is_bot ? &change.subject : nullptr);
}

Message& TelegramDialect::announce(Room& room, Account& by, std::string wire,
                                   PlatformMessageId about, std::int64_t file) {
  Message message;
  message.from = &by;
  message.wire = std::move(wire);
  message.reply_to = about;
  message.file = file;
  return tell_all(room, std::move(message), nullptr);
}

void TelegramDialect::tell_membership(Room& room, const StandingChange& change) {
  const auto send = [&](Account& bot, EventKind kind) {
    if (bot.removed || (bot.wanted & bit(kind)) == 0) return;
    auto event = world_.make_event(kind, room, PlatformMessageId(0), change.actor.id);
    event->body = membership_event(kind, room, change.actor, change.subject, change.before,
                                   change.after, world_.clock().wall_now());
    world_.give(bot, event);
  };
  if (change.subject.is_bot) send(change.subject, EventKind::OwnMembership);
  for (auto* bot : room.bots) {
    if (bot != &change.subject && leads(room, *bot)) send(*bot, EventKind::Membership);
  }
}

}  // namespace chorus::sandbox::telegram
