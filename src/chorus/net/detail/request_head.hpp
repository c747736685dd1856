#pragma once

#include "chorus/base/error.hpp"
#include "chorus/net/http.hpp"

#include <string>

namespace chorus::net::detail {

/// Appends request line and fields for a connection to `base`. Host, framing and, from the user
/// information of the URL, basic authorisation are filled in unless the request brings them.
/// Errors: InvalidArgument for a target or method that cannot stand in a request line.
Result<void> append_request_head(std::string& out, const Url& base, const Request& request,
                                 bool accept_gzip);

/// True when the caller asked for chunked coding of the body.
bool wants_chunked(const Request& request);

}  // namespace chorus::net::detail
