#include "chorus/lab/compare/compare_output.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/markup.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace chorus::lab {

namespace {

using stats::Decision;

constexpr int kComparisonSchema = 1;

std::string value_text(const MeasureChange& change, const std::optional<double>& value) {
  return value ? format_value(*value, unit_of(change.key)) : "-";
}

/// Evidence grows towards worse; people read the change of the number itself.
double as_measured(const MeasureChange& change, double towards_worse) {
  return worse_direction(change.key) < 0 ? -towards_worse : towards_worse;
}

std::string signed_text(const MeasureChange& change, double value) {
  if (change.relative) return fmt::format("{:+.1f} %", value * 100);
  const auto unit = unit_of(change.key);
  if (unit == MetricUnit::Share) return fmt::format("{:+.2f} points", value * 100);
  return (value < 0 ? "-" : "+") + format_value(std::abs(value), unit);
}

std::string interval_text(const MeasureChange& change) {
  const double a = as_measured(change, change.evidence.interval.low);
  const double b = as_measured(change, change.evidence.interval.high);
  return fmt::format("{} to {}", signed_text(change, std::min(a, b)),
                     signed_text(change, std::max(a, b)));
}

std::string p_text(const MeasureChange& change) {
  if (change.method == CompareMethod::None) return "-";
  const double p = change.gate ? change.evidence.p : change.p;
  return p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p);
}

std::string decision_text(const MeasureChange& change) {
  return change.gate ? std::string(to_string(change.decision)) : "(shown)";
}

constexpr std::array kHeads = {"", "", "before", "after", "change", "interval", "p"};
using Row = std::array<std::string, kHeads.size()>;

Row row_of(const MeasureChange& change) {
  const bool known = change.method != CompareMethod::None;
  return {decision_text(change),
          to_string(change.key),
          value_text(change, change.before),
          value_text(change, change.after),
          change_text(change),
          known ? interval_text(change) : "-",
          p_text(change)};
}

std::string sides(const RunComparison& c) {
  const auto runs = [](std::size_t n) { return n == 1 ? "1 run" : fmt::format("{} runs", n); };
  return fmt::format("{} before, {} after", runs(c.before.size()), runs(c.after.size()));
}

std::string method_text(const RunComparison& c) {
  return c.method == CompareMethod::Ranks ? "whole runs ranked (Mann-Whitney, Hodges-Lehmann)"
                                          : "inside the runs (moving-block bootstrap)";
}

/// What the decision means, for a reader who has not read the manual.
std::string sentence(const RunComparison& c) {
  std::vector<std::string> decisive;
  for (const auto& change : c.changes) {
    if (change.gate && change.decision == c.decision) decisive.push_back(to_string(change.key));
  }
  const auto names = fmt::format("{}", fmt::join(decisive, ", "));
  switch (c.decision) {
    case Decision::Worse:
      return fmt::format("worse: {}", names);
    case Decision::Better:
      return fmt::format("better: {}", names);
    case Decision::Same:
      return "same: a change that matters is excluded";
    case Decision::Undecided:
      break;
  }
  if (decisive.empty())
    return "undecided: neither side measured what decides; name it with --metric";
  return fmt::format("undecided: {}; run longer, or more often", names);
}

std::vector<std::string> footnotes(const RunComparison& c) {
  std::vector<std::string> out;
  for (const auto& change : c.changes) {
    if (!change.note.empty() && change.gate) {
      out.push_back(fmt::format("{}: {}", to_string(change.key), change.note));
    }
  }
  out.insert(out.end(), c.notes.begin(), c.notes.end());
  return out;
}

std::string padded(const std::string& text, std::size_t to) {
  const auto width = code_point_count(text);
  return text + std::string(to > width ? to - width : 0, ' ');
}

const char* color_of(Decision decision) {
  switch (decision) {
    case Decision::Worse:
      return "31";
    case Decision::Better:
    case Decision::Same:
      return "32";
    case Decision::Undecided:
      break;
  }
  return "33";
}

json::value number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return value;
}

json::object change_json(const MeasureChange& change) {
  json::object o;
  o["measure"] = to_string(change.key);
  o["unit"] = to_string(unit_of(change.key));
  o["gate"] = change.gate;
  o["decision"] = change.gate ? json::value(to_string(change.decision)) : json::value(nullptr);
  o["before"] = change.before ? number(*change.before) : json::value(nullptr);
  o["after"] = change.after ? number(*change.after) : json::value(nullptr);
  o["method"] = to_string(change.method);
  if (change.method != CompareMethod::None) {
    o["relative"] = change.relative;
    o["effect"] = number(change.evidence.effect);
    o["low"] = number(change.evidence.interval.low);
    o["high"] = number(change.evidence.interval.high);
    o["min_effect"] = number(change.min_effect);
    o["p"] = number(change.p);
    o["p_adjusted"] = change.gate ? number(change.evidence.p) : json::value(nullptr);
    if (change.cliff) o["cliffs_delta"] = number(*change.cliff);
  }
  if (!change.note.empty()) o["note"] = change.note;
  return o;
}

json::array texts(const std::vector<std::string>& lines) {
  json::array out;
  for (const auto& line : lines) out.emplace_back(line);
  return out;
}

}  // namespace

std::string change_text(const MeasureChange& change) {
  if (change.method != CompareMethod::None) {
    return signed_text(change, as_measured(change, change.evidence.effect));
  }
  if (!change.before || !change.after) return "-";
  MeasureChange plain = change;
  plain.relative = *change.before > 0 && unit_of(change.key) != MetricUnit::Share;
  return signed_text(
      plain, plain.relative ? *change.after / *change.before - 1 : *change.after - *change.before);
}

std::string comparison_text(const RunComparison& c, bool color) {
  const auto paint = [&](const char* code, const std::string& text) {
    return color ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
  };
  std::vector<Row> rows(1);
  std::ranges::copy(kHeads, rows.front().begin());
  for (const auto& change : c.changes) rows.push_back(row_of(change));
  Row::size_type columns = kHeads.size();
  std::array<std::size_t, kHeads.size()> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) {
      widths[i] = std::max(widths[i], code_point_count(row[i]));
    }
  }
  auto out = fmt::format("\n  {}  {}: {}\n\n", paint(color_of(c.decision), sentence(c)), c.scenario,
                         sides(c));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      const auto cell = padded(rows[r][i], widths[i]);
      const bool judged = i == 0 && r > 0 && c.changes[r - 1].gate;
      line += "  " + (judged ? paint(color_of(c.changes[r - 1].decision), cell) : cell);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  out += fmt::format("\n  {}, alpha {} over all gates\n", method_text(c), c.alpha);
  for (const auto& note : footnotes(c)) out += fmt::format("  {}\n", note);
  return out;
}

std::string comparison_markdown(const RunComparison& c) {
  auto out = fmt::format("### `{}`: {}\n\n{}; {}, alpha {} over all gates.\n\n", c.scenario,
                         sentence(c), sides(c), method_text(c), c.alpha);
  out += "| | measure | before | after | change | interval | p |\n";
  out += "|---|---|--:|--:|--:|--:|--:|\n";
  for (const auto& change : c.changes) {
    auto row = row_of(change);
    if (change.gate && change.decision == Decision::Worse) row[0] = "**worse**";
    out += "|";
    for (const auto& cell : row) out += fmt::format(" {} |", replace_all(cell, "|", "\\|"));
    out += "\n";
  }
  for (const auto& note : footnotes(c)) out += fmt::format("\n- {}", note);
  return out + "\n";
}

std::string comparison_json(const RunComparison& c) {
  json::object o;
  o["schema_version"] = kComparisonSchema;
  o["scenario"] = c.scenario;
  o["decision"] = to_string(c.decision);
  o["method"] = to_string(c.method);
  o["alpha"] = c.alpha;
  o["before"] = texts(c.before);
  o["after"] = texts(c.after);
  json::array changes;
  for (const auto& change : c.changes) changes.push_back(change_json(change));
  o["changes"] = std::move(changes);
  o["notes"] = texts(c.notes);
  return pretty_json(o);
}

std::string comparison_junit(const RunComparison& c) {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t skipped = 0;
  std::string cases;
  for (const auto& change : c.changes) {
    if (!change.gate) continue;
    ++tests;
    const auto what = xml_text(
        fmt::format("{} to {}, {} ({}), p {}", value_text(change, change.before),
                    value_text(change, change.after), change_text(change),
                    change.method == CompareMethod::None ? change.note : interval_text(change),
                    p_text(change)));
    cases += fmt::format("  <testcase classname=\"{}\" name=\"{}\">", xml_text(c.scenario),
                         xml_text(to_string(change.key)));
    if (change.decision == Decision::Worse) {
      ++failures;
      cases += fmt::format("<failure message=\"worse: {}\"/>", what);
    } else if (change.decision == Decision::Undecided) {
      ++skipped;
      cases += fmt::format("<skipped message=\"undecided: {}\"/>", what);
    } else {
      cases += fmt::format("<system-out>{}: {}</system-out>", to_string(change.decision), what);
    }
    cases += "</testcase>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"compare {}\" tests=\"{}\" "
      "failures=\"{}\" skipped=\"{}\">\n{}</testsuite>\n",
      xml_text(c.scenario), tests, failures, skipped, cases);
}

Result<std::string> render_comparison(std::string_view kind, const RunComparison& comparison) {
  if (kind == "text") return comparison_text(comparison, false);
  if (kind == "md") return comparison_markdown(comparison);
  if (kind == "json") return comparison_json(comparison);
  if (kind == "junit") return comparison_junit(comparison);
  return fail(
      ErrorCode::InvalidArgument,
      fmt::format("'{}' is no form of a comparison; there are text, md, json and junit", kind));
}

}  // namespace chorus::lab
