#include "chorus/proto/matrix/appservice.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/proto/matrix/errors.hpp"
#include "chorus/proto/matrix/filter.hpp"
#include "chorus/proto/matrix/ids.hpp"
#include "chorus/proto/matrix/sync.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace chorus::proto::matrix {
namespace {

std::string text() {
  const auto piece =
      rc::gen::element<std::string>("a", "B ", "\"", "\\", "\n", "> ", "\x01", "é", "😀", "@ada:x");
  std::string out;
  for (const auto& part : *rc::gen::container<std::vector<std::string>>(piece)) out += part;
  return out;
}
std::string name() {
  return "n" + text();
}
bool flag() {
  return *rc::gen::arbitrary<bool>();
}

Relation any_relation() {
  Relation relation;
  if (flag()) relation.in_reply_to = name();
  if (flag()) return relation;
  relation.rel_type = *rc::gen::element<std::string>("m.thread", "m.annotation", "m.reference");
  relation.event_id = name();
  if (relation.rel_type == kAnnotation) relation.key = text();
  if (relation.is_thread()) relation.is_falling_back = flag();
  return relation;
}

MessageBody any_body() {
  MessageBody body;
  body.msgtype = name();
  body.body = text();
  if (flag()) body.formatted_body = name();
  if (flag()) body.url = name();
  if (flag()) {
    body.mentions.emplace();
    body.mentions->room = flag();
    for (int i = *rc::gen::inRange(0, 3); i > 0; --i) body.mentions->user_ids.push_back(text());
  }
  return body;
}

Event any_event() {
  Event event;
  event.event_id = name();
  event.type = name();
  event.sender = name();
  event.room_id = flag() ? name() : "";
  if (flag()) event.state_key = text();
  event.origin_server_ts = *rc::gen::inRange<std::int64_t>(0, INT64_C(1) << 50);
  if (flag()) event.content = R"({"body":"x","n":1})";
  if (flag()) event.redacts = name();
  if (flag()) event.transaction_id = name();
  event.redacted = flag();
  return event;
}

std::vector<Event> any_events() {
  std::vector<Event> out;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out.push_back(any_event());
  return out;
}

EventFilter any_filter() {
  EventFilter filter;
  const auto list = [] {
    return *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", "m.*", "@b:c"));
  };
  if (flag()) filter.types = list();
  filter.not_types = list();
  if (flag()) filter.senders = list();
  if (flag()) filter.rooms = list();
  filter.not_rooms = list();
  if (flag()) filter.limit = *rc::gen::inRange<std::int64_t>(0, 1000);
  filter.lazy_load_members = flag();
  return filter;
}

RC_GTEST_PROP(MatrixCodec, DecodingUndoesEncodingOfMessages, ()) {
  MessageContent content;
  static_cast<MessageBody&>(content) = any_body();
  content.relation = any_relation();
  if (flag()) content = edit_of(name(), any_body());
  std::string wire;
  JsonWriter out(wire);
  write_message(out, content);
  const auto parsed = parse_json(wire);
  RC_ASSERT(parsed.has_value());
  const auto decoded = decode_message(parsed->get_object());
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == content);
}

RC_GTEST_PROP(MatrixCodec, DecodingUndoesEncodingOfSyncs, ()) {
  SyncResponse sync;
  sync.next_batch = name();
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    JoinedRoom room;
    room.room_id = "!j" + std::to_string(i);
    if (flag()) room.members = *rc::gen::inRange<std::int64_t>(0, 100'000);
    room.timeline = any_events();
    room.limited = flag();
    room.prev_batch = flag() ? name() : "";
    room.state = any_events();
    sync.joined.push_back(room);
    sync.invited.push_back({"!i" + std::to_string(i), {{name(), text(), text(), "{}"}}});
    sync.left.push_back({"!l" + std::to_string(i), any_events()});
  }
  std::string wire;
  append_sync(wire, sync);
  const auto decoded = decode_sync(wire);
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == sync);
}

RC_GTEST_PROP(MatrixCodec, ACutSyncIsAFaultAndNeverACrash, ()) {
  SyncResponse sync;
  sync.next_batch = name();
  sync.joined.push_back({"!r", any_events(), false, "p", {}, std::nullopt});
  std::string wire;
  append_sync(wire, sync);
  const auto length = *rc::gen::inRange<std::size_t>(0, wire.size());
  RC_ASSERT(!decode_sync(std::string_view(wire).substr(0, length)).has_value());
}

RC_GTEST_PROP(MatrixCodec, DecodingUndoesEncodingOfFilters, ()) {
  SyncFilter filter;
  filter.presence = any_filter();
  filter.account_data = any_filter();
  filter.timeline = any_filter();
  filter.state = any_filter();
  filter.ephemeral = any_filter();
  filter.room_account_data = any_filter();
  filter.include_leave = flag();
  const auto parsed = parse_json(encode_sync_filter(filter));
  RC_ASSERT(parsed.has_value());
  const auto decoded = decode_sync_filter(parsed->get_object());
  RC_ASSERT(decoded.has_value());
  RC_ASSERT(*decoded == filter);
}

RC_GTEST_PROP(MatrixCodec, DecodingUndoesEncodingOfErrors, ()) {
  ApiError error;
  error.status = *rc::gen::inRange(400, 600);
  error.errcode = name();
  error.error = text();
  if (flag()) error.retry_after = std::chrono::milliseconds(*rc::gen::inRange(0, 86'400'000));
  error.soft_logout = flag();
  std::string wire;
  append_error(wire, error);
  RC_ASSERT(decode_error(error.status, "", wire) == error);
}

RC_GTEST_PROP(MatrixCodec, LocalpartsAreValidAndDifferWhenNamesDoBeyondCase, ()) {
  const auto a = *rc::gen::arbitrary<std::string>();
  const auto b = *rc::gen::arbitrary<std::string>();
  RC_PRE(!a.empty() && !b.empty() && a.size() < 60 && b.size() < 60);
  RC_ASSERT(is_localpart(localpart_of(a)));
  const auto lower = [](std::string s) {
    for (auto& c : s) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return s;
  };
  RC_ASSERT((localpart_of(a) == localpart_of(b)) == (lower(a) == lower(b)));
}

RC_GTEST_PROP(MatrixCodec, CuttingAFallbackTwiceCutsOnce, ()) {
  const auto body = "> quoted\n\n" + ("x" + text());
  RC_ASSERT(without_reply_fallback(body) == std::string_view(body).substr(10));
}

}  // namespace
}  // namespace chorus::proto::matrix
