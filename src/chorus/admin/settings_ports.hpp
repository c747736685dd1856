#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/rt/task.hpp"

#include <string>

namespace chorus::admin {

/// What the HTTP API needs to show and change settings while the service runs. `app` implements it.
///
/// A setting is `{name, value, default, kind, unit, allowed, choices, group, description, takes,
/// source, changeable, needs_restart, variable, key}`: `takes` is `at_once` or `at_start`, `source`
/// says where the value comes from, `needs_restart` that the running process still lives by an
/// older one.
class SettingsService {
 public:
  virtual ~SettingsService() = default;
  [[nodiscard]] virtual json::array settings() const = 0;
  /// NotFound, with the nearest name.
  [[nodiscard]] virtual Result<json::object> setting(const std::string& name) const = 0;
  /// Durable when it answers; the setting as it is then. InvalidArgument: what is allowed.
  /// Conflict: a flag, a variable or a secret's file decides over it.
  virtual rt::Task<Result<json::object>> set_setting(std::string name, json::value value) = 0;
  /// The stored value is forgotten: the file's or the default counts again.
  virtual rt::Task<Result<json::object>> reset_setting(std::string name) = 0;
};

}  // namespace chorus::admin
