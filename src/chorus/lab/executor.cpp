#include "chorus/lab/executor.hpp"

namespace chorus::lab {

std::string_view to_string(ExecutorKind kind) noexcept {
  switch (kind) {
    case ExecutorKind::ConstantVus:
      return "constant-vus";
    case ExecutorKind::RampingVus:
      return "ramping-vus";
    case ExecutorKind::ConstantArrivalRate:
      return "constant-arrival-rate";
    case ExecutorKind::RampingArrivalRate:
      return "ramping-arrival-rate";
    case ExecutorKind::SharedIterations:
      return "shared-iterations";
    case ExecutorKind::PerVuIterations:
      return "per-vu-iterations";
    case ExecutorKind::ExternallyControlled:
      return "externally-controlled";
    case ExecutorKind::PartlyOpen:
      return "partly-open";
    case ExecutorKind::Burst:
      return "burst";
    case ExecutorKind::Breakpoint:
      return "breakpoint";
    case ExecutorKind::Replay:
      return "replay";
    case ExecutorKind::Soak:
      return "soak";
  }
  return "";
}

bool is_closed(ExecutorKind kind) noexcept {
  return kind == ExecutorKind::SharedIterations || kind == ExecutorKind::PerVuIterations;
}

bool is_steady(ExecutorKind kind) noexcept {
  return kind == ExecutorKind::ConstantVus || kind == ExecutorKind::ConstantArrivalRate ||
         kind == ExecutorKind::PartlyOpen || kind == ExecutorKind::Soak ||
         kind == ExecutorKind::ExternallyControlled;
}

}  // namespace chorus::lab
