#include "chorus/base/json_writer.hpp"
#include "chorus/proto/matrix/filter.hpp"
#include "chorus/sandbox/matrix/call.hpp"
#include "chorus/sandbox/matrix/taken.hpp"
#include "chorus/sandbox/matrix/tokens.hpp"

#include <algorithm>
#include <set>
#include <utility>

/// Reading what was: messages, single events, relations, state.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::int64_t kMostPerPage = 1000;

/// The events of one page, in the order of the answer.
std::string chunk_of(const RoomLog& log, const std::vector<EventPtr>& events,
                     const Viewer& viewer) {
  std::string out = "[";
  for (const auto& event : events) {
    if (out.size() > 1) out += ',';
    append_event(out, log, *event, viewer);
  }
  return out + "]";
}

/// The members of those who wrote these events, for clients that load members lazily.
std::string senders_state(const RoomLog& log, const std::vector<EventPtr>& events,
                          const Viewer& viewer) {
  std::set<std::string> senders;
  for (const auto& event : events) senders.insert(event->sender->wire);
  std::string out = "[";
  for (const auto& sender : senders) {
    const auto member = log.state_of(mx::kMember, sender);
    if (!member) continue;
    if (out.size() > 1) out += ',';
    append_event(out, log, *member, viewer);
  }
  return out + "]";
}

Step<std::int64_t> token_param(const Call& call, std::string_view name, std::int64_t otherwise) {
  const auto text = call.query(name);
  if (!text || text->empty()) return otherwise;
  const auto position = parse_token(*text);
  if (!position) return std::unexpected(Reply::invalid("Invalid stream token"));
  return *position;
}

void note_messages(Call& call, const std::vector<EventPtr>& events) {
  if (!call.account().is_bot) return;
  MessageKeys keys;
  for (const auto& event : events) {
    if (event->message) keys.emplace(call.log->room().id, event->message);
  }
  take_from_queue(call.world(), call.account(), keys, {}, false);
}

}  // namespace

Reply room_messages(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  const auto& log = **known;
  const auto dir = call.query("dir").value_or("");
  if (dir != "b" && dir != "f") {
    return Reply::error(400, dir.empty() ? "M_MISSING_PARAM" : "M_INVALID_PARAM",
                        "'dir' must be 'b' or 'f'");
  }
  const bool back = dir == "b";
  mx::EventFilter filter;
  if (const auto text = call.query("filter")) {
    const auto parsed = parse_json(*text);
    if (!parsed || !parsed->is_object()) return Reply::bad("'filter' must be a JSON object");
    auto decoded = mx::decode_event_filter(parsed->get_object());
    if (!decoded) return Reply::bad(decoded.error().message);
    filter = std::move(*decoded);
  }
  const auto limit = std::clamp<std::int64_t>(call.query_int("limit", 10), 1, kMostPerPage);
  const auto from = token_param(call, "from", back ? call.hub.position() : 0);
  if (!from) return from.error();
  const auto to = token_param(call, "to", back ? 0 : call.hub.position());
  if (!to) return to.error();
  std::vector<EventPtr> events;
  std::optional<std::int64_t> end;
  const auto& all = log.events();
  auto at = log.index_after(*from);
  const auto take = [&](const EventPtr& event) {
    if (filter.wants(event->type, event->sender->wire)) events.push_back(event);
  };
  if (back) {
    while (at > 0 && std::ssize(events) < limit && all[at - 1]->position > *to) take(all[--at]);
    if (at > 0 && all[at - 1]->position > *to) end = all[at - 1]->position;
  } else {
    while (at < all.size() && std::ssize(events) < limit && all[at]->position <= *to) {
      take(all[at++]);
    }
    if (at < all.size() && all[at]->position <= *to && at > 0) end = all[at - 1]->position;
  }
  note_messages(call, events);
  const auto viewer = call.viewer();
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("start", make_token(*from));
  w.key("chunk").raw(chunk_of(log, events, viewer));
  if (filter.lazy_load_members) w.key("state").raw(senders_state(log, events, viewer));
  if (end) w.field("end", make_token(*end));
  w.end_object();
  return Reply::ok(std::move(out));
}

Reply get_event(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  const auto event = (*known)->find(call.parts[1]);
  if (!event) return Reply::not_found("Event not found.");
  note_messages(call, {event});
  std::string out;
  append_event(out, **known, *event, call.viewer());
  return Reply::ok(std::move(out));
}

Reply event_context(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  const auto& log = **known;
  const auto event = log.find(call.parts[1]);
  if (!event) return Reply::not_found("Event not found.");
  const auto half = std::clamp<std::int64_t>(call.query_int("limit", 10), 0, 100) / 2;
  const auto& all = log.events();
  const auto behind = log.index_after(event->position);
  std::vector<EventPtr> before;
  std::vector<EventPtr> after;
  for (auto i = behind; i > 0 && std::ssize(before) < half; --i) {
    if (all[i - 1]->position < event->position) before.push_back(all[i - 1]);
  }
  for (auto i = behind; i < all.size() && std::ssize(after) < half; ++i) after.push_back(all[i]);
  std::vector<EventPtr> state;
  for (const auto& [key, current] : log.state()) {
    if (auto then = RoomLog::as_of(current, event->position)) state.push_back(std::move(then));
  }
  const auto viewer = call.viewer();
  const auto start = before.empty() ? event->position - 1 : before.back()->position - 1;
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("start", make_token(start));
  w.field("end", make_token(after.empty() ? event->position : after.back()->position));
  w.key("events_before").raw(chunk_of(log, before, viewer));
  std::string one;
  append_event(one, log, *event, viewer);
  w.key("event").raw(one).key("events_after").raw(chunk_of(log, after, viewer));
  w.key("state").raw(chunk_of(log, state, viewer)).end_object();
  return Reply::ok(std::move(out));
}

namespace {

/// One page of a list that is newest first, or oldest first with `dir=f`.
Reply page_of(Call& call, std::vector<EventPtr> events) {
  const bool forward = call.query("dir") == "f";
  if (!forward) std::ranges::reverse(events);
  const auto from = token_param(call, "from", forward ? 0 : INT64_MAX);
  if (!from) return from.error();
  std::erase_if(events, [&](const EventPtr& e) {
    return forward ? e->position <= *from : e->position > *from;
  });
  const auto limit =
      static_cast<std::size_t>(std::clamp<std::int64_t>(call.query_int("limit", 5), 1, 100));
  std::optional<std::int64_t> next;
  if (events.size() > limit) {
    events.resize(limit);
    next = forward ? events.back()->position : events.back()->position - 1;
  }
  std::string out;
  JsonWriter w(out);
  w.begin_object().key("chunk").raw(chunk_of(*call.log, events, call.viewer()));
  if (next) w.field("next_batch", make_token(*next));
  w.end_object();
  return Reply::ok(std::move(out));
}

}  // namespace

Reply event_relations(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  if (!(*known)->find(call.parts[1])) return Reply::not_found("Event not found.");
  std::vector<EventPtr> events;
  for (const auto& child : (*known)->children(call.parts[1])) {
    if (child->redacted) continue;
    if (call.parts.size() > 2 && child->relation.rel_type != call.parts[2]) continue;
    if (call.parts.size() > 3 && child->type != call.parts[3]) continue;
    events.push_back(child);
  }
  return page_of(call, std::move(events));
}

Reply room_threads(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  std::vector<EventPtr> roots;
  for (const auto& event : (*known)->events()) {
    const auto& children = (*known)->children(event->id);
    if (std::ranges::any_of(children, [](const auto& c) { return c->relation.is_thread(); })) {
      roots.push_back(event);
    }
  }
  return page_of(call, std::move(roots));
}

Reply timestamp_to_event(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  const auto ts = call.query_int("ts", 0);
  const bool forward = call.query("dir").value_or("f") == "f";
  EventPtr found;
  for (const auto& event : (*known)->events()) {
    if (forward && event->ts >= ts) {
      found = event;
      break;
    }
    if (!forward && event->ts <= ts) found = event;
  }
  if (!found) return Reply::not_found("Unable to find event from that time");
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("event_id", found->id)
      .field("origin_server_ts", found->ts)
      .end_object();
  return Reply::ok(std::move(out));
}

Reply all_state(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  std::vector<EventPtr> state;
  for (const auto& [key, event] : (*known)->state()) state.push_back(event);
  return Reply::ok(chunk_of(**known, state, call.viewer()));
}

Reply get_state(Call& call) {
  auto known = known_room(call, call.parts[0]);
  if (!known) return std::move(known).error();
  const auto event =
      (*known)->state_of(call.parts[1], call.parts.size() > 2 ? call.parts[2] : std::string());
  if (!event) return Reply::not_found("Event not found.");
  if (call.query("format") == "event") {
    std::string out;
    append_event(out, **known, *event, call.viewer());
    return Reply::ok(std::move(out));
  }
  return Reply::ok(event->content);
}

}  // namespace chorus::sandbox::matrix
