#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/net/http.hpp"

#include <cstdint>
#include <string>

namespace chorus::sandbox::control {

/// What `GET /messages` asks for.
struct Asked {
  std::string room;
  std::int64_t after = 0;
  std::int64_t limit = 0;
  Duration wait{};
};

/// Errors: InvalidArgument naming the parameter.
Result<Asked> asked_of(const net::Request& request);

}  // namespace chorus::sandbox::control
