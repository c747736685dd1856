#pragma once

#include "chorus/app/notify/alert_rules.hpp"
#include "chorus/base/time.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chorus::app {

/// What goes out to the operator.
struct Notice {
  std::string key;
  bool recovered = false;  ///< it is over
  std::string text;
  WallTime at{};
};

/// Which alerts are worth a notice: each once when it begins and once when it is over, and not
/// again within the quiet time when it comes back. What came back and still holds when the quiet
/// time is over goes out then. Pure, one thread; remembers an alert until its quiet time is over.
class NoticeBoard {
 public:
  /// `active`: all that is wrong at `now`. At most 4,096 alerts are known at once, others wait.
  std::vector<Notice> update(const std::vector<Alert>& active, MonoTime now, WallTime wall,
                             Duration quiet);
  [[nodiscard]] std::size_t known() const { return known_.size(); }

 private:
  struct State {
    bool active = false;
    bool told = false;  ///< its beginning went out, its end did not
    std::optional<MonoTime> told_at;
    std::string text;
  };
  std::map<std::string, State> known_;
};

}  // namespace chorus::app
