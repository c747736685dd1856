#pragma once

#include "chorus/base/error.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/task.hpp"

#include <string>

namespace chorus::app {

/// Registers an application service at a sandbox, by its control API at `control`; once more with
/// another url, and it moves there. Errors: Unavailable with what the sandbox said.
rt::Task<Result<void>> register_app_service(net::Transport& transport, std::string control,
                                            std::string registration);

}  // namespace chorus::app
