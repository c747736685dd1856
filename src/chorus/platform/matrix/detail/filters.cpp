#include "chorus/platform/matrix/detail/filters.hpp"

#include "chorus/proto/matrix/content.hpp"
#include "chorus/proto/matrix/filter.hpp"

#include <vector>

namespace chorus::platform::detail {

namespace matrix = proto::matrix;

namespace {

constexpr std::int64_t kTimeline = 50;

std::vector<std::string> timeline_types() {
  return {std::string(matrix::kMessage), std::string(matrix::kEncrypted),
          std::string(matrix::kMember), "m.room.name", "m.room.encryption"};
}

matrix::SyncFilter quiet_filter() {
  const std::vector<std::string> none;
  matrix::SyncFilter filter;
  filter.presence.types = none;
  filter.account_data.types = none;
  filter.ephemeral.types = none;
  filter.room_account_data.types = none;
  filter.state.types = {"m.room.name", "m.room.encryption", std::string(matrix::kMember)};
  filter.state.lazy_load_members = true;
  return filter;
}

}  // namespace

const std::string& sync_filter() {
  static const std::string text = [] {
    auto filter = quiet_filter();
    filter.timeline.types = timeline_types();
    filter.timeline.limit = kTimeline;
    return matrix::encode_sync_filter(filter);
  }();
  return text;
}

const std::string& messages_filter() {
  static const std::string text = [] {
    matrix::EventFilter filter;
    filter.types = timeline_types();
    return matrix::encode_event_filter(filter);
  }();
  return text;
}

const std::string& look_around_filter() {
  static const std::string text = [] {
    auto filter = quiet_filter();
    // A server that gives the state at the start of the timeline has the rest of it in there.
    filter.timeline.types = filter.state.types;
    filter.timeline.limit = kTimeline;
    return matrix::encode_sync_filter(filter);
  }();
  return text;
}

std::optional<Invite> read_invite(const matrix::InvitedRoom& room, std::string_view user_id) {
  for (const auto& event : room.state) {
    if (event.type != matrix::kMember || event.state_key != user_id) continue;
    const auto content = parse_json(event.content);
    if (!content || !content->is_object()) continue;
    if (find_string(content->get_object(), "membership") != "invite") continue;
    return Invite{event.sender, find_bool(content->get_object(), "is_direct").value_or(false)};
  }
  return std::nullopt;
}

}  // namespace chorus::platform::detail
