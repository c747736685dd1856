#include "chorus/sandbox/telegram/dialect.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/proto/telegram/encode.hpp"
#include "chorus/proto/telegram/reactions.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr std::array<std::string_view, kEventKinds> kUpdateNames = {
    "message",        "edited_message", "channel_post",     "edited_channel_post", "callback_query",
    "my_chat_member", "chat_member",    "message_reaction", "chat_join_request"};

void append_int(std::string& out, std::int64_t number) {
  char buffer[24];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, number);
  (void)error;  // 24 bytes hold every 64-bit integer
  out.append(buffer, end);
}

tg::ChatType chat_type(RoomType type) {
  switch (type) {
    case RoomType::Private:
      return tg::ChatType::Private;
    case RoomType::Group:
      return tg::ChatType::Group;
    case RoomType::Supergroup:
      return tg::ChatType::Supergroup;
    case RoomType::Channel:
      return tg::ChatType::Channel;
    case RoomType::Room:
      break;
  }
  return tg::ChatType::Private;
}

void append_reaction_list(std::string& out, std::string_view emoji) {
  out += '[';
  if (!emoji.empty()) {
    out += R"({"type":"emoji","emoji":)";
    append_json_string(out, emoji);
    out += '}';
  }
  out += ']';
}

}  // namespace

const ApiFacts& TelegramDialect::facts() {
  if (!facts_) facts_ = ApiFacts::builtin();
  return *facts_;
}

std::string_view update_name(EventKind kind) noexcept {
  return kUpdateNames[static_cast<std::size_t>(kind)];
}

std::optional<EventKind> event_kind_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kUpdateNames.size(); ++i) {
    if (kUpdateNames[i] == name) return static_cast<EventKind>(i);
  }
  return std::nullopt;
}

std::string TelegramDialect::account_wire(const Account& account) const {
  tg::User user;
  user.id = account.id.value;
  user.is_bot = account.is_bot;
  user.first_name = account.first_name;
  user.username = account.username;
  user.language_code = account.language;
  std::string out;
  JsonWriter writer(out);
  tg::write_user(writer, user);
  return out;
}

std::string TelegramDialect::room_wire(const Room& room) const {
  tg::Chat chat;
  chat.id = room.id.value;
  chat.type = chat_type(room.type);
  if (room.is_private()) {
    chat.first_name = room.peer->first_name;
    chat.username = room.peer->username;
  } else {
    chat.title = room.title;
    chat.is_forum = room.is_forum;
  }
  std::string out;
  JsonWriter writer(out);
  tg::write_chat(writer, chat);
  return out;
}

void TelegramDialect::set_text(tg::FormattedText text, bool caption, std::string& wire,
                               Address& address) const {
  wire += caption ? R"("caption":)" : R"("text":)";
  append_json_string(wire, text.text);
  if (text.entities.empty()) return;
  wire += caption ? R"(,"caption_entities":)" : R"(,"entities":)";
  JsonWriter writer(wire);
  tg::write_entities(writer, text.entities);
  for (const auto& entity : text.entities) {
    const auto marked = tg::entity_text(text.text, entity);
    if (entity.type == tg::EntityType::BotCommand) {
      const auto at = marked.find('@');
      if (at != std::string_view::npos) {
        if (const auto* bot = world_.find_name(Platform::Telegram, marked.substr(at + 1))) {
          address.is_command = true;
          address.command_target = bot->id;
        }
      } else if (entity.offset == 0) {
        address.is_command = true;
      }
    } else if (entity.type == tg::EntityType::Mention) {
      if (const auto* who = world_.find_name(Platform::Telegram, marked))
        address.mentions.push_back(who->id);
    }
  }
}

Result<void> TelegramDialect::compose(std::string_view text, Message& message) const {
  tg::TextRules rules;
  rules.is_caption = message.kind != MessageKind::Text;
  if (rules.is_caption) rules.max_code_points = 1024;
  CH_TRY(auto formatted, tg::format_text(text, tg::ParseMode::None, {}, rules));
  message.text = formatted.text;
  message.wire.clear();
  message.address = {};
  set_text(std::move(formatted), rules.is_caption, message.wire, message.address);
  return {};
}

std::optional<std::string> TelegramDialect::find_button(const Message& message,
                                                        std::string_view wanted) const {
  if (message.markup.empty()) return std::nullopt;
  auto parsed = parse_json(message.markup);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  const auto* rows = find_array(parsed->get_object(), "inline_keyboard");
  if (rows == nullptr) return std::nullopt;
  std::optional<std::string> by_label;
  for (const auto& row : *rows) {
    if (!row.is_array()) continue;
    for (const auto& cell : row.get_array()) {
      if (!cell.is_object()) continue;
      const auto data = chorus::find_string(cell.get_object(), "callback_data");
      if (!data) continue;
      if (*data == wanted) return std::string(*data);
      const auto label = chorus::find_string(cell.get_object(), "text");
      if (label && *label == wanted && !by_label) by_label = std::string(*data);
    }
  }
  return by_label;
}

std::string TelegramDialect::service_wire(std::string_view kind, const Account& subject) {
  if (kind == "left") {
    return fmt::format(R"("left_chat_participant":{0},"left_chat_member":{0})", subject.wire);
  }
  return fmt::format(R"("new_chat_participant":{0},"new_chat_member":{0},)"
                     R"("new_chat_members":[{0}])",
                     subject.wire);
}

Result<BotIdentity> TelegramDialect::identify(std::string_view token) const {
  const auto colon = token.find(':');
  std::int64_t number = 0;
  for (char c : token.substr(0, colon)) {
    if (c < '0' || c > '9' || number > (std::int64_t{1} << 54)) {
      return fail(ErrorCode::InvalidArgument, "a bot token is NUMBER:SECRET");
    }
    number = number * 10 + (c - '0');
  }
  if (colon == std::string_view::npos || number <= 0) {
    return fail(ErrorCode::InvalidArgument, "a bot token is NUMBER:SECRET");
  }
  return BotIdentity{PlatformUserId(number), std::string(token)};
}

std::string TelegramDialect::mint_token(PlatformUserId id) const {
  return fmt::format("{}:{}", id.value, world_.mint_secret());
}

std::string TelegramDialect::mention_of(const Account& account) const {
  return "@" + account.username;
}

std::int64_t TelegramDialect::take_number(Room& room) const {
  // Supergroups and channels number their own; private chats use the bot's own counter.
  return room.is_private() ? room.bot->next_message_id++ : room.next_message_id++;
}

bool TelegramDialect::same_for_all(const Room& room, const Message& message) {
  if (room.type == RoomType::Group || message.file != 0) return false;
  const auto* replied = room.find(message.reply_to);
  return replied == nullptr || replied->file == 0;
}

void TelegramDialect::append_media(std::string& out, const Message& message,
                                   const Account& viewer) const {
  const auto* file = world_.files().find(message.file);
  if (file == nullptr) return;
  JsonWriter writer(out);
  const auto id = FileStore::file_id(*file, viewer.id);
  if (!file->form.empty()) {
    append_json_key(out, file->form, false);
    writer.begin_object()
        .field("file_id", id)
        .field("file_unique_id", file->unique_id)
        .field("file_size", file->size);
    if (!file->facts.empty()) out += ',' + file->facts;
    writer.end_object();
  } else if (file->is_photo) {
    out += message.kind == MessageKind::Service ? R"("new_chat_photo":[)" : R"("photo":[)";
    writer.begin_object()
        .field("file_id", id)
        .field("file_unique_id", file->unique_id)
        .field("file_size", file->size)
        .field("width", file->width)
        .field("height", file->height)
        .end_object();
    out += ']';
  } else {
    out += R"("document":)";
    writer.begin_object();
    if (!file->name.empty()) writer.field("file_name", file->name);
    if (!file->mime.empty()) writer.field("mime_type", file->mime);
    writer.field("file_id", id)
        .field("file_unique_id", file->unique_id)
        .field("file_size", file->size)
        .end_object();
  }
}

void TelegramDialect::append_message(std::string& out, const Room& room, const Message& message,
                                     const Account& viewer, bool with_reply) const {
  out += R"({"message_id":)";
  append_int(out, room.view_id(message, viewer.id).value);
  if (message.as_room) {
    out += R"(,"sender_chat":)";
    out += room.wire;
  } else {
    out += R"(,"from":)";
    out += message.from->wire;
  }
  out += R"(,"chat":)";
  out += room.wire;
  out += R"(,"date":)";
  append_int(out, to_unix_seconds(message.date));
  if (message.edited != WallTime{}) {
    out += R"(,"edit_date":)";
    append_int(out, to_unix_seconds(message.edited));
  }
  if (!message.origin.empty()) {
    out += ',';
    out += message.origin;
  }
  if (message.topic) {
    out += R"(,"message_thread_id":)";
    append_int(out, message.topic.value);
    out += R"(,"is_topic_message":true)";
  }
  // What answers nothing in a topic answers the notice that opened it.
  const auto answered =
      message.reply_to || message.topic == message.id ? message.reply_to : message.topic;
  if (with_reply && answered) {
    const auto* replied = room.find(answered);
    if (replied != nullptr && room.view_id(*replied, viewer.id)) {
      const bool pinned = message.kind == MessageKind::Service && message.reply_to;
      out += pinned ? R"(,"pinned_message":)" : R"(,"reply_to_message":)";
      append_message(out, room, *replied, viewer, false);
    }
  }
  if (message.file != 0) {
    out += ',';
    append_media(out, message, viewer);
  }
  if (!message.wire.empty()) {
    out += ',';
    out += message.wire;
  }
  if (!message.markup.empty()) {
    out += R"(,"reply_markup":)";
    out += message.markup;
  }
  if (message.is_protected) out += R"(,"has_protected_content":true)";
  out += '}';
}

std::string TelegramDialect::message_event(EventKind kind, const Room& room, const Message& message,
                                           const Account& viewer) const {
  std::string out;
  out.reserve(320 + message.wire.size());
  out += '"';
  out += update_name(kind);
  out += R"(":)";
  append_message(out, room, message, viewer, true);
  out += '}';
  return out;
}

std::string TelegramDialect::button_event(const ButtonPress& press, const Message& message) const {
  std::string out =
      fmt::format(R"("callback_query":{{"id":"{}","from":{},"message":)", press.id, press.by->wire);
  append_message(out, *press.room, message, *press.bot, true);
  out += fmt::format(R"(,"chat_instance":"{}","data":)",
                     static_cast<std::int64_t>(
                         stable_hash("chat", static_cast<std::uint64_t>(press.room->serial))));
  append_json_string(out, press.data);
  out += "}}";
  return out;
}

std::string TelegramDialect::membership_event(EventKind kind, const Room& room,
                                              const Account& actor, const Account& subject,
                                              Standing before, Standing after, WallTime at) {
  std::string out = fmt::format(R"("{}":{{"chat":{},"from":{},"date":{},"old_chat_member":)",
                                update_name(kind), room.wire, actor.wire, to_unix_seconds(at));
  append_chat_member(out, subject, before, room);
  out += R"(,"new_chat_member":)";
  append_chat_member(out, subject, after, room);
  out += "}}";
  return out;
}

std::string TelegramDialect::topic_wire(std::string_view name) const {
  std::string out = R"("forum_topic_created":{"name":)";
  append_json_string(out, name);
  return out + R"(,"icon_color":7322096})";
}

std::string TelegramDialect::reaction_emoji(std::string_view emoji) const {
  return std::string(proto::telegram::normalise_reaction(emoji));
}

std::string TelegramDialect::reaction_event(const Room& room, PlatformMessageId seen,
                                            const Account& person, std::string_view before,
                                            std::string_view after, WallTime at) {
  std::string out =
      fmt::format(R"("message_reaction":{{"chat":{},"message_id":{},"user":{},"date":{},)",
                  room.wire, seen.value, person.wire, to_unix_seconds(at));
  out += R"("old_reaction":)";
  append_reaction_list(out, before);
  out += R"(,"new_reaction":)";
  append_reaction_list(out, after);
  out += "}}";
  return out;
}

}  // namespace chorus::sandbox::telegram
