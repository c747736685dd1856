#include "chorus/config/setting.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace chorus::config {

namespace {

constexpr std::size_t kLongestText = 8000;

template <class T>
std::optional<T> number(std::string_view text) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string in_seconds(double seconds) {
  return format_duration_compact(from_seconds(seconds));
}

/// `from 0 to 5 messages`.
std::string bounds(const Setting& setting) {
  const Range& range = setting.range;
  if (setting.kind == Kind::Duration) {
    return fmt::format("from {} to {}", in_seconds(range.low), in_seconds(range.high));
  }
  const std::string unit = range.unit.empty() ? "" : " " + range.unit;
  if (setting.kind == Kind::Whole) {
    return fmt::format("from {:.0f} to {:.0f}{}", range.low, range.high, unit);
  }
  return fmt::format("from {:g} to {:g}{}", range.low, range.high, unit);
}

std::optional<std::string> canonical(const Setting& setting, std::string_view text) {
  const auto within = [&](double value) {  // "nan" is in no range
    return value >= setting.range.low && value <= setting.range.high;
  };
  switch (setting.kind) {
    case Kind::Flag: {
      // The founding system stored "false" as a text that counted as true.
      const std::string lower = ascii_lower(text);
      if (lower == "true" || lower == "1" || lower == "yes") return "true";
      if (lower == "false" || lower == "0" || lower == "no") return "false";
      return std::nullopt;
    }
    case Kind::Whole: {
      const auto value = number<std::int64_t>(text);
      if (!value || !within(static_cast<double>(*value))) return std::nullopt;
      return std::to_string(*value);
    }
    case Kind::Number: {
      const auto value = number<double>(text);
      if (!value || !within(*value)) return std::nullopt;
      return fmt::format("{}", *value);
    }
    case Kind::Duration: {
      const auto value = parse_duration(text);
      if (!value || !within(to_seconds(*value))) return std::nullopt;
      return format_duration_compact(*value);
    }
    case Kind::Choice:
      if (std::ranges::find(setting.choices, text) == setting.choices.end()) return std::nullopt;
      return std::string(text);
    case Kind::Text:
    case Kind::Secret:
      break;
  }
  if (text.size() > kLongestText || !is_valid_utf8(text)) return std::nullopt;
  return std::string(text);
}

Error refusal(const Setting& setting, std::string_view text, std::string_view expected) {
  if (setting.kind == Kind::Secret) {
    return Error(ErrorCode::Misconfigured, fmt::format("expected {}", expected));
  }
  // What came may be anything: it is cut, so that one line stays one.
  std::string shown(truncate_code_points(to_valid_utf8(text), 60));
  std::ranges::replace(shown, '\n', ' ');
  std::string line = fmt::format("expected {}, not '{}'", expected, shown);
  if (setting.kind == Kind::Choice) {
    if (const auto hint = nearest(text, setting.choices)) {
      line += fmt::format("; did you mean '{}'?", *hint);
    }
  }
  return Error(ErrorCode::Misconfigured, std::move(line));
}

}  // namespace

std::string_view to_string(Kind kind) noexcept {
  switch (kind) {
    case Kind::Flag:
      return "flag";
    case Kind::Whole:
      return "whole number";
    case Kind::Number:
      return "number";
    case Kind::Duration:
      return "duration";
    case Kind::Choice:
      return "choice";
    case Kind::Text:
      return "text";
    case Kind::Secret:
      break;
  }
  return "secret";
}

std::string default_variable(std::string_view name) {
  std::string variable = "CHORUS_" + std::string(name);
  std::ranges::transform(variable, variable.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return variable;
}

std::string allowed(const Setting& setting) {
  switch (setting.kind) {
    case Kind::Flag:
      return "true or false";
    case Kind::Whole:
      return "a whole number " + bounds(setting);
    case Kind::Number:
      return "a number " + bounds(setting);
    case Kind::Duration:
      return fmt::format("a duration {} (such as 30s, 5m, 1h30m)", bounds(setting));
    case Kind::Choice:
      return fmt::format("one of {}", fmt::join(setting.choices, ", "));
    case Kind::Text:
    case Kind::Secret:
      break;
  }
  return fmt::format("a text of at most {} bytes", kLongestText);
}

Result<std::string> check(const Setting& setting, std::string_view text) {
  auto value = canonical(setting, text);
  if (!value) return std::unexpected(refusal(setting, text, allowed(setting)));
  if (setting.rule) {
    if (const auto fits = setting.rule(*value); !fits) {
      return fail(ErrorCode::Misconfigured, fits.error().message);
    }
  }
  return *std::move(value);
}

json::value to_json(const Setting& setting, const std::string& value) {
  switch (setting.kind) {
    case Kind::Flag:
      return value == "true";
    case Kind::Whole:
      return number<std::int64_t>(value).value_or(0);
    case Kind::Number:
      return number<double>(value).value_or(0);
    case Kind::Secret:
      return value.empty() ? json::value(nullptr) : json::value(true);
    default:
      return json::value(json::string(value));
  }
}

Result<std::string> text_of(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) return fmt::format("{}", value.get_double());
  if (value.is_bool() || value.is_number()) return json::serialize(value);
  return fail(ErrorCode::InvalidArgument, "field 'value' must be text, a number, true or false");
}

Error unknown_setting(std::string_view name, const std::vector<std::string>& known) {
  const auto hint = nearest(name, known);
  return Error(ErrorCode::Misconfigured,
               fmt::format("unknown setting '{}'{}", name,
                           hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
}

}  // namespace chorus::config
