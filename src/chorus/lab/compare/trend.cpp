#include "chorus/lab/compare/trend.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace chorus::lab {

namespace {

constexpr std::size_t kFewestForDrift = 8;
/// Five values before and five after can be ordered in 252 ways: fewer reach no p of 0.01.
constexpr std::size_t kFewestForChanges = 10;
constexpr int kTrendSchema = 1;

std::optional<double> number_of(const StoredRun& run, const MeasureKey& key,
                                const std::string& folder) {
  const auto name = to_string(key);
  if (const auto found = run.values.find(name); found != run.values.end()) return found->second;
  if (std::ranges::find(indexed_measures(), name) != indexed_measures().end()) return std::nullopt;
  const auto loaded = load_runs(folder + "/" + run.id, folder);
  return loaded && loaded->size() == 1 ? value_of(loaded->front().result, key) : std::nullopt;
}

std::vector<double> values(const Trend& trend) {
  std::vector<double> out;
  std::ranges::transform(trend.points, std::back_inserter(out), &TrendPoint::value);
  return out;
}

/// Eight heights, scaled between the smallest and the largest value.
std::string sparkline(const std::vector<double>& v) {
  static constexpr std::array kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr std::size_t kWidth = 90;
  const std::size_t begin = v.size() > kWidth ? v.size() - kWidth : 0;
  const auto shown = std::span(v).subspan(begin);
  const auto [low, high] = std::ranges::minmax_element(shown);
  std::string out;
  for (const double value : shown) {
    const double height = *high > *low ? (value - *low) / (*high - *low) : 0.5;
    out += kBars[static_cast<std::size_t>(std::lround(height * (kBars.size() - 1)))];
  }
  return out;
}

std::string day(WallTime at) {
  return to_iso8601(at).substr(0, 16);
}

std::string name_of(const TrendPoint& point) {
  return point.label.empty() ? point.id : fmt::format("{} ({})", point.id, point.label);
}

std::string change_line(const Trend& trend, const TrendChange& change) {
  const auto unit = unit_of(trend.key);
  const auto& f = change.found;
  std::string size;
  if (f.before != 0) size = fmt::format(", {:+.1f} %", (f.after / f.before - 1) * 100);
  return fmt::format("{} from {}: {} to {}{} (p {:.3f})",
                     change.worse     ? "worse"
                     : change.matters ? "changed"
                                      : "small change",
                     name_of(trend.points[f.at]), format_value(f.before, unit),
                     format_value(f.after, unit), size, f.p);
}

std::string drift_line(const Trend& trend) {
  if (!trend.drift) return {};
  const auto& d = *trend.drift;
  const auto unit = unit_of(trend.key);
  const auto text = [&](double v) { return (v < 0 ? "-" : "+") + format_value(std::abs(v), unit); };
  if (d.p >= 0.05) return "no drift since";
  return fmt::format("drifts {} a run ({} to {}, p {:.3f})", text(d.estimate), text(d.interval.low),
                     text(d.interval.high), d.p);
}

std::string heading(const Trend& trend) {
  auto out =
      fmt::format("{} {}: {} runs", trend.scenario, to_string(trend.key), trend.points.size());
  if (!trend.points.empty()) {
    out += fmt::format(", {} to {}", day(trend.points.front().started_at),
                       day(trend.points.back().started_at));
  }
  if (!trend.load.empty()) out += fmt::format(" ({})", trend.load);
  if (trend.left_out > 0) {
    out += fmt::format("; {} left out (INVALID, another load, or no such number)", trend.left_out);
  }
  return out;
}

std::vector<std::string> lines(const Trend& trend) {
  std::vector<std::string> out;
  for (const auto& change : trend.changes) out.push_back(change_line(trend, change));
  if (trend.points.size() < kFewestForChanges) {
    out.push_back(fmt::format("too few runs for a change to be told from chance: {} are needed",
                              kFewestForChanges));
  } else if (trend.changes.empty()) {
    out.emplace_back("no change found");
  }
  if (auto drift = drift_line(trend); !drift.empty()) out.push_back(std::move(drift));
  return out;
}

}  // namespace

Trend trend_of(std::span<const StoredRun> runs, std::string_view scenario, const MeasureKey& key,
               const std::string& store_folder, const TrendOptions& options) {
  Trend out;
  out.scenario = scenario;
  out.key = key;
  std::vector<const StoredRun*> wanted;
  for (const auto& run : runs) {
    if (run.scenario == scenario) wanted.push_back(&run);
  }
  const auto newest = std::find_if(wanted.rbegin(), wanted.rend(), [](const StoredRun* run) {
    return run->verdict != Verdict::Invalid;
  });
  if (newest != wanted.rend()) out.load = (*newest)->load;
  const auto skipped = wanted.size() > options.last ? wanted.size() - options.last : 0;
  for (const auto* run : std::span(wanted).subspan(skipped)) {
    const bool counts = run->verdict != Verdict::Invalid && run->load == out.load;
    const auto value = counts ? number_of(*run, key, store_folder) : std::nullopt;
    if (value) {
      out.points.push_back({run->id, run->label, run->started_at, *value});
    } else {
      ++out.left_out;
    }
  }
  const auto all = values(out);
  const int direction = worse_direction(key);
  for (const auto& found : stats::change_points(all, Rng(options.seed))) {
    const double size = found.after - found.before;
    const double level = std::max(std::abs(found.before), std::abs(found.after));
    const bool matters = std::abs(size) >= options.min_effect * level && level > 0;
    out.changes.push_back({found, matters, matters && size * direction > 0});
  }
  const std::size_t since = out.changes.empty() ? 0 : out.changes.back().found.at;
  if (all.size() - since >= kFewestForDrift) {
    stats::Points points;
    for (std::size_t i = since; i < all.size(); ++i) {
      points.emplace_back(static_cast<double>(i), all[i]);
    }
    out.drift = stats::theil_sen(points);
  }
  return out;
}

bool regressed(const Trend& trend) {
  return !trend.changes.empty() && trend.changes.back().worse;
}

std::string trend_text(const Trend& trend) {
  auto out = fmt::format("\n  {}\n", heading(trend));
  if (!trend.points.empty()) {
    const auto v = values(trend);
    const auto unit = unit_of(trend.key);
    const auto [low, high] = std::ranges::minmax_element(v);
    out += fmt::format("  {}  {} .. {}, last {}\n", sparkline(v), format_value(*low, unit),
                       format_value(*high, unit), format_value(v.back(), unit));
  }
  for (const auto& line : lines(trend)) out += fmt::format("  {}\n", line);
  return out;
}

std::string trend_markdown(const Trend& trend) {
  auto out = fmt::format("### {}\n\n", heading(trend));
  if (!trend.points.empty()) out += fmt::format("`{}`\n\n", sparkline(values(trend)));
  for (const auto& line : lines(trend)) out += fmt::format("- {}\n", line);
  return out;
}

std::string trend_json(const std::vector<Trend>& trends) {
  json::array all;
  for (const auto& trend : trends) {
    json::object o;
    o["scenario"] = trend.scenario;
    o["measure"] = to_string(trend.key);
    o["unit"] = to_string(unit_of(trend.key));
    o["load"] = trend.load;
    o["left_out"] = trend.left_out;
    json::array points;
    for (const auto& p : trend.points) {
      points.push_back(json::object{{"id", p.id},
                                    {"label", p.label},
                                    {"started_at", to_iso8601(p.started_at)},
                                    {"value", p.value}});
    }
    o["points"] = std::move(points);
    json::array changes;
    for (const auto& c : trend.changes) {
      changes.push_back(json::object{{"at", trend.points[c.found.at].id},
                                     {"index", c.found.at},
                                     {"before", c.found.before},
                                     {"after", c.found.after},
                                     {"p", c.found.p},
                                     {"matters", c.matters},
                                     {"worse", c.worse}});
    }
    o["changes"] = std::move(changes);
    if (trend.drift && std::isfinite(trend.drift->interval.low)) {
      o["drift"] = json::object{{"per_run", trend.drift->estimate},
                                {"low", trend.drift->interval.low},
                                {"high", trend.drift->interval.high},
                                {"p", trend.drift->p}};
    }
    all.push_back(std::move(o));
  }
  return pretty_json(json::object{{"schema_version", kTrendSchema}, {"trends", std::move(all)}});
}

}  // namespace chorus::lab
