#include "chorus/lab/process_stats.hpp"

#include "chorus/lab/stats/slope.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <unistd.h>

namespace chorus::lab {

namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMaxProcesses = 20'000;
constexpr std::size_t kMaxSlopePoints = 400;

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

/// Number after `name` in `name: 123` lines.
std::uint64_t field(std::string_view text, std::string_view name) {
  const auto at = text.find(name);
  if (at == std::string_view::npos) return 0;
  auto rest = text.substr(at + name.size());
  const auto start = rest.find_first_of("0123456789");
  if (start == std::string_view::npos) return 0;
  rest.remove_prefix(start);
  std::uint64_t value = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), value);
  return value;
}

std::vector<int> children(const std::string& proc, int pid) {
  std::vector<int> out;
  std::error_code error;
  for (const auto& task : fs::directory_iterator(fmt::format("{}/{}/task", proc, pid), error)) {
    std::istringstream in(read_all(task.path().string() + "/children"));
    for (int child = 0; in >> child;) out.push_back(child);
  }
  return out;
}

void add_process(const std::string& proc, int pid, ProcessSample& out) {
  const auto folder = fmt::format("{}/{}", proc, pid);
  const auto stat = read_all(folder + "/stat");
  const auto close = stat.rfind(')');
  if (close == std::string::npos) return;
  std::istringstream fields(stat.substr(close + 1));
  std::string skipped;
  std::uint64_t user = 0;
  std::uint64_t system = 0;
  for (int i = 0; i < 11; ++i) fields >> skipped;  // state to cmajflt
  fields >> user >> system;
  static const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  out.cpu += from_seconds(static_cast<double>(user + system) / ticks);
  const auto status = read_all(folder + "/status");
  out.rss += field(status, "VmRSS:") * 1024;
  out.threads += field(status, "Threads:");
  out.voluntary_switches += field(status, "\nvoluntary_ctxt_switches:");
  out.involuntary_switches += field(status, "nonvoluntary_ctxt_switches:");
  const auto io = read_all(folder + "/io");
  out.read_bytes += field(io, "\nread_bytes:");
  out.written_bytes += field(io, "\nwrite_bytes:");
  std::error_code error;
  for (auto it = fs::directory_iterator(folder + "/fd", error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    ++out.fds;
  }
  ++out.processes;
}

}  // namespace

ProcessSample sample_processes(const std::vector<int>& roots, std::string_view proc, bool tree) {
  const std::string base(proc);
  ProcessSample out;
  std::set<int> seen;
  std::vector<int> waiting = roots;
  while (!waiting.empty() && seen.size() < kMaxProcesses) {
    const int pid = waiting.back();
    waiting.pop_back();
    if (!seen.insert(pid).second) continue;
    add_process(base, pid, out);
    if (!tree) continue;
    for (const int child : children(base, pid)) waiting.push_back(child);
  }
  return out;
}

double ProcessTrack::add(Duration at, const ProcessSample& sample, bool measured) {
  double cores = 0;
  if (last_ && at > last_at_ && sample.cpu >= last_->cpu) {
    cores = to_seconds(sample.cpu - last_->cpu) / to_seconds(at - last_at_);
  }
  last_ = sample;
  last_at_ = at;
  if (!measured) return cores;
  if (!first_) {
    first_ = sample;
    first_at_ = at;
    part_before_ = static_cast<double>(sample.rss);
    if (summary_.processes == 0) summary_.rss_before = part_before_;
  }
  auto& s = summary_;
  const auto rss = static_cast<double>(sample.rss);
  s.processes = std::max(s.processes, sample.processes);
  s.rss_after = rss;
  s.rss_peak = std::max(s.rss_peak, rss);
  s.cpu_peak = std::max(s.cpu_peak, cores);
  s.fds = std::max(s.fds, sample.fds);
  s.threads = std::max(s.threads, sample.threads);
  const auto grown = [](std::uint64_t now, std::uint64_t then) {
    return now > then ? now - then : 0;
  };
  const auto& b = before_;
  const auto lasted = b.lasted + (at - first_at_);
  s.cpu_seconds = b.cpu_seconds + std::max(0.0, to_seconds(sample.cpu - first_->cpu));
  s.cpu_mean = lasted > Duration::zero() ? s.cpu_seconds / to_seconds(lasted) : 0;
  s.read_bytes = b.read_bytes + grown(sample.read_bytes, first_->read_bytes);
  s.written_bytes = b.written_bytes + grown(sample.written_bytes, first_->written_bytes);
  s.voluntary_switches =
      b.voluntary_switches + grown(sample.voluntary_switches, first_->voluntary_switches);
  s.involuntary_switches =
      b.involuntary_switches + grown(sample.involuntary_switches, first_->involuntary_switches);
  if (++skipped_ >= stride_) {
    skipped_ = 0;
    rss_.emplace_back(to_seconds(at), rss);
    fds_.emplace_back(to_seconds(at), static_cast<double>(sample.fds));
    if (rss_.size() >= kMaxSlopePoints) {
      for (auto* points : {&rss_, &fds_}) {
        for (std::size_t i = 0; i < points->size() / 2; ++i) (*points)[i] = (*points)[i * 2];
        points->resize(points->size() / 2);
      }
      stride_ *= 2;
    }
  }
  return cores;
}

bool ProcessTrack::this_part_is_longest() const {
  const auto lasted = [](const Points& points) {
    return points.empty() ? 0 : points.back().first - points.front().first;
  };
  return longest_rss_.empty() || lasted(rss_) >= lasted(longest_rss_);
}

ProcessSummary ProcessTrack::summary() const {
  auto out = summary_;
  const bool now = this_part_is_longest();
  const auto slope = stats::theil_sen(now ? rss_ : longest_rss_);
  out.rss_slope = slope.estimate * 3600;
  if (std::isfinite(slope.interval.low) && std::isfinite(slope.interval.high)) {
    out.rss_slope_between = {slope.interval.low * 3600, slope.interval.high * 3600};
  }
  out.fds_slope = stats::theil_sen_slope(now ? fds_ : longest_fds_) * 3600;
  return out;
}

}  // namespace chorus::lab
