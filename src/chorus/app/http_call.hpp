#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"
#include "chorus/net/http.hpp"

#include <string>

namespace chorus::app {

/// One HTTP exchange of a short-lived command: runs a loop of its own. Blocks at most `timeout`.
Result<net::Response> http_call(net::Method method, const net::Url& base, const std::string& path,
                                const std::string& body, const Secret& api_key,
                                Duration timeout = std::chrono::seconds(15));

/// The same for a request that is complete; its target is taken as it is.
Result<net::Response> http_send(const net::Url& base, net::Request request,
                                Duration timeout = std::chrono::seconds(15));

}  // namespace chorus::app
