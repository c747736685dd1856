#include "chorus/app/watch/watch_view.hpp"

#include "chorus/base/units.hpp"
#include "chorus/lab/watch/foreign_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <utility>

namespace chorus::app {

namespace {

using lab::CallCounts;
using lab::WatchLive;
using lab::WatchTotals;

constexpr std::string_view kNothing = "–";

std::string whole(double n) {
  return format_count(lab::foreign_whole(n));
}

std::string span(Duration d) {
  d = std::chrono::floor<std::chrono::seconds>(d);
  return d > Duration::zero() ? format_duration_compact(d) : std::string("0s");
}

std::string ms(const std::optional<double>& value) {
  return value ? format_duration(lab::foreign_span(*value / 1000)) : std::string(kNothing);
}

std::string with_rate(const std::optional<double>& total, double per_second) {
  if (!total) return std::string(kNothing);
  return fmt::format("{} ({:.1f}/s)", whole(*total), per_second);
}

/// Platforms and models together; nothing when no source counts calls.
std::optional<CallCounts> all_calls(const WatchTotals& totals) {
  if (!totals.api && !totals.llm) return std::nullopt;
  CallCounts out;
  for (const auto& calls : {totals.api, totals.llm}) {
    if (!calls) continue;
    out.count += calls->count;
    out.failed += calls->failed;
    out.limited += calls->limited;
  }
  return out;
}

std::string breaker(const WatchTotals& totals) {
  if (totals.open_breakers > 0) return fmt::format("{} open !", whole(totals.open_breakers));
  return totals.cache ? "closed" : std::string(kNothing);
}

std::optional<double> lag_of(const WatchLive& live) {
  return live.lag_p95_ms ? live.lag_p95_ms : live.totals.lag_now_ms;
}

/// `send` of `chorus_send_seconds`.
std::string short_name(std::string name) {
  if (name.starts_with("chorus_")) name.erase(0, 7);
  if (name.ends_with("_seconds")) name.resize(name.size() - 8);
  return printable_line(name);
}

}  // namespace

std::vector<std::string> render_watch(const WatchLive& live, const Terminal& t) {
  const int value_width = std::clamp(t.width / 3 - 12, 12, 20);
  const auto cell = [&](std::string_view label, const std::string& value) {
    const auto shown = fit_to_width(value, static_cast<std::size_t>(value_width));
    const auto room = static_cast<std::size_t>(value_width) - display_width(shown);
    return t.dim(fmt::format("{:>10}", label)) + " " + shown + std::string(room + 1, ' ');
  };
  const auto alarm = [](const std::optional<CallCounts>& calls, double CallCounts::* field) {
    if (!calls) return std::string(kNothing);
    const double n = (*calls).*field;
    return n > 0 ? whole(n) + " !" : std::string("0");
  };
  const auto& totals = live.totals;
  const auto calls = all_calls(totals);
  const auto in = totals.messages ? std::optional(totals.messages->in) : std::nullopt;
  const auto out = totals.messages ? std::optional(totals.messages->out) : std::nullopt;
  const auto made = calls ? std::optional(calls->count) : std::nullopt;
  std::vector<std::string> lines;
  lines.push_back(fmt::format("  {} {}{}", t.cyan("watching"), span(live.elapsed),
                              live.total > Duration::zero()
                                  ? " of " + format_duration_compact(live.total)
                                  : std::string(", until Ctrl-C")));
  lines.push_back(cell("in", with_rate(in, live.in_per_second)) +
                  cell("out", with_rate(out, live.out_per_second)) +
                  cell("calls", with_rate(made, live.calls_per_second)));
  lines.push_back(cell("errors", alarm(calls, &CallCounts::failed)) +
                  cell("429", alarm(calls, &CallCounts::limited)) +
                  cell("breakers", breaker(totals)));
  lines.push_back(cell("cache hits", live.hit_rate ? fmt::format("{:.1f} %", *live.hit_rate * 100)
                                                   : std::string(kNothing)) +
                  cell("waiting", totals.pending ? whole(*totals.pending) : std::string(kNothing)) +
                  cell(live.lag_p95_ms ? "lag p95" : "loop lag", ms(lag_of(live))));
  if (!live.times.empty()) {
    lines.push_back(cell("p50", ms(live.p50_ms)) + cell("p95", ms(live.p95_ms)) +
                    cell("of", short_name(live.times)));
  }
  if (live.process) {
    const auto& p = *live.process;
    lines.push_back(cell("cpu", fmt::format("{:.0f} %", live.cpu * 100)) +
                    cell("memory", format_bytes(p.rss)) +
                    cell("fds", fmt::format("{}, {} threads", p.fds, p.threads)));
  }
  if (live.restarts > 0) {
    lines.push_back("  " + t.yellow(counted(static_cast<std::int64_t>(live.restarts), "restart")));
  }
  for (const auto& silent : live.silent) {
    lines.push_back("  " + t.yellow("silent: " + printable_line(silent)));
  }
  for (auto& line : lines) line = fit_to_width(line, static_cast<std::size_t>(t.width));
  return lines;
}

std::string render_watch_line(const WatchLive& live) {
  const auto& totals = live.totals;
  std::string out = span(live.elapsed);
  bool first = true;
  const auto add = [&](const std::string& part) {
    out += (std::exchange(first, false) ? ": " : ", ") + part;
  };
  if (totals.messages) {
    add(fmt::format("in {}, out {}", whole(totals.messages->in), whole(totals.messages->out)));
  }
  if (const auto calls = all_calls(totals)) {
    add(fmt::format("calls {}, errors {}, 429 {}", whole(calls->count), whole(calls->failed),
                    whole(calls->limited)));
  }
  if (live.hit_rate) add(fmt::format("cache hits {:.1f} %", *live.hit_rate * 100));
  if (totals.open_breakers > 0) {
    add(counted(lab::foreign_whole(totals.open_breakers), "breaker") + " open");
  }
  if (lag_of(live)) add("lag " + ms(lag_of(live)));
  if (live.p95_ms) add(fmt::format("{} p95 {}", short_name(live.times), ms(live.p95_ms)));
  if (live.process) {
    add(fmt::format("cpu {:.0f} %, memory {}", live.cpu * 100, format_bytes(live.process->rss)));
  }
  for (const auto& silent : live.silent) add("silent: " + printable_line(silent));
  return out;
}

void WatchView::update(const WatchLive& live) {
  if (terminal_.live) {
    block_.draw(render_watch(live, terminal_));
    return;
  }
  if (last_line_ && live.elapsed - *last_line_ < std::chrono::seconds(10)) return;
  last_line_ = live.elapsed;
  std::fprintf(stderr, "  %s\n", render_watch_line(live).c_str());
}

}  // namespace chorus::app
