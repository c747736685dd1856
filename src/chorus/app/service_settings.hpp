#pragma once

#include "chorus/base/secret.hpp"
#include "chorus/config/table.hpp"
#include "chorus/fleet/settings.hpp"
#include "chorus/store/store.hpp"

#include <string>
#include <vector>

namespace chorus::app {

/// Who is told when something is wrong, and from when on it counts as wrong.
struct NotifySettings {
  Secret webhook;             ///< URL that gets a POST with JSON; its path may be the secret
  std::string telegram_bot;   ///< name of one of our bots, which writes to `telegram_chat`
  std::string telegram_chat;  ///< numeric id
  double tick_errors = 0.2;
  double send_errors = 0.001;
  double spend_warning = 0.75;
  double spend_alarm = 0.9;
  std::size_t minimum = 20;  ///< ticks or sends in the window before a share counts
  Duration window = std::chrono::minutes(5);
  Duration quiet = std::chrono::hours(1);
};

/// Everything about the running service that `settings:` can change.
struct ServiceSettings {
  fleet::FleetSettings fleet;
  store::Store::Retention keep;
  NotifySettings notify;
};
const config::Table<ServiceSettings>& service_settings_table();

/// The values of the process itself (address, folders, keys): known by flag, environment and file,
/// never stored, and each needs a restart. Those in `settings:` of the file are not among them.
const std::vector<config::Setting>& process_settings();

}  // namespace chorus::app
