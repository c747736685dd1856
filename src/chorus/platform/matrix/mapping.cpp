#include "chorus/platform/matrix/mapping.hpp"

#include "chorus/base/text.hpp"
#include "chorus/platform/detail/platform_time.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/proto/matrix/ids.hpp"

#include <algorithm>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

/// More is no conversation; each costs a row of the store.
constexpr std::size_t kMostMentions = 50;

/// People write what they like where an event id belongs: what is none is not stored.
std::string event_id_or_none(std::string_view text) {
  return matrix::is_event_id(text) ? std::string(text) : std::string();
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// `!about` and `/about`: clients keep the slash for themselves, so bots of Matrix are called with
/// an exclamation mark.
void read_command(MatrixUpdate& out) {
  const std::string_view text = trim(out.text);
  if (text.size() < 2 || (text[0] != '!' && text[0] != '/') || !is_letter(text[1])) return;
  auto word = text.substr(1);
  word = word.substr(0, word.find_first_of(" \n\t"));
  const auto at = word.find('@');
  out.command = ascii_lower(word.substr(0, at));
  if (at == std::string_view::npos) return;
  // `!about@nova` and `!about@nova:server` name the same bot.
  auto target = word.substr(at + 1);
  target = target.substr(0, target.find(':'));
  if (!target.empty()) out.command_target = std::string(target);
}

void read_mentions(const matrix::MessageBody& body, std::span<const std::string> ours,
                   MatrixUpdate& out) {
  if (body.mentions) {
    for (const auto& user : body.mentions->user_ids) {
      if (out.mentions.size() < kMostMentions && matrix::parse_user_id(user)) {
        out.mentions.push_back(user);
      }
    }
    return;
  }
  for (const auto& bot : ours) {
    if (matrix::mentions_user(body, bot)) out.mentions.push_back(bot);
  }
}

std::optional<MatrixUpdate> read_member(const json::object& content, MatrixUpdate out) {
  const auto membership = find_string(content, "membership").value_or("");
  out.kind = store::InboxKind::Membership;
  if (membership == "join") out.member_status = "member";
  if (membership == "leave") out.member_status = "left";
  if (membership == "ban") out.member_status = "kicked";
  if (out.member_status.empty()) return std::nullopt;
  return out;
}

std::optional<MatrixUpdate> read_message(const json::object& content,
                                         std::span<const std::string> ours, MatrixUpdate out) {
  auto message = matrix::decode_message(content);
  if (!message) return std::nullopt;
  matrix::MessageBody* body = &*message;
  if (message->relation.is_edit()) {
    out.message = event_id_or_none(message->relation.event_id);
    if (!message->new_content || out.message.empty()) return std::nullopt;
    body = &*message->new_content;
    out.kind = store::InboxKind::EditedMessage;
  } else {
    out.reply_to = event_id_or_none(message->relation.reply_target());
    if (message->relation.is_thread()) out.thread = event_id_or_none(message->relation.event_id);
  }
  out.notice = body->msgtype == "m.notice";
  const bool is_text = out.notice || body->msgtype == "m.text" || body->msgtype == "m.emote";
  // A file's body is its name, unless there is a `filename` beside it: then it is a caption.
  const auto file = find_string(content, "filename");
  if (is_text || (file && *file != body->body)) {
    out.text = matrix::without_reply_fallback(body->body);
  }
  read_mentions(*body, ours, out);
  read_command(out);
  return out;
}

}  // namespace

bool is_echo(const matrix::Event& event, std::span<const std::string> ours) {
  return event.type == matrix::kMessage && !event.state_key &&
         std::ranges::find(ours, event.sender) != ours.end();
}

std::optional<MatrixUpdate> read_matrix_event(const matrix::Event& event, std::string_view bot_user,
                                              std::span<const std::string> ours) {
  const bool own_member =
      event.type == matrix::kMember && event.state_key && *event.state_key == bot_user;
  const bool message = event.type == matrix::kMessage && !event.state_key;
  if ((!own_member && !message) || event.redacted || event.room_id.empty()) return std::nullopt;
  if (message && (event.sender == bot_user || is_echo(event, ours))) return std::nullopt;
  const auto content = parse_json(event.content);
  if (!content || !content->is_object()) return std::nullopt;
  MatrixUpdate out;
  out.event_id = event.event_id;
  out.room_id = event.room_id;
  out.sender = event.sender;
  out.sent_at = detail::platform_time(std::chrono::milliseconds(event.origin_server_ts));
  out.message = event.event_id;
  return own_member ? read_member(content->get_object(), std::move(out))
                    : read_message(content->get_object(), ours, std::move(out));
}

void ask_names(const MatrixUpdate& update, NameBook& names) {
  names.ask(store::NameKind::Room, update.room_id);
  // What a message refers to was there before it, and gets the smaller number.
  names.ask(store::NameKind::Event, update.reply_to);
  if (update.message != update.event_id) names.ask(store::NameKind::Event, update.message);
  names.ask_event(update.event_id, update.sender, update.thread, update.sent_at);
  for (const auto& user : update.mentions) names.ask(store::NameKind::User, user);
}

fleet::IncomingUpdate to_incoming(const MatrixUpdate& update, const MatrixPlace& place,
                                  const NameBook& names) {
  fleet::IncomingUpdate out;
  const auto& event = names.row(store::NameKind::Event, update.event_id);
  out.update_id = event.id;
  out.kind = update.kind;
  if (update.kind == store::InboxKind::Membership) {
    out.member_status = update.member_status;
    out.chat = names.room(update.room_id);
    out.chat_kind = place.kind;
    out.chat_title = place.title;
    return out;
  }
  auto& message = out.message.emplace();
  const auto& about = names.row(store::NameKind::Event, update.message);
  message.message = PlatformMessageId(about.id);
  // A line is found again by its date: an edit has that of the message it is about.
  message.date = to_micros(about.date) != 0 ? about.date : update.sent_at;
  message.chat = names.room(update.room_id);
  message.chat_kind = place.kind;
  message.chat_title = place.title;
  message.from = names.user(update.sender);
  message.from_username = localpart_in(update.sender);
  message.from_name = place.sender_name.empty() ? message.from_username : place.sender_name;
  message.from_is_bot = update.notice;
  message.text = update.text;
  if (!update.reply_to.empty()) {
    const auto& parent = names.row(store::NameKind::Event, update.reply_to);
    message.reply_to = PlatformMessageId(parent.id);
    if (parent.author) message.reply_to_user = parent.author;
  }
  if (!update.thread.empty()) message.thread = names.event(update.thread);
  for (const auto& user : update.mentions) message.mentioned_users.push_back(names.user(user));
  message.command = update.command;
  message.command_target = update.command_target;
  return out;
}

std::string localpart_in(std::string_view user_id) {
  auto parsed = matrix::parse_user_id(user_id);
  return parsed ? std::move(parsed->localpart) : std::string(user_id);
}

}  // namespace chorus::platform
