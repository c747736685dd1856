#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chorus::sandbox::matrix {

/// Who may do what in a room. Source: specification, m.room.power_levels; before there is such an
/// event the creator may do everything.
class PowerLevels {
 public:
  /// From the content of m.room.power_levels; members of a wrong kind count as absent.
  static PowerLevels parse(std::string_view content);
  void set_creator(std::string user_id) { creator_ = std::move(user_id); }

  [[nodiscard]] std::int64_t of(std::string_view user_id) const;
  [[nodiscard]] std::int64_t needed_for(std::string_view type, bool is_state) const;
  [[nodiscard]] bool may_send(std::string_view user_id, std::string_view type,
                              bool is_state) const {
    return of(user_id) >= needed_for(type, is_state);
  }
  std::int64_t ban = 50;
  std::int64_t kick = 50;
  std::int64_t redact = 50;
  std::int64_t invite = 0;

 private:
  bool known_ = false;  // an event was read
  std::string creator_;
  std::unordered_map<std::string, std::int64_t> users_;
  std::unordered_map<std::string, std::int64_t> events_;
  std::int64_t users_default_ = 0;
  std::int64_t events_default_ = 0;
  std::int64_t state_default_ = 50;
};

}  // namespace chorus::sandbox::matrix
