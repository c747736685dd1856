#pragma once

#include "chorus/lab/fault_window.hpp"
#include "chorus/lab/ledger.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// Keeps what faults did while a run goes. Memory: at most kMaxWindows windows; later ones are
/// counted only. Pure: times are from the start of the load. One thread.
class FaultTrack {
 public:
  static constexpr std::size_t kMaxWindows = 500;
  /// A fault begins; gives its number, nullopt for one that is counted only.
  std::optional<std::size_t> begin(FaultWindow window);
  void end(std::size_t number, Duration at) { windows_[number].end = at; }
  void calls(std::size_t number, std::uint64_t n) { windows_[number].calls = n; }
  /// The first reply to a message, and the message's end; only required ones count.
  void replied(const LedgerRecord& record, MonoTime start);
  void closed(const LedgerRecord& record, MonoTime start);

  [[nodiscard]] const std::vector<FaultWindow>& windows() const { return windows_; }
  [[nodiscard]] std::uint64_t uncounted() const { return uncounted_; }
  void archive(detail::Archive& archive);
  /// What goes on ends: a fault does not outlive the sandbox that it was told to.
  void end_open(Duration at);

 private:
  std::vector<FaultWindow> windows_;  // by begin
  std::uint64_t uncounted_ = 0;
};

}  // namespace chorus::lab
