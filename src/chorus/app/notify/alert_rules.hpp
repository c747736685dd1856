#pragma once

#include "chorus/app/service_settings.hpp"
#include "chorus/policy/share_window.hpp"

#include <string>
#include <vector>

namespace chorus::app {

/// What of the running service can be worth a notice, at one moment.
struct AlertFigures {
  policy::ShareWindow::Tally ticks, sends;  ///< over `notify_window`
  struct Spend {
    std::string scope;  ///< `fleet`, `provider:NAME`, `bot:ID`
    double used = 0;    ///< money of the last day, reservations included
    double most = 0;
  };
  std::vector<Spend> spend;  ///< each ceiling of money per day
  struct Bot {
    std::string name;
    std::string conflict;  ///< another poller holds its updates; empty: none
    bool unauthorized = false;
  };
  std::vector<Bot> bots;
};

/// Something that is wrong now. The key stays the same while it is the same trouble.
struct Alert {
  std::string key;
  std::string text;  ///< one line for people; no message text, no token
  friend bool operator==(const Alert&, const Alert&) = default;
};

/// All that is wrong, in a fixed order. Pure.
std::vector<Alert> alerts_of(const AlertFigures& figures, const NotifySettings& settings);

}  // namespace chorus::app
