#pragma once

#include "chorus/fleet/detail/directory.hpp"
#include "chorus/fleet/talk_window.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/rt/loop.hpp"

namespace chorus::fleet::detail {

/// Shows a window of talk on /metrics, computed when it is asked for; NaN while too little was
/// said. All references outlive it; the registry forgets them when it goes.
class TalkGauges {
 public:
  TalkGauges(metrics::Registry& registry, const TalkWindow& talk, const Directory& directory,
             const rt::Loop& loop);
  ~TalkGauges();
  TalkGauges(const TalkGauges&) = delete;
  TalkGauges& operator=(const TalkGauges&) = delete;

 private:
  [[nodiscard]] TalkWindow::Shape shape() const;

  metrics::Registry& registry_;
  const TalkWindow& talk_;
  const Directory& directory_;
  const rt::Loop& loop_;
};

}  // namespace chorus::fleet::detail
