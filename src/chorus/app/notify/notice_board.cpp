#include "chorus/app/notify/notice_board.hpp"

#include <utility>

namespace chorus::app {

std::vector<Notice> NoticeBoard::update(const std::vector<Alert>& active, MonoTime now,
                                        WallTime wall, Duration quiet) {
  constexpr std::size_t kMost = 4096;
  std::vector<Notice> out;
  for (auto& [key, state] : known_) state.active = false;
  for (const Alert& alert : active) {
    if (known_.size() >= kMost && !known_.contains(alert.key)) continue;
    State& state = known_[alert.key];
    state.active = true;
    if (state.told || (state.told_at && now - *state.told_at < quiet)) continue;
    state.told = true;
    state.told_at = now;
    state.text = alert.text;
    out.push_back({alert.key, false, alert.text, wall});
  }
  for (auto entry = known_.begin(); entry != known_.end();) {
    State& state = entry->second;
    if (!state.active && std::exchange(state.told, false)) {
      out.push_back({entry->first, true, state.text, wall});
    }
    const bool over = !state.active && (!state.told_at || now - *state.told_at >= quiet);
    entry = over ? known_.erase(entry) : std::next(entry);
  }
  return out;
}

}  // namespace chorus::app
