#pragma once

#include "chorus/app/config.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::app::detail {

/// Resolves `env:NAME` and `file:PATH` (relative to the configuration's folder) to a secret.
using SecretLookup = std::function<Result<Secret>(const std::string& reference)>;

/// What chorus.yaml says, on top of `config`. `set(name, value)` is told of every scalar, for the
/// origins. Errors: Misconfigured, one line per problem with `file:line:col`.
Result<void> apply_config_file(std::string_view text, const std::string& file,
                               const SecretLookup& secrets,
                               const std::function<void(std::string, std::string)>& set,
                               ServeConfig& config);

}  // namespace chorus::app::detail
