#include "chorus/sandbox/matrix/dialect.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/sandbox/matrix/app_services.hpp"
#include "chorus/sandbox/matrix/media.hpp"
#include "chorus/sandbox/recorder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::size_t kMaxTextBytes = 60'000;  // an event has 65,536 with everything around it
constexpr std::string_view kPunctuation = ".,:;!?)\"'";

/// A JSON object's members without its braces: how the world keeps content.
std::string members(std::string object) {
  return object.substr(1, object.size() - 2);
}

}  // namespace

std::string_view membership_of(Standing standing) noexcept {
  switch (standing) {
    case Standing::Invited:
      return "invite";
    case Standing::Left:
      return "leave";
    case Standing::Kicked:
      return "ban";
    default:
      return "join";
  }
}

std::string MatrixDialect::account_wire(const Account& account) const {
  return hub_.user_id_of(account);
}

std::string MatrixDialect::room_wire(const Room& room) const {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  Rng letters(stable_hash(fmt::format("{}/{}/{}", room.id.value, room.serial,
                                      room.bot != nullptr ? room.bot->id.value : 0)));
  std::string id = "!";
  for (int i = 0; i < 18; ++i) id += kLetters[letters.below(kLetters.size())];
  return id + ":" + hub_.server_name();
}

Result<BotIdentity> MatrixDialect::identify(std::string_view token) const {
  constexpr std::size_t kShortest = 8;
  const bool fine = token.size() >= kShortest &&
                    std::ranges::all_of(token, [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!fine) {
    return fail(ErrorCode::InvalidArgument, "an access token has 8 or more printable characters");
  }
  if (hub_.find_session(token)) return fail(ErrorCode::Conflict, "this token is taken");
  return BotIdentity{PlatformUserId(0), std::string(token)};
}

std::string MatrixDialect::mint_token(PlatformUserId) const {
  return "syt_" + world_.mint_secret();
}

std::string MatrixDialect::mention_of(const Account& account) const {
  return account.wire;
}

const Account* MatrixDialect::find_mentioned(std::string_view word) const {
  while (!word.empty() && kPunctuation.find(word.back()) != std::string_view::npos) {
    word.remove_suffix(1);
  }
  if (word.size() < 2 || word.front() != '@') return nullptr;
  if (const auto* user = hub_.find_user(word)) return user->account;
  return world_.find_name(Platform::Matrix, word);
}

Result<void> MatrixDialect::compose(std::string_view text, Message& message) const {
  if (text.size() > kMaxTextBytes) return fail(ErrorCode::InvalidArgument, "the text is too long");
  message.text = to_valid_utf8(text);
  message.address = {};
  mx::MessageContent content;
  content.body = message.text;
  content.mentions.emplace();
  for (const auto line : split(message.text, '\n')) {
    for (const auto word : split(line, ' ')) {
      const auto* who = find_mentioned(word);
      if (who == nullptr) continue;
      message.address.mentions.push_back(who->id);
      auto& ids = content.mentions->user_ids;
      if (std::ranges::find(ids, who->wire) == ids.end()) ids.push_back(who->wire);
    }
  }
  std::string wire;
  JsonWriter out(wire);
  mx::write_message(out, content);
  message.wire = members(std::move(wire));
  return {};
}

void MatrixDialect::forgotten() {
  if (services_ != nullptr) services_->forget_all();
  hub_.forget_all();
}

void MatrixDialect::write_records(const RecordSink& sink) const {
  hub_.write_records(sink);
  if (services_ != nullptr) services_->write_records(sink);
}

bool MatrixDialect::restore(const json::object& record) {
  const auto kind = chorus::find_string(record, "k").value_or("");
  if (kind == "service" || kind == "push" || kind == "pushed") {
    return services_ != nullptr && services_->restore(record);
  }
  return hub_.restore(record);
}

void MatrixDialect::room_opened(Room& room) {
  if (const auto* opening = hub_.opening()) return hub_.open(room, *opening);
  Opening opening;
  if (room.is_private()) {
    opening.preset = "trusted_private_chat";
    opening.trusted = {room.bot};
  } else {
    opening.name = room.title;
  }
  hub_.open(room, opening);
}

/// The content of a message that the world made: what was typed, and what it refers to.
std::string MatrixDialect::content_of(RoomLog& log, const Message& message) const {
  std::string out = "{" + message.wire;
  JsonWriter w(out);
  if (const auto* file = world_.files().find(message.file)) {
    const auto body = message.text.empty() ? file->name : message.text;
    out = "{";
    w.field("msgtype", file->is_photo ? "m.image" : "m.file");
    w.field("body", body).field("filename", file->name);
    w.field("url", media_uri(hub_.server_name(), *file));
    w.key("info").begin_object().field("mimetype", file->mime).field("size", file->size);
    w.end_object();
  }
  if (const auto answered = log.find_message(message.reply_to)) {
    mx::Relation relation;
    relation.in_reply_to = answered->id;
    if (answered->relation.is_thread()) {
      relation.rel_type = mx::kThread;
      relation.event_id = answered->relation.event_id;
    }
    if (out.size() > 1) out += ',';
    append_json_key(out, "m.relates_to", false);
    JsonWriter inner(out);
    mx::write_relation(inner, relation);
  }
  return out + "}";
}

void MatrixDialect::said(Room& room, Message& message, Recipients* recipients) {
  auto& log = hub_.log_of(room);
  const bool given = hub_.origin() != nullptr && !hub_.origin()->made;
  hub_.add(log, *message.from, std::string(mx::kMessage),
           given ? std::string() : content_of(log, message), std::nullopt, message.id);
  std::shared_ptr<Event> waits;
  std::vector<std::pair<PlatformUserId, std::int64_t>> queues;
  for (auto* bot : room.bots) {
    if (bot == message.from || bot->removed) continue;
    if (!waits) {
      waits = world_.make_event(EventKind::Message, room, message.id, message.from->id);
    }
    const auto number = world_.offer(*bot, waits);
    if (!number) continue;
    queues.emplace_back(bot->id, *number);
    if (recipients != nullptr) recipients->push_back(bot->id);
  }
  if (auto* recorder = world_.recorder(); recorder != nullptr && !queues.empty()) {
    recorder->event(*waits, queues);
  }
}

void MatrixDialect::edited(Room& room, Message& message) {
  auto& log = hub_.log_of(room);
  const auto original = log.find_message(message.id);
  if (!original) return;  // older than the history that is kept
  mx::MessageContent content;
  if (const auto parsed = parse_json("{" + message.wire + "}"); parsed && parsed->is_object()) {
    if (auto decoded = mx::decode_message(parsed->get_object())) content = std::move(*decoded);
  }
  content.body = message.text;
  std::string wire;
  JsonWriter out(wire);
  mx::write_message(out, mx::edit_of(original->id, std::move(content)));
  hub_.add(log, *message.from, std::string(mx::kMessage), std::move(wire), std::nullopt,
           message.id);
}

void MatrixDialect::deleted(Room& room, Message& message, Account& by) {
  auto& log = hub_.log_of(room);
  if (const auto target = log.find_message(message.id); target && !target->redacted) {
    hub_.add_redaction(log, by, target->id, "{}");
  }
}

void MatrixDialect::reacted(Room& room, Message& message, Account& by, std::string_view before,
                            std::string_view after) {
  auto& log = hub_.log_of(room);
  const auto target = log.find_message(message.id);
  if (!target) return;
  if (!before.empty()) {
    for (const auto& child : log.children(target->id)) {
      if (child->sender == &by && child->relation.key == before && !child->redacted) {
        hub_.add_redaction(log, by, std::string(child->id), "{}");
        break;
      }
    }
  }
  if (after.empty()) return;
  std::string content;
  JsonWriter out(content);
  mx::write_reaction(out, target->id, after);
  hub_.add(log, by, std::string(mx::kReaction), std::move(content));
}

/// Whoever is out of a room can fetch nothing of it any more.
void MatrixDialect::forget_waiting(const Room& room, Account& account) {
  if (!account.queue) return;
  std::vector<std::int64_t> numbers;
  for (const auto* queued : account.queue->from(account.queue->head(), SIZE_MAX)) {
    if (queued->event->room == room.id) numbers.push_back(queued->number);
  }
  for (const auto number : numbers) {
    world_.drop_event(account, number, DropReason::DroppedByBot);
  }
}

void MatrixDialect::standing_changed(Room& room, const StandingChange& change) {
  auto& log = hub_.log_of(room);
  hub_.note_membership(log, change.subject);
  if (is_present(change.before) && !is_present(change.after)) forget_waiting(room, change.subject);
  const auto before = membership_of(change.before);
  const auto after = membership_of(change.after);
  if (room.is_private() && after != before) {
    // Blocked: whoever stops a conversation leaves it.
    hub_.add(log, change.actor, std::string(mx::kMember),
             hub_.member_content(change.actor, after == "join" ? "join" : "leave"),
             change.actor.wire);
    return;
  }
  if (before == after && change.wire.empty()) {
    if (is_present(change.after)) hub_.set_level(log, change);
    return;
  }
  // An invitation without an inviter comes from the room's host.
  Account& actor =
      &change.actor == &change.subject && after == "invite" ? hub_.host() : change.actor;
  auto content = hub_.member_content(change.subject, after);
  if (!change.wire.empty()) content = std::string(change.wire);
  hub_.add(log, actor, std::string(mx::kMember), std::move(content), change.subject.wire);
}

}  // namespace chorus::sandbox::matrix
