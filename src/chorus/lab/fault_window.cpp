#include "chorus/lab/fault_window.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {

constexpr Duration kBefore = std::chrono::minutes(1);
constexpr std::uint64_t kFewest = 20;
constexpr double kSlower = 1.5;  // Source: reference on load tests, drain and recovery times
constexpr double kAllowedMs = 50;
constexpr double kFewerAnswers = 0.05;

/// How people were served over some intervals.
struct Service {
  std::uint64_t required = 0;
  std::uint64_t answered = 0;
  LogBins latency;

  void add(const SeriesPoint& point) {
    required += point.sent;
    answered += point.answered;
    latency.merge(point.latency);
  }
  [[nodiscard]] double share() const {
    return static_cast<double>(answered) / static_cast<double>(required);
  }
  [[nodiscard]] bool as_good_as(const Service& before) const {
    const double p95 = before.latency.percentile_ms(95);
    return share() >= before.share() - kFewerAnswers &&
           latency.percentile_ms(95) <= std::max(p95 * kSlower, kAllowedMs);
  }
};

Duration end_of(const SeriesPoint& point) {
  return point.at + point.length;
}

/// Whether the fault or what it left behind was there. `seen` says that its recovery was looked
/// for.
bool touches(const FaultWindow& window, bool seen, const SeriesPoint& point) {
  if (window.begin >= end_of(point)) return false;
  if (!window.end || *window.end > point.at) return true;
  return seen && (!window.recovery || *window.end + *window.recovery > point.at);
}

Service service_before(const std::vector<FaultWindow>& windows, const FaultWindow& window,
                       std::span<const SeriesPoint> served) {
  Service out;
  for (const auto& point : served) {
    if (end_of(point) > window.begin) break;
    if (point.at < window.begin - kBefore) continue;
    // Windows are in order of their beginnings: those before this one have been judged.
    const bool disturbed = std::ranges::any_of(
        windows, [&](const FaultWindow& w) { return touches(w, &w < &window, point); });
    if (!disturbed) out.add(point);
  }
  return out;
}

/// Where what follows the end of a fault stops to be about that fault.
Duration horizon(const std::vector<FaultWindow>& windows, const FaultWindow& window,
                 Duration load_end) {
  Duration out = load_end;
  for (const auto& other : windows) {
    const bool runs_on = other.begin <= *window.end && (!other.end || *other.end > *window.end);
    if (&other != &window && runs_on) return *window.end;
    if (other.begin > *window.end) out = std::min(out, other.begin);
  }
  return out;
}

void find_recovery(FaultWindow& window, const Service& before, std::span<const SeriesPoint> served,
                   Duration until) {
  bool looked = false;
  for (std::size_t i = 0; i < served.size(); ++i) {
    if (served[i].at < *window.end) continue;
    Service now;
    for (std::size_t j = i; j < served.size() && now.required < kFewest; ++j) {
      if (end_of(served[j]) > until) break;
      now.add(served[j]);
    }
    if (now.required < kFewest) break;
    looked = true;
    if (!now.as_good_as(before)) continue;
    window.recovery = served[i].at - *window.end;
    return;
  }
  window.note = looked ? "not served as before until the load or the peace ended"
                       : "too few messages after it to judge";
}

}  // namespace

void judge_recovery(std::vector<FaultWindow>& windows, std::span<const SeriesPoint> served,
                    Duration load_end) {
  for (auto& window : windows) {
    const bool nothing_waited = window.end && !window.drain && window.missed == 0;
    if (nothing_waited) window.drain = Duration{};
    const auto before = service_before(windows, window, served);
    Service during;
    for (const auto& point : served) {
      const bool inside = point.at >= window.begin && (!window.end || end_of(point) <= *window.end);
      if (inside && end_of(point) <= load_end) during.add(point);
    }
    if (before.latency.count() > 0) window.p95_before_ms = before.latency.percentile_ms(95);
    if (during.latency.count() > 0) window.p95_during_ms = during.latency.percentile_ms(95);
    if (!window.end) {
      window.note = "it lasted until the load ended";
    } else if (before.required < kFewest || before.latency.count() == 0) {
      window.note = "too few messages in the minute before it to compare with";
    } else {
      find_recovery(window, before, served, horizon(windows, window, load_end));
    }
  }
}

}  // namespace chorus::lab
