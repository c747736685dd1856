#include "chorus/lab/detail/trace_file.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chorus::lab::detail {

namespace {

constexpr std::size_t kMaxPoints = 1'000'000;
constexpr double kMaxSeconds = 1e9;

std::optional<double> seconds_of(std::string_view text) {
  text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc{} && end == text.data() + text.size()) return value;
  if (const auto duration = parse_duration(text)) return to_seconds(*duration);
  if (const auto instant = from_iso8601(std::string(text))) {
    return std::chrono::duration<double>(instant->time_since_epoch()).count();
  }
  return std::nullopt;
}

struct Raw {
  double seconds;
  std::size_t line;  ///< keeps the order of the file where times are equal
  std::string text;
};

Result<void> add(std::size_t line, std::string_view time, std::string text, std::vector<Raw>& out) {
  const auto seconds = seconds_of(time);
  if (!seconds || !std::isfinite(*seconds)) {
    return fail(ErrorCode::ParseError,
                fmt::format("line {}: '{}' is no time; write seconds like 12.5, a duration like "
                            "1m30s or an instant like 2026-01-05T12:00:00Z",
                            line, time));
  }
  if (out.size() >= kMaxPoints) {
    return fail(ErrorCode::ParseError, fmt::format("more than {} arrivals", kMaxPoints));
  }
  out.push_back({*seconds, line, std::move(text)});
  return {};
}

Result<void> read_csv(std::string_view content, std::vector<Raw>& out) {
  CH_TRY(const auto rows, parse_csv(content, kMaxPoints + 1));
  std::size_t time = 0;
  std::optional<std::size_t> text;
  bool first = true;
  for (const auto& row : rows) {
    if (first && !seconds_of(row.cells[0])) {
      const auto at = std::ranges::find(row.cells, "at");
      if (at == row.cells.end()) {
        return fail(ErrorCode::ParseError,
                    fmt::format("line {}: the header names no column 'at'", row.line));
      }
      time = static_cast<std::size_t>(at - row.cells.begin());
      const auto said = std::ranges::find(row.cells, "text");
      if (said != row.cells.end()) text = static_cast<std::size_t>(said - row.cells.begin());
      first = false;
      continue;
    }
    if (first && row.cells.size() > 1) text = 1;
    first = false;
    if (row.cells.size() <= time) {
      return fail(ErrorCode::ParseError, fmt::format("line {}: it has no time", row.line));
    }
    const bool says = text && *text < row.cells.size();
    CH_TRY_VOID(add(row.line, row.cells[time], says ? row.cells[*text] : std::string(), out));
  }
  return {};
}

Result<void> read_ndjson(std::string_view content, std::vector<Raw>& out) {
  std::size_t number = 0;
  for (const auto& part : split(content, '\n')) {
    ++number;
    const auto line = trim(part);
    if (line.empty()) continue;
    const auto parsed = parse_json(line);
    if (!parsed || !parsed->is_object()) {
      return fail(ErrorCode::ParseError, fmt::format("line {}: not a JSON object", number));
    }
    const auto& object = parsed->get_object();
    const auto* at = object.if_contains("at");
    if (at == nullptr && object.contains("t")) {
      // `chorus sandbox --record`: people's lines alone have both.
      if (!object.contains("from") || !object.contains("text")) continue;
      at = object.if_contains("t");
    }
    if (at == nullptr) return fail(ErrorCode::ParseError, fmt::format("line {}: no 'at'", number));
    const std::string time = at->is_string() ? std::string(at->get_string()) : json::serialize(*at);
    CH_TRY_VOID(add(number, time, std::string(find_string(object, "text").value_or("")), out));
  }
  return {};
}

}  // namespace

Result<std::vector<TracePoint>> parse_trace(std::string_view content) {
  std::vector<Raw> raw;
  if (trim(content).starts_with('{')) {
    CH_TRY_VOID(read_ndjson(content, raw));
  } else {
    CH_TRY_VOID(read_csv(content, raw));
  }
  if (raw.empty()) return fail(ErrorCode::ParseError, "it holds no arrival");
  std::ranges::sort(raw, {}, [](const Raw& r) { return std::pair(r.seconds, r.line); });
  if (raw.back().seconds - raw.front().seconds > kMaxSeconds) {
    return fail(ErrorCode::ParseError, "its first and last arrival are more than 30 years apart");
  }
  std::vector<TracePoint> out;
  out.reserve(raw.size());
  for (auto& point : raw) {
    out.push_back({from_seconds(point.seconds - raw.front().seconds), std::move(point.text)});
  }
  return out;
}

}  // namespace chorus::lab::detail
