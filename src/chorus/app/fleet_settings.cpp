#include "chorus/app/fleet_settings.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::app {

namespace {

using fleet::FleetSettings;
using Apply = std::function<Result<void>(const std::string&, FleetSettings&)>;

Error expected(std::string_view what, const std::string& value) {
  return Error(ErrorCode::Misconfigured, fmt::format("expected {}, not '{}'", what, value));
}

template <class T>
Apply whole(T FleetSettings::* member, std::int64_t low, std::int64_t high) {
  return [=](const std::string& text, FleetSettings& settings) -> Result<void> {
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
      return std::unexpected(
          expected(fmt::format("a whole number from {} to {}", low, high), text));
    }
    settings.*member = static_cast<T>(value);
    return {};
  };
}

Apply share(double FleetSettings::* member) {
  return [=](const std::string& text, FleetSettings& settings) -> Result<void> {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(value >= 0 && value <= 1)) {  // "nan" is neither
      return std::unexpected(expected("a number from 0 to 1", text));
    }
    settings.*member = value;
    return {};
  };
}

Apply money(double FleetSettings::* member) {
  return [=](const std::string& text, FleetSettings& settings) -> Result<void> {
    double value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() ||
        !(value >= 0 && value <= 1e6)) {  // "nan" is neither
      return std::unexpected(expected("an amount of money from 0 to 1000000", text));
    }
    settings.*member = value;
    return {};
  };
}

Apply duration(Duration FleetSettings::* member) {
  return [=](const std::string& text, FleetSettings& settings) -> Result<void> {
    CH_TRY(settings.*member, parse_duration(text));
    return {};
  };
}

Apply flag(bool FleetSettings::* member) {
  return [=](const std::string& text, FleetSettings& settings) -> Result<void> {
    // The founding system stored "false" as a text that counted as true.
    const std::string lower = ascii_lower(text);
    if (lower != "true" && lower != "false")
      return std::unexpected(expected("true or false", text));
    settings.*member = lower == "true";
    return {};
  };
}

Apply text(std::string FleetSettings::* member) {
  return [=](const std::string& value, FleetSettings& settings) -> Result<void> {
    settings.*member = value;
    return {};
  };
}

/// Separated by commas or spaces.
Apply addresses(std::vector<std::string> FleetSettings::* member) {
  return [=](const std::string& value, FleetSettings& settings) -> Result<void> {
    constexpr std::size_t kMost = 50;
    std::vector<std::string> list;
    for (std::size_t i = 0; i < value.size();) {
      const std::size_t end = std::min(value.find_first_of(", \n", i), value.size());
      const std::string one = value.substr(i, end - i);
      i = end + 1;
      if (one.empty()) continue;
      if (!one.starts_with("http://") && !one.starts_with("https://")) {
        return std::unexpected(expected("addresses that begin with http:// or https://", one));
      }
      list.push_back(one);
    }
    if (list.size() > kMost) return fail(ErrorCode::Misconfigured, "50 addresses are allowed");
    settings.*member = std::move(list);
    return {};
  };
}

template <class E>
Apply choice(E FleetSettings::* member, std::vector<std::pair<std::string, E>> options) {
  return [=](const std::string& value, FleetSettings& settings) -> Result<void> {
    std::string names;
    for (const auto& [name, option] : options) {
      if (name == value) {
        settings.*member = option;
        return {};
      }
      names += (names.empty() ? "" : ", ") + name;
    }
    return std::unexpected(expected("one of " + names, value));
  };
}

template <class T>
Apply conversations(T policy::ConversationLimits::* member) {
  return [=](const std::string& value, FleetSettings& settings) -> Result<void> {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || number < 1 ||
        number > 1'000'000) {
      return std::unexpected(expected("a whole number from 1 to 1000000", value));
    }
    settings.conversations.*member = static_cast<T>(number);
    return {};
  };
}

Apply cache_policies(fleet::CachePolicies FleetSettings::* member) {
  return [=](const std::string& text, FleetSettings& settings) -> Result<void> {
    CH_TRY(settings.*member, fleet::parse_cache_policies(text));
    return {};
  };
}

const std::map<std::string, Apply>& table() {
  using S = FleetSettings;
  // One row per setting; the fleet's own header documents what each means.
  static const std::map<std::string, Apply> rows = {
      {"selector", choice<fleet::Selector>(&S::selector, {{"score", fleet::Selector::Score},
                                                          {"random", fleet::Selector::Random},
                                                          {"inner", fleet::Selector::Inner}})},
      {"reply_probability", share(&S::reply_probability)},
      {"reply_to_bots_probability", share(&S::reply_to_bots_probability)},
      {"mention_probability", share(&S::mention_probability)},
      {"threshold", share(&S::threshold)},
      {"temperature", share(&S::temperature)},
      {"yield_people_per_minute", whole(&S::yield_people_per_minute, 0, 100'000)},
      {"loop_soft", whole(&S::loop_soft, 0, 1'000'000)},
      {"loop_hard", whole(&S::loop_hard, 0, 1'000'000)},
      {"pair_per_minute", whole(&S::pair_per_minute, 0, 1'000'000)},
      {"reply_depth", whole(&S::reply_depth, 0, 1'000'000)},
      {"burst", whole(&S::burst, 0, 1'000'000)},
      {"bot_hourly", whole(&S::bot_hourly, 0, 1'000'000)},
      {"room_hourly", whole(&S::room_hourly, 0, 4096)},
      {"fleet_hourly", whole(&S::fleet_hourly, 0, 4096)},
      {"thread_most", whole(&S::thread_most, 0, 1'000)},
      {"thread_rest", duration(&S::thread_rest)},
      {"inner_per_message", share(&S::inner_per_message)},
      {"inner_cost_per_hour", money(&S::inner_cost_per_hour)},
      {"inner_cost_per_day", money(&S::inner_cost_per_day)},
      {"max_reply_age_group", duration(&S::max_reply_age_group)},
      {"max_reply_age_private", duration(&S::max_reply_age_private)},
      {"talk_interval", duration(&S::talk_interval)},
      {"auto_enable_rooms", flag(&S::auto_enable_rooms)},
      {"pacing", choice<fleet::Pacing>(&S::pacing, {{"human", fleet::Pacing::Human},
                                                    {"fast", fleet::Pacing::Fast},
                                                    {"none", fleet::Pacing::None}})},
      {"generate_timeout", duration(&S::generate_timeout)},
      {"stream_drafts", flag(&S::stream_drafts)},
      {"caches", cache_policies(&S::caches)},
      {"max_tokens", whole(&S::max_tokens, 1, 32'000)},
      {"fallback_line", text(&S::fallback_line)},
      {"max_concurrent_conversations", conversations(&policy::ConversationLimits::global)},
      {"max_conversations_per_user", conversations(&policy::ConversationLimits::per_user)},
      {"memory", flag(&S::memory)},
      {"memories_per_bot", whole(&S::memories_per_bot, 1, 500)},
      {"memory_half_life", duration(&S::memory_half_life)},
      {"queue_notice_after", duration(&S::queue_notice_after)},
      {"tell_refused", flag(&S::tell_refused)},
      {"disclosure", flag(&S::disclosure)},
      {"publish_profiles", flag(&S::publish_profiles)},
      {"operator_name", text(&S::operator_name)},
      {"operator_contact", text(&S::operator_contact)},
      {"reaction_probability", share(&S::reaction_probability)},
      {"short_reaction_probability", share(&S::short_reaction_probability)},
      {"reaction_as_message", flag(&S::reaction_as_message)},
      {"news_feeds", addresses(&S::news_feeds)},
      {"news_refresh", duration(&S::news_refresh)},
      {"news_probability", share(&S::news_probability)},
      {"news_max_age", duration(&S::news_max_age)},
      {"send_profile", choice<policy::SendProfile>(&S::send_profile,
                                                   {{"off", policy::SendProfile::Off},
                                                    {"documented", policy::SendProfile::Documented},
                                                    {"founding", policy::SendProfile::Founding}})},
      {"on_unknown",
       choice<fleet::OnUnknown>(&S::on_unknown, {{"none", fleet::OnUnknown::None},
                                                 {"resend", fleet::OnUnknown::Resend}})},
      {"in_flight_per_bot", whole(&S::in_flight_per_bot, 1, 1000)},
      {"outbox_per_bot", whole(&S::outbox_per_bot, 1, 1'000'000)},
      {"outbox_max_age", duration(&S::outbox_max_age)},
      {"send_timeout", duration(&S::send_timeout)},
      {"inbox_memory", whole(&S::inbox_memory, 1, 10'000'000)},
      {"accept_timeout", duration(&S::accept_timeout)},
  };
  return rows;
}

}  // namespace

std::vector<std::string> fleet_setting_names() {
  std::vector<std::string> names;
  for (const auto& [name, apply] : table()) names.push_back(name);
  return names;
}

Result<void> apply_fleet_settings(const std::map<std::string, std::string>& values,
                                  FleetSettings& settings) {
  for (const auto& [name, value] : values) {
    const auto row = table().find(name);
    if (row == table().end()) {
      const auto hint = nearest(name, fleet_setting_names());
      return fail(ErrorCode::Misconfigured,
                  fmt::format("settings: unknown setting '{}'{}", name,
                              hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
    }
    if (const auto applied = row->second(value, settings); !applied) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("settings.{}: {}", name, applied.error().message));
    }
  }
  return {};
}

std::string fleet_setting_variable(const std::string& name) {
  std::string variable = "CHORUS_" + name;
  std::ranges::transform(variable, variable.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return variable;
}

}  // namespace chorus::app
