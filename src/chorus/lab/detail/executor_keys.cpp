#include "chorus/lab/detail/executor_keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

namespace chorus::lab::detail {

namespace {

using enum ExecutorKind;

constexpr std::array kAll{ConstantVus,          RampingVus,       ConstantArrivalRate,
                          RampingArrivalRate,   SharedIterations, PerVuIterations,
                          ExternallyControlled, PartlyOpen,       Burst,
                          Breakpoint,           Replay,           Soak};

struct Rule {
  std::string_view key;
  std::vector<ExecutorKind> kinds;
};

/// Keys that not every executor takes.
const std::vector<Rule>& rules() {
  static const std::vector<Rule> all = {
      {"vus", {ConstantVus, SharedIterations, PerVuIterations, ExternallyControlled, Soak}},
      {"max_vus",
       {ConstantArrivalRate, RampingArrivalRate, PartlyOpen, Burst, Breakpoint, Replay,
        ExternallyControlled, Soak}},
      {"pre_allocated_vus", {ConstantArrivalRate, RampingArrivalRate, PartlyOpen, Breakpoint}},
      {"rate", {ConstantArrivalRate, PartlyOpen, Breakpoint, Soak}},
      {"time_unit", {ConstantArrivalRate, RampingArrivalRate, PartlyOpen, Breakpoint, Soak}},
      {"start_rate", {RampingArrivalRate, Breakpoint}},
      {"start_vus", {RampingVus}},
      {"stages", {RampingVus, RampingArrivalRate}},
      {"iterations", {SharedIterations, PerVuIterations}},
      {"max_duration", {SharedIterations, PerVuIterations}},
      {"arrival", {ConstantArrivalRate, RampingArrivalRate, PartlyOpen, Breakpoint, Soak}},
      {"trace", {Replay, ConstantArrivalRate, PartlyOpen}},
      {"speed", {Replay, ConstantArrivalRate, PartlyOpen}},
      {"size", {Burst}},
      {"gap", {Burst}},
      {"repeat", {Burst}},
      {"turns", {PartlyOpen}},
      {"duration",
       {ConstantVus, ConstantArrivalRate, ExternallyControlled, PartlyOpen, Burst, Breakpoint,
        Replay, Soak}},
  };
  return all;
}

/// What to write in place of a key that k6 has elsewhere.
std::string_view instead(std::string_view key, ExecutorKind kind) {
  if (key == "duration" && is_closed(kind)) return "; it has 'max_duration'";
  if (key == "duration") return "; its stages say how long it lasts";
  return "";
}

}  // namespace

std::optional<ExecutorKind> executor_kind(std::string_view name) {
  const auto found = std::ranges::find(kAll, name, [](ExecutorKind k) { return to_string(k); });
  if (found == kAll.end()) return std::nullopt;
  return *found;
}

const std::vector<std::string>& executor_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> out;
    for (const auto kind : kAll) out.emplace_back(to_string(kind));
    return out;
  }();
  return names;
}

std::optional<std::string> misplaced_key(std::string_view key, ExecutorKind kind) {
  const auto rule = std::ranges::find(rules(), key, &Rule::key);
  if (rule == rules().end()) return std::nullopt;
  if (std::ranges::find(rule->kinds, kind) != rule->kinds.end()) return std::nullopt;
  std::vector<std::string_view> takers;
  for (const auto taker : rule->kinds) takers.push_back(to_string(taker));
  return fmt::format("executor '{}' takes no '{}'{} ({} {} it)", to_string(kind), key,
                     instead(key, kind), fmt::join(takers, ", "),
                     takers.size() == 1 ? "takes" : "take");
}

}  // namespace chorus::lab::detail
