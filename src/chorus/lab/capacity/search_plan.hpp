#pragma once

#include "chorus/lab/stats/proportion.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

namespace chorus::lab {

struct SearchLimits {
  std::uint32_t from = 8;      ///< people of the first level
  std::uint32_t to = 100'000;  ///< never more
  double share = 0.95;         ///< of the replies that must be in time
  double confidence = 0.95;
  double width = 0.1;            ///< the bracket is narrow enough at this share of its lower end
  std::uint32_t repeats = 4;     ///< probes of one level, at most
  std::uint32_t fail_after = 2;  ///< one bad moment is no limit: a miss needs so many probes
  std::uint32_t confirmations = 3;
  std::uint32_t probes = 80;  ///< in all, at most
};

enum class ProbePhase : std::uint8_t { Ramp, Narrow, Confirm };
std::string_view to_string(ProbePhase phase) noexcept;  ///< ramp, narrow, confirm

/// One short run of the load.
struct Probe {
  std::uint32_t people = 0;
  std::uint32_t repeat = 0;  ///< of this level and phase, from 0: for a seed of its own
  ProbePhase phase = ProbePhase::Ramp;
};

enum class LevelState : std::uint8_t { Open, Holds, Misses, Undecided };
std::string_view to_string(LevelState state) noexcept;  ///< open, holds, misses, undecided

/// What is known of one level from all its probes together.
struct Level {
  stats::Proportion replies;
  std::uint32_t probes = 0;
  LevelState state = LevelState::Open;
};

enum class SearchEnd : std::uint8_t {
  Running,
  Found,     ///< bracketed and confirmed
  AtLeast,   ///< the largest level that may be tried holds
  NoLevel,   ///< even one person misses
  Unsteady,  ///< what held did not hold again
  Stopped,   ///< a probe proved nothing (the lab was late, the target broke)
  TooFew,    ///< probes bring too few replies to prove anything, even if all were in time
  TooMany,   ///< the bound of probes
};
std::string_view to_string(SearchEnd end) noexcept;

/// Finds the largest load that meets a goal: doubles until a level misses (or halves until one
/// holds), bisects the bracket, and confirms the winner with probes of their own. A level holds
/// when the lower end of the Wilson interval of its share reaches the goal, misses when the upper
/// end stays below, and is probed again while neither is so; a level that stays open after all
/// repeats counts as missed for the bracket and is named Undecided; one that had too few replies to
/// be shown to hold is passed over while the search goes up. Pure: ask `next`, run it, `observe`.
class SearchPlan {
 public:
  explicit SearchPlan(SearchLimits limits);

  /// The next probe; nothing when the search is over.
  [[nodiscard]] std::optional<Probe> next() const;
  /// What the probe of `next` gave.
  void observe(stats::Proportion replies);
  /// The probe proved nothing: the search ends with what is known.
  void stop();

  [[nodiscard]] SearchEnd end() const { return end_; }
  /// Largest level that holds; 0 when none does. After Found it is confirmed.
  [[nodiscard]] std::uint32_t capacity() const { return low_; }
  /// Smallest level that did not hold; nothing when there is none.
  [[nodiscard]] std::optional<std::uint32_t> missed() const { return high_; }
  [[nodiscard]] const std::map<std::uint32_t, Level>& levels() const { return levels_; }
  [[nodiscard]] const SearchLimits& limits() const { return limits_; }

 private:
  [[nodiscard]] LevelState judge(const Level& level) const;
  [[nodiscard]] bool too_few(const Level& level) const;
  [[nodiscard]] std::uint32_t doubled() const;
  void decided(LevelState state);
  void after_ramp(bool holds);
  void pass_over();
  void narrow();
  void confirm();
  void drop_winner();
  void begin_level(std::uint32_t people, ProbePhase phase);

  SearchLimits limits_;
  std::map<std::uint32_t, Level> levels_;
  Level confirmation_;
  std::uint32_t people_;
  ProbePhase phase_ = ProbePhase::Ramp;
  SearchEnd end_ = SearchEnd::Running;
  std::uint32_t low_ = 0;
  std::optional<std::uint32_t> high_;
  std::uint32_t confirmed_ = 0;  ///< attempts
  std::uint32_t probes_ = 0;
};

}  // namespace chorus::lab
