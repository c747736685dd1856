#pragma once

#include "chorus/lab/executor.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab::detail {

std::optional<ExecutorKind> executor_kind(std::string_view name);
/// Every name, in the order of the documentation.
const std::vector<std::string>& executor_names();
/// Why an executor of that kind does not take the key, and which ones do; nullopt when it does. A
/// key that is not in the file format is not judged here.
std::optional<std::string> misplaced_key(std::string_view key, ExecutorKind kind);

}  // namespace chorus::lab::detail
