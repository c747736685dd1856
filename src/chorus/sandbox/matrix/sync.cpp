#include "chorus/sandbox/matrix/door.hpp"
#include "chorus/sandbox/matrix/sync_builder.hpp"
#include "chorus/sandbox/matrix/tokens.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

/// The long poll around the answer that sync_builder makes. Source: reference matrix.md 1.1.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr std::int64_t kLongestTimeoutMs = 300'000;

Step<mx::SyncFilter> filter_of(const Call& call) {
  const auto text = call.query("filter");
  if (!text || text->empty()) return mx::SyncFilter{};
  std::string_view source = *text;
  if (source.front() != '{') {
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(source.data(), source.data() + source.size(), index);
    if (error != std::errc{} || end != source.data() + source.size() ||
        index >= call.user->filters.size()) {
      return std::unexpected(Reply::invalid("No such filter"));
    }
    source = call.user->filters[index];
  }
  const auto parsed = parse_json(source);
  if (!parsed || !parsed->is_object()) {
    return std::unexpected(Reply::invalid("Invalid filter JSON"));
  }
  auto filter = mx::decode_sync_filter(parsed->get_object());
  if (!filter) return std::unexpected(Reply::invalid(filter.error().message));
  return std::move(*filter);
}

}  // namespace

rt::Task<Reply> MatrixDoor::sync(Call& call) {
  auto filter = filter_of(call);
  if (!filter) co_return std::move(filter).error();
  SyncRequest request;
  request.filter = std::move(*filter);
  request.full_state = call.query("full_state") == "true";
  if (const auto since = call.query("since"); since && !since->empty()) {
    request.since = parse_token(*since);
    if (!request.since || *request.since > hub_.position()) {
      co_return Reply::error(400, "M_UNKNOWN", "Unknown or invalid stream token");
    }
  }
  const auto timeout = std::clamp<std::int64_t>(call.query_int("timeout", 0), 0, kLongestTimeoutMs);
  const auto deadline = parts_.loop.now() + std::chrono::milliseconds(timeout);
  const auto user = call.user->shared_from_this();
  const auto device = call.device;
  const auto* service = call.service;
  while (true) {
    if (stopping_) {
      auto reply = Reply::error(503, "M_UNKNOWN", "The server is shutting down");
      reply.counted = false;
      co_return reply;
    }
    const bool known = !user->gone && !user->account->removed &&
                       (service != nullptr || user->devices.contains(device));
    if (!known) {
      co_return Reply::error(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.");
    }
    auto answer = build_sync(hub_, *user, device, request);
    // An initial sync, and one of the full state, never wait.
    const bool at_once = !request.since || request.full_state;
    if (at_once || !answer.empty || parts_.loop.now() >= deadline) {
      take_from_queue(parts_.world, *user->account, answer.messages, {}, false);
      co_return Reply::ok(std::move(answer.body));
    }
    const Hub::Held held(hub_, *user);
    const auto woken = co_await user->wake.wait_until(deadline);
    if (woken == rt::Notify::Woken::Cancelled) {
      auto reply = Reply::error(499, "M_UNKNOWN", "The client has gone");
      reply.counted = false;
      co_return reply;
    }
  }
}

}  // namespace chorus::sandbox::matrix
