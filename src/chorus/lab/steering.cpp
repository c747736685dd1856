#include "chorus/lab/steering.hpp"

#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {
constexpr double kSmallest = 0.01;
constexpr double kLargest = 10;
constexpr std::size_t kMaxRecord = 1000;
}  // namespace

Steering::Steering(std::span<const Executor> executors) {
  for (const auto& e : executors) {
    Share share;
    share.controlled = e.kind == ExecutorKind::ExternallyControlled;
    share.people = std::max<std::uint32_t>(1, e.vus);
    share.max_people = e.max_vus;
    shares_.push_back(share);
  }
}

std::uint32_t Steering::people_of(const Share& share) const {
  const double wanted = std::round(share.people * factor_);
  return std::min(share.max_people, static_cast<std::uint32_t>(wanted));
}

std::optional<std::uint32_t> Steering::people() const {
  std::optional<std::uint32_t> out;
  for (const auto& share : shares_) {
    if (share.controlled) out = out.value_or(0) + people_of(share);
  }
  return out;
}

Result<void> Steering::apply(const SteerCommand& command, Duration at, std::string_view by) {
  std::string what;
  switch (command.what) {
    case SteerCommand::What::Pause:
      if (paused_) return fail(ErrorCode::Conflict, "the load is paused already");
      paused_ = true;
      what = "paused";
      break;
    case SteerCommand::What::Resume:
      if (!paused_) return fail(ErrorCode::Conflict, "the load is not paused");
      paused_ = false;
      what = "resumed";
      break;
    case SteerCommand::What::Scale:
      if (!(command.factor >= kSmallest && command.factor <= kLargest)) {
        return fail(
            ErrorCode::InvalidArgument,
            fmt::format("a factor is from {} to {}; to send nothing, pause", kSmallest, kLargest));
      }
      factor_ = command.factor;
      what = fmt::format("scaled to {:.4g} % of the plan", factor_ * 100);
      break;
    case SteerCommand::What::People: {
      if (!people()) {
        return fail(ErrorCode::InvalidArgument,
                    "no executor of the scenario is externally-controlled, so the number of people "
                    "is not open; scale by a factor");
      }
      for (auto& share : shares_) {
        if (!share.controlled || command.people <= share.max_people) continue;
        return fail(ErrorCode::InvalidArgument, fmt::format("{} people are more than max_vus {}",
                                                            command.people, share.max_people));
      }
      for (auto& share : shares_) {
        if (share.controlled) share.people = command.people;
      }
      factor_ = 1;
      what = fmt::format("set to {} people", command.people);
      break;
    }
  }
  if (record_.size() >= kMaxRecord) record_.erase(record_.begin());
  record_.push_back(fmt::format("at {}: {} ({})", format_duration(at), what, by));
  return {};
}

std::uint32_t Steering::copies(std::size_t executor, std::uint32_t rank) {
  if (paused_) return 0;
  auto& share = shares_[executor];
  if (share.controlled) return rank < people_of(share) ? 1 : 0;
  share.carried += factor_;
  // Against the rounding of many small steps.
  const double whole = std::floor(share.carried + 1e-9);
  share.carried -= whole;
  return static_cast<std::uint32_t>(whole);
}

bool Steering::may_iterate(std::uint32_t rank, std::size_t people) const {
  return !paused_ && rank < std::max(1.0, std::round(static_cast<double>(people) * factor_));
}

}  // namespace chorus::lab
