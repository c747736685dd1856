#include "chorus/lab/summary.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/slot_words.hpp"
#include "chorus/lab/watch/watch_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

class Painter {
 public:
  explicit Painter(bool on) : on_(on) {}
  [[nodiscard]] std::string operator()(const char* code, std::string_view text) const {
    return on_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
  }

 private:
  bool on_;
};

constexpr const char* kBold = "1";
constexpr const char* kDim = "2";
constexpr const char* kGreen = "32";
constexpr const char* kRed = "31";
constexpr const char* kYellow = "33";

std::size_t width(std::string_view text) {
  return code_point_count(text);
}

std::string padded(std::string_view text, std::size_t to) {
  std::string out(text);
  for (auto n = width(text); n < to; ++n) out += ' ';
  return out;
}

std::string right(std::string_view text, std::size_t to) {
  const auto n = width(text);
  return (n < to ? std::string(to - n, ' ') : std::string()) + std::string(text);
}

/// Lines of at most `limit` columns, continued below the first one's text.
std::string bullet(std::string_view mark, std::string_view text, std::size_t limit) {
  const std::string indent(4, ' ');
  std::string out = fmt::format("  {} ", mark);
  std::size_t column = 4;
  for (const auto word : split(text, ' ')) {
    if (column > 4 && column + 1 + width(word) > limit) {
      out += "\n" + indent;
      column = 4;
    } else if (column > 4) {
      out += ' ';
      ++column;
    }
    out += word;
    column += width(word);
  }
  return out + "\n";
}

/// How near the value came to its upper limit.
std::optional<double> load_factor(const ThresholdResult& t) {
  const auto comparison = t.threshold.comparison;
  const bool upper = comparison == Comparison::Less || comparison == Comparison::LessEqual;
  if (!upper || !t.value || !std::isfinite(*t.value) || !(t.threshold.bound > 0)) {
    return std::nullopt;
  }
  return *t.value / t.threshold.bound;
}

std::string threshold_lines(const RunResult& r, const Painter& paint) {
  std::size_t name = 20;
  for (const auto& t : r.thresholds) {
    name = std::max(name, width(to_string(t.threshold.metric)));
  }
  name = std::min<std::size_t>(name, 40);
  std::string out;
  for (const auto& t : r.thresholds) {
    const char* color = !t.decided ? kYellow : t.ok ? kGreen : kRed;
    const auto mark = paint(color, !t.decided ? "?" : t.ok ? "✓" : "✗");
    const auto value = t.value ? format_value(*t.value, unit_of(t.threshold)) : "no data";
    auto line =
        fmt::format("  {} {}  {}  {}  n={}", mark, padded(to_string(t.threshold.metric), name),
                    right(value, 10), padded(t.threshold.expr, 16), t.n);
    const auto factor = load_factor(t);
    if (factor) line += paint(kDim, fmt::format("  used to {:.0f} %", *factor * 100));
    if (!t.decided && t.n > 0)
      line += paint(kYellow, fmt::format(" (undecided, needs {})", t.needed));
    out += line + "\n";
  }
  return out;
}

std::string latency_lines(const RunResult& r, const Painter& paint) {
  std::string out;
  for (const auto& m : r.metrics) {
    const auto text = [&](double v) { return right(format_value(v, m.unit), 9); };
    const bool shown = m.type == MetricType::Trend && m.count > 0 &&
                       m.key.find('{') == std::string::npos && m.key != "connection_wait";
    if (!shown) continue;
    if (out.empty()) {
      out += paint(kDim,
                   fmt::format("  {} {} {} {} {} {}\n", padded("latency", 22), right("n", 8),
                               right("p50", 9), right("p95", 9), right("p99", 9), right("max", 9)));
    }
    out += fmt::format("  {} {} {} {} {} {}\n", padded(m.key, 22),
                       right(format_count(static_cast<std::int64_t>(m.count)), 8), text(m.p50),
                       text(m.p95), m.count >= 299 ? text(m.p99) : right("-", 9), text(m.max));
  }
  return out;
}

/// Checks by name; sums over tags are in the result.
std::string check_lines(const RunResult& r, const Painter& paint) {
  static constexpr std::string_view kKey = "checks{check:";
  std::string out;
  for (const auto& m : r.metrics) {
    if (!m.key.starts_with(kKey) || m.key.find(',') != std::string::npos) continue;
    const auto name = std::string_view(m.key).substr(kKey.size(), m.key.size() - kKey.size() - 1);
    out +=
        fmt::format("  {} {}  {}  n={}\n", m.value == 1 ? paint(kGreen, "✓") : paint(kRed, "✗"),
                    padded(name, 30), right(format_value(m.value, MetricUnit::Share), 10), m.count);
  }
  return out;
}

/// One line: where a reply's time went, as far as the sandbox could see it.
std::string leg_line(const RunResult& r) {
  std::string parts;
  for (const std::string_view leg : {"queue", "react", "work", "send", "llm"}) {
    const auto* m = find_summary(r, fmt::format("leg_latency{{leg:{}}}", leg));
    if (!m || m->count == 0) continue;
    parts +=
        fmt::format("{}{} {} / {}", parts.empty() ? "" : ", ", leg,
                    format_value(m->p50, MetricUnit::Time), format_value(m->p95, MetricUnit::Time));
  }
  if (parts.empty()) return {};
  const auto n = [](std::uint64_t v) { return format_count(static_cast<std::int64_t>(v)); };
  return fmt::format("  legs, p50 / p95: {} (the bot's part seen in {} of {} replies)\n", parts,
                     n(r.legs.split), n(r.legs.replies));
}

std::string ledger_lines(const RunResult& r, const Painter& paint) {
  const auto& c = r.ledger;
  const auto n = [](std::uint64_t v) { return format_count(static_cast<std::int64_t>(v)); };
  auto out = fmt::format(
      "  {} sent = {} answered + {} ignored ok + {} unanswered + {} lost + {} failed + {} in "
      "flight {}\n",
      n(c.sent), n(c.of(Outcome::Answered)), n(c.of(Outcome::IgnoredOk)),
      n(c.of(Outcome::Unanswered)), n(c.of(Outcome::Lost)), n(c.of(Outcome::Failed)),
      n(c.of(Outcome::InFlight)), r.identity ? paint(kGreen, "✓") : paint(kRed, "✗"));
  out += fmt::format("  {} duplicated, {} out of order, {} spurious, {} misrouted\n",
                     n(c.duplicated), n(c.out_of_order), n(c.spurious), n(c.misrouted));
  const auto& t = r.target_counts;
  if (t.updates_stored && t.messages_sent) {
    out += fmt::format("  the fleet's own store: {} updates of {}, {} messages of {}\n",
                       n(*t.updates_stored), n(c.updates_taken), n(*t.messages_sent),
                       n(c.bot_messages));
  }
  if (r.withheld > 0) out += fmt::format("  {} not delivered: privacy mode\n", n(r.withheld));
  return out;
}

std::string rate_lines(const RunResult& r) {
  std::string out;
  const double seconds = to_seconds(r.measured);
  if (seconds <= 0) return out;
  for (const auto& [side, label] : {std::pair{"person", "people"}, std::pair{"bot", "bots"}}) {
    const auto* m = find_summary(r, fmt::format("messages{{side:{}}}", side));
    if (!m || m->value <= 0) continue;
    const double rate = m->value / seconds;
    out +=
        fmt::format("  {} {:.2f}/s, {} a minute, {} an hour, {} a day\n", padded(label, 7), rate,
                    format_count(std::llround(rate * 60)), format_count(std::llround(rate * 3600)),
                    format_count(std::llround(rate * 86400)));
  }
  return out;
}

/// How much of each limit was used, beside how much of the load was offered.
std::string limit_lines(const RunResult& r) {
  std::string out;
  if (r.load.planned == 0) return out;
  const auto n = [](std::uint64_t v) { return format_count(static_cast<std::int64_t>(v)); };
  out += fmt::format("  {} of {} planned messages were offered ({:.1f} %)\n", n(r.load.sent),
                     n(r.load.planned),
                     100 * static_cast<double>(r.load.sent) / static_cast<double>(r.load.planned));
  for (const auto& use : r.limit_use) {
    if (use.whose != "platform") continue;
    out += fmt::format("  {} {} of {}, used to {:.0f} %\n", padded(use.name, 52),
                       right(format_value(use.peak, use.unit), 6),
                       format_value(use.limit, use.unit), use.factor * 100);
  }
  return out;
}

std::string conversation_lines(const RunResult& r) {
  if (r.slots) return detail::slot_lines(r);
  const auto& c = r.conversations;
  const auto& t = r.target_counts;
  std::string out;
  const auto n = [](std::uint64_t v) { return format_count(static_cast<std::int64_t>(v)); };
  if (c.started > 0) {
    const auto over = c.completed + c.abandoned;
    out += fmt::format("  {} started, {} completed, {} abandoned", n(c.started), n(c.completed),
                       n(c.abandoned));
    if (over > 0) {
      out += fmt::format(" ({:.1f} % of those that ended succeeded)",
                         100 * static_cast<double>(c.completed) / static_cast<double>(over));
    }
    out += "\n";
  }
  std::string refused;
  for (const auto& [reason, times] : t.conversations_refused) {
    refused += fmt::format(", {} refused: {}", n(times), reason);
  }
  if (t.conversations_waited && *t.conversations_waited + refused.size() > 0) {
    out += fmt::format("  slots of the fleet: {} waited and were let in, {} waited in vain{}\n",
                       n(*t.conversations_waited), n(t.conversations_gave_up.value_or(0)), refused);
  }
  return out;
}

/// What went wrong on purpose, and how the target got over it.
std::string fault_lines(const RunResult& r, const Painter& paint) {
  constexpr std::size_t kShown = 12;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, r.fault_windows.size()); ++i) {
    const auto& w = r.fault_windows[i];
    const auto span = [](const std::optional<Duration>& d, std::string_view otherwise) {
      return d ? format_duration(*d) : std::string(otherwise);
    };
    const bool back = w.recovery.has_value();
    out += fmt::format(
        "  {} at {} for {}  {} calls met, {} of {} messages missed  recovered {}, drained {}\n",
        padded(w.name, 14), right(format_duration(w.begin), 7),
        padded(w.end ? format_duration(*w.end - w.begin) : "the rest", 8), w.calls, w.missed,
        w.messages, paint(back ? kGreen : kYellow, span(w.recovery, "not seen")),
        span(w.drain, "not seen"));
    if (!w.note.empty()) out += paint(kDim, fmt::format("      {}\n", w.note));
  }
  const auto more = r.fault_windows.size() - std::min(kShown, r.fault_windows.size());
  if (more + r.faults_uncounted > 0) {
    out += paint(kDim, fmt::format("  and {} more\n", more + r.faults_uncounted));
  }
  return out;
}

/// What is judged, and the baseline's number behind it; the report has the rest.
std::string quality_lines(const RunResult& r, const Painter& paint) {
  if (!r.quality) return {};
  const auto& q = *r.quality;
  std::string out;
  for (std::size_t i = 0; i < q.values.size(); ++i) {
    const auto& value = q.values[i];
    const auto grade = value.grade();
    if (grade == Grade::Reported || grade == Grade::NoData) continue;
    const char* color = grade == Grade::Green ? kGreen : grade == Grade::Red ? kRed : kYellow;
    const auto& bound = *value.bound;
    out += fmt::format(
        "  {} {}  {}  {}", paint(color, padded(to_string(grade), 7)), padded(bound.title, 48),
        right(quality_value_text(bound, value.sample.value), 8), padded(green_text(bound), 16));
    if (i < q.baseline.size()) {
      out += paint(kDim, fmt::format("  {}: {}", q.baseline_name,
                                     quality_value_text(bound, q.baseline[i].sample.value)));
    }
    out += "\n";
  }
  return out;
}

std::string process_lines(const RunResult& r) {
  std::string out;
  for (const auto& p : r.processes) {
    const auto bytes = [](double b) {
      return format_bytes(static_cast<std::uint64_t>(std::max(0.0, b)));
    };
    out += fmt::format("  {} {} (peak {}), {:.2f} cores (peak {:.2f}), {} fds, {} threads\n",
                       padded(r.watch && p.name == "generator" ? "the watch" : p.name, 10),
                       bytes(p.rss_after), bytes(p.rss_peak), p.cpu_mean, p.cpu_peak, p.fds,
                       p.threads);
    // Of a short run the slope is the noise of a page more or less, blown up to an hour.
    std::string slope;
    if (!r.slots && r.measured >= std::chrono::minutes(2)) {
      slope = fmt::format(", slope {}{} an hour", p.rss_slope < 0 ? "-" : "+",
                          bytes(std::abs(p.rss_slope)));
    }
    out += fmt::format(
        "  {} before {}{}; read {}, wrote {}; {} switches ({} forced)\n", padded("", 10),
        bytes(p.rss_before), slope, format_bytes(p.read_bytes), format_bytes(p.written_bytes),
        format_count(static_cast<std::int64_t>(p.voluntary_switches + p.involuntary_switches)),
        format_count(static_cast<std::int64_t>(p.involuntary_switches)));
  }
  return out;
}

}  // namespace

std::string summary_text(const RunResult& r, const SummaryOptions& options) {
  const Painter paint(options.color);
  const char* color = r.verdict == Verdict::Pass      ? "1;32"
                      : r.verdict == Verdict::Fail    ? "1;31"
                      : r.verdict == Verdict::Watched ? "1;36"
                                                      : "1;33";
  std::string out = fmt::format("{}  {}  {}\n", paint(color, to_string(r.verdict)),
                                paint(kBold, r.name), paint(kDim, r.target));
  out += replace_all(bullet(" ", r.sentence, options.columns), "\n    ", "\n  ").substr(2);
  const auto section = [&](std::string_view title, const std::string& body) {
    if (!body.empty()) out += "\n" + paint(kBold, title) + "\n" + body;
  };
  const auto bullets = [&](const std::vector<std::string>& lines) {
    std::string body;
    for (const auto& line : lines) body += bullet("-", line, options.columns);
    return body;
  };
  if (r.verdict != Verdict::Pass) section("Reasons", bullets(r.reasons));
  section("Thresholds", threshold_lines(r, paint));
  section("Checks", check_lines(r, paint));
  if (r.watch) {
    for (const auto& [title, body] : watch_sections(*r.watch)) section(title, body);
  } else {
    section("Latency", latency_lines(r, paint) + leg_line(r));
  }
  if (r.ledger.sent > 0 || r.ledger.bot_messages > 0) section("Ledger", ledger_lines(r, paint));
  if (!r.watch) section("Rates", rate_lines(r));
  section("Limits", limit_lines(r));
  section("Conversations", conversation_lines(r));
  section("How the room converses", quality_lines(r, paint));
  section("Faults", fault_lines(r, paint));
  section("Processes", process_lines(r));
  if (!r.founding.empty()) {
    std::string line;
    for (const auto& [key, value] : r.founding) {
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", key, value);
    }
    section("The founding run, for comparison", bullet("-", line, options.columns));
  }
  section("Why", bullets(r.findings));
  section("Not proven by this run", bullets(r.not_proven));
  if (r.watch) {
    out += fmt::format("\n  watched {}, {}\n", format_duration(r.measured), r.watch->ended);
  } else {
    out +=
        fmt::format("\n  seed {}, {} bot{}, {} people, measured {}, records {}\n", r.seed, r.bots,
                    r.bots == 1 ? "" : "s", r.people, format_duration(r.measured), r.records_hash);
  }
  if (!options.report_path.empty()) out += fmt::format("  report: {}\n", options.report_path);
  if (!options.next_command.empty()) out += fmt::format("  next:   {}\n", options.next_command);
  return out;
}

}  // namespace chorus::lab
