#include "chorus/app/watch/watch_runner.hpp"

#include "chorus/app/exit_codes.hpp"
#include "chorus/app/run_files.hpp"
#include "chorus/app/run_task.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/app/watch/watch_view.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/summary.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <memory>
#include <unistd.h>

namespace chorus::app {

namespace {

/// First Ctrl-C ends the watch with its report; the second leaves at once.
struct StopWatching {
  void operator()(int signal) {
    if (++count > 1) _exit(kExitInterrupted);
    watcher.stop(signal == SIGINT ? "by Ctrl-C" : "by SIGTERM");
  }
  Watcher& watcher;
  int count = 0;
};

/// `-o ndjson` while the watch goes on: nothing of it is kept in memory.
class RecordFile {
 public:
  /// Errors: Unavailable with path and cause.
  static Result<RecordFile> open(const std::vector<lab::OutputSpec>& outputs) {
    RecordFile out;
    for (const auto& output : outputs) {
      if (output.kind != "ndjson") continue;
      if (output.path.empty() || output.path == "-") {
        out.file_ = {stdout, [](std::FILE*) { return 0; }};
        continue;
      }
      CH_TRY_VOID(lab::write_output(output.path, ""));
      out.file_ = {std::fopen(output.path.c_str(), "a"), &std::fclose};
      if (!out.file_) return fail(ErrorCode::Unavailable, "cannot write " + output.path);
    }
    return out;
  }
  void take(lab::Watch& watch) {
    if (!file_) return;
    for (auto line = watch.take_record(); !line.empty(); line = watch.take_record()) {
      std::fprintf(file_.get(), "%s\n", line.c_str());
    }
    std::fflush(file_.get());
  }

 private:
  RecordFile() : file_(nullptr, [](std::FILE*) { return 0; }) {}
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
};

Result<std::vector<lab::Threshold>> read_thresholds(const WatchOptions& options,
                                                    const lab::Watch& watch) {
  const auto own = watch.own_metrics();
  std::vector<lab::Threshold> out;
  for (const auto& [metric, expr] : options.thresholds) {
    auto one = lab::parse_threshold(metric, expr, own);
    if (!one) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("--threshold '{}: {}': {}", metric, expr, one.error().message));
    }
    out.push_back(std::move(*one));
  }
  return out;
}

rt::Task<Result<lab::WatchEnd>> follow(Watcher& watcher, std::function<void(Duration)> shown) {
  co_return co_await watcher.follow(std::move(shown));
}

void show_start(const WatchOptions& options, const Terminal& terminal) {
  const auto& sources = options.sources;
  std::string out = fmt::format("  {}  every {}\n", terminal.bold(options.name),
                                format_duration_compact(options.every));
  if (sources.metrics) out += fmt::format("  metrics {}\n", shown_address(*sources.metrics));
  if (sources.sandbox) out += fmt::format("  sandbox {}\n", shown_address(*sources.sandbox));
  if (sources.pid) out += fmt::format("  process {}\n", *sources.pid);
  std::fprintf(stderr, "%s\n", out.c_str());
}

/// Files, index and summary of a watch that has ended.
int close(const WatchOptions& options, const std::string& folder, const lab::RunResult& result,
          const Terminal& terminal) {
  int code = result.exit_code;
  std::vector<lab::OutputSpec> outputs;
  for (const auto& output : options.outputs) {
    if (output.kind != "ndjson") outputs.push_back(output);
  }
  const auto report = write_run_files(folder, result);
  const auto written = report ? write_run_outputs(outputs, result, nullptr)
                              : Result<void>(std::unexpected(report.error()));
  if (!written) {
    complain(written.error().message);
    if (code == kExitPass) code = kExitFailure;
  }
  if (report) {
    const auto removed = remember_run(options.runs_folder, folder, result, options.keep);
    if (!removed) complain(removed.error().message);
    if (removed && !removed->empty() && !options.quiet) complain(*removed);
  }
  lab::SummaryOptions summary;
  summary.color = terminal.color && isatty(STDOUT_FILENO) == 1;
  summary.columns = std::min(summary.columns, result_columns(terminal));
  if (report) summary.report_path = *report;
  print_result(lab::summary_text(result, summary), terminal);
  return code;
}

}  // namespace

Result<std::pair<std::string, std::string>> split_threshold(const std::string& text) {
  // The tags of a metric hold colons, too: `messages{side:bot}: rate>1`.
  const auto brace = text.find('}');
  const auto colon = text.find(':', brace == std::string::npos ? 0 : brace);
  if (colon == std::string::npos || trim(std::string_view(text).substr(0, colon)).empty()) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("--threshold '{}': write METRIC: EXPRESSION, like 'errors: rate<0.01'", text));
  }
  return std::pair(std::string(trim(std::string_view(text).substr(0, colon))),
                   std::string(trim(std::string_view(text).substr(colon + 1))));
}

int run_watch(WatchOptions options) {
  const Terminal terminal = Terminal::detect();
  log::Options log_options;
  log_options.level = log::Level::Warn;
  log::start(log_options);
  const auto refused = [](const Error& error, int code) {
    log::shutdown();
    complain(error.message);
    return code;
  };
  rt::Loop loop;
  lab::Watch::Options watch_options;
  watch_options.name = options.name;
  watch_options.started_at = loop.wall_now();
  watch_options.total = options.total;
  watch_options.every = options.every;
  watch_options.environment = machine();
  if (!options.label.empty()) watch_options.environment.emplace_back("label", options.label);
  // One connection an origin: a watched program never has two of ours open.
  net::SocketTransport transport(loop, {.max_connections_per_origin = 1});
  Watcher watcher(loop, transport, options.sources, std::move(watch_options));
  if (const auto begun = run_to_end(loop, watcher.begin()); !begun) {
    return refused(begun.error(), kExitNotReady);
  }
  const auto thresholds = read_thresholds(options, watcher.watch());
  if (!thresholds) return refused(thresholds.error(), kExitUsage);
  const auto folder = make_run_folder(options.runs_folder, options.name, loop.wall_now());
  if (!folder) return refused(folder.error(), kExitFailure);
  auto records = RecordFile::open(options.outputs);
  if (!records) return refused(records.error(), kExitFailure);

  if (!options.quiet) show_start(options, terminal);
  WatchView view(terminal);
  Result<lab::WatchEnd> end = fail(ErrorCode::Internal, "the watch did not run");
  {
    StopWatching stop{watcher};
    rt::Signals signals(loop, {SIGINT, SIGTERM}, std::ref(stop));
    end = run_to_end(loop, follow(watcher, [&](Duration at) {
                       if (!options.quiet) view.update(watcher.watch().live(at));
                       records->take(watcher.watch());
                     }));
  }
  view.finish();
  log::shutdown();
  if (!end) {
    complain(end.error().message);
    return kExitFailure;
  }
  const auto result = watcher.watch().finish(watcher.elapsed(), *end, *thresholds);
  return close(options, *folder, result, terminal);
}

}  // namespace chorus::app
