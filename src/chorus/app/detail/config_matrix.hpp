#pragma once

#include "chorus/app/config.hpp"

#include <functional>
#include <string>

namespace chorus::app::detail {

/// A value of the process and, for people, what it is called and where it came from.
struct GivenValue {
  std::string value;
  std::string place;
};

/// What concerns Matrix: homeserver, mode and its tokens, rules for invitations, and the bot of
/// MATRIX_ACCESS_TOKEN. Nothing is set without a homeserver. Errors: Misconfigured, one line.
Result<void> take_matrix(const std::function<GivenValue(const std::string& name)>& get,
                         ServeConfig& config);

}  // namespace chorus::app::detail
