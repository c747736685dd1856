#include "chorus/lab/watch/watch_text.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/watch/foreign_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

constexpr std::size_t kShownCalls = 14;
constexpr std::size_t kShownRows = 10;
constexpr std::size_t kShownEvents = 12;

std::string count(std::uint64_t n) {
  return format_count(static_cast<std::int64_t>(n));
}

/// A quantile that is not above the lowest bound may be anything below it.
std::string ms(const std::optional<double>& value, double least) {
  if (!value) return "-";
  return (*value <= least ? "≤ " : "") + format_duration(foreign_span(*value / 1000));
}

/// What strangers wrote must not steer a terminal, nor break a line.
std::string plain(std::string_view text, std::size_t most) {
  std::string out = to_valid_utf8(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  if (code_point_count(out) <= most) return out;
  return std::string(truncate_code_points(out, most - 1)) + "…";
}

std::string number(double value) {
  const double size = std::abs(value);
  if (size >= 1000 || value == std::floor(value)) return format_count(foreign_whole(value));
  return fmt::format("{:.3g}", value);
}

/// A value of a family in the unit that its name tells.
std::string value_of(const std::string& name, double value) {
  if (name.ends_with("_seconds")) return format_duration(foreign_span(value));
  if (name.ends_with("_bytes") && value >= 0) {
    return format_bytes(foreign_count(value));
  }
  return number(value);
}

std::string title_of(const WatchedRow& row, std::size_t most) {
  std::string labels;
  for (const auto& [name, value] : row.labels) {
    labels += fmt::format("{}{}={}", labels.empty() ? "" : ",", name, value);
  }
  return plain(labels.empty() ? row.name : fmt::format("{}{{{}}}", row.name, labels), most);
}

std::string call_lines(const WatchReport& r) {
  std::string out;
  const std::string* by = nullptr;
  std::size_t shown = 0;
  for (const auto& c : r.calls) {
    if (by == nullptr || *by != c.seen_by) {
      shown = 0;
      out += fmt::format("  {:<34} {:>9} {:>7} {:>6} {:>9} {:>9}\n",
                         c.seen_by == "sandbox" ? "as the sandbox sees them" : "as it counts them",
                         "calls", "failed", "429", "p50", "p95");
      by = &c.seen_by;
    }
    if (++shown > kShownCalls) continue;
    out += fmt::format("  {:<34} {:>9} {:>7} {:>6} {:>9} {:>9}\n",
                       plain(c.api + " " + c.method, 34), count(c.count), count(c.failed),
                       count(c.limited), ms(c.p50_ms, c.least_ms), ms(c.p95_ms, c.least_ms));
  }
  return out;
}

std::string cache_lines(const WatchReport& r) {
  std::string out;
  for (const auto& c : r.caches) {
    const auto all = static_cast<double>(c.hits + c.misses);
    out += fmt::format("  {:<24} {:>9} hits {:>9} misses {:>9}\n", plain(c.name, 24), count(c.hits),
                       count(c.misses),
                       all > 0 ? fmt::format("{:.1f} %", 100 * static_cast<double>(c.hits) / all)
                               : std::string("not read"));
  }
  return out;
}

std::string breaker_lines(const WatchReport& r) {
  static constexpr std::string_view kStates[] = {"closed", "half-open", "open"};
  std::string out;
  for (const auto& b : r.breakers) {
    const auto times = b.opened == 1 ? std::string("once") : count(b.opened) + " times";
    out += fmt::format("  {:<24} opened {}, {} not closed, now {}\n", plain(b.of, 24), times,
                       format_duration(foreign_span(b.open_s)), kStates[std::clamp(b.state, 0, 2)]);
  }
  return out;
}

std::string turn_line(const WatchReport& r) {
  std::string out;
  for (const auto& [reason, n] : r.turns) {
    out += fmt::format("{}{} {}", out.empty() ? "  " : ", ", count(n), plain(reason, 40));
  }
  return out.empty() ? out : out + "\n";
}

std::string row_lines(const WatchReport& r) {
  std::string out;
  const auto part = [&](FamilyKind kind, const auto& line) {
    std::size_t shown = 0;
    for (const auto& row : r.rows) {
      // What is mapped to a section of its own is not told twice.
      if (row.kind != kind || row.name.starts_with("chorus_") || shown++ >= kShownRows) continue;
      out += line(row);
    }
  };
  part(FamilyKind::Counter, [](const WatchedRow& row) {
    return fmt::format("  {:<52} +{:<12} {:.3g}/s{}\n", title_of(row, 52), number(row.value),
                       row.per_second,
                       row.resets > 0 ? fmt::format("  ({} resets)", row.resets) : std::string());
  });
  part(FamilyKind::Gauge, [](const WatchedRow& row) {
    return fmt::format("  {:<52} {:<13} {} to {}\n", title_of(row, 52),
                       value_of(row.name, row.value), value_of(row.name, row.low),
                       value_of(row.name, row.high));
  });
  return out;
}

/// Of our own fleet those that say most; of a stranger's program those with most values.
bool says_much(const WatchedRow& row) {
  static constexpr std::string_view kOurs[] = {
      "chorus_send_seconds",      "chorus_llm_seconds",      "chorus_outbox_wait_seconds",
      "chorus_inbox_lag_seconds", "chorus_loop_lag_seconds", "chorus_store_commit_seconds"};
  if (!row.name.starts_with("chorus_")) return true;
  if (row.name == "chorus_turn_seconds") {
    return std::ranges::find(row.labels, "total", &std::pair<std::string, std::string>::second) !=
           row.labels.end();
  }
  return std::ranges::find(kOurs, row.name) != std::end(kOurs);
}

std::string time_lines(const WatchReport& r) {
  std::string out;
  std::size_t shown = 0;
  for (const auto& row : r.rows) {
    const bool spread = row.kind == FamilyKind::Histogram || row.kind == FamilyKind::Summary;
    if (!spread || !says_much(row) || shown++ >= kShownRows) continue;
    const auto at = [&](const std::optional<double>& v) {
      if (!v) return std::string("-");
      return (*v <= row.least ? "≤ " : "") + value_of(row.name, *v);
    };
    out += fmt::format("  {:<46} {:>9} {:>10} {:>10} {:>10}\n", title_of(row, 46),
                       number(row.value), at(row.p50), at(row.p95), at(row.p99));
  }
  if (out.empty()) return out;
  return fmt::format("  {:<46} {:>9} {:>10} {:>10} {:>10}\n", "", "n", "p50", "p95", "p99") + out;
}

std::string source_lines(const WatchReport& r) {
  std::string out;
  for (const auto& s : r.sources) {
    const auto where = s.where.starts_with(s.kind) ? s.where : s.kind + " " + s.where;
    out += fmt::format("  {}: read {} times", plain(where, 60), count(s.reads));
    if (s.failed > 0) out += fmt::format(", {} times in vain", count(s.failed));
    const auto gaps = s.gaps.size() + s.more_gaps;
    double silent = 0;
    for (const auto& [from, to] : s.gaps) silent += to - from;
    if (gaps > 0) {
      out += fmt::format(", {} gap{} of {} together", gaps, gaps == 1 ? "" : "s",
                         format_duration(foreign_span(silent)));
    }
    const auto restarts = s.restarts.size() + s.more_restarts;
    if (restarts > 0)
      out += fmt::format(", restarted {} time{}", restarts, restarts == 1 ? "" : "s");
    out += "\n";
    if (!s.last_error.empty()) out += fmt::format("    {}\n", plain(s.last_error, 92));
  }
  return out;
}

std::string event_lines(const WatchReport& r) {
  std::string out;
  for (std::size_t i = 0; i < std::min(kShownEvents, r.events.size()); ++i) {
    const auto& e = r.events[i];
    out += fmt::format("  {:>9}  {}\n", format_duration(foreign_span(e.at)), plain(e.what, 84));
  }
  const auto more = r.events.size() - std::min(kShownEvents, r.events.size()) + r.more_events;
  if (more > 0) out += fmt::format("  and {} more\n", more);
  return out;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> watch_sections(const WatchReport& r) {
  return {{"Calls", call_lines(r)},
          {"Caches", cache_lines(r)},
          {"Decisions", turn_line(r)},
          {"Breakers", breaker_lines(r)},
          {"Times, as it measured them itself", time_lines(r)},
          {"What else it tells", row_lines(r)},
          {"What happened", event_lines(r)},
          {"Sources", source_lines(r)}};
}

std::string watch_markdown(const WatchReport& r) {
  const auto cell = [](std::string_view text) { return replace_all(plain(text, 120), "|", "\\|"); };
  std::string out;
  if (!r.calls.empty()) {
    out +=
        "| call | seen by | calls | failed | 429 | p50 | p95 "
        "|\n|---|---|---:|---:|---:|---:|---:|\n";
    for (const auto& c : r.calls) {
      out += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} |\n", cell(c.api + " " + c.method),
                         c.seen_by, c.count, c.failed, c.limited, ms(c.p50_ms, c.least_ms),
                         ms(c.p95_ms, c.least_ms));
    }
    out += '\n';
  }
  if (!r.caches.empty()) {
    out += "| cache | hits | misses |\n|---|---:|---:|\n";
    for (const auto& c : r.caches) {
      out += fmt::format("| {} | {} | {} |\n", cell(c.name), c.hits, c.misses);
    }
    out += '\n';
  }
  for (const auto& b : r.breakers) {
    out += fmt::format("- breaker {}: opened {} times\n", cell(b.of), b.opened);
  }
  for (const auto& e : r.events) {
    out += fmt::format("- {}: {}\n", format_duration(foreign_span(e.at)), cell(e.what));
  }
  for (const auto& s : r.sources) {
    out += fmt::format("- {} {}: read {} times, {} in vain\n", s.kind, cell(s.where), s.reads,
                       s.failed);
  }
  return out + fmt::format("\nThe watch ended {}.\n", r.ended);
}

}  // namespace chorus::lab
