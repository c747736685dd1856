#pragma once

#include "chorus/admin/settings_ports.hpp"
#include "chorus/app/config.hpp"
#include "chorus/app/service_settings.hpp"
#include "chorus/store/store.hpp"

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace chorus::app {

/// What was said about settings before the start, strongest last but for `fixed`.
struct GivenSettings {
  std::map<std::string, std::string> given;   ///< from file and environment, as ServeConfig has it
  std::map<std::string, std::string> fixed;   ///< name -> the source that stored values do not pass
  std::map<std::string, std::string> stored;  ///< what operators set (`stored_settings`)
  std::vector<std::pair<config::Setting, std::pair<std::string, std::string>>>
      process;  ///< value and source of each process setting; secrets masked
};

/// The settings that operators stored, by name. What no longer validates is left out, and the log
/// says so: an old value must not keep the service from starting.
std::map<std::string, std::string> stored_settings(
    const std::vector<std::pair<std::string, std::string>>& rows);

/// `rows`: the store's `settings`.
GivenSettings given_settings(const ServeConfig& config,
                             const std::vector<std::pair<std::string, std::string>>& rows);

/// The settings a service starts with. Errors: Misconfigured (given ones only).
Result<ServiceSettings> settings_at_start(const GivenSettings& given);

/// The settings of a running service: shown, changed, and kept in the store. Order: flag,
/// environment, `.env`, stored, file, default. One loop.
class SettingsService final : public admin::SettingsService {
 public:
  /// `running` is what the service started with. The store outlives this.
  SettingsService(store::Store& store, ServiceSettings running, GivenSettings given);

  /// Called after each change that counts at once.
  void on_change(std::function<void(const ServiceSettings&)> hook) { hook_ = std::move(hook); }
  /// What the service lives by now.
  [[nodiscard]] const ServiceSettings& running() const { return running_; }

  [[nodiscard]] json::array settings() const override;
  [[nodiscard]] Result<json::object> setting(const std::string& name) const override;
  rt::Task<Result<json::object>> set_setting(std::string name, json::value value) override;
  rt::Task<Result<json::object>> reset_setting(std::string name) override;

 private:
  using Row = config::Table<ServiceSettings>::Row;
  /// The row, when an operator may change it here.
  [[nodiscard]] Result<const Row*> changeable(const std::string& name) const;
  [[nodiscard]] Error unknown(const std::string& name) const;
  /// Value and source that count once the process starts again.
  [[nodiscard]] std::pair<std::string, std::string> wanted(const Row& row) const;
  [[nodiscard]] json::object show(const Row& row) const;
  void take(const Row& row);

  store::Store& store_;
  ServiceSettings running_;
  GivenSettings given_;
  std::function<void(const ServiceSettings&)> hook_;
};

}  // namespace chorus::app
