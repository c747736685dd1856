#include "chorus/lab/fault_track.hpp"

#include <algorithm>
#include <utility>

namespace chorus::lab {

std::optional<std::size_t> FaultTrack::begin(FaultWindow window) {
  if (windows_.size() >= kMaxWindows) {
    ++uncounted_;
    return std::nullopt;
  }
  windows_.push_back(std::move(window));
  return windows_.size() - 1;
}

void FaultTrack::end_open(Duration at) {
  for (auto& window : windows_) {
    if (!window.end) window.end = at;
  }
}

void FaultTrack::replied(const LedgerRecord& record, MonoTime start) {
  if (record.message.expect.reply != ReplyRule::Required) return;
  const auto intended = record.message.intended - start;
  const auto at = *record.replied - start;
  for (auto& window : windows_) {
    if (!window.end || *window.end <= intended || *window.end >= at) continue;
    window.drain = std::max(window.drain.value_or(Duration{}), at - *window.end);
  }
}

void FaultTrack::closed(const LedgerRecord& record, MonoTime start) {
  if (record.message.expect.reply != ReplyRule::Required) return;
  const auto intended = record.message.intended - start;
  const bool missed = record.outcome != Outcome::Answered && record.outcome != Outcome::InFlight;
  for (auto& window : windows_) {
    if (intended < window.begin || (window.end && intended >= *window.end)) continue;
    ++window.messages;
    if (missed) ++window.missed;
  }
}

}  // namespace chorus::lab
