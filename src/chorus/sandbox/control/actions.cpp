#include "chorus/sandbox/control/actions.hpp"

#include "chorus/sandbox/control/lookup.hpp"

#include <fmt/format.h>

namespace chorus::sandbox::control {

namespace {

Error missing(std::string_view member) {
  return Error(ErrorCode::InvalidArgument, fmt::format("'{}' is required", member));
}

Result<std::string> required(const json::object& body, std::string_view member) {
  auto value = reference(body, member);
  if (!value || value->empty()) return std::unexpected(missing(member));
  return std::move(*value);
}

Result<Room*> room_of(World& world, const json::object& body) {
  CH_TRY(const std::string name, required(body, "room"));
  return find_room(world, name);
}

Result<Account*> sender_of(World& world, const json::object& body, Platform on) {
  CH_TRY(const std::string name, required(body, "from"));
  return find_or_add_person(world, name, on);
}

/// Bot or person. Only who joins may be new: a misspelt name leaves nothing and is promoted
/// nowhere.
Result<Account*> account_of(World& world, const json::object& body, Platform on, bool may_be_new) {
  CH_TRY(const std::string name, required(body, "who"));
  if (auto bot = find_bot(world, name, on)) return bot;
  return may_be_new ? find_or_add_person(world, name, on) : find_person(world, name, on);
}

Result<PlatformMessageId> message_of(const json::object& body) {
  const auto id = find_int(body, "message_id");
  if (!id) return std::unexpected(missing("message_id"));
  return PlatformMessageId(*id);
}

/// Where a person writes: a room, or the private chat with a bot.
Result<PersonMessage> address(World& world, const json::object& body) {
  PersonMessage message;
  auto room_name = reference(body, "room");
  auto bot_name = reference(body, "bot");
  if (room_name && room_name->starts_with("private:")) {
    CH_TRY(Room * room, find_room(world, *room_name));
    bot_name = std::to_string(room->bot->id.value);
    room_name.reset();
  }
  if (room_name.has_value() == bot_name.has_value()) {
    return fail(ErrorCode::InvalidArgument, "say either 'room' or 'bot' (a private chat)");
  }
  if (bot_name) {
    CH_TRY(const Account* bot, find_bot(world, *bot_name));
    CH_TRY(const Account* from, sender_of(world, body, bot->platform));
    message.bot = bot->id;
    message.from = from->id;
  } else {
    CH_TRY(Room * room, find_room(world, *room_name));
    CH_TRY(Account * from, sender_of(world, body, room->platform));
    message.from = from->id;
    message.room = room->id;
    // Whoever speaks in an open group is in it: the page would be tedious otherwise.
    const Member* member = room->member(from->id);
    if (member == nullptr) CH_TRY_VOID(world.join(*room, *from));
  }
  if (const auto reply = find_int(body, "reply_to")) message.reply_to = PlatformMessageId(*reply);
  if (const auto topic = find_int(body, "thread")) message.topic = PlatformMessageId(*topic);
  return message;
}

Result<void> react(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  CH_TRY(Account * from, sender_of(world, body, room->platform));
  CH_TRY(const auto id, message_of(body));
  const auto emoji = find_string(body, "emoji").value_or("");
  if (!emoji.empty() && world.dialect(room->platform).reaction_emoji(emoji).empty()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("'{}' is none of Telegram's reactions, such as 👍 or ❤", emoji));
  }
  return world.person_reacts(*from, *room, id, std::string(emoji));
}

Result<void> edit(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  CH_TRY(Account * from, sender_of(world, body, room->platform));
  CH_TRY(const auto id, message_of(body));
  CH_TRY(std::string text, required(body, "text"));
  return world.person_edits(*from, *room, id, std::move(text));
}

Result<void> remove(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  CH_TRY(const auto id, message_of(body));
  return world.person_deletes(*room, id);
}

Result<void> open_topic(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  CH_TRY(Account * from, sender_of(world, body, room->platform));
  CH_TRY(const std::string name, required(body, "text"));
  CH_TRY([[maybe_unused]] const Message* opened, world.open_topic(*room, *from, name));
  return {};
}

Result<void> set_blocked(World& world, const json::object& body, bool blocked) {
  CH_TRY(const std::string name, required(body, "bot"));
  CH_TRY(Account * bot, find_bot(world, name));
  CH_TRY(Account * from, sender_of(world, body, bot->platform));
  return world.set_blocked(*from, *bot, blocked);
}

Result<void> promote(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  CH_TRY(Account * who, account_of(world, body, room->platform, false));
  const auto name = find_string(body, "status").value_or("administrator");
  const auto standing = standing_from(name);
  if (!standing) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("unknown status '{}'; it is administrator, member or restricted", name));
  }
  return world.set_standing(*room, *who, *standing);
}

Result<void> invite(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  if (room->platform != Platform::Matrix || room->is_private()) {
    return fail(ErrorCode::InvalidArgument, "only rooms of Matrix have invitations");
  }
  CH_TRY(Account * from, sender_of(world, body, room->platform));
  CH_TRY(Account * who, account_of(world, body, room->platform, true));
  const auto* member = room->member(who->id);
  if (member != nullptr && is_present(member->standing)) {
    return fail(ErrorCode::Conflict, "it is a member already");
  }
  world.change_standing(*room, *from, *who, Standing::Invited);
  return {};
}

Result<void> ask_to_join(World& world, const json::object& body) {
  CH_TRY(Room * room, room_of(world, body));
  CH_TRY(Account * from, sender_of(world, body, room->platform));
  const auto* member = room->member(from->id);
  if (member != nullptr && is_present(member->standing)) {
    return fail(ErrorCode::Conflict, "it is a member already");
  }
  return world.dialect(room->platform).asked_to_join(*room, *from);
}

Result<void> upload(World& world, const json::object& body) {
  CH_TRY(PersonMessage message, address(world, body));
  message.text = std::string(find_string(body, "text").value_or(""));
  const auto content = find_string(body, "content");
  if (!content) return std::unexpected(missing("content"));
  if (content->size() > 1024 * 1024) {
    return fail(ErrorCode::PayloadTooLarge, "'content' may have 1 MiB at most");
  }
  StoredFile file;
  file.name = std::string(find_string(body, "file_name").value_or("file.txt"));
  file.mime = std::string(find_string(body, "mime").value_or("application/octet-stream"));
  file.is_photo = find_string(body, "kind") == "photo";
  const auto kind = file.is_photo ? MessageKind::Photo : MessageKind::Document;
  const StoredFile& stored = world.add_file(std::move(file), std::string(*content));
  CH_TRY([[maybe_unused]] const Message* posted,
         world.person_sends_file(message, stored.number, kind));
  return {};
}

}  // namespace

Result<PlatformMessageId> post_message(World& world, const json::object& body) {
  CH_TRY(PersonMessage message, address(world, body));
  if (const auto callback = find_string(body, "callback")) {
    message.callback = std::string(*callback);
    if (!message.reply_to) {
      if (const auto id = find_int(body, "message_id")) message.reply_to = PlatformMessageId(*id);
    }
  } else {
    const auto text = find_string(body, "text");
    if (!text || text->empty()) return std::unexpected(missing("text"));
    message.text = std::string(*text);
    if (const auto mention = reference(body, "mention")) {
      // On the platform of whom it is said by, who was found or made above.
      const auto on = world.find_account(message.from)->platform;
      CH_TRY(const Account* bot, find_bot(world, *mention, on));
      message.text = fmt::format("{} {}", world.dialect(on).mention_of(*bot), message.text);
    }
  }
  CH_TRY(const Message* posted, world.person_says(message));
  return posted->id;
}

Result<void> act(World& world, const json::object& body) {
  const auto type = find_string(body, "type").value_or("");
  if (type == "react") return react(world, body);
  if (type == "edit") return edit(world, body);
  if (type == "delete") return remove(world, body);
  if (type == "block") return set_blocked(world, body, true);
  if (type == "unblock") return set_blocked(world, body, false);
  if (type == "promote") return promote(world, body);
  if (type == "upload") return upload(world, body);
  if (type == "join" || type == "leave") {
    CH_TRY(Room * room, room_of(world, body));
    CH_TRY(Account * who, account_of(world, body, room->platform, type == "join"));
    return type == "join" ? world.join(*room, *who) : world.leave(*room, *who, false);
  }
  if (type == "invite") return invite(world, body);
  if (type == "request") return ask_to_join(world, body);
  if (type == "topic") return open_topic(world, body);
  return fail(
      ErrorCode::InvalidArgument,
      fmt::format("unknown type '{}'; it is react, edit, delete, join, leave, invite, request, "
                  "block, unblock, promote, topic or upload",
                  type));
}

}  // namespace chorus::sandbox::control
