#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/lab_flags.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/app/watch/watch_runner.hpp"
#include "chorus/base/units.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <memory>

namespace chorus::app {

namespace {

constexpr Duration kShortest = std::chrono::milliseconds(100);
constexpr Duration kLongest = std::chrono::hours(1);

struct WatchFlags {
  std::string metrics;
  std::string sandbox;
  std::string admin;
  std::optional<int> pid;
  std::string duration = "0";
  std::string every = "1s";
  std::vector<std::string> thresholds;
  std::vector<std::string> outputs;
  std::string name = "watch";
  std::string label;
  std::size_t keep = 1000;
  bool quiet = false;
  std::shared_ptr<ServeFlags> serve;
};

/// A full address, or `[HOST:]PORT` of this machine.
Result<net::Url> address(std::string_view flag, const std::string& text) {
  if (text.find("://") == std::string::npos) {
    if (const auto endpoint = net::Endpoint::parse(text); endpoint && endpoint->port != 0) {
      net::Url url;
      url.host = endpoint->host;
      url.port = endpoint->port;
      return url;
    }
  }
  auto url = net::Url::parse(text);
  if (!url) {
    return fail(ErrorCode::InvalidArgument, fmt::format("{}: {}", flag, url.error().message));
  }
  return url;
}

/// Where a running `chorus serve` shows its metrics, and which process it is.
Result<void> find_serve(const WatchFlags& flags, WatchSources& sources) {
  net::Url at;
  if (!flags.admin.empty()) {
    CH_TRY(at, address("--admin", flags.admin));
    at.path.clear();
  } else {
    CH_TRY(const auto config, load_serve_config(inputs_of(*flags.serve)));
    at.host = config.listen.host;
    at.port = config.listen.port;
  }
  if (!sources.metrics) {
    sources.metrics = at;
    sources.metrics->path = "/metrics";
  }
  if (sources.pid || !at.is_loopback()) return {};
  if (const auto pid = listener_of(at.port)) {
    sources.pid = *pid;
  } else if (!flags.quiet) {
    complain(pid.error().message + ": memory and CPU are not watched (--pid names it)");
  }
  return {};
}

Result<Duration> length(std::string_view flag, const std::string& text) {
  const auto parsed = parse_duration(text);
  if (parsed && *parsed >= Duration::zero()) return *parsed;
  return fail(ErrorCode::InvalidArgument,
              fmt::format("{} '{}' is no duration, write it like 10m", flag, text));
}

Result<WatchOptions> options_of(const WatchFlags& flags) {
  WatchOptions out;
  if (!flags.metrics.empty()) {
    CH_TRY(out.sources.metrics, address("--metrics", flags.metrics));
    if (out.sources.metrics->path.empty()) out.sources.metrics->path = "/metrics";
  }
  if (!flags.sandbox.empty()) {
    CH_TRY(out.sources.sandbox, address("--sandbox", flags.sandbox));
  }
  out.sources.pid = flags.pid;
  if (flags.pid && *flags.pid <= 0) {
    return fail(ErrorCode::InvalidArgument, fmt::format("--pid {} is no process", *flags.pid));
  }
  const bool serve =
      !flags.admin.empty() || !flags.serve->values.empty() || !flags.serve->config.empty();
  if (serve) CH_TRY_VOID(find_serve(flags, out.sources));
  if (!out.sources.metrics && !out.sources.sandbox && !out.sources.pid) {
    return fail(ErrorCode::InvalidArgument,
                "say what to watch: --metrics URL, --pid N, --sandbox URL, or --data DIR or "
                "--admin URL of a chorus serve");
  }
  CH_TRY(out.total, length("--for", flags.duration));
  CH_TRY(out.every, length("--every", flags.every));
  if (out.every < kShortest || out.every > kLongest) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("--every {}: it is from 100ms to 1h", flags.every));
  }
  if (out.total > Duration::zero() && out.total < out.every) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("--for {} is shorter than --every {}", flags.duration, flags.every));
  }
  for (const auto& text : flags.thresholds) {
    CH_TRY(auto threshold, split_threshold(text));
    out.thresholds.push_back(std::move(threshold));
  }
  CH_TRY(out.outputs, parse_outputs(flags.outputs));
  const bool fits = !flags.name.empty() && flags.name.size() <= 64 && flags.name.front() != '.' &&
                    std::ranges::all_of(flags.name, [](unsigned char c) {
                      return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
                    });
  if (!fits) {
    return fail(ErrorCode::InvalidArgument,
                "--name takes letters, digits, '-', '_' and '.', at most 64: it names a folder");
  }
  out.name = flags.name;
  out.label = flags.label;
  out.keep = flags.keep;
  out.quiet = flags.quiet;
  return out;
}

int watch(const WatchFlags& flags) {
  auto options = options_of(flags);
  if (!options) return complain_lab(options.error());
  return run_watch(std::move(*options));
}

}  // namespace

void add_lab_watch_command(CLI::App& lab, Invocation& invocation) {
  auto* command =
      lab.add_subcommand("watch", "Follow a running system from outside and report what was seen");
  auto flags = std::make_shared<WatchFlags>();
  command->add_option("--metrics", flags->metrics, "URL of its Prometheus metrics");
  command->add_option("--pid", flags->pid, "Its process, with everything that it has started");
  command->add_option("--sandbox", flags->sandbox,
                      "Control port of the chorus sandbox that it talks to: URL or [HOST:]PORT");
  command->add_option("--admin", flags->admin,
                      "A running chorus serve: URL or [HOST:]PORT; gives metrics and process");
  flags->serve = add_serve_flags(*command);
  command->add_option("--for", flags->duration, "How long, like 10m; 0 = until Ctrl-C")
      ->capture_default_str();
  command->add_option("--every", flags->every, "Time between two readings, 100ms to 1h")
      ->capture_default_str();
  command
      ->add_option(
          "--threshold", flags->thresholds,
          "'METRIC: EXPRESSION', like 'errors: rate<0.01'; what it shows may be named, too")
      ->allow_extra_args(false);
  command
      ->add_option("-o,--out", flags->outputs,
                   "kind[=path]: json, ndjson, csv, junit, html, md, prometheus-rw=URL")
      ->allow_extra_args(false);
  command->add_option("--name", flags->name, "Of the watch: its folder, compare and trend")
      ->capture_default_str();
  command->add_option("--label", flags->label, "A commit or build, for compare and trend");
  command->add_option("--keep", flags->keep, "Folders of older watches of this name are removed")
      ->check(CLI::Range(1, 1'000'000));
  command->add_flag("-q,--quiet", flags->quiet, "Only what was seen, at the end");
  command->callback([flags, &invocation] { invocation.run = [flags] { return watch(*flags); }; });
}

}  // namespace chorus::app
