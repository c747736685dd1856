#include "chorus/lab/watch/family_log.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace chorus::lab {

namespace {

using metrics::SampleKind;

constexpr std::size_t kMaxName = 160;
constexpr std::size_t kMaxLabelText = 400;  ///< of all labels of a series
constexpr std::string_view kStartTime = "process_start_time_seconds";

struct Place {
  std::string_view family;
  FamilyKind kind = FamilyKind::Gauge;
  enum class Part : std::uint8_t { Value, Bucket, Sum, Count } part = Part::Value;
};

/// Which family a line belongs to: `_bucket`, `_sum` and `_count` are parts of one histogram.
Place place_of(const metrics::Sample& sample) {
  const std::string_view name = sample.name;
  if (sample.kind == SampleKind::Histogram || sample.kind == SampleKind::Summary) {
    const auto kind =
        sample.kind == SampleKind::Histogram ? FamilyKind::Histogram : FamilyKind::Summary;
    const auto stem = name.substr(0, name.rfind('_'));
    if (name.ends_with("_bucket")) return {stem, kind, Place::Part::Bucket};
    if (name.ends_with("_sum")) return {stem, kind, Place::Part::Sum};
    if (name.ends_with("_count")) return {stem, kind, Place::Part::Count};
    return {name, FamilyKind::Gauge, Place::Part::Value};  // a summary's quantile, or a stray
  }
  const bool counts = sample.kind == SampleKind::Counter ||
                      (sample.kind == SampleKind::Untyped && name.ends_with("_total"));
  return {name, counts ? FamilyKind::Counter : FamilyKind::Gauge, Place::Part::Value};
}

std::string key_of(const metrics::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    if (name == "le") continue;
    out.append(name).append(1, '=').append(value).append(1, '\x1f');
  }
  return out;
}

std::optional<double> bound_of(const metrics::Sample& sample) {
  for (const auto& [name, value] : sample.labels) {
    if (name != "le") continue;
    if (value == "+Inf") return std::numeric_limits<double>::infinity();
    double bound = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), bound);
    if (error == std::errc{} && end == value.data() + value.size()) return bound;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(FamilyKind kind) noexcept {
  switch (kind) {
    case FamilyKind::Counter:
      return "counter";
    case FamilyKind::Gauge:
      return "gauge";
    case FamilyKind::Histogram:
      return "histogram";
    case FamilyKind::Summary:
      return "summary";
  }
  return "";
}

void Spread::add(const Spread& other) {
  for (const auto& [bound, n] : other.at_most) at_most[bound] += n;
  count += other.count;
  sum += other.sum;
}

std::optional<double> Spread::quantile(double q) const {
  if (at_most.empty() || !(count > 0)) return std::nullopt;
  const double rank = q * count;
  double below = 0;
  double low = 0;
  for (const auto& [bound, n] : at_most) {
    if (n >= rank && n > below) {
      if (std::isinf(bound)) return low > 0 ? std::optional(low) : std::nullopt;
      if (bound <= 0 || (below == 0 && low == 0)) return bound;
      return low + (bound - low) * std::max(0.0, rank - below) / (n - below);
    }
    below = std::max(below, n);
    if (!std::isinf(bound)) low = std::max(low, bound);
  }
  return low > 0 ? std::optional(low) : std::nullopt;
}

std::optional<double> Spread::mean() const {
  return count > 0 ? std::optional(sum / count) : std::nullopt;
}

double Spread::least() const {
  return at_most.empty() || std::isinf(at_most.begin()->first) ? 0 : at_most.begin()->first;
}

FamilyLog::Series* FamilyLog::find(const metrics::Sample& sample, std::string_view name,
                                   FamilyKind kind) {
  auto labels = sample.labels;
  std::erase_if(labels, [](const auto& label) { return label.first == "le"; });
  std::ranges::sort(labels);
  auto key = key_of(labels);
  auto family = families_.find(name);
  if (family != families_.end()) {
    if (family->second.kind != kind) return nullptr;
    const auto found = family->second.series.find(key);
    if (found != family->second.series.end()) return &found->second;
  }
  if (series_ >= kMaxSeries || name.size() > kMaxName || key.size() > kMaxLabelText) return nullptr;
  if (family == families_.end()) {
    family = families_.try_emplace(std::string(name)).first;
    family->second.kind = kind;
  }
  ++series_;
  auto& made = family->second.series[std::move(key)];
  made.seen.labels = std::move(labels);
  made.since = readings_;
  return &made;
}

/// True when it has begun anew. `anew`: what it holds was counted since the reading before.
bool FamilyLog::grow(Cell& cell, double value, bool anew) {
  const bool fell = value < cell.last;
  cell.grown += anew || fell ? value : value - cell.last;
  cell.last = value;
  return fell;
}

bool FamilyLog::most_fell(const std::vector<metrics::Sample>& samples) const {
  constexpr std::size_t kFewest = 3;  // one family may be reset by hand
  std::size_t fell = 0;
  std::size_t rose = 0;
  for (const auto& sample : samples) {
    const auto place = place_of(sample);
    if (place.kind != FamilyKind::Counter || !std::isfinite(sample.value)) continue;
    const auto family = families_.find(place.family);
    if (family == families_.end()) continue;
    auto labels = sample.labels;
    std::ranges::sort(labels);
    const auto found = family->second.series.find(key_of(labels));
    if (found == family->second.series.end()) continue;
    fell += sample.value < found->second.value.last;
    rose += sample.value > found->second.value.last;
  }
  return fell >= kFewest && fell > rose;
}

FamilyLog::Reading FamilyLog::add(std::string_view exposition) {
  const auto read = metrics::parse_prometheus_text(exposition);
  Reading out;
  out.samples = read.samples.size();
  if (read.samples.empty()) return out;
  const bool first = readings_++ == 0;
  bool all_anew = false;
  for (const auto& sample : read.samples) {
    if (sample.name != kStartTime || !std::isfinite(sample.value)) continue;
    // Clocks are corrected by parts of a second; a new process starts later.
    all_anew = started_ && sample.value > *started_ + 1;
    started_ = sample.value;
  }
  all_anew = all_anew || most_fell(read.samples);
  out.restarted = all_anew;
  std::size_t left_out = read.beyond;
  for (const auto& sample : read.samples) {
    if (!std::isfinite(sample.value)) continue;
    const auto place = place_of(sample);
    Series* series = find(sample, place.family, place.kind);
    if (series == nullptr) {
      ++left_out;
      continue;
    }
    const auto cell_of = [&]() -> Cell* {
      if (place.part == Place::Part::Sum) return &series->sum;
      if (place.part == Place::Part::Count) return &series->count;
      if (place.part == Place::Part::Value) return &series->value;
      const auto bound = bound_of(sample);
      if (!bound) return nullptr;
      const auto found = series->buckets.find(*bound);
      if (found != series->buckets.end()) return &found->second;
      if (series->buckets.size() >= kMaxBuckets) return nullptr;
      return &series->buckets[*bound];
    };
    if (place.kind == FamilyKind::Gauge) {
      auto& seen = series->seen;
      seen.low = seen.readings == 0 ? sample.value : std::min(seen.low, sample.value);
      seen.high = seen.readings == 0 ? sample.value : std::max(seen.high, sample.value);
      seen.sum += sample.value;
      seen.last = sample.value;
      ++seen.readings;
      continue;
    }
    Cell* cell = cell_of();
    if (cell == nullptr) continue;
    if (first) {
      cell->last = sample.value;
    } else if (grow(*cell, sample.value, all_anew || series->since == readings_) &&
               place.part != Place::Part::Sum) {  // a sum of negative values may fall
      if (place.part != Place::Part::Bucket) ++series->seen.resets;
      out.restarted = true;
    }
  }
  left_out_ = std::max(left_out_, left_out);
  return out;
}

WatchedSeries FamilyLog::view(const Family& family, const Series& series) {
  WatchedSeries out = series.seen;
  if (family.kind == FamilyKind::Counter) out.grown = series.value.grown;
  if (family.kind == FamilyKind::Histogram || family.kind == FamilyKind::Summary) {
    out.spread.count = series.count.grown;
    out.spread.sum = series.sum.grown;
    for (const auto& [bound, cell] : series.buckets) out.spread.at_most[bound] = cell.grown;
  }
  return out;
}

std::vector<WatchedFamily> FamilyLog::families() const {
  std::vector<WatchedFamily> out;
  for (const auto& [name, family] : families_) {
    WatchedFamily one{name, family.kind, {}};
    for (const auto& [key, series] : family.series) one.series.push_back(view(family, series));
    out.push_back(std::move(one));
  }
  return out;
}

void FamilyLog::each(std::string_view name,
                     const std::function<void(const WatchedSeries&)>& each) const {
  const auto family = families_.find(name);
  if (family == families_.end()) return;
  for (const auto& [key, series] : family->second.series) each(view(family->second, series));
}

double FamilyLog::grown(std::string_view name, const Match& match) const {
  double total = 0;
  each(name, [&](const WatchedSeries& s) {
    if (matches(s, match)) total += s.grown;
  });
  return total;
}

Spread FamilyLog::spread(std::string_view name, const Match& match) const {
  Spread out;
  each(name, [&](const WatchedSeries& s) {
    if (matches(s, match)) out.add(s.spread);
  });
  return out;
}

std::optional<FamilyKind> FamilyLog::kind(std::string_view name) const {
  const auto family = families_.find(name);
  return family == families_.end() ? std::nullopt : std::optional(family->second.kind);
}

std::string_view FamilyLog::label(const WatchedSeries& series, std::string_view name) {
  for (const auto& [key, value] : series.labels) {
    if (key == name) return value;
  }
  return {};
}

bool FamilyLog::matches(const WatchedSeries& series, const Match& match) {
  return std::ranges::all_of(
      match, [&](const auto& wanted) { return label(series, wanted.first) == wanted.second; });
}

std::vector<std::string> FamilyLog::names() const {
  std::vector<std::string> out;
  for (const auto& [name, family] : families_) out.push_back(name);
  return out;
}

}  // namespace chorus::lab
