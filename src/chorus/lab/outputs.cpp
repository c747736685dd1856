#include "chorus/lab/outputs.hpp"

#include "chorus/base/markup.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/report_page.hpp"
#include "chorus/lab/watch/watch_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace chorus::lab {

namespace {

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\n") == std::string_view::npos) return std::string(text);
  return "\"" + replace_all(std::string(text), "\"", "\"\"") + "\"";
}

std::string cell(std::string_view text) {
  return replace_all(std::string(text), "|", "\\|");
}

std::string limit_text(const ThresholdResult& t) {
  return fmt::format("{} {}", to_string(t.threshold.metric), t.threshold.expr);
}

std::string state(const ThresholdResult& t) {
  if (!t.decided) return "undecided";
  return t.ok ? "ok" : "failed";
}

std::string value_text(const ThresholdResult& t) {
  return t.value ? format_value(*t.value, unit_of(t.threshold)) : "no data";
}

constexpr std::string_view kHolds;
constexpr std::string_view kFailure = "failure";
constexpr std::string_view kSkipped = "skipped";
constexpr std::string_view kNote = "system-out";

/// Test cases as CI systems read them. `outcome` is one of the above; a note is a case that holds.
class JunitSuite {
 public:
  explicit JunitSuite(std::string_view name) : name_(xml_text(name)) {}

  void add(std::string_view name, std::string_view outcome, std::string_view message) {
    ++tests_;
    cases_ += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", name_, xml_text(name));
    if (outcome == kHolds) {
      cases_ += "/>\n";
    } else if (outcome == kNote) {
      cases_ += fmt::format("><{0}>{1}</{0}></testcase>\n", outcome, xml_text(message));
    } else {
      ++(outcome == kFailure ? failures_ : skipped_);
      cases_ += fmt::format("><{} message=\"{}\"/></testcase>\n", outcome, xml_text(message));
    }
  }

  [[nodiscard]] std::string text(const RunResult& result) const {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" "
        "tests=\"{}\" failures=\"{}\" skipped=\"{}\" time=\"{:.3f}\" timestamp=\"{}\">\n{}"
        "  </testsuite>\n</testsuites>\n",
        name_, tests_, failures_, skipped_, to_seconds(result.duration),
        to_iso8601(result.started_at), cases_);
  }

 private:
  std::string name_;
  std::string cases_;
  int tests_ = 0;
  int failures_ = 0;
  int skipped_ = 0;
};

/// A check stops nothing. Whether some that did not hold are too many, a threshold says; without
/// one they are shown as a case that nobody has decided.
void add_checks(const RunResult& result, JunitSuite& suite) {
  for (const auto& m : result.metrics) {
    const auto metric = parse_metric_name(m.key);
    const bool one_check = metric && metric->name == "checks" && metric->tags.size() == 1 &&
                           metric->tags.front().first == "check" && m.count > 0;
    if (!one_check) continue;
    const auto held = std::llround(m.value * static_cast<double>(m.count));
    const bool all = held == static_cast<std::int64_t>(m.count);
    const bool judged = std::ranges::any_of(result.thresholds, [&](const ThresholdResult& t) {
      return to_string(t.threshold.metric) == m.key;
    });
    suite.add(fmt::format("check {}", metric->tags.front().second),
              all || judged ? kNote : kSkipped,
              fmt::format("{} of {} held{}", held, m.count,
                          all || judged ? "" : "; no threshold says how many have to"));
  }
}

std::vector<std::string> reasons_beside_thresholds(const RunResult& result) {
  std::vector<std::string> out;
  for (const auto& reason : result.reasons) {
    const bool told = std::ranges::any_of(result.thresholds, [&](const ThresholdResult& t) {
      return reason.starts_with(limit_text(t) + ": ");
    });
    if (!told) out.push_back(reason);
  }
  return out;
}

}  // namespace

const std::vector<std::string>& output_kinds() {
  static const std::vector<std::string> kinds = {"json", "ndjson", "csv",  "junit",
                                                 "html", "md",     "hlog", "prometheus-rw"};
  return kinds;
}

Result<OutputSpec> parse_output(std::string_view text) {
  const auto equals = text.find('=');
  OutputSpec out{std::string(text.substr(0, equals)), {}};
  if (equals != std::string_view::npos) out.path = std::string(text.substr(equals + 1));
  const auto& kinds = output_kinds();
  if (std::ranges::find(kinds, out.kind) == kinds.end()) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("unknown output '{}'; there are {}", out.kind, fmt::join(kinds, ", ")));
  }
  if (equals != std::string_view::npos && out.path.empty()) {
    return fail(ErrorCode::InvalidArgument, fmt::format("-o {} needs a path after '='", out.kind));
  }
  if (!out.is_file() && !out.path.starts_with("http://") && !out.path.starts_with("https://")) {
    return fail(ErrorCode::InvalidArgument,
                fmt::format("-o {0} needs the address of a receiver, like "
                            "{0}=http://127.0.0.1:9090/api/v1/write",
                            out.kind));
  }
  return out;
}

std::string result_csv(const RunResult& result) {
  std::string out = "metric,type,unit,count,min,mean,p50,p90,p95,p99,p999,max,value\n";
  for (const auto& m : result.metrics) {
    static constexpr std::string_view kTypes[] = {"trend", "counter", "rate", "gauge"};
    out +=
        fmt::format("{},{},{},{},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f},{:.6g}\n",
                    csv_field(m.key), kTypes[static_cast<std::size_t>(m.type)], to_string(m.unit),
                    m.count, m.min, m.mean, m.p50, m.p90, m.p95, m.p99, m.p999, m.max, m.value);
  }
  return out;
}

std::string result_junit(const RunResult& result) {
  JunitSuite suite(result.name);
  for (const auto& t : result.thresholds) {
    const auto message = fmt::format("{} (n = {})", value_text(t), t.n);
    suite.add(limit_text(t), t.decided ? (t.ok ? kHolds : kFailure) : kSkipped, message);
  }
  add_checks(result, suite);
  if (!result.watch) {
    suite.add("ledger identity", result.identity ? kHolds : kFailure, "the ledger does not add up");
  }
  const auto others = reasons_beside_thresholds(result);
  const bool failed = result.verdict == Verdict::Fail && !others.empty();
  suite.add("nothing else fails the run", failed ? kFailure : kHolds,
            fmt::format("{}", fmt::join(others, "; ")));
  suite.add("the run proves something", result.verdict == Verdict::Invalid ? kFailure : kHolds,
            fmt::format("{}", fmt::join(result.reasons, "; ")));
  return suite.text(result);
}

std::string result_markdown(const RunResult& r) {
  std::string out = fmt::format("## {} {}\n\n{}\n\n", to_string(r.verdict), r.name, r.sentence);
  for (const auto& reason : r.reasons) out += fmt::format("- {}\n", reason);
  if (!r.reasons.empty()) out += '\n';
  if (!r.thresholds.empty()) {
    out += "| threshold | value | n | |\n|---|---:|---:|---|\n";
    for (const auto& t : r.thresholds) {
      out += fmt::format("| `{}` | {} | {} | {} |\n", cell(limit_text(t)), value_text(t), t.n,
                         state(t));
    }
    out += '\n';
  }
  if (r.watch) return out + watch_markdown(*r.watch);
  out += "| latency | n | p50 | p95 | p99 | max |\n|---|---:|---:|---:|---:|---:|\n";
  for (const auto& m : r.metrics) {
    if (m.type != MetricType::Trend || m.count == 0) continue;
    const auto text = [&](double v) { return format_value(v, m.unit); };
    out += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", m.key, m.count, text(m.p50),
                       text(m.p95), m.count >= 299 ? text(m.p99) : "-", text(m.max));
  }
  const auto& c = r.ledger;
  out += fmt::format(
      "\nLedger: {} sent = {} answered + {} ignored + {} unanswered + {} lost + {} failed + {} in "
      "flight; {} duplicated, {} misrouted.\n",
      c.sent, c.of(Outcome::Answered), c.of(Outcome::IgnoredOk), c.of(Outcome::Unanswered),
      c.of(Outcome::Lost), c.of(Outcome::Failed), c.of(Outcome::InFlight), c.duplicated,
      c.misrouted);
  if (!r.findings.empty()) {
    out += "\nWhy:\n\n";
    for (const auto& f : r.findings) out += fmt::format("- {}\n", f);
  }
  if (!r.founding.empty()) {
    out += "\n| founding run | |\n|---|---:|\n";
    for (const auto& [k, v] : r.founding) out += fmt::format("| {} | {} |\n", cell(k), cell(v));
  }
  out += fmt::format("\nSeed {}, {} bot{}, {} people, measured {}, target: {}.\n", r.seed, r.bots,
                     r.bots == 1 ? "" : "s", r.people, format_duration(r.measured), r.target);
  return out;
}

std::string result_hlog(const RunResult& r) {
  const double start =
      static_cast<double>(to_micros(r.started_at) / 1000) / 1e3 + to_seconds(r.warmup);
  std::string out = fmt::format(
      "#[Histogram log format version 1.3]\n#[StartTime: {:.3f} (seconds since epoch), {}]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n",
      start, to_iso8601(r.started_at));
  for (const auto& m : r.metrics) {
    if (m.type != MetricType::Trend || m.count == 0 || m.hdr.empty()) continue;
    std::string tag = m.key;
    std::ranges::replace(tag, ',', ';');
    out += fmt::format("Tag={},{:.3f},{:.3f},{:.3f},{}\n", tag, 0.0, to_seconds(r.measured), m.max,
                       m.hdr);
  }
  return out;
}

std::string result_html(const RunResult& result) {
  return run_report(result, result_json(result));
}

Result<std::string> render(std::string_view kind, const RunResult& result) {
  if (kind == "json") return result_json(result);
  if (kind == "csv") return result_csv(result);
  if (kind == "junit") return result_junit(result);
  if (kind == "md") return result_markdown(result);
  if (kind == "hlog") return result_hlog(result);
  if (kind == "html") return result_html(result);
  return fail(ErrorCode::InvalidArgument, fmt::format("'{}' cannot be rendered", kind));
}

Result<void> write_output(const std::string& path, std::string_view content) {
  std::error_code error;
  const auto folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) {
    return fail(ErrorCode::Unavailable,
                fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  return {};
}

std::string run_folder(std::string_view name, WallTime started_at) {
  auto stamp = to_iso8601(started_at).substr(0, 19);
  std::erase(stamp, '-');
  std::erase(stamp, ':');
  return fmt::format("{}-{}", stamp, name);
}

}  // namespace chorus::lab
