#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/matrix/hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// The homeserver's records in the world's journal.
namespace chorus::sandbox::matrix {

namespace {

std::string text_of(const json::object& record, std::string_view key) {
  return std::string(chorus::find_string(record, key).value_or(""));
}
std::int64_t int_of(const json::object& record, std::string_view key) {
  return chorus::find_int(record, key).value_or(0);
}

std::string event_record(const RoomLog& log, const LogEvent& event, std::string_view txn_key) {
  std::string line;
  line.reserve(event.content.size() + 256);
  JsonWriter w(line);
  w.begin_object().field("k", "event").field("room", log.room().serial);
  w.field("pos", event.position).field("id", event.id).field("type", event.type);
  if (event.state_key) w.field("key", *event.state_key);
  w.field("from", event.sender->id.value).field("ts", event.ts);
  w.field("content", event.content).field("message", event.message.value);
  if (!event.redacts.empty()) w.field("redacts", event.redacts);
  if (!event.device.empty()) w.field("device", event.device).field("txn", event.txn_id);
  if (!txn_key.empty()) w.field("txn_key", txn_key);
  if (event.redacted) w.field("by", event.redacted->id);
  w.end_object();
  return line;
}

}  // namespace

void Hub::record_event(const RoomLog& log, const LogEvent& event, const std::string& txn_key) {
  if (world_.recorder() != nullptr) record(event_record(log, event, txn_key));
}

void Hub::write_records(const Dialect::RecordSink& sink) const {
  if (reserved_ > 0) sink(fmt::format(R"({{"k":"reserve","pos":{}}})", reserved_));
  for (const auto* account : world_.accounts()) {
    const auto found = users_.find(account->id);
    if (found != users_.end()) write_user(sink, *found->second);
  }
  for (const auto* room : world_.rooms()) {
    const auto found = logs_.find(room->serial);
    if (found == logs_.end()) continue;
    const auto& log = *found->second;
    // State that is older than the history that is kept, in order of the stream.
    std::vector<EventPtr> old;
    const auto first = log.events().empty() ? INT64_MAX : log.events().front()->position;
    for (const auto& [key, event] : log.state()) {
      if (event->position < first) old.push_back(event);
    }
    std::ranges::sort(old, {}, [](const EventPtr& e) { return e->position; });
    for (const auto& event : old) sink(event_record(log, *event, {}));
    for (const auto& event : log.events()) sink(event_record(log, *event, {}));
    if (const auto* ephemeral = ephemerals_.find(room->serial)) {
      for (const auto& [key, receipt] : ephemeral->receipts) {
        const auto* user = find_user(std::get<0>(key));
        if (user != nullptr) sink(receipt_record(log, *user, receipt));
      }
    }
  }
  for (const auto& [alias, log] : aliases_) {
    std::string line;
    JsonWriter(line)
        .begin_object()
        .field("k", "alias")
        .field("alias", alias)
        .field("room", log->room().serial)
        .end_object();
    sink(line);
  }
  for (const auto& key : transactions_.order()) {
    std::string line;
    JsonWriter(line)
        .begin_object()
        .field("k", "txn")
        .field("key", key)
        .field("event", transactions_.find(key))
        .end_object();
    sink(line);
  }
}

void Hub::write_user(const Dialect::RecordSink& sink, const User& user) {
  const auto id = user.account->id.value;
  const auto begin = [&](std::string& line, std::string_view kind) {
    JsonWriter w(line);
    w.begin_object().field("k", kind).field("user", id);
    return w;
  };
  for (const auto& [name, device] : user.devices) {
    std::string line;
    begin(line, "device")
        .field("id", device.id)
        .field("token", device.token)
        .field("name", device.name)
        .end_object();
    sink(line);
  }
  if (user.account->is_bot && !user.devices.contains("SANDBOX")) {
    std::string line;
    begin(line, "device_gone").field("id", "SANDBOX").end_object();
    sink(line);
  }
  for (const auto& [kind, text] :
       {std::pair<std::string_view, const std::string*>("password", &user.password),
        {"avatar", &user.avatar}}) {
    if (text->empty()) continue;
    std::string line;
    begin(line, kind).field("text", *text).end_object();
    sink(line);
  }
  for (std::size_t i = 0; i < user.filters.size(); ++i) {
    std::string line;
    begin(line, "filter").field("index", i).field("text", user.filters[i]).end_object();
    sink(line);
  }
  for (const auto& [key, piece] : user.data) {
    std::string line;
    begin(line, "data")
        .field("room", key.first)
        .field("type", key.second)
        .field("content", piece.content)
        .field("pos", piece.position)
        .end_object();
    sink(line);
  }
}

bool Hub::restore(const json::object& record) {
  const auto kind = chorus::find_string(record, "k").value_or("");
  if (kind == "event") return restore_event(record);
  if (kind == "reserve") {
    reserved_ = std::max(reserved_, int_of(record, "pos"));
    position_ = std::max(position_, reserved_);
    return true;
  }
  if (kind == "txn") {
    transactions_.add(text_of(record, "key"), text_of(record, "event"));
    return true;
  }
  if (kind == "alias_gone") {
    aliases_.erase(text_of(record, "alias"));
    return true;
  }
  if (kind == "alias" || kind == "receipt") {
    Room* room = world_.find_serial(int_of(record, "room"));
    if (room == nullptr) return false;
    if (kind == "receipt") return restore_receipt(log_of(*room), record);
    aliases_[text_of(record, "alias")] = &log_of(*room);
    return true;
  }
  return restore_user(record, kind);
}

bool Hub::restore_event(const json::object& record) {
  Room* room = world_.find_serial(int_of(record, "room"));
  auto* sender = world_.find_account(PlatformUserId(int_of(record, "from")));
  if (room == nullptr || sender == nullptr) return false;
  auto& log = log_of(*room);
  auto event = std::make_shared<LogEvent>();
  event->position = int_of(record, "pos");
  event->id = text_of(record, "id");
  event->type = text_of(record, "type");
  if (const auto key = chorus::find_string(record, "key")) event->state_key = std::string(*key);
  event->sender = sender;
  event->ts = int_of(record, "ts");
  event->content = text_of(record, "content");
  event->message = PlatformMessageId(int_of(record, "message"));
  event->redacts = text_of(record, "redacts");
  event->device = text_of(record, "device");
  event->txn_id = text_of(record, "txn");
  const auto content = parse_json(event->content);
  if (!content || !content->is_object()) return false;
  event->relation = proto::matrix::decode_relation(content->get_object());
  encode(*event);
  log.append(event);
  if (!event->redacts.empty()) log.apply_redaction(event);
  if (auto key = text_of(record, "txn_key"); !key.empty()) transactions_.add(key, event->id);
  if (event->type == proto::matrix::kMember && event->state_key) {
    if (const auto found = by_user_id_.find(*event->state_key); found != by_user_id_.end()) {
      note_membership(log, *found->second->account);
    }
  }
  // A process that ended between the two lines of a message must not give its number again.
  room->next_message_id = std::max(room->next_message_id, event->message.value + 1);
  position_ = std::max(position_, event->position);
  return true;
}

bool Hub::restore_receipt(RoomLog& log, const json::object& record) {
  const auto* account = world_.find_account(PlatformUserId(int_of(record, "user")));
  if (account == nullptr) return false;
  auto& room = ephemerals_.of(log.room().serial);
  Receipt receipt;
  receipt.type = text_of(record, "type");
  receipt.thread = text_of(record, "thread");
  receipt.event_id = text_of(record, "event");
  receipt.ts = int_of(record, "ts");
  receipt.position = int_of(record, "pos");
  room.receipts_position = std::max(room.receipts_position, receipt.position);
  room.receipts[{account->wire, receipt.type, receipt.thread}] = receipt;
  return true;
}

bool Hub::restore_user(const json::object& record, std::string_view kind) {
  auto* account = world_.find_account(PlatformUserId(int_of(record, "user")));
  if (account == nullptr) return false;
  auto& user = user_of(*account);
  if (kind == "device") {
    const auto id = text_of(record, "id");
    auto& device = user.devices[id];
    if (!device.token.empty()) sessions_.erase(device.token);
    device = {id, text_of(record, "token"), text_of(record, "name")};
    sessions_[device.token] = {&user, id};
  } else if (kind == "device_gone") {
    const auto found = user.devices.find(text_of(record, "id"));
    if (found == user.devices.end()) return true;
    sessions_.erase(found->second.token);
    user.devices.erase(found);
  } else if (kind == "password") {
    user.password = text_of(record, "text");
  } else if (kind == "avatar") {
    user.avatar = text_of(record, "text");
  } else if (kind == "filter") {
    if (int_of(record, "index") == 0) user.filters.clear();
    user.filters.push_back(text_of(record, "text"));
  } else if (kind == "data") {
    auto& piece = user.data[{text_of(record, "room"), text_of(record, "type")}];
    piece = {text_of(record, "content"), int_of(record, "pos")};
    user.last_data = std::max(user.last_data, piece.position);
  } else {
    return false;
  }
  return true;
}

}  // namespace chorus::sandbox::matrix
