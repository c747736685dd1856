#pragma once

#include "chorus/lab/result.hpp"

namespace chorus::lab {

/// Exit codes of a run (DESIGN.md 10; scripts depend on them).
inline constexpr int kExitPass = 0;
inline constexpr int kExitThreshold = 99;
inline constexpr int kExitInterrupted = 105;
inline constexpr int kExitBroken = 107;
inline constexpr int kExitAborted = 108;
inline constexpr int kExitInvalid = 120;
inline constexpr int kExitNeverReady = 122;

/// Judges a run from its numbers: fills verdict, reasons, findings, not_proven, sentence, exit_code
/// and the thresholds' part of limit_use. INVALID beats FAIL: numbers that prove nothing cannot
/// fail anybody. Pure; `end`, `load`, `thresholds`, `metrics`, `ledger`, `identity`, `little_error`
/// and `target_counts` must be set.
void judge(RunResult& result);

/// How late the lab itself may be (p99, in ms) before its numbers are void: one percent of the
/// tightest gated latency, within 5 to 50 ms.
double allowed_lateness_ms(const std::vector<ThresholdResult>& thresholds);

}  // namespace chorus::lab
