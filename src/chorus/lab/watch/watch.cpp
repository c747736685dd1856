#include "chorus/lab/watch/watch.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/lab/watch/foreign_number.hpp"
#include "chorus/lab/watch/sandbox_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

constexpr std::string_view kKinds[Watch::kSources] = {"metrics", "sandbox", "process"};

}  // namespace

Watch::Watch(Options options)
    : options_(std::move(options)),
      curves_(std::max<Duration>(options_.every, std::chrono::seconds(1))),
      points_(std::max<Duration>(options_.every, std::chrono::seconds(1))),
      series_(std::max<Duration>(options_.every, std::chrono::seconds(1))) {}

void Watch::use(From from, std::string where) {
  auto& slot = source(from).emplace();
  slot.told.kind = kKinds[static_cast<std::size_t>(from)];
  slot.told.where = std::move(where);
}

void Watch::event(Duration at, std::string what) {
  if (events_.size() < WatchReport::kMaxEvents) {
    events_.push_back({to_seconds(at), std::move(what)});
  } else {
    ++more_events_;
  }
}

void Watch::answered(From from, Duration at, bool restarted) {
  auto& slot = source(from);
  if (!slot) return;
  auto& told = slot->told;
  ++told.reads;
  const double now = to_seconds(at);
  if (slot->silent_since) {
    if (told.gaps.size() < WatchSource::kMaxGaps) {
      told.gaps.emplace_back(*slot->silent_since, now);
    } else {
      ++told.more_gaps;
    }
    event(at, fmt::format("{} answers again", told.kind));
    slot->silent_since.reset();
  }
  if (!restarted) return;
  if (told.restarts.size() < WatchSource::kMaxGaps) {
    told.restarts.push_back(now);
  } else {
    ++told.more_restarts;
  }
  event(at, fmt::format("{} counts from 0 again: restarted", told.kind));
}

void Watch::failed(From from, Duration at, std::string why) {
  auto& slot = source(from);
  if (!slot) return;
  ++slot->told.failed;
  if (!slot->silent_since) {
    slot->silent_since = to_seconds(at);
    event(at, fmt::format("{} does not answer: {}", slot->told.kind, why));
  }
  slot->told.last_error = std::move(why);
  (void)series_.at(at);  // the time of a report goes on without answers
}

Result<void> Watch::metrics(Duration at, std::string_view exposition) {
  const auto read = program_.add(exposition);
  if (read.samples == 0) {
    return fail(ErrorCode::ParseError, "no line of it is a sample of Prometheus' text format");
  }
  answered(From::Metrics, at, read.restarted);
  const double now = to_seconds(at);
  if (!curve_due_ || now >= *curve_due_) {
    curves_.add(at, exposition);
    // A little early is in time: the next reading may come within its jitter.
    curve_due_ = now + to_seconds(std::max(curves_.interval(), options_.every)) * 0.9;
  }
  breakers(at);
  if (!uses(From::Process)) told_process(at);
  advance(at);
  return {};
}

Result<void> Watch::sandbox(Duration at, std::string_view stats_json) {
  CH_TRY(const auto text, sandbox_exposition(stats_json));
  const auto read = box_.add(text);
  answered(From::Sandbox, at, read.restarted);
  advance(at);
  return {};
}

void Watch::processes(Duration at, const ProcessSample& target, const ProcessSample& own) {
  auto& point = series_.at(at);
  point.generator_cpu = std::max(point.generator_cpu, own_.add(at, own, true));
  set_.at("generator_rss").gauge(static_cast<double>(own.rss));
  if (!uses(From::Process)) return;
  answered(From::Process, at, false);
  newest_ = target;
  cpu_ = target_.add(at, target, true);
  point.target_cpu = std::max(point.target_cpu, cpu_);
  point.target_rss = static_cast<double>(target.rss);
  point.target_fds = std::max(point.target_fds, target.fds);
  point.target_threads = std::max(point.target_threads, target.threads);
  set_.at("process_rss").gauge(static_cast<double>(target.rss));
  set_.at("process_cpu").gauge(cpu_);
}

void Watch::told_process(Duration at) {
  ProcessSample told;
  const auto gauge = [&](std::string_view name) {
    std::uint64_t out = 0;
    program_.each(name, [&](const WatchedSeries& s) { out = foreign_count(s.last); });
    return out;
  };
  told.rss = gauge("process_resident_memory_bytes");
  if (told.rss == 0) return;
  told.cpu = foreign_span(program_.grown("process_cpu_seconds_total"));
  told.fds = gauge("process_open_fds");
  told.threads = gauge("process_threads");
  told.processes = 1;
  newest_ = told;
  cpu_ = target_.add(at, told, true);
  auto& point = series_.at(at);
  point.target_cpu = std::max(point.target_cpu, cpu_);
  point.target_rss = static_cast<double>(told.rss);
  point.target_fds = std::max(point.target_fds, told.fds);
  point.target_threads = std::max(point.target_threads, told.threads);
  set_.at("process_rss").gauge(static_cast<double>(told.rss));
  set_.at("process_cpu").gauge(cpu_);
}

void Watch::breakers(Duration at) {
  const double now = to_seconds(at);
  program_.each("chorus_breaker_state", [&](const WatchedSeries& s) {
    const std::string of(FamilyLog::label(s, "of"));
    auto found = std::ranges::find(breakers_, of, &WatchedBreaker::of);
    if (found == breakers_.end()) {
      if (breakers_.size() >= WatchReport::kMaxEvents) return;
      breakers_.push_back({of, 0, 0, 0});
      found = std::prev(breakers_.end());
    }
    const int state = static_cast<int>(std::clamp(s.last, 0.0, 2.0));
    if (found->state > 0) found->open_s += now - breakers_at_;
    if (state == found->state) return;
    static constexpr std::string_view kStates[] = {"closed", "half-open", "open"};
    if (state == 2) ++found->opened;
    event(at, fmt::format("breaker {} is {}", of, kStates[state]));
    found->state = state;
  });
  breakers_at_ = now;
}

WatchTotals Watch::totals() const {
  WatchTotals out;
  if (uses(From::Metrics)) out = totals_of_program(program_);
  if (uses(From::Sandbox)) out.fill_from(totals_of_sandbox(box_));
  return out;
}

/// Puts what has grown since the reading before into the intervals between the two, evenly.
void Watch::advance(Duration at) {
  const auto now = totals();
  (void)series_.at(at);
  const double t = to_seconds(at);
  const double from = rates_at_.value_or(t);
  struct Growth {
    double WatchPoint::* where;
    double n;
  };
  const auto grown = [](const auto& a, const auto& b, auto member) {
    return a ? std::max(0.0, (*a).*member - (b ? (*b).*member : 0)) : 0.0;
  };
  const auto calls = [&](double CallCounts::* member) {
    return grown(now.api, before_.api, member) + grown(now.llm, before_.llm, member);
  };
  const Growth growths[] = {
      {&WatchPoint::messages_in, grown(now.messages, before_.messages, &MessageCounts::in)},
      {&WatchPoint::messages_out, grown(now.messages, before_.messages, &MessageCounts::out)},
      {&WatchPoint::calls, calls(&CallCounts::count)},
      {&WatchPoint::errors, calls(&CallCounts::failed)},
      {&WatchPoint::limited, calls(&CallCounts::limited)},
      {&WatchPoint::cache_hits, grown(now.cache, before_.cache, &CacheCounts::hits)},
      {&WatchPoint::cache_misses, grown(now.cache, before_.cache, &CacheCounts::misses)},
  };
  auto& newest = points_.at(at);
  newest.silent = false;
  const double length = to_seconds(points_.interval());
  const auto first = static_cast<std::size_t>(from / length);
  const auto last = static_cast<std::size_t>(t / length);
  for (std::size_t i = first; i <= last; ++i) {
    const double begin = std::max(from, static_cast<double>(i) * length);
    const double end = std::min(t, static_cast<double>(i + 1) * length);
    const double share = t > from ? std::max(0.0, end - begin) / (t - from) : 1;
    auto& point = points_.at(points_.interval() * static_cast<Duration::rep>(i));
    for (const auto& g : growths) point.*g.where += g.n * share;
  }
  newest.pending = std::max(newest.pending, now.pending.value_or(0));
  newest.open_breakers = std::max(newest.open_breakers, now.open_breakers);
  newest.lag_ms = std::max(newest.lag_ms, now.lag_now_ms.value_or(0));
  if (const auto name = lag_histogram(program_); !name.empty()) {
    const auto spread = program_.spread(name);
    auto fresh = spread;
    fresh.count -= lag_before_.count;
    for (auto& [bound, n] : fresh.at_most) {
      const auto then = lag_before_.at_most.find(bound);
      if (then != lag_before_.at_most.end()) n -= then->second;
    }
    newest.lag_ms = std::max(newest.lag_ms, fresh.quantile(0.99).value_or(0) * 1000);
    lag_before_ = spread;
  }
  if (now.pending) set_.at("queue_depth").gauge(*now.pending);
  if (t > from) {
    for (std::size_t i = 0; i < per_second_.size(); ++i) {
      // Two sources are read at nearly one time: their rates are of a second at least.
      rates_from_[i] += growths[i].n;
    }
    if (t - rates_since_ >= 0.9) {
      for (std::size_t i = 0; i < per_second_.size(); ++i) {
        per_second_[i] = rates_from_[i] / (t - rates_since_);
      }
      rates_from_ = {};
      rates_since_ = t;
    }
  }
  rates_at_ = t;
  before_ = now;
}

WatchLive Watch::live(Duration at) const {
  WatchLive out;
  out.elapsed = at;
  out.total = options_.total;
  out.totals = totals();
  out.in_per_second = per_second_[0];
  out.out_per_second = per_second_[1];
  out.calls_per_second = per_second_[2];
  if (const auto& c = out.totals.cache; c && c->hits + c->misses > 0) {
    out.hit_rate = c->hits / (c->hits + c->misses);
  }
  const auto ms = [](std::optional<double> seconds) -> std::optional<double> {
    if (!seconds) return std::nullopt;
    return *seconds * 1000;
  };
  if (const auto lag = lag_histogram(program_); !lag.empty()) {
    out.lag_p95_ms = ms(program_.spread(lag).quantile(0.95));
  }
  out.times = busiest_times(program_);
  if (!out.times.empty()) {
    const auto spread = program_.spread(out.times);
    out.p50_ms = ms(spread.quantile(0.5));
    out.p95_ms = ms(spread.quantile(0.95));
  }
  out.process = newest_;
  out.cpu = cpu_;
  for (const auto& slot : sources_) {
    if (!slot) continue;
    out.restarts += slot->told.restarts.size() + slot->told.more_restarts;
    if (slot->silent_since) {
      out.silent.push_back(fmt::format("{}: {}", slot->told.kind, slot->told.last_error));
    }
  }
  return out;
}

std::string Watch::take_record() {
  const auto& points = points_.points();
  // When intervals are joined, what was told already is not told again.
  if (points.size() < 2) return {};
  const auto next =
      std::ranges::find_if(points, [&](const WatchPoint& p) { return p.at >= recorded_to_; });
  if (next == points.end() || next + 1 == points.end()) return {};
  recorded_to_ = next->at + points_.interval();
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("t", to_seconds(next->at))
      .field("seconds", to_seconds(points_.interval()))
      .field("in", next->messages_in)
      .field("out", next->messages_out)
      .field("calls", next->calls)
      .field("errors", next->errors)
      .field("limited", next->limited)
      .field("cache_hits", next->cache_hits)
      .field("cache_misses", next->cache_misses)
      .field("lag_ms", next->lag_ms)
      .field("pending", next->pending)
      .field("open_breakers", next->open_breakers)
      .end_object();
  return out;
}

}  // namespace chorus::lab
