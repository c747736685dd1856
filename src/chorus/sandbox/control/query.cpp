#include "chorus/sandbox/control/query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>

namespace chorus::sandbox::control {

namespace {

using net::Request;

constexpr Duration kLongestWait = std::chrono::seconds(50);

template <class T>
Result<T> number_param(const Request& request, std::string_view name, T otherwise) {
  const auto text = request.query_param(name);
  if (!text) return otherwise;
  T value{};
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) {
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}' must be a number", name));
  }
  return value;
}

}  // namespace

Result<Asked> asked_of(const Request& request) {
  const auto room = request.query_param("room");
  if (!room) return fail(ErrorCode::InvalidArgument, "'room' is required");
  Asked asked;
  asked.room = *room;
  CH_TRY(asked.after, number_param<std::int64_t>(request, "after", 0));
  CH_TRY(asked.limit, number_param<std::int64_t>(request, "limit", 200));
  CH_TRY(const double seconds, number_param<double>(request, "wait", 0));
  asked.limit = std::clamp<std::int64_t>(asked.limit, 1, 1000);
  asked.wait = std::clamp(from_seconds(seconds), Duration::zero(), kLongestWait);
  return asked;
}

}  // namespace chorus::sandbox::control
