#include "chorus/sandbox/matrix/power_levels.hpp"

#include "chorus/base/json.hpp"

namespace chorus::sandbox::matrix {

namespace {

constexpr std::int64_t kCreatorLevel = 100;

void read_map(const json::object& object, std::string_view key,
              std::unordered_map<std::string, std::int64_t>& out) {
  const auto* found = find_object(object, key);
  if (found == nullptr) return;
  for (const auto& [name, value] : *found) {
    if (const auto level = as_int(value)) out[std::string(name)] = *level;
  }
}

}  // namespace

PowerLevels PowerLevels::parse(std::string_view content) {
  PowerLevels out;
  const auto parsed = parse_json(content);
  if (!parsed || !parsed->is_object()) return out;
  const auto& object = parsed->get_object();
  out.known_ = true;
  const auto number = [&](std::string_view key, std::int64_t otherwise) {
    return find_int(object, key).value_or(otherwise);
  };
  out.ban = number("ban", 50);
  out.kick = number("kick", 50);
  out.redact = number("redact", 50);
  out.invite = number("invite", 0);
  out.users_default_ = number("users_default", 0);
  out.events_default_ = number("events_default", 0);
  out.state_default_ = number("state_default", 50);
  read_map(object, "users", out.users_);
  read_map(object, "events", out.events_);
  return out;
}

std::int64_t PowerLevels::of(std::string_view user_id) const {
  if (!known_) return user_id == creator_ ? kCreatorLevel : 0;
  const auto found = users_.find(std::string(user_id));
  return found == users_.end() ? users_default_ : found->second;
}

std::int64_t PowerLevels::needed_for(std::string_view type, bool is_state) const {
  const auto found = events_.find(std::string(type));
  if (found != events_.end()) return found->second;
  if (!known_) return 0;
  return is_state ? state_default_ : events_default_;
}

}  // namespace chorus::sandbox::matrix
