#include "chorus/sandbox/matrix/sync_builder.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/matrix/dialect.hpp"
#include "chorus/sandbox/matrix/event_view.hpp"
#include "chorus/sandbox/matrix/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::int64_t kTimelineLimit = 10;  // Source: reference matrix.md 1.1
constexpr std::int64_t kMostTimeline = 1000;
constexpr std::size_t kHeroes = 5;
constexpr std::array<std::string_view, 7> kInviteState = {
    "m.room.create", "m.room.join_rules", "m.room.name",      "m.room.canonical_alias",
    "m.room.avatar", "m.room.topic",      "m.room.encryption"};

class Builder {
 public:
  Builder(Hub& hub, User& user, std::string_view device, const SyncRequest& request)
      : hub_(hub), user_(user), request_(request) {
    viewer_.user = &user;
    viewer_.device = device;
    viewer_.now_ms = to_micros(hub.loop().wall_now()) / 1000;
  }

  SyncAnswer build();

 private:
  [[nodiscard]] std::int64_t since() const { return request_.since.value_or(0); }
  [[nodiscard]] bool initial() const { return !request_.since; }
  void joined(RoomLog& log);
  void invited(RoomLog& log);
  void left(RoomLog& log, std::int64_t left_at);
  /// `[`events`]` that pass; `start` receives the position before the first of them.
  struct Timeline {
    std::string events = "[";
    bool limited = false;
    std::int64_t start = 0;
    std::set<std::string> senders;
    bool any = false;
    bool members_changed = false;
  };
  Timeline timeline(RoomLog& log, std::int64_t from, std::int64_t to, bool fresh);
  std::string state(RoomLog& log, const Timeline& line, bool fresh);
  std::string ephemeral(const RoomLog& log, bool fresh);
  std::string data(const std::string& room, const mx::EventFilter& filter, bool fresh);
  std::string summary(const RoomLog& log);

  Hub& hub_;
  User& user_;
  const SyncRequest& request_;
  Viewer viewer_;
  std::string join_;
  std::string invite_;
  std::string leave_;
  SyncAnswer answer_;
};

void add_comma(std::string& out) {
  if (!out.empty() && out.back() != '[' && out.back() != '{') out += ',';
}

Builder::Timeline Builder::timeline(RoomLog& log, std::int64_t from, std::int64_t to, bool fresh) {
  Timeline out;
  const auto& filter = request_.filter.timeline;
  const auto limit =
      std::clamp<std::int64_t>(filter.limit.value_or(kTimelineLimit), 0, kMostTimeline);
  const auto& all = log.events();
  const auto first = log.index_after(fresh ? 0 : from);
  auto at = log.index_after(to);
  out.start = to;
  std::vector<EventPtr> chosen;
  const bool wanted = filter.wants_room(log.id());
  while (at > first && std::ssize(chosen) < limit) {
    const auto& event = all[--at];
    out.start = event->position - 1;
    if (wanted && filter.wants(event->type, event->sender->wire)) chosen.push_back(event);
  }
  // What is left out: events behind `from` that there was no room for, or that are forgotten.
  out.limited = at > first || (!fresh && first == 0 && !all.empty() &&
                               all.size() >= RoomLog::kMaxEvents && all.front()->position > from);
  if (!out.limited && !fresh) out.start = from;
  if (limit == 0) out.limited = out.limited || first < all.size();
  Viewer viewer = viewer_;
  viewer.with_relations = out.limited || fresh;
  std::ranges::reverse(chosen);
  for (const auto& event : chosen) {
    add_comma(out.events);
    append_event(out.events, log, *event, viewer);
    out.senders.insert(event->sender->wire);
    out.members_changed = out.members_changed || event->type == mx::kMember;
    if (event->message) answer_.messages.emplace(log.room().id, event->message);
  }
  out.any = !chosen.empty();
  out.events += ']';
  return out;
}

/// State at the start of the timeline; without `fresh` only what changed in the gap.
std::string Builder::state(RoomLog& log, const Timeline& line, bool fresh) {
  const auto& filter = request_.filter.state;
  std::string out = "[";
  const bool lazy = filter.lazy_load_members;
  const auto put = [&](const EventPtr& event) {
    if (!filter.wants(event->type, event->sender->wire)) return;
    add_comma(out);
    append_event(out, log, *event, viewer_);
  };
  const bool gap = !fresh && line.limited;
  if (!fresh && !gap && !lazy) return "[]";
  for (const auto& [key, current] : log.state()) {
    const auto event = RoomLog::as_of(current, line.start);
    if (!event) continue;
    const bool changed_in_gap = gap && event->position > since();
    if (key.first == mx::kMember && lazy) {
      const bool own = fresh && key.second == user_.account->wire;
      if (own || changed_in_gap || line.senders.contains(key.second)) put(event);
      continue;
    }
    if (fresh || changed_in_gap) put(event);
  }
  return out + "]";
}

std::string Builder::ephemeral(const RoomLog& log, bool fresh) {
  const auto& filter = request_.filter.ephemeral;
  const auto* room = hub_.ephemerals().find(log.room().serial);
  if (room == nullptr || filter.wants_nothing()) return {};
  std::string out;
  const auto from = fresh ? 0 : since();
  if (room->typing_position > from && filter.wants("m.typing", {}) &&
      (!fresh || !room->typing.empty())) {
    JsonWriter w(out);
    w.begin_object().field("type", "m.typing").key("content").begin_object();
    w.key("user_ids").begin_array();
    for (const auto& [id, until] : room->typing) w.value(id);
    w.end_array().end_object().end_object();
  }
  if (room->receipts_position <= from || !filter.wants("m.receipt", {})) return out;
  // By event, then type, then user.
  std::map<std::string, std::map<std::string, std::map<std::string, const Receipt*>>> grouped;
  for (const auto& [key, receipt] : room->receipts) {
    const auto& user_id = std::get<0>(key);
    if (receipt.position <= from) continue;
    if (receipt.type == "m.read.private" && user_id != user_.account->wire) continue;
    grouped[receipt.event_id][receipt.type][user_id] = &receipt;
  }
  if (grouped.empty()) return out;
  if (!out.empty()) out += ',';
  JsonWriter w(out);
  std::string body;
  JsonWriter inner(body);
  inner.begin_object();
  for (const auto& [event_id, types] : grouped) {
    inner.key(event_id).begin_object();
    for (const auto& [type, users] : types) {
      inner.key(type).begin_object();
      for (const auto& [user_id, receipt] : users) {
        inner.key(user_id).begin_object().field("ts", receipt->ts);
        if (!receipt->thread.empty()) inner.field("thread_id", receipt->thread);
        inner.end_object();
      }
      inner.end_object();
    }
    inner.end_object();
  }
  inner.end_object();
  out += R"({"type":"m.receipt","content":)" + body + "}";
  return out;
}

std::string Builder::data(const std::string& room, const mx::EventFilter& filter, bool fresh) {
  std::string out;
  if (filter.wants_nothing() || (!fresh && user_.last_data <= since())) return out;
  for (auto it = user_.data.lower_bound({room, ""}); it != user_.data.end(); ++it) {
    if (it->first.first != room) break;
    const auto& piece = it->second;
    if (!fresh && piece.position <= since()) continue;
    if (!filter.wants(it->first.second, {})) continue;
    if (!out.empty()) out += ',';
    JsonWriter(out)
        .begin_object()
        .field("type", it->first.second)
        .key("content")
        .raw(piece.content.empty() ? "{}" : piece.content)
        .end_object();
  }
  return out;
}

std::string Builder::summary(const RoomLog& log) {
  std::string out;
  JsonWriter w(out);
  std::int64_t here = 0;
  std::int64_t invited_ones = 0;
  std::vector<std::string_view> heroes;
  for (const auto& [id, member] : log.room().members) {
    const bool present = is_present(member.standing);
    here += present ? 1 : 0;
    invited_ones += member.standing == Standing::Invited ? 1 : 0;
    if ((present || member.standing == Standing::Invited) && member.account != user_.account &&
        heroes.size() < kHeroes) {
      heroes.push_back(member.account->wire);
    }
  }
  w.begin_object().key("m.heroes").begin_array();
  for (const auto hero : heroes) w.value(hero);
  w.end_array().field("m.joined_member_count", here);
  w.field("m.invited_member_count", invited_ones).end_object();
  return out;
}

void Builder::joined(RoomLog& log) {
  const auto own = log.state_of(mx::kMember, user_.account->wire);
  const auto before = RoomLog::as_of(own, since());
  const bool newly =
      !own || !before || before->content.find(R"("membership":"join")") == std::string::npos;
  const bool fresh = initial() || newly;
  const auto* ephemerals = hub_.ephemerals().find(log.room().serial);
  const bool quiet = !fresh && !request_.full_state && log.last_position() <= since() &&
                     user_.last_data <= since() &&
                     (ephemerals == nullptr || std::max(ephemerals->typing_position,
                                                        ephemerals->receipts_position) <= since());
  if (quiet) return;
  auto line = timeline(log, since(), hub_.position(), fresh);
  if (newly && !initial()) line.limited = true;  // Source: reference matrix.md 1.1, newly joined
  const auto states = state(log, line, fresh || request_.full_state);
  const auto notes = ephemeral(log, fresh);
  const auto pieces = data(log.id(), request_.filter.room_account_data, fresh);
  const bool shows =
      line.any || line.limited || states != "[]" || !notes.empty() || !pieces.empty();
  if (!shows && !fresh) return;
  answer_.empty = false;
  add_comma(join_);
  append_json_string(join_, log.id());
  join_ += R"(:{"timeline":{"events":)" + line.events;
  join_ += line.limited ? R"(,"limited":true)" : R"(,"limited":false)";
  join_ += R"(,"prev_batch":")" + make_token(line.start) + R"("})";
  join_ += R"(,"state":{"events":)" + states + "}";
  if (!notes.empty()) join_ += R"(,"ephemeral":{"events":[)" + notes + "]}";
  if (!pieces.empty()) join_ += R"(,"account_data":{"events":[)" + pieces + "]}";
  if (fresh || line.members_changed) join_ += R"(,"summary":)" + summary(log);
  join_ += R"(,"unread_notifications":{"highlight_count":0,"notification_count":0}})";
}

void Builder::invited(RoomLog& log) {
  const auto own = log.state_of(mx::kMember, user_.account->wire);
  if (!own || (!initial() && own->position <= since())) return;
  answer_.empty = false;
  add_comma(invite_);
  append_json_string(invite_, log.id());
  invite_ += R"(:{"invite_state":{"events":[)";
  for (const auto type : kInviteState) {
    const auto event = log.state_of(type);
    if (!event) continue;
    append_stripped(invite_, *event);
    invite_ += ',';
  }
  if (const auto inviter = log.state_of(mx::kMember, own->sender->wire);
      inviter && inviter != own) {
    append_stripped(invite_, *inviter);
    invite_ += ',';
  }
  append_stripped(invite_, *own);
  invite_ += "]}}";
}

void Builder::left(RoomLog& log, std::int64_t left_at) {
  const auto from = initial() ? 0 : since();
  auto line = timeline(log, from, left_at, initial());
  answer_.empty = false;
  add_comma(leave_);
  append_json_string(leave_, log.id());
  leave_ += R"(:{"timeline":{"events":)" + line.events;
  leave_ += line.limited ? R"(,"limited":true)" : R"(,"limited":false)";
  leave_ += R"(,"prev_batch":")" + make_token(line.start) + R"("},"state":{"events":)";
  leave_ += state(log, line, initial()) + "}}";
}

SyncAnswer Builder::build() {
  for (const auto& [id, log] : user_.rooms) {
    if (log->room().deleted || !request_.filter.wants_room(id)) continue;
    const auto* member = log->room().member(user_.account->id);
    const auto standing = member == nullptr ? Standing::Left : member->standing;
    if (is_present(standing)) {
      joined(*log);
    } else if (standing == Standing::Invited) {
      invited(*log);
    } else if (const auto own = log->state_of(mx::kMember, user_.account->wire)) {
      const bool just_left = !initial() && own->position > since();
      if (just_left || (initial() && request_.filter.include_leave)) left(*log, own->position);
    }
  }
  const auto pieces = data({}, request_.filter.account_data, initial());
  if (!pieces.empty()) answer_.empty = false;
  auto& out = answer_.body;
  out.reserve(join_.size() + invite_.size() + leave_.size() + pieces.size() + 256);
  out = R"({"next_batch":")" + make_token(hub_.position()) + '"';
  if (!pieces.empty()) out += R"(,"account_data":{"events":[)" + pieces + "]}";
  if (!join_.empty() || !invite_.empty() || !leave_.empty()) {
    out += R"(,"rooms":{)";
    for (const auto& [name, rooms] :
         {std::pair<std::string_view, const std::string*>("join", &join_),
          {"invite", &invite_},
          {"leave", &leave_}}) {
      if (rooms->empty()) continue;
      add_comma(out);
      out += fmt::format(R"("{}":{{{}}})", name, *rooms);
    }
    out += '}';
  }
  out += R"(,"device_one_time_keys_count":{"signed_curve25519":50},)"
         R"("device_unused_fallback_key_types":[]})";
  return std::move(answer_);
}

}  // namespace

SyncAnswer build_sync(Hub& hub, User& user, std::string_view device, const SyncRequest& request) {
  return Builder(hub, user, device, request).build();
}

}  // namespace chorus::sandbox::matrix
