#include "chorus/sandbox/matrix/event_view.hpp"

#include "chorus/base/json_writer.hpp"

#include <algorithm>

namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

/// The edit that counts: the newest, then the greater id. Only the author's own.
EventPtr newest_edit(const RoomLog& log, const LogEvent& event) {
  EventPtr best;
  for (const auto& child : log.children(event.id)) {
    if (!child->relation.is_edit() || child->redacted) continue;
    if (child->sender != event.sender || child->type != event.type) continue;
    if (!best || std::pair(child->ts, child->id) > std::pair(best->ts, best->id)) best = child;
  }
  return best;
}

void append_relations(std::string& out, const RoomLog& log, const LogEvent& event,
                      const Viewer& viewer) {
  if (event.redacted || log.children(event.id).empty()) return;
  std::string bundle;
  Viewer plain = viewer;
  plain.with_relations = false;
  if (const auto edit = newest_edit(log, event)) {
    bundle += R"("m.replace":)";
    append_event(bundle, log, *edit, plain);
  }
  std::size_t count = 0;
  bool took_part = false;
  EventPtr latest;
  for (const auto& child : log.children(event.id)) {
    if (!child->relation.is_thread() || child->redacted) continue;
    ++count;
    latest = child;
    took_part = took_part || (viewer.user != nullptr && child->sender == viewer.user->account);
  }
  if (count > 0) {
    if (!bundle.empty()) bundle += ',';
    bundle += R"("m.thread":{"latest_event":)";
    append_event(bundle, log, *latest, plain);
    took_part = took_part || (viewer.user != nullptr && event.sender == viewer.user->account);
    bundle += R"(,"count":)" + std::to_string(count);
    bundle += took_part ? R"(,"current_user_participated":true})"
                        : R"(,"current_user_participated":false})";
  }
  if (bundle.empty()) return;
  out += R"(,"m.relations":{)";
  out += bundle;
  out += '}';
}

}  // namespace

void append_event(std::string& out, const RoomLog& log, const LogEvent& event,
                  const Viewer& viewer) {
  out += event.wire;
  if (viewer.with_room) {
    out += R"(,"room_id":)";
    append_json_string(out, log.id());
  }
  out += R"(,"unsigned":{"age":)";
  out += std::to_string(std::max<std::int64_t>(0, viewer.now_ms - event.ts));
  if (!event.txn_id.empty() && viewer.user != nullptr && event.sender == viewer.user->account &&
      event.device == viewer.device) {
    out += R"(,"transaction_id":)";
    append_json_string(out, event.txn_id);
  }
  if (event.state_key && event.replaces) {
    out += R"(,"replaces_state":)";
    append_json_string(out, event.replaces->id);
    out += R"(,"prev_content":)" + event.replaces->content;
    out += R"(,"prev_sender":)";
    append_json_string(out, event.replaces->sender->wire);
  }
  if (event.redacted) {
    out += R"(,"redacted_by":)";
    append_json_string(out, event.redacted->id);
    out += R"(,"redacted_because":)" + event.redacted->wire + "}";
  }
  if (viewer.with_relations) append_relations(out, log, event, viewer);
  out += "}}";
}

void append_stripped(std::string& out, const LogEvent& event) {
  JsonWriter(out)
      .begin_object()
      .field("type", event.type)
      .field("state_key", event.state_key.value_or(""))
      .field("sender", event.sender->wire)
      .key("content")
      .raw(event.content)
      .end_object();
}

}  // namespace chorus::sandbox::matrix
