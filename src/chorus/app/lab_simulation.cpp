#include "chorus/app/lab_simulation.hpp"

#include "chorus/app/run_task.hpp"
#include "chorus/app/targets/in_process_target.hpp"
#include "chorus/base/text.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/sandbox/sandbox.hpp"

namespace chorus::app {

bool llm_scripted(const lab::Scenario& scenario) {
  const auto& llm = scenario.llm;
  return llm.time_to_first_token.a > Duration::zero() || llm.tokens_per_second > 0 ||
         llm.error_rate > 0 || llm.truncated_rate > 0 || llm.tokens_per_day ||
         llm.tokens_per_minute || llm.requests_per_minute || llm.insufficient_quota ||
         !llm.tools.empty();
}

rt::Loop::Options virtual_loop(const lab::Scenario& scenario, std::uint64_t seed) {
  rt::Loop::Options options;
  options.mode = rt::Loop::Mode::Virtual;
  options.seed = seed;
  if (scenario.start_at) options.start_at = *scenario.start_at;
  return options;
}

Result<lab::RunResult> simulate(rt::Loop& loop, const lab::Scenario& scenario,
                                lab::RunOptions run_options) {
  metrics::Registry metrics;
  net::InProcessTransport transport(loop, loop.rng().fork("transport"));
  InProcessTarget target(loop, transport, scenario.target, llm_scripted(scenario));
  run_options.public_telegram_origin = InProcessTarget::kTelegramOrigin;
  run_options.public_matrix_origin = InProcessTarget::kMatrixOrigin;
  run_options.sandbox_ready = [&](sandbox::Sandbox& box) {
    transport.route(InProcessTarget::kTelegramOrigin, box.telegram_handler());
    transport.route(InProcessTarget::kMatrixOrigin, box.matrix_handler());
    transport.route(InProcessTarget::kControlOrigin, box.control_handler());
    transport.route(InProcessTarget::kLlmOrigin, box.llm_handler());
  };
  lab::Run run(loop, transport, metrics, scenario, target, std::move(run_options));
  return run_to_end(loop, run.execute());
}

Result<void> add_baseline(const lab::Scenario& scenario, lab::RunResult& result) {
  if (scenario.baseline.empty() || !result.quality) return {};
  auto other = scenario;
  std::string name;
  for (const auto& [key, value] : scenario.baseline) {
    other.target.env[key] = value;
    name += (name.empty() ? "" : ", ") + ascii_lower(std::string_view(key).substr(7)) + " " + value;
  }
  lab::RunOptions options;
  options.seed = result.seed;
  rt::Loop loop(virtual_loop(other, result.seed));
  CH_TRY(const auto beside, simulate(loop, other, std::move(options)));
  if (!beside.quality) return {};
  result.quality->baseline = beside.quality->values;
  result.quality->baseline_name = std::move(name);
  return {};
}

}  // namespace chorus::app
