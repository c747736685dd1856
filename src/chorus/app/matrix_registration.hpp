#pragma once

#include "chorus/app/config.hpp"

#include <string>

namespace chorus::app {

/// The registration that a homeserver's administrator installs, as JSON, which is YAML too: where
/// it reaches us, both tokens, and the accounts of the configured bots as exclusive namespace.
/// Errors: Misconfigured when the configuration names no application service or no bot of one.
/// Source: application service API, "Registration".
Result<std::string> matrix_registration(const ServeConfig& config);

}  // namespace chorus::app
