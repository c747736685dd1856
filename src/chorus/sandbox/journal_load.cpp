#include "chorus/base/text.hpp"
#include "chorus/sandbox/journal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// Reading the journal back. Records come in the order in which they were written, so everything
/// that one refers to was there before it.
namespace chorus::sandbox {

namespace {

std::string text_of(const json::object& record, std::string_view key) {
  return std::string(chorus::find_string(record, key).value_or(""));
}
std::int64_t int_of(const json::object& record, std::string_view key) {
  return chorus::find_int(record, key).value_or(0);
}
bool flag_of(const json::object& record, std::string_view key) {
  return find_bool(record, key).value_or(false);
}
PlatformUserId user_of(const json::object& record, std::string_view key) {
  return PlatformUserId(int_of(record, key));
}
std::map<std::string, std::string> extras_of(const json::object& record) {
  std::map<std::string, std::string> extras;
  if (const auto* members = find_object(record, "extras")) {
    for (const auto& [key, value] : *members) {
      if (value.is_string()) extras[std::string(key)] = std::string(value.get_string());
    }
  }
  return extras;
}

}  // namespace

Result<void> WorldJournal::load(std::string_view text) {
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    // A line without its end is what a killed process was writing: nobody was told of it.
    if (end == std::string_view::npos) break;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto parsed = parse_json(line);
    if (!parsed || !parsed->is_object() || !apply(parsed->get_object())) {
      return fail(ErrorCode::ParseError,
                  fmt::format("{}/world.journal:{}: damaged; move the file away to start anew",
                              folder_, number));
    }
  }
  for (auto* account : world_.account_order_) {
    if (account->queue) account->queue->expire(world_.clock_.wall_now(), true, {});
  }
  return {};
}

bool WorldJournal::apply(const json::object& record) {
  const auto type = chorus::find_string(record, "t").value_or("");
  if (type == "message") return apply_message(record);
  if (type == "event") return apply_event(record);
  if (type == "below" || type == "done" || type == "cleared") {
    auto* queue = queue_of(record);
    if (queue == nullptr) return false;
    const auto number = int_of(record, "number");
    if (type == "below") {
      queue->confirm_below(number, {});
    } else if (type == "done") {
      queue->confirm(number);
    } else {
      queue->clear(DropReason::DroppedByBot, {});
    }
    return true;
  }
  if (type == "account") return apply_account(record);
  if (type == "room") return apply_room(record);
  if (type == "member") return apply_member(record);
  if (type == "press") return apply_press(record);
  if (type == "press_done") {
    world_.presses_.erase(int_of(record, "id"));
    return true;
  }
  if (type == "file") return apply_file(record);
  if (type == "more") {
    const auto of = platform_from(text_of(record, "of"));
    const auto* inner = find_object(record, "record");
    if (!of || inner == nullptr) return false;
    auto* form = world_.dialects_[static_cast<std::size_t>(*of)];
    return form != nullptr && form->restore(*inner);
  }
  if (type == "room_removed") {
    auto* room = world_.find_serial(int_of(record, "room"));
    return room != nullptr && (room->deleted || world_.remove_room(*room).has_value());
  }
  if (type == "reset") {
    world_.reset();
    return true;
  }
  return false;
}

bool WorldJournal::apply_account(const json::object& record) {
  const auto id = user_of(record, "id");
  auto* account = world_.find_account(id);
  if (account == nullptr) {
    auto fresh = std::make_unique<Account>();
    fresh->id = id;
    fresh->platform = static_cast<Platform>(int_of(record, "platform") & 1);
    fresh->is_bot = flag_of(record, "bot");
    fresh->username = text_of(record, "username");
    fresh->first_name = text_of(record, "first_name");
    fresh->language = text_of(record, "language");
    fresh->token = text_of(record, "token");
    account = &world_.insert_account(std::move(fresh));
    // Minted ids go on above; a bot's own id may be any number, and is skipped when met.
    if (!account->is_bot) world_.next_user_ = std::max(world_.next_user_, id.value + 1);
    if (account->queue) account->queue->set_tail(int_of(record, "tail"));
  }
  if (auto name = text_of(record, "first_name"); name != account->first_name) {
    account->first_name = std::move(name);
    world_.refresh_wire(*account);
  }
  account->self_registered = flag_of(record, "self");
  account->privacy = flag_of(record, "privacy");
  account->bot_to_bot = flag_of(record, "b2b");
  account->admin = flag_of(record, "admin");
  account->next_message_id = std::max(account->next_message_id, int_of(record, "next"));
  if (account->is_bot) account->wanted = static_cast<EventMask>(int_of(record, "wanted"));
  account->extras = extras_of(record);
  if (flag_of(record, "removed") && !account->removed) {
    account->removed = true;
    world_.names_[static_cast<std::size_t>(account->platform)].erase(
        ascii_lower(account->username));
  }
  return true;
}

bool WorldJournal::apply_room(const json::object& record) {
  const auto serial = int_of(record, "serial");
  auto* room = world_.find_serial(serial);
  if (room == nullptr) {
    const auto type = room_type_from(text_of(record, "type"));
    if (!type) return false;
    auto fresh = std::make_unique<Room>();
    fresh->serial = serial;
    fresh->id = PlatformChatId(int_of(record, "id"));
    fresh->type = *type;
    fresh->platform = static_cast<Platform>(int_of(record, "platform") & 1);
    fresh->name = text_of(record, "name");
    fresh->title = text_of(record, "title");
    fresh->is_forum = flag_of(record, "forum");
    if (*type == RoomType::Private) {
      fresh->bot = world_.find_account(user_of(record, "bot"));
      fresh->peer = world_.find_account(user_of(record, "peer"));
      if (fresh->bot == nullptr || fresh->peer == nullptr) return false;
      fresh->members[fresh->bot->id] = {fresh->bot, Standing::Member};
      fresh->members[fresh->peer->id] = {fresh->peer, Standing::Member};
      fresh->bots.push_back(fresh->bot);
    } else {
      constexpr std::int64_t kSupergroupBase = -1'000'000'000'000;
      const auto number =
          *type == RoomType::Group ? -fresh->id.value : kSupergroupBase - fresh->id.value;
      world_.next_room_ = std::max(world_.next_room_, number + 1);
    }
    room = &world_.insert_room(std::move(fresh));
  }
  if (auto title = text_of(record, "title"); title != room->title) {
    room->title = std::move(title);
    room->wire = world_.dialect(room->platform).room_wire(*room);
  }
  room->started = flag_of(record, "started");
  room->blocked = flag_of(record, "blocked");
  room->next_message_id = std::max(room->next_message_id, int_of(record, "next"));
  room->last_bot_writer = user_of(record, "writer");
  room->extras = extras_of(record);
  return true;
}

bool WorldJournal::apply_member(const json::object& record) {
  auto* room = world_.find_serial(int_of(record, "room"));
  auto* account = world_.find_account(user_of(record, "user"));
  const auto standing = standing_from(text_of(record, "standing"));
  if (room == nullptr || account == nullptr || !standing) return false;
  room->members[account->id] = {account, *standing};
  if (!account->is_bot) return true;
  const bool listed = std::ranges::find(room->bots, account) != room->bots.end();
  if (is_present(*standing) && !listed) room->bots.push_back(account);
  if (!is_present(*standing) && listed) std::erase(room->bots, account);
  return true;
}

bool WorldJournal::apply_message(const json::object& record) {
  auto* room = world_.find_serial(int_of(record, "room"));
  auto* from = world_.find_account(user_of(record, "from"));
  if (room == nullptr || from == nullptr) return false;
  Message m;
  m.id = PlatformMessageId(int_of(record, "id"));
  m.from = from;
  m.as_room = flag_of(record, "as_room");
  m.kind = static_cast<MessageKind>(std::clamp<std::int64_t>(
      int_of(record, "kind"), 0, static_cast<std::int64_t>(MessageKind::Content)));
  m.at = world_.clock_.now();
  m.date = from_micros(int_of(record, "date"));
  m.edited = from_micros(int_of(record, "edited"));
  m.text = text_of(record, "text");
  m.wire = text_of(record, "wire");
  m.origin = text_of(record, "origin");
  m.markup = text_of(record, "markup");
  m.other_markup = flag_of(record, "other_markup");
  m.markup_shown = text_of(record, "shown");
  m.file = int_of(record, "file");
  m.reply_to = PlatformMessageId(int_of(record, "reply_to"));
  m.topic = PlatformMessageId(int_of(record, "topic"));
  m.address.is_command = flag_of(record, "command");
  m.address.command_target = user_of(record, "target");
  m.meant_for = user_of(record, "meant_for");
  m.is_protected = flag_of(record, "protected");
  m.deleted = flag_of(record, "deleted");
  if (const auto* list = find_array(record, "reactions")) {
    for (std::size_t i = 0; i + 1 < list->size(); i += 2) {
      if (!(*list)[i + 1].is_string()) return false;
      m.reactions.push_back({PlatformUserId(as_int((*list)[i]).value_or(0)),
                             std::string((*list)[i + 1].get_string())});
    }
  }
  if (const auto* list = find_array(record, "views")) {
    for (std::size_t i = 0; i + 1 < list->size(); i += 2) {
      const PlatformUserId viewer(as_int((*list)[i]).value_or(0));
      const auto seen = as_int((*list)[i + 1]).value_or(0);
      m.views.emplace_back(viewer, PlatformMessageId(seen));
      if (auto* bot = world_.find_account(viewer)) {
        bot->next_message_id = std::max(bot->next_message_id, seen + 1);
      }
    }
  }
  if (room->is_private()) {
    room->bot->next_message_id = std::max(room->bot->next_message_id, m.id.value + 1);
  } else {
    room->next_message_id = std::max(room->next_message_id, m.id.value + 1);
  }
  if (from->is_bot && m.kind != MessageKind::Service) room->last_bot_writer = from->id;
  auto it = std::ranges::lower_bound(room->messages, m.id, {}, &Message::id);
  if (it != room->messages.end() && it->id == m.id) {
    *it = std::move(m);
    return true;
  }
  room->messages.insert(it, std::move(m));
  const auto bound = room->is_private() ? world_.options_.messages_per_private_chat
                                        : world_.options_.messages_per_room;
  if (room->messages.size() > bound) room->messages.pop_front();
  return true;
}

bool WorldJournal::apply_event(const json::object& record) {
  auto event = std::make_shared<Event>();
  event->kind = static_cast<EventKind>(std::clamp<std::int64_t>(
      int_of(record, "kind"), 0, static_cast<std::int64_t>(kEventKinds) - 1));
  event->room = PlatformChatId(int_of(record, "room"));
  event->message = PlatformMessageId(int_of(record, "message"));
  event->from = user_of(record, "from");
  event->at = world_.clock_.now();
  event->expires = from_micros(int_of(record, "expires"));
  event->body = text_of(record, "body");
  const auto* queues = find_array(record, "queues");
  if (queues == nullptr) return false;
  for (std::size_t i = 0; i + 1 < queues->size(); i += 2) {
    auto* bot = world_.find_account(PlatformUserId(as_int((*queues)[i]).value_or(0)));
    const auto number = as_int((*queues)[i + 1]);
    if (bot == nullptr || !bot->queue || !number) return false;
    bot->queue->restore(*number, event);
  }
  return true;
}

bool WorldJournal::apply_press(const json::object& record) {
  ButtonPress press;
  press.id = int_of(record, "id");
  press.bot = world_.find_account(user_of(record, "bot"));
  press.by = world_.find_account(user_of(record, "by"));
  press.room = world_.find_serial(int_of(record, "room"));
  press.message = PlatformMessageId(int_of(record, "message"));
  press.data = text_of(record, "data");
  press.at = from_micros(int_of(record, "at"));
  if (press.bot == nullptr || press.by == nullptr || press.room == nullptr) return false;
  world_.next_press_ = std::max(world_.next_press_, press.id);
  world_.presses_[press.id] = std::move(press);
  return true;
}

bool WorldJournal::apply_file(const json::object& record) {
  StoredFile file;
  file.number = int_of(record, "number");
  file.name = text_of(record, "name");
  file.mime = text_of(record, "mime");
  file.unique_id = text_of(record, "unique");
  file.size = int_of(record, "size");
  file.width = static_cast<std::int32_t>(int_of(record, "width"));
  file.height = static_cast<std::int32_t>(int_of(record, "height"));
  file.is_photo = flag_of(record, "photo");
  file.form = text_of(record, "form");
  file.facts = text_of(record, "facts");
  file.content = contents_.get(file.number, file.size);
  world_.files_.restore(std::move(file));
  return true;
}

EventQueue* WorldJournal::queue_of(const json::object& record) const {
  auto* account = world_.find_account(user_of(record, "bot"));
  return account == nullptr ? nullptr : account->queue.get();
}

}  // namespace chorus::sandbox
