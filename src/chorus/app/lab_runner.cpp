#include "chorus/app/lab_runner.hpp"

#include "chorus/app/exit_codes.hpp"
#include "chorus/app/lab_simulation.hpp"
#include "chorus/app/lab_slots.hpp"
#include "chorus/app/live_keys.hpp"
#include "chorus/app/live_view.hpp"
#include "chorus/app/run_checkpoint_file.hpp"
#include "chorus/app/run_files.hpp"
#include "chorus/app/run_task.hpp"
#include "chorus/app/targets/command_target.hpp"
#include "chorus/app/targets/fleet_target.hpp"
#include "chorus/app/temp_folder.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/heap.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/units.hpp"
#include "chorus/crypto/random.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/summary.hpp"
#include "chorus/rt/signals.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

/// A run that needs more descriptors than allowed would fail in a puzzling way in the middle.
Result<void> check_files(const lab::Scenario& scenario) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  // Held polls or webhook connections, sends, and the LLM's, for each bot.
  const std::uint64_t wanted = 200 + std::uint64_t{scenario.target.bots.count} * 8;
  if (files.rlim_max < wanted) {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} bots need about {} open files, but only {} are allowed; raise it "
                            "with: ulimit -n {}",
                            scenario.target.bots.count, wanted, files.rlim_max, wanted));
  }
  return {};
}

std::unique_ptr<lab::Target> make_target(rt::Loop& loop, const lab::Scenario& scenario,
                                         const std::string& scratch, const std::string& log) {
  switch (scenario.target.kind) {
    case lab::TargetKind::Command:
      return std::make_unique<CommandTarget>(loop, scenario.target, log);
    case lab::TargetKind::Attach:
      return std::make_unique<AttachTarget>();
    case lab::TargetKind::Webhook:
      return std::make_unique<WebhookTarget>(loop, scenario.target.url);
    case lab::TargetKind::Conversations:  // has no target: run_slots
    case lab::TargetKind::Fleet:
      break;
  }
  return std::make_unique<FleetTarget>(loop, scenario.target, llm_scripted(scenario), scratch, log);
}

/// First Ctrl-C ends the load and reports; the second leaves at once.
struct Interrupts {
  Interrupts(lab::Run& r, LiveKeys& k, LiveView& v) : run(r), keys(k), view(v) {}
  void operator()(int) {
    if (++count > 1) {
      keys.restore();
      _exit(kExitInterrupted);
    }
    view.say("  Ending the load; the report comes in a moment (Ctrl-C again leaves at once).");
    run.interrupt();
  }
  lab::Run& run;
  LiveKeys& keys;
  LiveView& view;
  int count = 0;
};

/// Looked for with every picture of the live view, four times a second.
void obey_keys(const LiveKeys& keys, lab::Run& run) {
  for (const char key : keys.pressed()) {
    if (key == 'q' || key == 'Q') run.interrupt();
    const auto state = run.status();
    if (const auto command = steer_by_key(key, state.paused, state.factor)) {
      (void)run.steer(*command, "key");  // before and after the load a key means nothing
    }
  }
}

std::uint64_t draw_seed() {
  crypto::SystemRandom random;
  std::uint64_t seed = 0;
  random.fill(std::span(reinterpret_cast<unsigned char*>(&seed), sizeof seed));
  return seed % 1'000'000'000;  // short enough to type again
}

/// What a run keeps on the disk while it goes.
struct Keeping {
  std::string folder;
  std::string scratch;  ///< of the target; empty: a temporary folder
  RunLock lock;
  RecordSpool records;
  std::string trouble;  ///< of the last checkpoint; set on the run's own thread, read after it

  static constexpr const char* kRecords = "/records.ndjson";
};

bool wants_records(const LabRunOptions& options) {
  return std::ranges::count(options.outputs, "ndjson", &lab::OutputSpec::kind) > 0;
}

/// None: no checkpoints.
Duration checkpoint_interval(const LabRunOptions& options) {
  constexpr Duration kUsual = std::chrono::hours(1);
  if (options.virtual_time) return {};
  if (options.checkpoint_every) return *options.checkpoint_every;
  const auto& executors = options.scenario.executors;
  const bool counts =
      std::ranges::any_of(executors, [](const lab::Executor& e) { return lab::is_closed(e.kind); });
  const auto window = options.scenario.measured();
  const bool is_long = window == Duration::zero() || window >= 2 * kUsual;
  return is_long && !counts ? kUsual : Duration{};
}

/// The run's folder, held, with the place for its records.
Result<void> open_folder(const LabRunOptions& options, WallTime now, Keeping& keeping) {
  if (options.folder.empty()) {
    CH_TRY(keeping.folder, make_run_folder(options.runs_folder, options.scenario.name, now));
  } else {
    keeping.folder = options.folder;
  }
  const bool lasting = checkpoint_interval(options) > Duration::zero();
  if (lasting || !options.folder.empty()) {
    CH_TRY(keeping.lock, RunLock::take(keeping.folder));
    keeping.scratch = keeping.folder + "/target";
    std::error_code ignored;  // what a killed lab has left there; a new target says what is wrong
    fs::remove_all(keeping.scratch, ignored);
  }
  if (!wants_records(options)) return {};
  std::uint64_t kept = 0;
  if (!options.resume.empty()) {
    CH_TRY(const auto place, lab::checkpoint_place(options.resume));
    kept = place.record_bytes;
  }
  return keeping.records.open(keeping.folder + Keeping::kRecords, kept);
}

/// The report first: a lab that dies between the two goes on from the checkpoint before.
Result<void> write_checkpoint(const LabRunOptions& options, const lab::Checkpoint& checkpoint,
                              Keeping& keeping) {
  keeping.records.flush();
  CH_TRY_VOID(write_run_files(keeping.folder, checkpoint.result));
  const RunCheckpoint file{options.invocation, run_identity(options), checkpoint.state};
  return write_durably(keeping.folder + "/checkpoint.json", checkpoint_text(file), 0600);
}

/// The run has ended and its result is written: nothing is left to go on with.
void end_keeping(Keeping& keeping) {
  std::error_code ignored;  // what stays behind says less than the result
  for (const auto* name : {"/checkpoint.json", "/checkpoint.json.new"}) {
    fs::remove(keeping.folder + name, ignored);
  }
  if (!keeping.scratch.empty()) fs::remove_all(keeping.scratch, ignored);
  keeping.lock.remove();
}

Result<lab::RunResult> run_virtual(const LabRunOptions& options, lab::RunOptions run_options,
                                   Keeping& keeping) {
  rt::Loop loop(virtual_loop(options.scenario, run_options.seed));
  CH_TRY_VOID(open_folder(options, loop.wall_now(), keeping));
  if (options.scenario.target.kind == lab::TargetKind::Conversations) {
    return run_slot_load(options.scenario, {.seed = run_options.seed,
                                            .timeout = run_options.timeout,
                                            .record = std::move(run_options.record),
                                            .environment = std::move(run_options.environment)});
  }
  return simulate(loop, options.scenario, std::move(run_options));
}

Result<lab::RunResult> run_real(const LabRunOptions& options, lab::RunOptions run_options,
                                LiveKeys& keys, LiveView& view, Keeping& keeping) {
  metrics::Registry metrics;
  rt::Loop loop(rt::Loop::Options{.seed = run_options.seed, .metrics = &metrics});
  CH_TRY_VOID(open_folder(options, loop.wall_now(), keeping));
  std::optional<TempFolder> temporary;
  if (keeping.scratch.empty()) {
    CH_TRY(auto made, TempFolder::make("run"));
    temporary.emplace(std::move(made));
  }
  const auto scratch = temporary ? temporary->path() : keeping.scratch;
  run_options.checkpoint_every = checkpoint_interval(options);
  run_options.resume = options.resume;
  run_options.checkpoint = [&](const lab::Checkpoint& checkpoint) {
    const auto written = write_checkpoint(options, checkpoint, keeping);
    if (!written) keeping.trouble = written.error().message;
    release_free_memory();  // its some ten MB would stay with the process until the next one
  };
  net::SocketTransport::Options transport_options;
  transport_options.loopback_only = true;
  transport_options.max_connections_per_origin = 4096;
  net::SocketTransport webhooks(loop, transport_options);
  const net::Endpoint any;
  run_options.telegram = options.telegram.value_or(any);
  if (options.scenario.target.is_on(sandbox::Platform::Matrix)) {
    run_options.matrix = options.matrix.value_or(any);
  }
  run_options.llm = options.llm.value_or(any);
  run_options.control = options.control.value_or(any);
  const auto target = make_target(loop, options.scenario, scratch, keeping.folder + "/target.log");
  lab::Run* steered = nullptr;
  if (run_options.live) {
    // A key that steers shows the state again: no second look within the first.
    run_options.live = [show = std::move(run_options.live), &keys, &steered,
                        reading = false](const lab::LiveStats& stats) mutable {
      show(stats);
      if (steered != nullptr && !std::exchange(reading, true)) {
        obey_keys(keys, *steered);
        reading = false;
      }
    };
  }
  lab::Run run(loop, webhooks, metrics, options.scenario, *target, std::move(run_options));
  steered = &run;
  Interrupts interrupts(run, keys, view);
  rt::Signals signals(loop, {SIGINT, SIGTERM}, std::ref(interrupts));
  return run_to_end(loop, run.execute());
}

/// The exit code of a run that cannot be, after a complaint.
std::optional<int> refusal(const LabRunOptions& options) {
  if (const auto files = check_files(options.scenario); !files && !options.virtual_time) {
    complain(files.error().message);
    return kExitRunFailed;
  }
  if (!options.virtual_time) return std::nullopt;
  const auto kind = options.scenario.target.kind;
  if (kind != lab::TargetKind::Fleet && kind != lab::TargetKind::Conversations) {
    complain(
        "--virtual-time runs our own fleet only: a stranger's program cannot be given another "
        "clock");
    return kExitUsage;
  }
  if (!std::ranges::all_of(options.outputs, &lab::OutputSpec::is_file)) {
    complain("-o prometheus-rw has no place for simulated times; leave out --virtual-time");
    return kExitUsage;
  }
  return std::nullopt;
}

/// What stands above the live view.
void show_start(const LabRunOptions& options, const Terminal& terminal, std::uint64_t seed,
                const lab::SandboxAddresses& at, const std::string& folder) {
  const auto& scenario = options.scenario;
  const auto length =
      scenario.measured() > Duration::zero()
          ? fmt::format("{} after {} of warm-up", format_duration_compact(scenario.measured()),
                        format_duration_compact(scenario.warmup_or_default()))
          : std::string("until Ctrl-C");
  std::fputs(fmt::format("  {}  seed {}, {}\n", terminal.bold(scenario.name), seed, length).c_str(),
             stderr);
  if (at.control.empty()) return;
  std::string doors;
  if (scenario.target.is_on(sandbox::Platform::Telegram)) {
    doors += fmt::format("Telegram {}   ", terminal.cyan(at.telegram));
  }
  if (scenario.target.is_on(sandbox::Platform::Matrix)) {
    doors += fmt::format("Matrix {}   ", terminal.cyan(at.matrix));
  }
  std::fputs(fmt::format("  {}LLM {}\n  watch it at {}\n", doors, terminal.cyan(at.llm),
                         terminal.cyan(at.control))
                 .c_str(),
             stderr);
  if (options.verbose) {
    std::fprintf(stderr, "  the target's output goes to %s/target.log\n", folder.c_str());
  }
  std::fputs("\n", stderr);
}

}  // namespace

LabRunOutcome run_lab(LabRunOptions options) {
  LabRunOutcome outcome;
  // There is nothing in it that takes real time.
  options.virtual_time |= options.scenario.target.kind == lab::TargetKind::Conversations;
  const Terminal terminal = Terminal::detect();
  if (const auto code = refusal(options)) {
    outcome.exit_code = *code;
    return outcome;
  }
  log::Options log_options;
  log_options.level = options.verbose ? log::Level::Info : log::Level::Warn;
  log::start(log_options);
  Terminal view_terminal = terminal;
  if (options.verbose) view_terminal.live = false;  // log lines would tear the block
  LiveKeys keys(view_terminal.live && !options.quiet && !options.virtual_time);
  view_terminal.keys = keys.active();
  LiveView view(view_terminal);
  lab::RunOptions run_options;
  run_options.seed = options.scenario.seed.value_or(draw_seed());
  run_options.timeout = options.timeout;
  if (!options.virtual_time) run_options.environment = machine();
  if (!options.label.empty()) run_options.environment.emplace_back("label", options.label);
  if (!options.quiet && !options.virtual_time) {
    run_options.live = [&](const lab::LiveStats& stats) { view.update(stats); };
  }
  Keeping keeping;
  if (wants_records(options)) {
    run_options.record = [&](std::string_view line) { keeping.records.add(line); };
  }
  if (!options.quiet) {
    run_options.started = [&, seed = run_options.seed](const lab::SandboxAddresses& at) {
      show_start(options, terminal, seed, at, keeping.folder);
    };
  }
  auto result = options.virtual_time
                    ? run_virtual(options, std::move(run_options), keeping)
                    : run_real(options, std::move(run_options), keys, view, keeping);
  keys.restore();
  view.finish();
  if (result) {
    if (const auto beside = add_baseline(options.scenario, *result); !beside) {
      complain("the baseline could not be run: " + beside.error().message);
    }
  }
  log::shutdown();
  if (!result) {
    complain(result.error().message);
    std::error_code ignored;  // an empty folder of a run that was none is no harm
    const bool made = options.folder.empty() && !keeping.folder.empty();
    if (made) end_keeping(keeping);
    if (made) keeping.records.discard();
    if (made) fs::remove(keeping.folder, ignored);
    const bool scenario = result.error().code == ErrorCode::Misconfigured;
    outcome.exit_code = scenario ? kExitInvalidConfig : kExitRunFailed;
    return outcome;
  }
  outcome.exit_code = result->exit_code;
  if (!options.resume.empty() && result->duration <= Duration::zero()) {
    complain(fmt::format("the run did not go on: {}; its checkpoint is as it was",
                         result->end_reason.empty() ? "it was interrupted" : result->end_reason));
    return outcome;
  }
  if (!keeping.trouble.empty()) complain("a checkpoint is missing: " + keeping.trouble);
  const auto report = write_run_files(keeping.folder, *result);
  auto written = report ? Result<void>() : std::unexpected(report.error());
  if (report) end_keeping(keeping);
  if (report) written = write_run_outputs(options.outputs, *result, &keeping.records);
  if (!written) {
    complain(written.error().message);
    if (outcome.exit_code == kExitPass) outcome.exit_code = kExitFailure;
  }
  if (report) {
    outcome.report = *report;
    const auto removed = remember_run(options.runs_folder, keeping.folder, *result, options.keep);
    if (!removed) complain(removed.error().message);
    if (removed && !removed->empty() && !options.quiet) complain(*removed);
  }
  if (options.print_summary) {
    lab::SummaryOptions summary;
    summary.color = terminal.color && isatty(STDOUT_FILENO) == 1;
    summary.columns = std::min(summary.columns, result_columns(terminal));
    summary.report_path = outcome.report;
    summary.next_command = options.next_command;
    print_result(lab::summary_text(*result, summary), terminal);
  }
  outcome.result = std::move(*result);
  return outcome;
}

}  // namespace chorus::app
