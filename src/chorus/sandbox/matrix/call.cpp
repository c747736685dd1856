#include "chorus/sandbox/matrix/call.hpp"

#include "chorus/base/text.hpp"
#include "chorus/sandbox/matrix/app_services.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

Reply Reply::error(int status, std::string_view errcode, std::string_view text) {
  Reply reply;
  reply.status = status;
  reply.body.clear();
  mx::ApiError error;
  error.errcode = errcode;
  error.error = text;
  mx::append_error(reply.body, error);
  return reply;
}

Reply Reply::limited(std::chrono::milliseconds wait) {
  Reply reply;
  reply.status = 429;
  reply.body.clear();
  reply.retry_after = wait;
  mx::ApiError error;
  error.errcode = "M_LIMIT_EXCEEDED";
  error.error = "Too Many Requests";
  error.retry_after = wait;
  mx::append_error(reply.body, error);
  return reply;
}

std::int64_t Call::query_int(std::string_view name, std::int64_t otherwise) const {
  const auto text = query(name);
  if (!text) return otherwise;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  return error == std::errc{} && end == text->data() + text->size() ? value : otherwise;
}

Origin Call::origin(std::string type, std::string content) const {
  Origin origin;
  origin.type = std::move(type);
  origin.content = std::move(content);
  if (service != nullptr) {
    if (const auto ts = query_int("ts", 0); ts > 0) origin.ts = ts;
  }
  return origin;
}

std::string Call::txn_key(std::string_view what, std::string_view txn_id) const {
  // Source: reference matrix.md 1.2: for a service the user is not in the key.
  const auto who = service != nullptr ? "service " + service->registration().id
                                      : fmt::format("{} {}", user->account->id.value, device);
  return fmt::format("{} {} {} {}", who, log->room().serial, what, txn_id);
}

Step<json::object> body_of(const Call& call) {
  if (trim(call.request.body).empty()) return json::object{};
  auto parsed = parse_json(call.request.body);
  if (!parsed) return std::unexpected(Reply::error(400, "M_NOT_JSON", "Content not JSON."));
  if (!parsed->is_object()) {
    return std::unexpected(Reply::bad("Content must be a JSON object."));
  }
  return std::move(parsed->get_object());
}

Step<RoomLog*> joined_room(Call& call, std::string_view room_id) {
  call.log = call.hub.find_log(room_id);
  const auto* member = call.log == nullptr ? nullptr : call.log->room().member(call.account().id);
  if (member == nullptr || !is_present(member->standing)) {
    return std::unexpected(
        Reply::forbidden(fmt::format("User {} not in room {}", call.user_id(), room_id)));
  }
  return call.log;
}

Step<RoomLog*> known_room(Call& call, std::string_view room_id) {
  call.log = call.hub.find_log(room_id);
  const auto* member = call.log == nullptr ? nullptr : call.log->room().member(call.account().id);
  if (member == nullptr || member->standing == Standing::Invited) {
    return std::unexpected(
        Reply::forbidden(fmt::format("User {} not in room {}", call.user_id(), room_id)));
  }
  return call.log;
}

Step<void> charge(Call& call, Limiter limiter, std::string_view key) {
  // Source: reference matrix.md 1.5, exemptions.
  if (call.service != nullptr &&
      (!call.service->registration().rate_limited || call.user == call.service->sender())) {
    return {};
  }
  const auto now = call.hub.loop().now();
  const auto wait = call.limits.admit(limiter, key.empty() ? call.user_id() : key, now);
  if (wait) return std::unexpected(Reply::limited(*wait));
  return {};
}

bool has_only_integers(const json::value& value) {
  if (value.is_double()) return false;
  if (value.is_array()) return std::ranges::all_of(value.get_array(), has_only_integers);
  if (!value.is_object()) return true;
  return std::ranges::all_of(value.get_object(),
                             [](const auto& entry) { return has_only_integers(entry.value()); });
}

}  // namespace chorus::sandbox::matrix
