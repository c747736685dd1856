#include "chorus/app/founding/founding_values.hpp"
#include "chorus/app/founding/plan_builder.hpp"
#include "chorus/base/text.hpp"
#include "chorus/crypto/encoding.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/persona.hpp"
#include "chorus/fleet/speed_profile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

// Bots, their tokens and their cards.
namespace chorus::app::founding_detail {

namespace {

constexpr char kReason[] =
    "imported; enable it when the old system has stopped: one token, one poller";

/// The account's number in `NUMBER:secret`; 0 when the text has not that form.
std::int64_t account_of(std::string_view token) {
  const auto colon = token.find(':');
  if (colon == std::string_view::npos || colon + 1 == token.size() || colon > 18) return 0;
  if (token.find_first_of(" \t\r\n") != std::string_view::npos) return 0;
  std::int64_t number = 0;
  for (const char c : token.substr(0, colon)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::string name_of(const json::object& row) {
  const std::string name(trim(founding_text(row, "name")));
  const std::string id = founding_text(row, "id");
  return name.empty() ? "bot " + id : std::string(truncate_code_points(name, 128));
}

/// What the old system wrote where its crypto package was missing: the text reversed, in base64.
Result<Secret> undisguise(std::string_view text) {
  auto bytes = crypto::from_base64(text);
  if (!bytes) return fail(ErrorCode::ParseError, "its token is damaged");
  std::ranges::reverse(*bytes);
  return Secret(*std::move(bytes));
}

}  // namespace

Result<Secret> PlanBuilder::token_of(const json::object& row) const {
  const std::string stored(trim(founding_text(row, "token")));
  if (stored.empty()) return fail(ErrorCode::InvalidArgument, "it has no token");
  Result<Secret> token = Secret(stored);
  if (stored.starts_with("gAAAA")) {
    if (!options_.key) {
      return fail(ErrorCode::Forbidden, "its token is sealed and no key was given");
    }
    token = options_.key->open(stored);
    if (!token) {
      return fail(ErrorCode::Forbidden, token.error().code == ErrorCode::Forbidden
                                            ? "its token does not open with the key that was given"
                                            : "its token is damaged");
    }
  } else if (stored.starts_with("dev:")) {
    CH_TRY(token, undisguise(std::string_view(stored).substr(4)));
  }
  if (account_of(token->reveal()) == 0) {
    return fail(ErrorCode::InvalidArgument, "its token has not the form NUMBER:SECRET");
  }
  return token;
}

std::string PlanBuilder::free_name(const std::string& wanted, std::int64_t id) const {
  const auto taken = [&](const std::string& name) {
    const auto same = [&](const store::BotRow& bot) { return bot.name == name; };
    return std::ranges::any_of(present_.snapshot.bots, same) ||
           std::ranges::any_of(plan_.bots, same);
  };
  std::string name = wanted;
  for (int i = 0; taken(name); ++i) name = fmt::format("{} ({})", wanted, id + i);
  return name;
}

std::string PlanBuilder::extra_of(const json::object& row, const std::string& name) {
  json::object extra;
  for (const auto* field : {"speed_profile", "active_hours", "persona_hint", "emotion_profile"}) {
    auto value = founding_json(row, field);
    if (!value.is_null()) extra[field] = std::move(value);
  }
  if (const auto speed = fleet::speed_profile_of(json::serialize(extra)); !speed) {
    extra.erase("speed_profile");
    plan_.tally.note(fmt::format("bot {}: {}; without it", name, speed.error().message));
  }
  return extra.empty() ? std::string() : json::serialize(extra);
}

store::BotRow PlanBuilder::new_bot(const json::object& row, const std::string& name, BotId id,
                                   Secret token) {
  store::BotRow bot;
  bot.id = id;
  bot.name = free_name(name, find_int(row, "id").value_or(0));
  if (bot.name != name) {
    plan_.tally.note(
        fmt::format("bot {}: there is another one of that name, so it is '{}'", name, bot.name));
  }
  if (!founding_text(row, "token").starts_with("gAAAA")) {
    plan_.tally.note(
        fmt::format("bot {}: its token stood there unprotected; have a new one made "
                    "when you can",
                    bot.name));
  }
  bot.token = std::move(token);
  bot.username = founding_text(row, "username");
  if (bot.username.starts_with('@')) bot.username.erase(0, 1);
  bot.state = store::BotState::Disabled;
  bot.state_reason = kReason;
  if (!founding_flag(row, "is_enabled", true)) {
    plan_.tally.note(fmt::format("bot {}: it was switched off in the old system", bot.name));
  }
  bot.extra = extra_of(row, bot.name);
  bot.created_at = founding_time(row, "created_at").value_or(options_.now);
  return bot;
}

void PlanBuilder::bot(const json::object& row) {
  const std::string name = name_of(row);
  const auto leave = [&](std::string why) {
    plan_.tally.add("bots", Fate::Left, name, std::move(why));
  };
  const auto id = find_int(row, "id");
  if (!id) return leave("it has no id");
  auto token = token_of(row);
  if (!token) {
    if (token.error().code == ErrorCode::Forbidden) plan_.unreadable.push_back(name);
    return leave(token.error().message);
  }
  const auto same = [&](const store::BotRow& bot) { return bot.token == *token; };
  if (const auto twin = std::ranges::find_if(plan_.bots, same); twin != plan_.bots.end()) {
    return leave(fmt::format("it has the token of '{}': one token, one poller", twin->name));
  }
  KnownBot known;
  known.account = account_of(token->reveal());
  const auto there = std::ranges::find_if(present_.snapshot.bots, same);
  if (there != present_.snapshot.bots.end()) {
    const auto mine = [&](const auto& entry) { return entry.second.id == there->id; };
    if (std::ranges::any_of(bots_, mine)) {
      return leave(fmt::format("it has the token of '{}': one token, one poller", there->name));
    }
    known.id = there->id;
    known.name = there->name;
    plan_.tally.add("bots", Fate::Present, name, "");
  } else {
    known.id = ids_.next<BotId>();
    plan_.bots.push_back(new_bot(row, name, known.id, *std::move(token)));
    known.name = plan_.bots.back().name;
    plan_.tally.add("bots", Fate::Taken, name, "");
  }
  persona(row, known);
  bots_.emplace(*id, std::move(known));
}

/// A bot's entry as the old system's set-up files had it, which the persona module reads.
json::object PlanBuilder::persona_parts(const json::object& row) const {
  json::object out;
  for (const auto* column : {"persona_profile", "emotion_profile"}) {
    auto value = founding_json(row, column);
    if (value.is_null() || (value.is_object() && value.get_object().empty())) continue;
    out[column] = std::move(value);
  }
  if (auto hint = founding_text(row, "persona_hint"); !hint.empty()) {
    out["persona_hint"] = std::move(hint);
  }
  if (auto hours = founding_json(row, "active_hours");
      hours.is_array() && !hours.get_array().empty()) {
    out["active_hours"] = std::move(hours);
  }
  const auto id = find_int(row, "id");
  const auto gather = [&](const char* table, const char* key,
                          std::initializer_list<const char*> columns) {
    json::array list;
    for (const auto& item : tables_.of(table)) {
      if (find_int(item, "bot_id") != id) continue;
      json::object entry;
      for (const auto* column : columns) {
        if (const auto* value = find(item, column); value != nullptr && !value->is_null()) {
          entry[column] = *value;
        }
      }
      list.push_back(std::move(entry));
    }
    if (!list.empty()) out[key] = std::move(list);
  };
  gather("bot_stances", "stances", {"topic", "stance_text", "confidence"});
  gather("bot_holdings", "holdings", {"symbol", "note"});
  return out;
}

void PlanBuilder::persona(const json::object& row, KnownBot& bot) {
  json::object parts = persona_parts(row);
  if (parts.empty()) return;  // nothing said: it lives by the generic helper
  plan_.tally.table("personas", 1);
  if (parts.find("name") == parts.end()) parts["name"] = bot.name;
  auto reading = fleet::read_persona(parts);
  if (!reading.persona) {
    return plan_.tally.add("personas", Fate::Left, bot.name,
                           "its card cannot be read: " + reading.problems.front().to_string());
  }
  bot.has_card = true;
  bot.card = reading.persona->description;
  for (const auto& interest : reading.persona->interests) bot.card.append(" ").append(interest);
  if (present_.with_persona.contains(bot.id)) {
    return plan_.tally.add("personas", Fate::Present, bot.name, "");
  }
  for (const auto& note : reading.notes) {
    plan_.tally.note(fmt::format("persona {}: {}", bot.name, note));
  }
  store::PersonaRow card;
  card.bot = bot.id;
  card.origin = "import";
  card.document = fleet::write_persona(*reading.persona);
  card.created_at = options_.now;
  const auto findings = fleet::lint_persona(*reading.persona);
  card.enabled = findings.empty();
  if (!findings.empty()) {
    card.findings = json::serialize(fleet::findings_document(findings));
    card.rewrite = fleet::write_persona(fleet::propose_rewrite(*reading.persona));
    plan_.tally.note(
        fmt::format("persona {}: stored switched off, {}: {}. A rewrite lies beside it "
                    "in the panel",
                    bot.name, findings.front().field, fleet::describe(findings.front().rule)));
  }
  plan_.personas.push_back(std::move(card));
  plan_.tally.add("personas", Fate::Taken, bot.name, "");
}

void PlanBuilder::bots() {
  for (const auto& row : tables_.of("bots")) bot(row);
  // What stands in other tables and went into a card.
  struct Part {
    const char* table;
    const char* name;
    const char* why;
  };
  constexpr std::array kParts{
      Part{"bot_stances", "topic",
           "no table of its own: it is a stance of its bot's card now, without its cooldown"},
      Part{"bot_holdings", "symbol",
           "bots own nothing here: only its note is a fact of its bot's card now"},
  };
  for (const auto& part : kParts) {
    for (const auto& row : tables_.of(part.table)) {
      const auto known = bots_.find(find_int(row, "bot_id").value_or(0));
      std::string why = part.why;
      if (known == bots_.end()) {
        why = "its bot is left out";
      } else if (!known->second.has_card) {
        why = "its bot's card cannot be read";
      }
      plan_.tally.add(part.table, Fate::Left, founding_text(row, part.name), std::move(why));
    }
  }
}

}  // namespace chorus::app::founding_detail
