#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What a client wants to hear of. Source: specification, client-server API 6 ("Filtering").
namespace chorus::proto::matrix {

struct EventFilter {
  std::optional<std::vector<std::string>> types;  ///< nullopt: every type; `*` stands for any text
  std::vector<std::string> not_types;
  std::optional<std::vector<std::string>> senders;
  std::vector<std::string> not_senders;
  std::optional<std::vector<std::string>> rooms;
  std::vector<std::string> not_rooms;
  std::optional<std::int64_t> limit;
  bool lazy_load_members = false;

  [[nodiscard]] bool wants(std::string_view type, std::string_view sender) const;
  [[nodiscard]] bool wants_room(std::string_view room_id) const;
  /// True when nothing can pass (`types: []`): the whole section can be left out.
  [[nodiscard]] bool wants_nothing() const;
  friend bool operator==(const EventFilter&, const EventFilter&) = default;
};

struct SyncFilter {
  EventFilter presence;
  EventFilter account_data;
  std::optional<std::vector<std::string>> rooms;  ///< nullopt: every room
  std::vector<std::string> not_rooms;
  bool include_leave = false;
  EventFilter timeline;
  EventFilter state;
  EventFilter ephemeral;
  EventFilter room_account_data;

  [[nodiscard]] bool wants_room(std::string_view room_id) const;
  friend bool operator==(const SyncFilter&, const SyncFilter&) = default;
};

/// Errors: ParseError naming the member of a wrong kind. Unknown members are ignored.
Result<EventFilter> decode_event_filter(const json::object& object);
Result<SyncFilter> decode_sync_filter(const json::object& object);
std::string encode_event_filter(const EventFilter& filter);
std::string encode_sync_filter(const SyncFilter& filter);

}  // namespace chorus::proto::matrix
