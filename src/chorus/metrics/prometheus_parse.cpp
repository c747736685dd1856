#include "chorus/metrics/prometheus_parse.hpp"

#include <charconv>
#include <limits>
#include <map>
#include <optional>

namespace chorus::metrics {

namespace {

constexpr std::size_t kMaxLabels = 16;
constexpr std::size_t kMaxFamilies = 10'000;

bool is_name_char(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return letter || (!first && c >= '0' && c <= '9');
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
}

std::string_view take_word(std::string_view& text) {
  skip_blanks(text);
  std::size_t n = 0;
  while (n < text.size() && text[n] != ' ' && text[n] != '\t') ++n;
  const auto out = text.substr(0, n);
  text.remove_prefix(n);
  return out;
}

std::string_view take_name(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_name_char(text[n], n == 0)) ++n;
  const auto out = text.substr(0, n);
  text.remove_prefix(n);
  return out;
}

/// A quoted value with its escapes undone; nullopt when the quotes do not close.
std::optional<std::string> take_quoted(std::string_view& text) {
  if (text.empty() || text.front() != '"') return std::nullopt;
  text.remove_prefix(1);
  std::string out;
  while (!text.empty() && text.front() != '"') {
    char c = text.front();
    text.remove_prefix(1);
    if (c == '\\' && !text.empty()) {
      c = text.front() == 'n' ? '\n' : text.front();
      text.remove_prefix(1);
    }
    out += c;
  }
  if (text.empty()) return std::nullopt;
  text.remove_prefix(1);
  return out;
}

std::optional<Labels> take_labels(std::string_view& text) {
  Labels out;
  text.remove_prefix(1);
  for (;;) {
    skip_blanks(text);
    if (text.empty()) return std::nullopt;
    if (text.front() == '}') {
      text.remove_prefix(1);
      return out;
    }
    const auto name = take_name(text);
    skip_blanks(text);
    if (name.empty() || text.empty() || text.front() != '=') return std::nullopt;
    text.remove_prefix(1);
    skip_blanks(text);
    auto value = take_quoted(text);
    if (!value) return std::nullopt;
    if (out.size() < kMaxLabels) out.emplace_back(std::string(name), std::move(*value));
    skip_blanks(text);
    if (!text.empty() && text.front() == ',') text.remove_prefix(1);
  }
}

std::optional<double> number(std::string_view text) {
  if (!text.empty() && text.front() == '+') text.remove_prefix(1);
  if (text == "Inf") return std::numeric_limits<double>::infinity();
  if (text == "-Inf") return -std::numeric_limits<double>::infinity();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<Sample> sample_of(std::string_view line) {
  Sample out;
  out.name = std::string(take_name(line));
  if (out.name.empty()) return std::nullopt;
  skip_blanks(line);
  if (!line.empty() && line.front() == '{') {
    auto labels = take_labels(line);
    if (!labels) return std::nullopt;
    out.labels = std::move(*labels);
  }
  const auto value = number(take_word(line));
  if (!value) return std::nullopt;
  out.value = *value;
  return out;
}

SampleKind kind_named(std::string_view name) {
  if (name == "counter") return SampleKind::Counter;
  if (name == "gauge") return SampleKind::Gauge;
  if (name == "histogram") return SampleKind::Histogram;
  if (name == "summary") return SampleKind::Summary;
  return SampleKind::Untyped;
}

using Kinds = std::map<std::string, SampleKind, std::less<>>;

SampleKind kind_of(const Kinds& kinds, std::string_view name) {
  if (const auto found = kinds.find(name); found != kinds.end()) return found->second;
  for (const std::string_view suffix : {"_bucket", "_sum", "_count", "_total"}) {
    if (!name.ends_with(suffix)) continue;
    const auto family = kinds.find(name.substr(0, name.size() - suffix.size()));
    if (family != kinds.end()) return family->second;
  }
  return SampleKind::Untyped;
}

void read_comment(std::string_view line, Kinds& kinds) {
  line.remove_prefix(1);
  if (take_word(line) != "TYPE" || kinds.size() >= kMaxFamilies) return;
  const auto name = take_word(line);
  kinds[std::string(name)] = kind_named(take_word(line));
}

}  // namespace

Exposition parse_prometheus_text(std::string_view text, std::size_t limit) {
  Exposition out;
  Kinds kinds;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    skip_blanks(line);
    if (line.empty()) continue;
    if (line.front() == '#') {
      read_comment(line, kinds);
      continue;
    }
    auto sample = sample_of(line);
    if (!sample) {
      ++out.malformed;
    } else if (out.samples.size() >= limit) {
      ++out.beyond;
    } else {
      sample->kind = kind_of(kinds, sample->name);
      out.samples.push_back(std::move(*sample));
    }
  }
  return out;
}

}  // namespace chorus::metrics
