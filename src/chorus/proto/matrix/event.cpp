#include "chorus/proto/matrix/event.hpp"

#include "chorus/base/text.hpp"

#include <utility>

namespace chorus::proto::matrix {

namespace {

std::unexpected<Error> missing(std::string_view member) {
  return fail(ErrorCode::ParseError, std::string(member) + " is missing or of a wrong kind");
}

std::string text_of(const json::object& object, std::string_view key) {
  return to_valid_utf8(find_string(object, key).value_or(""));
}

/// The text of a member that is an object; nullopt otherwise.
std::optional<std::string> object_text(const json::object& object, std::string_view key) {
  const auto* found = find_object(object, key);
  if (found == nullptr) return std::nullopt;
  return to_valid_utf8(json::serialize(*found));
}

}  // namespace

Result<Event> decode_event(const json::value& value) {
  if (!value.is_object()) return missing("an event");
  const auto& object = value.get_object();
  Event out;
  for (auto [key, target] : {std::pair{"event_id", &out.event_id}, std::pair{"type", &out.type},
                             std::pair{"sender", &out.sender}}) {
    const auto text = find_string(object, key);
    if (!text || text->empty()) return missing(key);
    *target = to_valid_utf8(*text);
  }
  const auto ts = find_int(object, "origin_server_ts");
  if (!ts) return missing("origin_server_ts");
  out.origin_server_ts = *ts;
  auto content = object_text(object, "content");
  if (!content) return missing("content");
  out.content = std::move(*content);
  out.room_id = text_of(object, "room_id");
  if (const auto key = find_string(object, "state_key")) out.state_key = to_valid_utf8(*key);
  out.redacts = text_of(object, "redacts");
  if (const auto* extra = find_object(object, "unsigned")) {
    out.transaction_id = text_of(*extra, "transaction_id");
    out.redacted = find_object(*extra, "redacted_because") != nullptr;
  }
  return out;
}

void write_event(JsonWriter& out, const Event& event) {
  out.begin_object().field("event_id", event.event_id).field("type", event.type);
  out.field("sender", event.sender).field("origin_server_ts", event.origin_server_ts);
  if (!event.room_id.empty()) out.field("room_id", event.room_id);
  if (event.state_key) out.field("state_key", *event.state_key);
  if (!event.redacts.empty()) out.field("redacts", event.redacts);
  out.key("content").raw(event.content);
  if (!event.transaction_id.empty() || event.redacted) {
    out.key("unsigned").begin_object();
    if (!event.transaction_id.empty()) out.field("transaction_id", event.transaction_id);
    if (event.redacted) out.key("redacted_because").begin_object().end_object();
    out.end_object();
  }
  out.end_object();
}

Result<StrippedEvent> decode_stripped(const json::value& value) {
  if (!value.is_object()) return missing("an event");
  const auto& object = value.get_object();
  StrippedEvent out;
  out.type = text_of(object, "type");
  if (out.type.empty()) return missing("type");
  out.sender = text_of(object, "sender");
  out.state_key = text_of(object, "state_key");
  auto content = object_text(object, "content");
  if (!content) return missing("content");
  out.content = std::move(*content);
  return out;
}

void write_stripped(JsonWriter& out, const StrippedEvent& event) {
  out.begin_object().field("type", event.type).field("sender", event.sender);
  out.field("state_key", event.state_key).key("content").raw(event.content).end_object();
}

}  // namespace chorus::proto::matrix
