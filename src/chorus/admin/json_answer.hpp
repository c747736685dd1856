#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/router.hpp"

namespace chorus::admin {

/// The answer of an operation whose value is JSON already.
template <class T>
net::Response json_answer(int status, const Result<T>& result) {
  if (!result) return net::error_response(result.error());
  return net::Response::json(status, json::serialize(*result));
}

/// The object that a request brings. Errors: PayloadTooLarge above 256 KiB, ParseError,
/// InvalidArgument: no object.
Result<json::object> json_body(const net::Request& request);

}  // namespace chorus::admin
