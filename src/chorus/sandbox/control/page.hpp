#pragma once

#include "chorus/base/error.hpp"
#include "chorus/net/http.hpp"

#include <string_view>

namespace chorus::sandbox::control {

/// A file of the chat page, which travels inside the binary. Errors: NotFound.
Result<net::Response> page_file(std::string_view name);

}  // namespace chorus::sandbox::control
