#include "chorus/base/text.hpp"
#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace chorus::sandbox {

Message& World::append(Room& room, Message message) {
  message.id = PlatformMessageId(dialect(room.platform).take_number(room));
  message.at = clock_.now();
  message.date = clock_.wall_now();
  const auto bound =
      room.is_private() ? options_.messages_per_private_chat : options_.messages_per_room;
  if (room.messages.size() >= bound) room.messages.pop_front();
  room.messages.push_back(std::move(message));
  return room.messages.back();
}

void World::note_meant_for(Room& room, Message& message) {
  const auto* target = room.find(message.reply_to);
  if (target == nullptr) return;
  message.meant_for = target->from->is_bot ? target->from->id : target->meant_for;
}

// --- people

Result<Room*> World::room_of(const PersonMessage& message, Account& person) {
  if (message.bot) {
    auto* bot = find_account(message.bot);
    if (bot == nullptr || !bot->is_bot || bot->removed) {
      return fail(ErrorCode::NotFound, fmt::format("no bot {}", message.bot.value));
    }
    auto& room = open_private(*bot, person);
    if (room.blocked) {
      return fail(ErrorCode::Forbidden, "this person has blocked the bot: unblock it first");
    }
    if (!room.started) {
      room.started = true;
      if (recorder_ != nullptr) recorder_->room(room);
    }
    return &room;
  }
  auto* room = find_room(message.room);
  if (room == nullptr || room->deleted) {
    return fail(ErrorCode::NotFound, fmt::format("no room {}", message.room.value));
  }
  const auto* member = room->member(person.id);
  const auto standing = member != nullptr ? member->standing : Standing::Left;
  if (standing == Standing::Kicked || standing == Standing::Restricted) {
    return fail(ErrorCode::Forbidden, "this person may not write in the room");
  }
  if (!is_present(standing)) {
    // Whoever speaks in a room is in it: nobody has to be added first.
    const auto after = room->type == RoomType::Channel ? Standing::Administrator : Standing::Member;
    apply_standing(*room, {person, person, standing, after, false});
  }
  return room;
}

Result<const Message*> World::person_says(const PersonMessage& message) {
  auto* person = find_account(message.from);
  if (person == nullptr || person->is_bot || person->removed) {
    return fail(ErrorCode::NotFound, fmt::format("no person {}", message.from.value));
  }
  CH_TRY(auto* room, room_of(message, *person));
  if (message.callback) return press_button(message, *room, *person);
  Message content;
  CH_TRY_VOID(dialect(room->platform).compose(message.text, content));
  return person_posts(message, *room, *person, std::move(content));
}

Result<const Message*> World::person_sends_file(const PersonMessage& message, std::int64_t file,
                                                MessageKind kind) {
  auto* person = find_account(message.from);
  if (person == nullptr || person->is_bot || person->removed) {
    return fail(ErrorCode::NotFound, fmt::format("no person {}", message.from.value));
  }
  CH_TRY(auto* room, room_of(message, *person));
  Message content;
  content.kind = kind;
  content.file = file;
  if (!message.text.empty()) {
    CH_TRY_VOID(dialect(room->platform).compose(message.text, content));
  }
  return person_posts(message, *room, *person, std::move(content));
}

Result<const Message*> World::person_posts(const PersonMessage& message, Room& room,
                                           Account& person, Message content) {
  if (message.reply_to) {
    if (room.find(*message.reply_to) == nullptr) {
      return fail(ErrorCode::NotFound,
                  fmt::format("no message {} to reply to in this room", message.reply_to->value));
    }
    content.reply_to = *message.reply_to;
    content.topic = room.find(*message.reply_to)->topic;
  }
  if (message.topic) {
    if (room.find_topic(*message.topic) == nullptr) {
      return fail(ErrorCode::NotFound,
                  fmt::format("no topic {} in this room", message.topic->value));
    }
    content.topic = *message.topic;
  }
  content.from = &person;
  content.as_room = room.type == RoomType::Channel;
  return &publish(room, std::move(content), {});
}

const Message& World::publish(Room& room, Message message, std::string_view method) {
  const bool by_bot = message.from->is_bot;
  note_meant_for(room, message);
  auto& added = append(room, std::move(message));
  ++(by_bot ? counters_.bot_messages : counters_.person_messages);
  if (by_bot) {
    room.last_bot_writer = added.from->id;
    room.typing_until = {};
  }
  Recipients recipients;
  dialect(room.platform).said(room, added, observed() && !by_bot ? &recipients : nullptr);
  if (recorder_ != nullptr) recorder_->message(room, added);
  if (observed()) {
    const auto shown = view(room, added);
    tell([&](Observer& o) {
      if (by_bot) return o.on_bot_message(shown, method);
      o.on_person_message(shown, recipients);
    });
  }
  return added;
}

void World::expire_presses() {
  const auto oldest = clock_.wall_now() - std::chrono::duration_cast<std::chrono::microseconds>(
                                              lifetime(EventKind::Button));
  while (!presses_.empty() &&
         (presses_.begin()->second.at <= oldest || presses_.size() > options_.max_presses)) {
    if (recorder_ != nullptr) recorder_->press_done(presses_.begin()->first);
    presses_.erase(presses_.begin());
  }
}

Result<const Message*> World::press_button(const PersonMessage& message, Room& room,
                                           Account& person) {
  const auto* shown = message.reply_to ? room.find(*message.reply_to) : nullptr;
  if (shown == nullptr) {
    return fail(ErrorCode::InvalidArgument,
                "a button belongs to a message: 'reply_to' must name it");
  }
  auto data = dialect(room.platform).find_button(*shown, *message.callback);
  if (!data || !shown->from->is_bot) {
    return fail(ErrorCode::NotFound, fmt::format("message {} has no such button", shown->id.value));
  }
  expire_presses();
  ButtonPress press;
  press.id = ++next_press_;
  press.bot = shown->from;
  press.by = &person;
  press.room = &room;
  press.message = shown->id;
  press.data = std::move(*data);
  press.at = clock_.wall_now();
  dialect(room.platform).pressed(press, *shown);
  if (recorder_ != nullptr) recorder_->press(press);
  presses_.emplace(press.id, std::move(press));
  return shown;
}

bool World::answer_button(Account& bot, std::int64_t id, std::string_view text, bool alert) {
  expire_presses();
  auto it = presses_.find(id);
  if (it == presses_.end() || it->second.bot != &bot) return false;
  const auto& press = it->second;
  tell([&](Observer& o) {
    o.on_button_answered(bot.id, press.by->id, press.room->id, text, alert);
  });
  if (recorder_ != nullptr) recorder_->press_done(id);
  presses_.erase(it);
  return true;
}

Result<void> World::person_edits(Account& person, Room& room, PlatformMessageId id,
                                 std::string text) {
  auto* message = room.find(id);
  if (message == nullptr || message->from != &person || message->kind == MessageKind::Service) {
    return fail(ErrorCode::NotFound, fmt::format("no message {} of this person", id.value));
  }
  Message changed;
  changed.kind = message->kind;
  CH_TRY_VOID(dialect(room.platform).compose(text, changed));
  message->text = std::move(changed.text);
  message->wire = std::move(changed.wire);
  message->address = std::move(changed.address);
  edits(room, *message);
  return {};
}

Result<void> World::person_deletes(Room& room, PlatformMessageId id) {
  auto* message = room.find(id);
  if (message == nullptr) {
    return fail(ErrorCode::NotFound, fmt::format("no message {} in this room", id.value));
  }
  delete_message(room, *message, *message->from);
  return {};
}

Result<void> World::person_reacts(Account& person, Room& room, PlatformMessageId id,
                                  std::string emoji) {
  auto* message = room.find(id);
  if (message == nullptr) {
    return fail(ErrorCode::NotFound, fmt::format("no message {} in this room", id.value));
  }
  if (!emoji.empty()) {
    auto known = dialect(room.platform).reaction_emoji(emoji);
    if (!known.empty()) emoji = std::move(known);
  }
  reacts(room, *message, person, std::move(emoji));
  return {};
}

// --- accounts behind a front door

const Message& World::says(Room& room, Account& from, Draft draft, std::string_view method) {
  Message message;
  message.from = &from;
  message.as_room = room.type == RoomType::Channel;
  message.kind = draft.kind;
  message.text = std::move(draft.text);
  message.wire = std::move(draft.wire);
  message.origin = std::move(draft.origin);
  message.markup = std::move(draft.markup);
  message.other_markup = draft.other_markup;
  message.markup_shown = std::move(draft.markup_shown);
  message.file = draft.file;
  message.reply_to = draft.reply_to;
  message.topic = draft.topic;
  message.address = std::move(draft.address);
  message.is_protected = draft.is_protected;
  return publish(room, std::move(message), method);
}

Result<const Message*> World::open_topic(Room& room, Account& by, std::string_view name) {
  if (!room.is_forum) {
    return fail(ErrorCode::InvalidArgument, "the room has no topics: make it with 'forum'");
  }
  Message message;
  message.kind = MessageKind::Service;
  message.from = &by;
  message.text = std::string(name);
  message.wire = dialect(room.platform).topic_wire(name);
  Message& added = append(room, std::move(message));
  added.topic = added.id;
  dialect(room.platform).said(room, added, nullptr);
  if (recorder_ != nullptr) recorder_->message(room, added);
  return &added;
}

void World::edits(Room& room, Message& message) {
  message.edited = clock_.wall_now();
  const bool by_bot = message.from->is_bot;
  if (by_bot) ++counters_.bot_edits;
  dialect(room.platform).edited(room, message);
  if (recorder_ != nullptr) recorder_->message(room, message);
  if (!observed()) return;
  const auto shown = view(room, message);
  tell([&](Observer& o) { by_bot ? o.on_bot_edit(shown) : o.on_person_edit(shown); });
}

void World::delete_message(Room& room, Message& message, Account& by) {
  message.deleted = true;
  dialect(room.platform).deleted(room, message, by);
  if (recorder_ != nullptr) recorder_->message(room, message);
  const auto shown = view(room, message);
  tell([&](Observer& o) { o.on_message_deleted(shown); });
}

void World::reacts(Room& room, Message& message, Account& by, std::string emoji) {
  const auto it = std::ranges::find(message.reactions, by.id, &Reaction::by);
  const std::string before = it == message.reactions.end() ? std::string() : it->emoji;
  if (before == emoji) return;
  if (it != message.reactions.end()) message.reactions.erase(it);
  if (!emoji.empty()) message.reactions.push_back({by.id, emoji});
  dialect(room.platform).reacted(room, message, by, before, emoji);
  if (recorder_ != nullptr) recorder_->message(room, message);
  tell([&](Observer& o) { o.on_reaction(room.id, message.id, by.id, emoji); });
}

void World::adds_reaction(Room& room, Message& message, Account& by, std::string emoji) {
  const auto same = [&](const Reaction& r) { return r.by == by.id && r.emoji == emoji; };
  if (std::ranges::any_of(message.reactions, same)) return;
  message.reactions.push_back({by.id, emoji});
  dialect(room.platform).reacted(room, message, by, {}, emoji);
  if (recorder_ != nullptr) recorder_->message(room, message);
  tell([&](Observer& o) { o.on_reaction(room.id, message.id, by.id, emoji); });
}

void World::drops_reaction(Room& room, Message& message, Account& by, std::string_view emoji) {
  const auto gone = std::erase_if(
      message.reactions, [&](const Reaction& r) { return r.by == by.id && r.emoji == emoji; });
  if (gone == 0) return;
  if (recorder_ != nullptr) recorder_->message(room, message);
  tell([&](Observer& o) { o.on_reaction(room.id, message.id, by.id, {}); });
}

void World::types(Room& room, Account& by) {
  room.typing_until = clock_.wall_now() + std::chrono::seconds(5);
  tell([&](Observer& o) { o.on_typing(room.id, by.id); });
}

void World::bot_drafts(Room& room, Account& bot, std::int64_t draft, const std::string& text) {
  if (!observed()) return;
  MessageView shown;
  shown.room = room.id;
  shown.room_type = room.type;
  shown.from = bot.id;
  shown.from_bot = true;
  shown.text = text;
  if (room.peer != nullptr) shown.private_peer = room.peer->id;
  shown.at = clock_.now();
  shown.date = clock_.wall_now();
  tell([&](Observer& o) { o.on_draft(shown, draft); });
}

}  // namespace chorus::sandbox
