#include "chorus/sandbox/control/feed.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/net/sse.hpp"
#include "chorus/sandbox/control/views.hpp"

namespace chorus::sandbox::control {

namespace {
constexpr std::size_t kRing = 512;
constexpr Duration kHeartbeat = std::chrono::seconds(10);
}  // namespace

Feed::Feed(rt::Loop& loop, World& world)
    : loop_(loop), world_(world), changed_(loop), published_(loop) {}

void Feed::publish(std::string_view event, std::string data) {
  if (listeners_ == 0) return;
  const std::uint64_t id = next_id_++;
  ring_.push_back({id, net::encode_sse({std::string(event), std::move(data), std::to_string(id)})});
  if (ring_.size() > kRing) ring_.pop_front();
  published_.notify_all();
}

Room* Feed::room_of(const MessageView& view) const {
  if (view.room_type != RoomType::Private) return world_.find_room(view.room);
  return view.from_bot ? world_.find_private(view.from, view.private_peer)
                       : world_.find_private(view.private_peer, view.from);
}

void Feed::publish_message(std::string_view event, const MessageView& view) {
  if (listeners_ == 0) return;
  const Room* room = room_of(view);
  const Message* message = room != nullptr ? room->find(view.id) : nullptr;
  if (message == nullptr) return;
  std::string data;
  JsonWriter out(data);
  write_message(out, *room, *message);
  publish(event, std::move(data));
}

void Feed::on_person_message(const MessageView& view, const std::vector<PlatformUserId>&) {
  changed_.notify_all();
  publish_message("message", view);
}

void Feed::on_bot_message(const MessageView& view, std::string_view) {
  changed_.notify_all();
  publish_message("message", view);
}

void Feed::on_bot_edit(const MessageView& view) {
  publish_message("edit", view);
}
void Feed::on_person_edit(const MessageView& view) {
  publish_message("edit", view);
}

void Feed::on_message_deleted(const MessageView& view) {
  if (listeners_ == 0) return;
  std::string data;
  JsonWriter(data)
      .begin_object()
      .field("room", view.room.value)
      .field("message_id", view.id.value)
      .end_object();
  publish("delete", std::move(data));
}

void Feed::on_draft(const MessageView& view, std::int64_t draft) {
  if (listeners_ == 0) return;
  const Account* bot = world_.find_account(view.from);
  const Account* peer = world_.find_account(view.private_peer);
  std::string data;
  JsonWriter out(data);
  out.begin_object().field("draft", draft).field("text", view.text);
  out.field("from", bot != nullptr ? bot->username : "");
  out.field("person", peer != nullptr ? peer->username : "").end_object();
  publish("draft", std::move(data));
}

void Feed::on_button_answered(PlatformUserId bot, PlatformUserId person, PlatformChatId,
                              std::string_view text, bool alert) {
  if (listeners_ == 0) return;
  const Account* from = world_.find_account(bot);
  const Account* to = world_.find_account(person);
  std::string data;
  JsonWriter out(data);
  out.begin_object().field("bot", from != nullptr ? from->username : "");
  out.field("person", to != nullptr ? to->username : "");
  out.field("text", text).field("alert", alert).end_object();
  publish("button", std::move(data));
}

void Feed::on_reaction(PlatformChatId room, PlatformMessageId message, PlatformUserId by,
                       std::string_view emoji) {
  if (listeners_ == 0) return;
  // The page asks for the message again: the grouped reactions are its state, not this event.
  std::string data;
  JsonWriter out(data);
  out.begin_object().field("room", room.value).field("message_id", message.value);
  out.field("by", by.value).field("emoji", emoji).end_object();
  publish("reaction", std::move(data));
}

void Feed::on_typing(PlatformChatId room, PlatformUserId bot) {
  if (listeners_ == 0) return;
  const Account* from = world_.find_account(bot);
  const Account* peer = world_.find_account(PlatformUserId(room.value));
  std::string data;
  JsonWriter out(data);
  out.begin_object().field("room", room.value).field("from", from != nullptr ? from->username : "");
  out.field("person", peer != nullptr ? peer->username : "").end_object();
  publish("typing", std::move(data));
}

void Feed::on_bot_ready(PlatformUserId bot) {
  if (listeners_ == 0) return;
  const Account* account = world_.find_account(bot);
  if (account == nullptr) return;
  std::string data;
  JsonWriter out(data);
  write_account(out, *account);
  publish("bot", std::move(data));
}

rt::Task<Result<void>> Feed::serve(net::BodyWriter& writer, std::uint64_t after) {
  struct Listening {
    explicit Listening(std::size_t& n) : count(n) { ++count; }
    ~Listening() { --count; }
    std::size_t& count;
  } listening(listeners_);
  std::uint64_t sent = after == 0 ? next_id_ - 1 : after;
  CH_CO_TRY_VOID(co_await writer.write("retry: 1000\n: connected\n\n"));
  while (!writer.closed()) {
    std::string batch;
    if (sent + 1 < next_id_ && (ring_.empty() || ring_.front().id > sent + 1)) {
      batch = net::encode_sse({"reset", "{}", std::to_string(next_id_ - 1)});
      sent = next_id_ - 1;
    }
    for (const auto& entry : ring_) {
      if (entry.id <= sent) continue;
      batch += entry.record;
      sent = entry.id;
    }
    if (!batch.empty()) {
      CH_CO_TRY_VOID(co_await writer.write(std::move(batch)));
      continue;
    }
    const auto woken = co_await published_.wait_until(loop_.now() + kHeartbeat);
    if (woken == rt::Notify::Woken::Cancelled) co_return fail(ErrorCode::Cancelled);
    if (woken == rt::Notify::Woken::Timeout) {
      CH_CO_TRY_VOID(co_await writer.write(": still here\n\n"));
    }
  }
  co_return Result<void>{};
}

}  // namespace chorus::sandbox::control
