#include "chorus/app/lab_batch.hpp"

#include "chorus/app/terminal.hpp"
#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <iterator>

namespace chorus::app {

namespace {

constexpr std::size_t kColumns = 8;
using Row = std::array<std::string, kColumns>;

std::string count(std::uint64_t n) {
  return format_count(static_cast<std::int64_t>(n));
}

Row row_of(const BatchRun& run) {
  if (!run.result) return {run.name, "no run", "", "", "", "", "", ""};
  const auto& r = *run.result;
  const auto* bot = lab::find_summary(r, "messages{side:bot}");
  const auto* reply = lab::find_summary(r, "reply_latency");
  const double seconds = to_seconds(r.measured);
  const auto& c = r.ledger;
  return {run.name,
          std::string(to_string(r.verdict)),
          count(r.bots),
          count(r.people),
          count(r.slots ? r.slots->requests : c.sent),
          bot && seconds > 0 ? fmt::format("{:.2f}", bot->value / seconds) : "-",
          reply && reply->count > 0 ? lab::format_value(reply->p95, lab::MetricUnit::Time) : "-",
          count(c.of(lab::Outcome::Lost) + c.of(lab::Outcome::Unanswered) +
                c.of(lab::Outcome::Failed))};
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, display_width(text)), ' ');
  return left ? text + space : space + text;
}

int rank(int code) {
  // A run that broke stands above every verdict: nothing below it can be trusted.
  static constexpr std::array kOrder = {kExitInterrupted, kExitInvalidConfig, kExitRunFailed,
                                        kExitFailure,     kExitAborted,       kExitNotReady,
                                        kExitInvalidRun,  kExitThreshold,     kExitRegression};
  const auto found = std::ranges::find(kOrder, code);
  return static_cast<int>(kOrder.end() - found);
}

}  // namespace

std::string batch_table(const std::vector<BatchRun>& runs) {
  std::vector<Row> rows = {{"scenario", "verdict", "bots", "people", "sent", "bots' msg/s",
                            "reply p95", "not answered"}};
  std::ranges::transform(runs, std::back_inserter(rows), row_of);
  std::array<std::size_t, kColumns> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], display_width(row[i]));
    }
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < kColumns; ++i) {
      line += (i == 0 ? "" : "  ") + padded(row[i], widths[i], i < 2);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  for (const auto& run : runs) {
    if (!run.result || run.result->verdict == lab::Verdict::Pass) continue;
    for (const auto& reason : run.result->reasons) {
      out += fmt::format("\n{}: {}", run.name, reason);
    }
  }
  if (!out.ends_with('\n')) out += '\n';
  return out;
}

int gravest(const std::vector<BatchRun>& runs) {
  int worst = kExitPass;
  for (const auto& run : runs) {
    if (rank(run.exit_code) > rank(worst)) worst = run.exit_code;
  }
  return worst;
}

std::string batch_path(const std::string& path, const std::string& name) {
  if (path.empty() || path == "-") return path;
  const std::filesystem::path p(path);
  return (p.parent_path() / fmt::format("{}-{}{}", p.stem().string(), name, p.extension().string()))
      .string();
}

}  // namespace chorus::app
