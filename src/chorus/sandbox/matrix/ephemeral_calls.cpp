#include "chorus/base/text.hpp"
#include "chorus/sandbox/matrix/call.hpp"

#include <algorithm>
#include <chrono>

/// Typing, receipts, read markers.
namespace chorus::sandbox::matrix {

namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kTypingMs = 30'000;
constexpr std::int64_t kLongestTypingMs = 120'000;

void read_up_to(Call& call, RoomLog& log, std::string type, std::string event, std::string thread) {
  if (type == "m.fully_read") {
    std::string content = R"({"event_id":")" + event + R"("})";
    call.hub.set_data(*call.user, log.id(), type, std::move(content));
    return;
  }
  Receipt receipt;
  receipt.type = std::move(type);
  receipt.event_id = std::move(event);
  receipt.thread = std::move(thread);
  receipt.ts = to_micros(call.hub.loop().wall_now()) / 1000;
  call.hub.set_receipt(log, *call.user, receipt);
}

bool is_receipt(std::string_view type) {
  return type == "m.read" || type == "m.read.private" || type == "m.fully_read";
}

}  // namespace

Reply set_typing(Call& call) {
  auto joined = joined_room(call, call.parts[0]);
  if (!joined) return std::move(joined).error();
  if (call.parts[1] != call.user_id()) {
    return Reply::forbidden("Cannot set another user's typing state");
  }
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto typing = find_bool(*body, "typing");
  if (!typing) return Reply::error(400, "M_MISSING_PARAM", "Missing param: typing");
  const auto timeout =
      std::clamp<std::int64_t>(find_int(*body, "timeout").value_or(kTypingMs), 0, kLongestTypingMs);
  call.hub.set_typing(**joined, *call.user, *typing, milliseconds(timeout));
  if (*typing && call.account().is_bot) call.world().types((*joined)->room(), call.account());
  return {};
}

Reply set_receipt(Call& call) {
  auto joined = joined_room(call, call.parts[0]);
  if (!joined) return std::move(joined).error();
  const auto& type = call.parts[1];
  if (!is_receipt(type))
    return Reply::invalid(
        "Receipt type must be m.read, m.read.private or "
        "m.fully_read");
  const auto body = body_of(call);
  if (!body) return body.error();
  const auto* thread = find(*body, "thread_id");
  if (thread != nullptr && (!thread->is_string() || thread->get_string().empty())) {
    return Reply::invalid("thread_id field must be a non-empty string");
  }
  if (!(*joined)->find(call.parts[2])) return {};  // Synapse takes receipts for unknown events
  read_up_to(call, **joined, type, call.parts[2],
             to_valid_utf8(chorus::find_string(*body, "thread_id").value_or("")));
  return {};
}

Reply set_read_markers(Call& call) {
  auto joined = joined_room(call, call.parts[0]);
  if (!joined) return std::move(joined).error();
  const auto body = body_of(call);
  if (!body) return body.error();
  for (const auto* type : {"m.fully_read", "m.read", "m.read.private"}) {
    const auto event = chorus::find_string(*body, type);
    if (event && (*joined)->find(*event)) {
      read_up_to(call, **joined, type, std::string(*event), {});
    }
  }
  return {};
}

}  // namespace chorus::sandbox::matrix
