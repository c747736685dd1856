#include "chorus/fleet/speed_profile.hpp"

#include "chorus/base/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

namespace chorus::fleet {
namespace {

enum class Field : std::uint8_t {
  Base,
  DelayMultiplier,
  JitterMin,
  JitterMax,
  Min,
  Max,
  WordsPerMinute,
  TypingMultiplier,
};
constexpr std::size_t kFields = static_cast<std::size_t>(Field::TypingMultiplier) + 1;

struct Name {
  std::string_view text;
  Field field;
};
constexpr Name kDelay[] = {
    {"base_delay_seconds", Field::Base},
    {"base_delay", Field::Base},
    {"base_seconds", Field::Base},
    {"delay_multiplier", Field::DelayMultiplier},
    {"multiplier", Field::DelayMultiplier},
    {"jitter_min", Field::JitterMin},
    {"jitter_max", Field::JitterMax},
    {"min_seconds", Field::Min},
    {"delay_min_seconds", Field::Min},
    {"seconds_min", Field::Min},
    {"max_seconds", Field::Max},
    {"delay_max_seconds", Field::Max},
    {"seconds_max", Field::Max},
};
constexpr Name kTyping[] = {
    {"typing_speed_wpm", Field::WordsPerMinute},
    {"speed_wpm", Field::WordsPerMinute},
    {"wpm", Field::WordsPerMinute},
    {"typing_multiplier", Field::TypingMultiplier},
    {"multiplier", Field::TypingMultiplier},
};

struct Range {
  double from;
  double to;
};
constexpr std::array<Range, kFields> kRanges{
    {{0, 180}, {0, 100}, {0, 10}, {0, 10}, {0, 180}, {0, 180}, {0, 1000}, {0, 100}}};

struct Values {
  std::array<std::optional<double>, kFields> given;
  std::vector<std::string> without_effect;

  [[nodiscard]] bool has(Field field) const {
    return given[static_cast<std::size_t>(field)].has_value();
  }
  [[nodiscard]] double of(Field field, double otherwise) const {
    return given[static_cast<std::size_t>(field)].value_or(otherwise);
  }
};

std::unexpected<Error> wrong(std::string_view path, std::string_view what) {
  return fail(ErrorCode::InvalidArgument, fmt::format("{}: {}", path, what));
}

std::optional<double> number(const json::value& value) {
  if (!value.is_number()) return std::nullopt;
  return value.to_number<double>();
}

/// One number, or the mean of a list of two or of an object of `min` and `max`.
std::optional<double> mean_of(const json::value& value) {
  std::optional<double> low, high;
  if (value.is_array() && value.get_array().size() == 2) {
    low = number(value.get_array()[0]);
    high = number(value.get_array()[1]);
  } else if (value.is_object()) {
    low = find_double(value.get_object(), "min");
    high = find_double(value.get_object(), "max");
  } else {
    return number(value);
  }
  if (!low || !high) return std::nullopt;
  return (*low + *high) / 2;
}

Result<void> read_field(Values& values, Field field, const json::value& value,
                        std::string_view path) {
  const Range range = kRanges[static_cast<std::size_t>(field)];
  const auto given = field == Field::WordsPerMinute ? mean_of(value) : number(value);
  if (!given || *given < range.from || *given > range.to) {
    return wrong(path, fmt::format("must be a number from {} to {}", range.from, range.to));
  }
  values.given[static_cast<std::size_t>(field)] = *given;
  return {};
}

/// Names are looked up in the spans in their order.
Result<void> read_fields(Values& values, const json::object& object, std::string_view path,
                         std::initializer_list<std::span<const Name>> names) {
  for (const auto& [key, value] : object) {
    const std::string here = fmt::format("{}.{}", path, std::string_view(key));
    if (value.is_null()) continue;
    const Name* known = nullptr;
    for (const auto& list : names) {
      const auto it = std::ranges::find(list, std::string_view(key), &Name::text);
      if (known == nullptr && it != list.end()) known = &*it;
    }
    if (known == nullptr) {
      const bool is_group = names.size() > 1 && (key == "delay" || key == "typing");
      if (!is_group) values.without_effect.push_back(here);
      continue;
    }
    CH_TRY_VOID(read_field(values, known->field, value, here));
  }
  return {};
}

/// A group that is one number means its `plain` field.
Result<void> read_group(Values& values, const json::object& object, std::string_view name,
                        Field plain, std::span<const Name> names) {
  const json::value* group = find(object, name);
  if (group == nullptr || group->is_null()) return {};
  const std::string path = fmt::format("speed_profile.{}", name);
  if (group->is_number()) return read_field(values, plain, *group, path);
  if (!group->is_object()) return wrong(path, "must be an object or a number");
  return read_fields(values, group->get_object(), path, {names});
}

Result<SpeedProfile> profile_of(const Values& values) {
  SpeedProfile out;
  if (values.has(Field::Base)) out.base_delay = from_seconds(values.of(Field::Base, 0));
  out.delay_multiplier = values.of(Field::DelayMultiplier, out.delay_multiplier);
  out.jitter_min = values.of(Field::JitterMin, out.jitter_min);
  out.jitter_max = values.of(Field::JitterMax, out.jitter_max);
  out.min_delay = from_seconds(values.of(Field::Min, to_seconds(out.min_delay)));
  out.max_delay = from_seconds(values.of(Field::Max, to_seconds(out.max_delay)));
  if (out.jitter_min > out.jitter_max) {
    return wrong("speed_profile", "jitter_min must not be above jitter_max");
  }
  if (out.min_delay > out.max_delay) {
    return wrong("speed_profile", "min_seconds must not be above max_seconds");
  }
  if (values.has(Field::WordsPerMinute) || values.has(Field::TypingMultiplier)) {
    constexpr double kSlowest = 12;
    constexpr double kUsual = 45;
    out.words_per_minute = std::max(
        kSlowest, values.of(Field::WordsPerMinute, kUsual) * values.of(Field::TypingMultiplier, 1));
  }
  return out;
}

}  // namespace

Result<ParsedSpeedProfile> speed_profile_of(std::string_view extra_json) {
  ParsedSpeedProfile out;
  if (extra_json.empty()) return out;
  CH_TRY(const json::value document, parse_json(extra_json));
  const json::value* given =
      document.is_object() ? find(document.get_object(), "speed_profile") : nullptr;
  if (given == nullptr || given->is_null()) return out;
  if (!given->is_object()) return wrong("speed_profile", "must be an object");
  const json::object& object = given->get_object();
  Values values;
  CH_TRY_VOID(read_fields(values, object, "speed_profile", {kDelay, kTyping}));
  CH_TRY_VOID(read_group(values, object, "delay", Field::Base, kDelay));
  CH_TRY_VOID(read_group(values, object, "typing", Field::TypingMultiplier, kTyping));
  CH_TRY(out.profile, profile_of(values));
  out.without_effect = std::move(values.without_effect);
  if (!values.has(Field::Base)) {
    for (const Field field : {Field::JitterMin, Field::JitterMax, Field::Min, Field::Max}) {
      if (!values.has(field)) continue;
      out.without_effect.emplace_back("jitter and bounds without base_delay_seconds");
      break;
    }
  }
  return out;
}

}  // namespace chorus::fleet
