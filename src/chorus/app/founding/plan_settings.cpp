#include "chorus/app/service_settings.hpp"
#include "chorus/app/founding/founding_values.hpp"
#include "chorus/app/founding/plan_builder.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

// Settings: few have a counterpart, and each other one says why not.
namespace chorus::app::founding_detail {

namespace {

struct Founding {
  std::string_view name;
  std::string_view why;  ///< it is left out; empty: it has a counterpart
};

constexpr std::string_view kFloor =
    "who speaks is the floor's decision (selector, threshold, talk_interval)";
constexpr std::string_view kCard = "it belongs to a bot's card (docs/personas.md)";
constexpr std::string_view kCounter = "a counter of the old system, no setting";
constexpr std::string_view kRepeats = "repeats have no switch here";
constexpr std::string_view kBatch = "turns are not batched";
constexpr std::string_view kAlerts = "whom to tell is said by the settings notify_* (docs/operations.md)";
constexpr std::string_view kAlways = "the card and the checks are part of every turn";

/// Source: the founding system's settings keys, reference notes 19.1.
constexpr std::array kSettings{
    Founding{"reply_probability", ""},
    Founding{"short_reaction_probability", ""},
    Founding{"typing_enabled", ""},
    Founding{"bot_hourly_msg_limit", ""},
    Founding{"max_msgs_per_min", "sends follow the platform's limits (send_profile)"},
    Founding{"simulation_active", "imported bots stay off until you enable each"},
    Founding{"scale_factor", "there is nothing to scale: bots answer what is said"},
    Founding{"prime_hours", kCard},
    Founding{"prime_hours_boost", kCard},
    Founding{"message_length_profile", kCard},
    Founding{"typing_speed_wpm", kCard},
    Founding{"reply_to_bots_probability", ""},
    Founding{"mention_probability", ""},
    Founding{"new_message_probability", kFloor},
    Founding{"persona_refresh_interval", kAlways},
    Founding{"persona_refresh_minutes", kAlways},
    Founding{"consistency_guard_enabled", kAlways},
    Founding{"dedup_enabled", kRepeats},
    Founding{"dedup_window_hours", kRepeats},
    Founding{"dedup_max_attempts", kRepeats},
    Founding{"semantic_dedup_enabled", kRepeats},
    Founding{"cooldown_filter_enabled", kRepeats},
    Founding{"news_trigger_enabled", "news are on where news_feeds names a feed"},
    Founding{"news_trigger_probability", ""},
    Founding{"news_feed_urls", ""},
    Founding{"batch_processing_enabled", kBatch},
    Founding{"batch_size", kBatch},
    Founding{"alert_preferences", kAlerts},
    Founding{"alert_destinations", kAlerts},
    Founding{"rate_limit_hits", kCounter},
    Founding{"telegram_429_count", kCounter},
    Founding{"telegram_5xx_count", kCounter},
    Founding{"telegram_rate_limited_drops", kCounter},
    Founding{"telegram_circuit_open_blocks", kCounter},
};

std::string plain_text(const json::value& value) {
  if (value.is_double()) return fmt::format("{}", value.get_double());
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

/// Our setting and its text for an old one; the text is checked by who applies it.
std::pair<std::string, std::string> counterpart(std::string_view name, const json::value& value) {
  if (name == "typing_enabled") {
    if (!value.is_bool()) return {"pacing", plain_text(value)};
    return {"pacing", value.get_bool() ? "human" : "fast"};
  }
  if (name == "bot_hourly_msg_limit") {
    const auto* most = value.is_object() ? find(value.get_object(), "max") : nullptr;
    return {"bot_hourly", plain_text(most != nullptr ? *most : value)};
  }
  if (name == "news_trigger_probability") return {"news_probability", plain_text(value)};
  if (name == "news_feed_urls") {
    std::string all;
    if (!value.is_array()) return {"news_feeds", plain_text(value)};
    for (const auto& one : value.get_array()) all += (all.empty() ? "" : ", ") + plain_text(one);
    return {"news_feeds", all};
  }
  return {std::string(name), plain_text(value)};
}

}  // namespace

void PlanBuilder::setting(const json::object& row) {
  const std::string name = founding_text(row, "key");
  const auto leave = [&](std::string why) {
    plan_.tally.add("settings", Fate::Left, name, std::move(why));
  };
  const auto* known = kSettings.begin();
  while (known != kSettings.end() && known->name != name) ++known;
  if (known == kSettings.end()) {
    std::vector<std::string> names;
    for (const auto& one : kSettings) names.emplace_back(one.name);
    const auto hint = nearest(name, names);
    return leave("not a setting that the old system knew" +
                 (hint ? fmt::format("; did it mean '{}'?", *hint) : std::string()));
  }
  if (!known->why.empty()) return leave(std::string(known->why));
  const auto* stored = find(row, "value");
  const json::value value = stored == nullptr ? json::value() : founding_setting(*stored);
  const auto [ours, text] = counterpart(name, value);
  ServiceSettings ignored;  // only whether the value fits is asked
  if (const auto fits = service_settings_table().apply(ours, text, ignored); !fits) {
    return leave(fmt::format("its value does not fit: {}", fits.error().message));
  }
  plan_.yaml.push_back(fmt::format("{}: {}", ours, text));
  const std::string key = "founding." + name;
  const std::pair entry{key, plain_text(value)};
  for (const auto& there : present_.snapshot.settings) {
    if (there == entry) return plan_.tally.add("settings", Fate::Present, name, "");
  }
  plan_.settings.push_back(entry);
  plan_.tally.add("settings", Fate::Taken, name, "");
}

void PlanBuilder::settings() {
  for (const auto& row : tables_.of("settings")) setting(row);
}

}  // namespace chorus::app::founding_detail
