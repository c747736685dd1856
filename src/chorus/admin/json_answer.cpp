#include "chorus/admin/json_answer.hpp"

namespace chorus::admin {

Result<json::object> json_body(const net::Request& request) {
  constexpr std::size_t kLargest = 256 * 1024;
  if (request.body.size() > kLargest) {
    return fail(ErrorCode::PayloadTooLarge, "a request has at most 256 KiB");
  }
  CH_TRY(json::value value, parse_json(request.body, {}, 16));
  if (!value.is_object()) return fail(ErrorCode::InvalidArgument, "send a JSON object");
  return std::move(value.get_object());
}

}  // namespace chorus::admin
