#include "chorus/lab/detail/evidence.hpp"

#include "chorus/lab/stats/proportion.hpp"
#include "chorus/lab/stats/rank_test.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace chorus::lab::detail {

namespace {

stats::Evidence towards_worse(int direction, double effect, stats::Interval interval, double p) {
  if (direction >= 0) return {effect, interval, p};
  return {-effect, {-interval.high, -interval.low}, p};
}

/// What a change must reach to matter, in the unit of the evidence.
double least_effect(const MeasureChange& change, const CompareOptions& options) {
  const auto unit = unit_of(change.key);
  if (!change.relative) {
    if (unit == MetricUnit::Share) return options.min_effect_share;
    const double level = std::max(std::abs(*change.before), std::abs(*change.after));
    return std::max(level * options.min_effect, 1e-12);
  }
  const bool time = unit == MetricUnit::Time && *change.before > 0;
  return std::max(options.min_effect, time ? options.min_effect_ms / *change.before : 0);
}

std::vector<double> logarithms(const std::vector<double>& values) {
  std::vector<double> out;
  std::ranges::transform(values, std::back_inserter(out), [](double v) { return std::log(v); });
  return out;
}

}  // namespace

std::vector<double> values_of(std::span<const NamedRun> runs, const MeasureKey& key) {
  std::vector<double> out;
  for (const auto& run : runs) {
    if (const auto value = value_of(run.result, key)) out.push_back(*value);
  }
  return out;
}

double median_of(std::vector<double> values) {
  std::ranges::sort(values);
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

void rank_evidence(std::span<const NamedRun> before, std::span<const NamedRun> after,
                   const CompareOptions& options, MeasureChange& change) {
  const auto b = values_of(before, change.key);
  const auto a = values_of(after, change.key);
  if (std::min(a.size(), b.size()) < kRunsForRanks) {
    change.note = fmt::format("only {} and {} runs have it", b.size(), a.size());
    return;
  }
  change.method = CompareMethod::Ranks;
  change.before = median_of(b);
  change.after = median_of(a);
  const auto positive = [](double v) { return v > 0; };
  change.relative = unit_of(change.key) != MetricUnit::Share && std::ranges::all_of(b, positive) &&
                    std::ranges::all_of(a, positive);
  change.min_effect = least_effect(change, options);
  const double p = stats::mann_whitney(b, a).p;
  const double confidence = 1 - options.alpha;
  const int direction = worse_direction(change.key);
  change.cliff = stats::cliffs_delta(b, a) * (direction < 0 ? -1 : 1);
  if (!change.relative) {
    const auto shift = stats::hodges_lehmann(b, a, confidence);
    change.evidence = towards_worse(direction, shift.estimate, shift.interval, p);
    return;
  }
  const auto shift = stats::hodges_lehmann(logarithms(b), logarithms(a), confidence);
  const stats::Interval interval = {std::expm1(shift.interval.low),
                                    std::expm1(shift.interval.high)};
  change.evidence = towards_worse(direction, std::expm1(shift.estimate), interval, p);
}

void share_evidence(std::span<const NamedRun> before, std::span<const NamedRun> after,
                    const CompareOptions& options, MeasureChange& change) {
  const auto together = [&](std::span<const NamedRun> runs) {
    stats::Proportion out;
    for (const auto& run : runs) {
      const auto* m = find_summary(run.result, to_string(change.key.metric));
      if (!m) continue;
      out.n += m->count;
      out.hits += std::min(m->count, static_cast<std::uint64_t>(
                                         std::llround(m->value * static_cast<double>(m->count))));
    }
    return out;
  };
  const auto b = together(before);
  const auto a = together(after);
  if (a.n == 0 || b.n == 0) {
    change.note = "a side has no samples of it";
    return;
  }
  change.method = CompareMethod::Shares;
  change.before = b.share();
  change.after = a.share();
  change.relative = false;
  change.min_effect = least_effect(change, options);
  change.evidence =
      towards_worse(worse_direction(change.key), a.share() - b.share(),
                    stats::share_difference(b, a, 1 - options.alpha), stats::share_test(b, a));
}

namespace {

/// Intervals of the measured window of one run, joined by `join` neighbours.
std::vector<SeriesPoint> measured_points(const RunResult& run, std::size_t join) {
  std::vector<SeriesPoint> out;
  std::size_t in_last = join;
  constexpr Duration kRounding = std::chrono::milliseconds(2);
  for (const auto& p : run.series) {
    const bool inside =
        p.at + kRounding >= run.warmup && p.at + p.length <= run.warmup + run.measured + kRounding;
    if (!inside) continue;
    if (in_last == join) {
      out.push_back(p);
      in_last = 1;
      continue;
    }
    auto& last = out.back();
    last.length += p.length;
    last.latency.merge(p.latency);
    last.bot_messages += p.bot_messages;
    last.sent += p.sent;
    last.rate_limited += p.rate_limited;
    ++in_last;
  }
  if (in_last < join && !out.empty()) out.pop_back();  // shorter than the others
  return out;
}

/// The intervals of a side, run by run, all of one length.
std::vector<std::vector<SeriesPoint>> points_of(std::span<const NamedRun> runs, Duration length) {
  std::vector<std::vector<SeriesPoint>> out;
  for (const auto& run : runs) {
    const auto own = run.result.series_interval;
    const auto join = own > Duration::zero() ? static_cast<std::size_t>(length / own) : 0;
    if (join > 0) out.push_back(measured_points(run.result, join));
  }
  return out;
}

using Row = std::vector<double>;

/// How an interval becomes a row of counts, and what their sums stand for.
struct Reading {
  std::size_t columns = 0;
  std::function<void(const SeriesPoint&, Row&)> row;
  stats::Statistic statistic;
  /// For the memory of neighbours; NaN when the interval says nothing.
  std::function<double(const SeriesPoint&)> level;
};

double mean_bin(const SeriesPoint& p) {
  double sum = 0;
  for (const auto& [bin, n] : p.latency.bins()) sum += static_cast<double>(bin) * n;
  return sum / static_cast<double>(p.latency.count());
}

/// The percentile of merged bins, as if values were spread evenly over the logarithm of a bin.
double percentile_of(std::span<const double> counts,
                     const std::vector<std::pair<double, double>>& bounds, double p) {
  double total = 0;
  for (const double n : counts) total += n;
  if (!(total > 0)) return std::nan("");
  const double rank = p / 100 * total;
  double seen = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0 && seen + counts[i] >= rank) {
      const double low = std::max(bounds[i].first, 1e-3);
      const double high = std::max(bounds[i].second, low);
      return low * std::pow(high / low, std::max(0.0, (rank - seen) / counts[i]));
    }
    seen += counts[i];
  }
  return bounds.back().second;
}

Reading latency_reading(const std::vector<std::vector<SeriesPoint>>& before,
                        const std::vector<std::vector<SeriesPoint>>& after, double p) {
  LogBins all;
  for (const auto* side : {&before, &after}) {
    for (const auto& run : *side) {
      for (const auto& point : run) all.merge(point.latency);
    }
  }
  std::vector<std::uint16_t> columns;
  std::vector<std::pair<double, double>> bounds;
  for (const auto& [bin, n] : all.bins()) {
    columns.push_back(bin);
    bounds.push_back(LogBins::bounds_ms(bin));
  }
  Reading out;
  out.columns = columns.size();
  out.row = [columns](const SeriesPoint& point, Row& row) {
    std::ranges::fill(row, 0);
    for (const auto& [bin, n] : point.latency.bins()) {
      row[static_cast<std::size_t>(std::ranges::lower_bound(columns, bin) - columns.begin())] = n;
    }
  };
  out.statistic = [bounds, p](std::span<const double> sums) {
    return percentile_of(sums, bounds, p);
  };
  out.level = [](const SeriesPoint& point) {
    return point.latency.count() > 0 ? mean_bin(point) : std::nan("");
  };
  return out;
}

/// Events per second of something that the series counts.
Reading rate_reading(std::uint64_t SeriesPoint::* counted) {
  Reading out;
  out.columns = 2;
  out.row = [counted](const SeriesPoint& point, Row& row) {
    row = {static_cast<double>(point.*counted), to_seconds(point.length)};
  };
  out.statistic = [](std::span<const double> sums) { return sums[0] / sums[1]; };
  out.level = [counted](const SeriesPoint& point) { return static_cast<double>(point.*counted); };
  return out;
}

std::optional<Reading> reading_of(const MeasureKey& key,
                                  const std::vector<std::vector<SeriesPoint>>& before,
                                  const std::vector<std::vector<SeriesPoint>>& after) {
  const auto name = to_string(key.metric);
  if (name == "reply_latency" && key.aggregate == Aggregate::Percentile) {
    return latency_reading(before, after, key.percentile);
  }
  if (name == "reply_latency" && key.aggregate == Aggregate::Med) {
    return latency_reading(before, after, 50);
  }
  if (key.aggregate != Aggregate::Rate) return std::nullopt;
  if (name == "messages{side:bot}") return rate_reading(&SeriesPoint::bot_messages);
  if (name == "messages{side:person}") return rate_reading(&SeriesPoint::sent);
  if (name == "rate_limited") return rate_reading(&SeriesPoint::rate_limited);
  return std::nullopt;
}

struct Side {
  stats::BlockSeries series;
  std::size_t block = 1;
};

Side side_of(const std::vector<std::vector<SeriesPoint>>& runs, const Reading& reading) {
  Side out{stats::BlockSeries(std::max<std::size_t>(1, reading.columns)), 1};
  Row row(reading.columns);
  for (const auto& run : runs) {
    out.series.begin_run();
    std::vector<double> levels;
    for (const auto& point : run) {
      reading.row(point, row);
      out.series.add(row);
      // A quiet interval tells nothing; the one before stands in for it.
      const double level = reading.level(point);
      if (std::isfinite(level)) {
        levels.push_back(level);
      } else if (!levels.empty()) {
        levels.push_back(levels.back());
      }
    }
    out.block = std::max(out.block, stats::block_length(levels));
  }
  return out;
}

/// A percentile that rests on its largest sample alone decides nothing, here as in a run.
std::string too_few_replies(const MeasureKey& key,
                            const std::vector<std::vector<SeriesPoint>>& before,
                            const std::vector<std::vector<SeriesPoint>>& after) {
  Threshold gate;
  gate.metric = key.metric;
  gate.aggregate = key.aggregate;
  gate.percentile = key.percentile;
  const auto needed = samples_needed(gate);
  const auto replies = [](const std::vector<std::vector<SeriesPoint>>& runs) {
    std::uint64_t n = 0;
    for (const auto& run : runs) {
      for (const auto& point : run) n += point.latency.count();
    }
    return n;
  };
  const auto fewest = std::min(replies(before), replies(after));
  if (key.aggregate != Aggregate::Percentile || fewest >= needed) return {};
  return fmt::format("{} replies on a side, and {} are needed", fewest, needed);
}

Duration longest_interval(std::span<const NamedRun> runs) {
  Duration out{};
  for (const auto& run : runs) out = std::max(out, run.result.series_interval);
  return out;
}

}  // namespace

void block_evidence(std::span<const NamedRun> before, std::span<const NamedRun> after,
                    const CompareOptions& options, MeasureChange& change) {
  const auto length = std::max(longest_interval(before), longest_interval(after));
  const auto b_points = points_of(before, length);
  const auto a_points = points_of(after, length);
  const auto reading = reading_of(change.key, b_points, a_points);
  if (!reading) {
    change.note = fmt::format("one value a run: {} runs a side can decide it", kRunsForRanks + 1);
    return;
  }
  if (reading->columns == 0) {
    change.note = "the runs hold no latencies by interval (written before there were any?)";
    return;
  }
  if (const auto few = too_few_replies(change.key, b_points, a_points); !few.empty()) {
    change.note = few;
    return;
  }
  const auto b = side_of(b_points, *reading);
  const auto a = side_of(a_points, *reading);
  stats::BootstrapOptions bootstrap;
  bootstrap.block = std::max(b.block, a.block);
  bootstrap.resamples = options.resamples;
  bootstrap.confidence = 1 - options.alpha;
  const auto found = stats::block_bootstrap(b.series, a.series, reading->statistic, bootstrap,
                                            Rng(options.seed).fork(to_string(change.key)));
  if (!found) {
    change.note = fmt::format("too short: {} intervals in blocks of {}, and {} blocks are needed",
                              std::min(b.series.size(), a.series.size()), bootstrap.block,
                              stats::kFewestBlocks);
    return;
  }
  change.method = CompareMethod::Blocks;
  change.before = found->before;
  change.after = found->after;
  change.relative = found->relative.has_value();
  change.min_effect = least_effect(change, options);
  const double effect =
      change.relative ? found->after / found->before - 1 : found->after - found->before;
  change.evidence = towards_worse(worse_direction(change.key), effect,
                                  found->relative.value_or(found->difference), found->p);
}

}  // namespace chorus::lab::detail
