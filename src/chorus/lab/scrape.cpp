#include "chorus/lab/scrape.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <tuple>

namespace chorus::lab {

namespace {

using Shows = ScrapedSeries::Shows;
using metrics::SampleKind;

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t kMaxName = 120;

std::string key_of(std::string_view name, const metrics::Labels& labels) {
  std::string out(name);
  for (const auto& [k, v] : labels) {
    out += '\x1f';
    out += k;
    out += '=';
    out += v;
  }
  return out;
}

/// The value at `i` grown since the value before; a counter that fell has started again.
double grown(const std::vector<double>& values, std::size_t i, std::size_t before) {
  const double now = values[i];
  const double then = values[before];
  return now >= then ? now - then : now;
}

/// The newest index below `i` that has a value.
std::optional<std::size_t> before(const std::vector<double>& values, std::size_t i) {
  while (i > 0) {
    if (std::isfinite(values[--i])) return i;
  }
  return std::nullopt;
}

/// How much a curve moves, as a share of its size; NaN-free. 0: it is flat.
double movement(const std::vector<double>& values) {
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v);
    high = std::max(high, v);
  }
  return high > low ? (high - low) / std::max(std::abs(high), std::abs(low)) : 0;
}

}  // namespace

std::string_view to_string(Shows shows) noexcept {
  switch (shows) {
    case Shows::Value:
      return "value";
    case Shows::PerSecond:
      return "per_second";
    case Shows::Mean:
      return "mean";
  }
  return "";
}

ScrapeLog::Tracked* ScrapeLog::track(const metrics::Sample& sample, Shows shows, std::string name) {
  // A name may come in two shapes: a histogram's mean, and a sample that has only its name.
  auto key = key_of(name, sample.labels) + '\x1f' + std::string(to_string(shows));
  const auto found = tracked_.find(key);
  if (found != tracked_.end()) return &found->second;
  if (tracked_.size() >= kMaxTracked || name.size() > kMaxName) return nullptr;
  Tracked made;
  made.name = std::move(name);
  made.labels = sample.labels;
  made.shows = shows;
  made.value.assign(at_.size(), kNone);
  if (shows == Shows::Mean) made.count.assign(at_.size(), kNone);
  return &tracked_.emplace(std::move(key), std::move(made)).first->second;
}

void ScrapeLog::add(Duration since_start, std::string_view exposition) {
  const double at = to_seconds(since_start);
  if (!at_.empty() && at <= at_.back()) return;
  if (at_.size() >= kMaxPoints) halve();
  ++scrapes_;
  at_.push_back(at);
  for (auto& [key, t] : tracked_) {
    t.value.push_back(kNone);
    if (t.shows == Shows::Mean) t.count.push_back(kNone);
  }
  std::uint64_t untracked = 0;
  const auto read = metrics::parse_prometheus_text(exposition);
  for (const auto& sample : read.samples) {
    if (!std::isfinite(sample.value)) continue;
    const std::string_view name = sample.name;
    const bool spread = sample.kind == SampleKind::Histogram || sample.kind == SampleKind::Summary;
    Tracked* t = nullptr;
    bool is_count = false;
    if (!spread) {
      const bool counts = sample.kind == SampleKind::Counter ||
                          (sample.kind == SampleKind::Untyped && name.ends_with("_total"));
      t = track(sample, counts ? Shows::PerSecond : Shows::Value, sample.name);
    } else if (name.ends_with("_bucket")) {
      continue;  // the mean tells what a curve can; quantiles of buckets would be guesses
    } else if (name.ends_with("_sum") || name.ends_with("_count")) {
      is_count = name.ends_with("_count");
      t = track(sample, Shows::Mean, std::string(name.substr(0, name.rfind('_'))));
    } else {
      t = track(sample, Shows::Value, sample.name);  // a summary's quantile
    }
    if (!t) {
      ++untracked;
      continue;
    }
    (is_count ? t->count : t->value).back() = sample.value;
  }
  untracked_ = std::max(untracked_, untracked + read.beyond);
}

void ScrapeLog::failed(std::string why) {
  ++failed_;
  last_error_ = std::move(why);
}

void ScrapeLog::halve() {
  interval_ *= 2;
  const auto thin = [](std::vector<double>& values) {
    for (std::size_t i = 0; i < values.size() / 2; ++i) values[i] = values[i * 2 + 1];
    values.resize(values.size() / 2);
  };
  thin(at_);
  for (auto& [key, t] : tracked_) {
    thin(t.value);
    thin(t.count);
  }
}

ScrapeReport ScrapeLog::report(std::string url) const {
  ScrapeReport out;
  out.url = std::move(url);
  out.at = at_;
  out.scrapes = scrapes_;
  out.failed = failed_;
  out.last_error = last_error_;
  out.left_out = untracked_;
  std::vector<std::pair<double, ScrapedSeries>> moving;
  for (const auto& [key, t] : tracked_) {
    ScrapedSeries s{t.name, t.labels, t.shows, {}};
    for (std::size_t i = 0; i < at_.size(); ++i) {
      double value = t.value[i];
      if (t.shows != Shows::Value) {
        const auto then = before(t.value, i);
        value = kNone;
        if (then && std::isfinite(t.value[i])) {
          const double by =
              t.shows == Shows::PerSecond ? at_[i] - at_[*then] : grown(t.count, i, *then);
          if (by > 0) value = grown(t.value, i, *then) / by;
        }
      }
      s.values.push_back(value);
    }
    const double moved = movement(s.values);
    if (moved > 0) {
      moving.emplace_back(moved, std::move(s));
    } else {
      ++out.left_out;
    }
  }
  // What moves most says most; of the rest only the number is told.
  std::ranges::sort(moving, [](const auto& a, const auto& b) {
    return std::tie(b.first, a.second.name, a.second.labels) <
           std::tie(a.first, b.second.name, b.second.labels);
  });
  if (moving.size() > kMaxShown) {
    out.left_out += moving.size() - kMaxShown;
    moving.resize(kMaxShown);
  }
  for (auto& [moved, s] : moving) out.series.push_back(std::move(s));
  std::ranges::sort(out.series, [](const auto& a, const auto& b) {
    return std::tie(a.name, a.labels) < std::tie(b.name, b.labels);
  });
  return out;
}

}  // namespace chorus::lab
