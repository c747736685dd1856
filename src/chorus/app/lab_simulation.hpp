#pragma once

#include "chorus/lab/result.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/rt/loop.hpp"

namespace chorus::app {

/// Whether the scenario asks for the sandbox's LLM: then our fleet talks to it, else to `builtin`.
bool llm_scripted(const lab::Scenario& scenario);

/// A virtual loop for a run of that scenario.
rt::Loop::Options virtual_loop(const lab::Scenario& scenario, std::uint64_t seed);

/// Runs the scenario against our own fleet in this process, on a virtual loop that nothing else
/// uses. Blocks for seconds; writes nothing and opens no socket. Errors: as lab::Run::execute.
Result<lab::RunResult> simulate(rt::Loop& loop, const lab::Scenario& scenario,
                                lab::RunOptions run_options);

/// Runs the scenario again with its baseline's settings and the same seed, always simulated, and
/// puts the conversations' metrics beside the result's own. Nothing happens without a baseline, or
/// when the result has no conversations. Errors: those of `simulate`.
Result<void> add_baseline(const lab::Scenario& scenario, lab::RunResult& result);

}  // namespace chorus::app
