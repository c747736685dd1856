#include "chorus/policy/share_window.hpp"

#include <algorithm>

namespace chorus::policy {

void ShareWindow::add(bool good, MonoTime now) {
  const std::int64_t index = now.time_since_epoch() / kStep;
  Step& step = steps_[static_cast<std::size_t>(index) % kSteps];
  if (step.index != index) step = Step{.index = index};
  ++(good ? step.good : step.bad);
}

ShareWindow::Tally ShareWindow::tally(Duration window, MonoTime now) const {
  const std::int64_t last = now.time_since_epoch() / kStep;
  const std::int64_t first = last - std::min(window, kLongest) / kStep;
  Tally out;
  for (const Step& step : steps_) {
    if (step.index < first || step.index > last || step.index < 0) continue;
    out.good += step.good;
    out.bad += step.bad;
  }
  return out;
}

}  // namespace chorus::policy
