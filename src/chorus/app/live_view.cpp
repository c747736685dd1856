#include "chorus/app/live_view.hpp"

#include "chorus/app/live_keys.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace chorus::app {

namespace {

using Phase = lab::LiveStats::Phase;

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::Starting:
      return "starting";
    case Phase::Warmup:
      return "warming up";
    case Phase::Measuring:
      return "measuring";
    case Phase::Cooldown:
      return "cooling down";
    case Phase::Done:
      return "done";
  }
  return "";
}

std::string ms(double value, std::uint64_t samples) {
  if (samples == 0) return "–";
  return format_duration(Duration(static_cast<std::int64_t>(value * 1e6)));
}

std::string bar(double share, int width) {
  const int full = std::clamp(static_cast<int>(share * width + 0.5), 0, width);
  std::string out;
  for (int i = 0; i < width; ++i) out += i < full ? "━" : "─";
  return out;
}

std::string padded_left(std::string_view text, std::size_t columns) {
  std::string fitting = fit_to_width(text, columns);
  return std::string(columns - display_width(fitting), ' ') + fitting;
}

/// A line longer than the terminal would wrap, and the block could not be taken back.
std::vector<std::string> fitted(std::vector<std::string> lines, const Terminal& t) {
  for (auto& line : lines) line = fit_to_width(line, static_cast<std::size_t>(t.width));
  return lines;
}

/// The first answer to a person begins with the disclosure in brackets; here it would hide the
/// rest.
std::string without_notice(const std::string& text) {
  const auto end = text.find(']');
  if (!text.starts_with('[') || end == std::string::npos) return text;
  return "[AI] " + std::string(trim(std::string_view(text).substr(end + 1)));
}

}  // namespace

std::vector<std::string> render_live(const lab::LiveStats& s, const Terminal& t) {
  std::vector<std::string> out;
  const double share =
      s.total > Duration::zero() ? std::min(1.0, to_seconds(s.elapsed) / to_seconds(s.total)) : 0;
  if (s.phase == Phase::Starting) {
    out.push_back(
        fmt::format("  {} {} of {} bots are ready", t.cyan("starting"), s.bots_ready, s.bots));
    return fitted(std::move(out), t);
  }
  const std::string of =
      s.total > Duration::zero()
          ? fmt::format(
                "{} of {}",
                format_duration_compact(std::chrono::floor<std::chrono::seconds>(s.elapsed)),
                format_duration_compact(std::chrono::round<std::chrono::seconds>(s.total)))
          : fmt::format(
                "{}, until Ctrl-C",
                format_duration_compact(std::chrono::floor<std::chrono::seconds>(s.elapsed)));
  const int width = std::clamp(t.width - 44, 10, 40);
  out.push_back(
      fmt::format("  {} {}  {}", t.cyan(bar(share, width)), of, t.dim(phase_name(s.phase))));
  // Three columns; wide enough that they stay in line while counts grow.
  const int value_width = std::clamp(t.width / 3 - 10, 12, 20);
  const auto cell = [&](std::string_view label, const std::string& value) {
    return fmt::format("{} {:<{}}", t.dim(fmt::format("{:>9}", label)), value, value_width);
  };
  out.push_back(cell("plan", format_count(std::int64_t(s.planned))) +
                cell("sent", fmt::format("{} ({:.1f}/s)", s.sent, s.sent_per_second)) +
                cell("answered", fmt::format("{} ({:.1f}/s)", s.answered, s.answered_per_second)));
  out.push_back(cell("p50", ms(s.p50_ms, s.latency_samples)) +
                cell("p95", ms(s.p95_ms, s.latency_samples)) +
                cell("in flight", std::to_string(s.in_flight)));
  const auto alarm = [&](std::uint64_t n) {
    return n == 0 ? std::string("0") : std::to_string(n) + " !";
  };
  out.push_back(cell("429", alarm(s.rate_limited)) + cell("errors", alarm(s.errors)) +
                cell("queue", std::to_string(s.queue)));
  const std::string memory = s.target_rss > 0 ? format_bytes(std::uint64_t(s.target_rss)) : "–";
  const std::string cpu = s.target_rss > 0 ? fmt::format("{:.0f} %", s.target_cpu * 100) : "–";
  out.push_back(cell("memory", memory) + cell("cpu", cpu) +
                cell("late p99", fmt::format("{:.1f} ms", s.generator_late_p99_ms)));
  std::string hand;
  if (s.paused) {
    hand = t.yellow("paused");
  } else if (s.factor != 1) {
    hand = t.yellow(fmt::format("{:.4g} % of the plan", s.factor * 100));
  }
  if (s.controlled) hand += fmt::format("{}{} people", hand.empty() ? "" : ", ", *s.controlled);
  if (t.keys) hand += (hand.empty() ? "" : "   ") + t.dim(keys_line());
  if (!hand.empty()) out.push_back("  " + hand);
  return fitted(std::move(out), t);
}

std::string render_live_line(const lab::LiveStats& s) {
  return fmt::format(
      "{} {}: plan {}, sent {}, answered {}, p50 {}, p95 {}, in flight {}, 429 {}, errors {}, "
      "queue {}",
      format_duration_compact(std::chrono::floor<std::chrono::seconds>(s.elapsed)),
      phase_name(s.phase), s.planned, s.sent, s.answered, ms(s.p50_ms, s.latency_samples),
      ms(s.p95_ms, s.latency_samples), s.in_flight, s.rate_limited, s.errors, s.queue);
}

std::string render_exchange(const lab::Exchange& e, const Terminal& t) {
  constexpr std::size_t kName = 16;
  constexpr std::size_t kMargins = 2 + kName + 2;
  const std::string took = fmt::format("({})", format_duration(e.latency));
  const auto width = static_cast<std::size_t>(std::max(t.width, 40));
  const std::size_t said = width - kMargins;
  const std::size_t answered = said - display_width(took) - 1;
  const auto name = [&](const std::string& text) {
    return padded_left(printable_line(text), kName);
  };
  return fmt::format("  {}  {}\n  {}  {} {}", t.bold(name(e.person)),
                     fit_to_width(printable_line(e.said), said), t.green(name(e.bot)),
                     fit_to_width(printable_line(without_notice(e.answered)), answered),
                     t.dim(took));
}

void LiveView::update(const lab::LiveStats& stats) {
  if (!terminal_.live) {
    for (; exchanges_shown_ < std::min<std::size_t>(stats.exchanges.size(), 2);
         ++exchanges_shown_) {
      std::fprintf(stderr, "%s\n",
                   render_exchange(stats.exchanges[exchanges_shown_], terminal_).c_str());
    }
    const bool never_began = stats.phase == Phase::Done && stats.elapsed == Duration::zero();
    if (stats.phase == Phase::Starting || never_began) return;
    if (!last_line_ || stats.elapsed - *last_line_ >= std::chrono::seconds(10)) {
      last_line_ = stats.elapsed;
      std::fprintf(stderr, "  %s\n", render_live_line(stats).c_str());
    }
    return;
  }
  block_.erase();
  for (; exchanges_shown_ < std::min<std::size_t>(stats.exchanges.size(), 2); ++exchanges_shown_) {
    std::fprintf(stderr, "%s\n\n",
                 render_exchange(stats.exchanges[exchanges_shown_], terminal_).c_str());
  }
  block_.draw(render_live(stats, terminal_));
}

void LiveView::say(std::string_view line) {
  block_.erase();
  const std::string text = terminal_.live
                               ? wrap_to_width(line, static_cast<std::size_t>(terminal_.width))
                               : std::string(line);
  std::fprintf(stderr, "%s\n", text.c_str());
  std::fflush(stderr);
}

void LiveView::finish() {
  block_.erase();
  std::fflush(stderr);
}

}  // namespace chorus::app
