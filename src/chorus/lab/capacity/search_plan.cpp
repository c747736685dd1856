#include "chorus/lab/capacity/search_plan.hpp"

#include "chorus/base/check.hpp"

#include <algorithm>

namespace chorus::lab {

std::string_view to_string(ProbePhase phase) noexcept {
  switch (phase) {
    case ProbePhase::Ramp:
      return "ramp";
    case ProbePhase::Narrow:
      return "narrow";
    case ProbePhase::Confirm:
      return "confirm";
  }
  return "";
}

std::string_view to_string(LevelState state) noexcept {
  switch (state) {
    case LevelState::Open:
      return "open";
    case LevelState::Holds:
      return "holds";
    case LevelState::Misses:
      return "misses";
    case LevelState::Undecided:
      return "undecided";
  }
  return "";
}

std::string_view to_string(SearchEnd end) noexcept {
  switch (end) {
    case SearchEnd::Running:
      return "running";
    case SearchEnd::Found:
      return "found";
    case SearchEnd::AtLeast:
      return "at_least";
    case SearchEnd::NoLevel:
      return "no_level";
    case SearchEnd::Unsteady:
      return "unsteady";
    case SearchEnd::Stopped:
      return "stopped";
    case SearchEnd::TooFew:
      return "too_few";
    case SearchEnd::TooMany:
      return "too_many";
  }
  return "";
}

SearchPlan::SearchPlan(SearchLimits limits) : limits_(limits) {
  limits_.from = std::max<std::uint32_t>(1, limits_.from);
  limits_.to = std::max(limits_.to, limits_.from);
  limits_.repeats = std::max(limits_.repeats, std::max<std::uint32_t>(1, limits_.fail_after));
  people_ = limits_.from;
}

std::optional<Probe> SearchPlan::next() const {
  if (end_ != SearchEnd::Running) return std::nullopt;
  Probe out{people_, 0, phase_};
  if (phase_ == ProbePhase::Confirm) {
    out.repeat = confirmation_.probes;
  } else if (const auto level = levels_.find(people_); level != levels_.end()) {
    out.repeat = level->second.probes;
  }
  return out;
}

LevelState SearchPlan::judge(const Level& level) const {
  const auto interval = stats::wilson(level.replies, limits_.confidence);
  if (level.replies.n > 0 && interval.low >= limits_.share) return LevelState::Holds;
  const bool often = level.probes >= limits_.fail_after;
  if (often && interval.high < limits_.share) return LevelState::Misses;
  return level.probes >= limits_.repeats ? LevelState::Undecided : LevelState::Open;
}

/// Every reply could have been in time and the level would still be open.
bool SearchPlan::too_few(const Level& level) const {
  const auto n = level.replies.n;
  return stats::wilson({n, n}, limits_.confidence).low < limits_.share;
}

std::uint32_t SearchPlan::doubled() const {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(std::uint64_t{people_} * 2, limits_.to));
}

void SearchPlan::observe(stats::Proportion replies) {
  CH_CHECK(end_ == SearchEnd::Running);
  auto& level = phase_ == ProbePhase::Confirm ? confirmation_ : levels_[people_];
  level.replies.hits += replies.hits;
  level.replies.n += replies.n;
  ++level.probes;
  ++probes_;
  level.state = judge(level);
  if (level.state != LevelState::Open) {
    decided(level.state);
  }
  if (end_ == SearchEnd::Running && probes_ >= limits_.probes) end_ = SearchEnd::TooMany;
}

void SearchPlan::stop() {
  if (end_ == SearchEnd::Running) end_ = SearchEnd::Stopped;
}

void SearchPlan::decided(LevelState state) {
  const bool holds = state == LevelState::Holds;
  if (phase_ == ProbePhase::Confirm) {
    if (holds) {
      end_ = high_ ? SearchEnd::Found : SearchEnd::AtLeast;
    } else {
      drop_winner();
    }
    return;
  }
  if (phase_ == ProbePhase::Ramp && state == LevelState::Undecided && too_few(levels_[people_])) {
    return pass_over();
  }
  if (holds) {
    low_ = std::max(low_, people_);
  } else {
    high_ = high_ ? std::min(*high_, people_) : people_;
  }
  if (phase_ == ProbePhase::Ramp) {
    after_ramp(holds);
  } else {
    narrow();
  }
}

/// More people bring more replies; fewer would bring even fewer.
void SearchPlan::pass_over() {
  if (high_ || people_ >= limits_.to) {
    end_ = SearchEnd::TooFew;
    return;
  }
  begin_level(doubled(), ProbePhase::Ramp);
}

void SearchPlan::after_ramp(bool holds) {
  if (low_ > 0 && high_) return narrow();
  if (holds) {
    if (people_ >= limits_.to) return confirm();
    return begin_level(doubled(), ProbePhase::Ramp);
  }
  if (people_ <= 1) {
    end_ = SearchEnd::NoLevel;
    return;
  }
  begin_level(people_ / 2, ProbePhase::Ramp);
}

void SearchPlan::narrow() {
  const auto gap = *high_ - low_;
  const auto wanted = std::max(1.0, limits_.width * static_cast<double>(low_));
  if (static_cast<double>(gap) <= wanted) return confirm();
  begin_level(low_ + gap / 2, ProbePhase::Narrow);
}

void SearchPlan::confirm() {
  ++confirmed_;
  confirmation_ = {};
  people_ = low_;
  phase_ = ProbePhase::Confirm;
}

/// The winner missed when it was asked again: the next lower level that held is tried.
void SearchPlan::drop_winner() {
  levels_[low_].state = LevelState::Misses;
  high_ = low_;
  low_ = 0;
  for (const auto& [people, level] : levels_) {
    if (people < *high_ && level.state == LevelState::Holds) low_ = people;
  }
  if (low_ == 0 || confirmed_ >= limits_.confirmations) {
    end_ = SearchEnd::Unsteady;
    return;
  }
  narrow();
}

void SearchPlan::begin_level(std::uint32_t people, ProbePhase phase) {
  people_ = people;
  phase_ = phase;
}

}  // namespace chorus::lab
