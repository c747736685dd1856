#include "chorus/proto/matrix/errors.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace chorus::proto::matrix {

namespace {

// A server that asks for more is not meant literally; the number must not overflow either.
constexpr std::int64_t kLongestWaitMs = 24LL * 3600 * 1000;

}  // namespace

void append_error(std::string& out, const ApiError& error) {
  JsonWriter w(out);
  w.begin_object().field("errcode", error.errcode).field("error", error.error);
  if (error.retry_after) w.field("retry_after_ms", error.retry_after->count());
  if (error.soft_logout) w.field("soft_logout", true);
  w.end_object();
}

std::string retry_after_header(std::chrono::milliseconds wait) {
  return std::to_string(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count()));
}

ApiError decode_error(int status, std::string_view header, std::string_view body) {
  ApiError out;
  out.status = status;
  std::int64_t seconds = 0;
  header = trim(header);
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error == std::errc{} && end == header.data() + header.size() && seconds >= 0) {
    out.retry_after = std::chrono::milliseconds(std::min(seconds, kLongestWaitMs / 1000) * 1000);
  }
  const auto parsed = parse_json(body);
  if (!parsed || !parsed->is_object()) return out;
  const auto& object = parsed->get_object();
  if (const auto code = find_string(object, "errcode"); code && !code->empty()) {
    out.errcode = to_valid_utf8(*code);
  }
  out.error = to_valid_utf8(find_string(object, "error").value_or(""));
  if (const auto ms = find_int(object, "retry_after_ms"); ms && *ms >= 0) {
    out.retry_after = std::chrono::milliseconds(std::min(*ms, kLongestWaitMs));
  }
  out.soft_logout = find_bool(object, "soft_logout").value_or(false);
  return out;
}

}  // namespace chorus::proto::matrix
