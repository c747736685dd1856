#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/checkpoint.hpp"
#include "chorus/lab/live.hpp"
#include "chorus/lab/ports.hpp"
#include "chorus/lab/records.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/lab/steering.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::sandbox {
class Sandbox;
}

namespace chorus::lab {

struct RunOptions {
  /// Where the sandbox's doors listen; none on a virtual loop and where the target is in-process.
  std::optional<net::Endpoint> telegram;
  std::optional<net::Endpoint> matrix;
  std::optional<net::Endpoint> llm;
  std::optional<net::Endpoint> control;
  std::string public_telegram_origin;  ///< what bots are told when the door is in-process
  std::string public_matrix_origin;
  std::optional<Duration> timeout;  ///< the whole run ends then, as TimedOut
  std::uint64_t seed = 1;           ///< the scenario's, or one the caller has drawn
  LiveCallback live;                ///< about four times a second
  RecordSink record;                ///< lines of `-o ndjson`
  Duration checkpoint_every{};      ///< 0: none
  /// Takes each checkpoint, to write it down. Called on a thread of the run's own (inline on a
  /// virtual loop), never twice at a time; the run waits for the last one before it ends.
  std::function<void(const Checkpoint&)> checkpoint;
  /// Checkpoint::state of the same scenario and seed: the run goes on from there, for the time that
  /// its window still has, after another warm-up. Bots, people and rooms are the same; what was
  /// said before is not there any more.
  std::string resume;
  std::vector<std::pair<std::string, std::string>> environment;  ///< for the report
  /// Shown when the load begins, with where everything listens.
  std::function<void(const SandboxAddresses&)> started;
  /// In-process targets route themselves to the sandbox's doors here, before the target starts.
  std::function<void(sandbox::Sandbox&)> sandbox_ready;
};

/// One load test from nothing to a verdict: it makes a sandbox and a crowd, starts the target,
/// sends on the absolute schedule, keeps the ledger, drains, and judges. Works on real and virtual
/// loops; on a virtual one the same seed gives the same records. One run per object.
class Run {
 public:
  /// All references must outlive the run. `webhooks` carries deliveries to bots.
  Run(rt::Loop& loop, net::Transport& webhooks, metrics::Registry& registry, Scenario scenario,
      Target& target, RunOptions options);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Always gives a result, whatever happened; nothing of the run is left running. Errors only when
  /// there was no run: the sandbox could not open its doors (Conflict, Misconfigured), a fault of
  /// the scenario asks of the target what it cannot, or checkpoints of executors are asked for that
  /// cannot be resumed (Misconfigured).
  rt::Task<Result<RunResult>> execute();

  /// Ends the load now; `execute` drains shortly and reports. For an endless run this is the
  /// regular end, otherwise the result says Interrupted. May be called at any time on the loop's
  /// thread.
  void interrupt();

  /// Changes how much of the plan is sent from now on; `by` says who did it (`key`, `control API`)
  /// and stands in the result, which is that of a steered run from then on. On the loop's thread.
  /// Errors: those of Steering::apply, and Conflict while there is no load to steer.
  Result<void> steer(const SteerCommand& command, std::string_view by);

  struct Status {
    std::string name;
    LiveStats::Phase phase = LiveStats::Phase::Starting;
    Duration elapsed{};  ///< since the start of the load
    bool paused = false;
    double factor = 1;
    std::optional<std::uint32_t> people;  ///< of externally-controlled executors
    std::vector<std::string> events;      ///< what was steered
  };
  [[nodiscard]] Status status() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::lab
