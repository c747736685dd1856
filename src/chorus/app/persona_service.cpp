#include "chorus/app/persona_service.hpp"

#include "chorus/app/room_choice.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/persona/diff.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/pack.hpp"

#include <fmt/format.h>

namespace chorus::app {

namespace {

/// JSON that was stored as text; null when there is none.
json::value stored_json(const std::string& text) {
  if (text.empty()) return nullptr;
  auto value = parse_json(text);
  return value ? *std::move(value) : json::value(nullptr);
}

/// A stored document as a persona of today, whatever shape it was stored in.
Result<fleet::Persona> persona_in(const std::string& document) {
  CH_TRY(const json::value value, parse_json(document));
  auto reading = fleet::read_persona(value);
  if (reading.persona) return *std::move(reading.persona);
  return fail(ErrorCode::InvalidArgument, reading.problems.front().to_string());
}

json::array texts(const std::vector<std::string>& lines) {
  json::array out;
  for (const auto& line : lines) out.emplace_back(line);
  return out;
}

json::object summary(const store::PersonaRow& row, bool current) {
  json::object out;
  out["version"] = row.version;
  out["created_at"] =
      row.version == 0 ? json::value(nullptr) : json::value(to_iso8601(row.created_at));
  out["enabled"] = row.enabled;
  out["current"] = current;
  out["origin"] = row.origin.empty() ? std::string("with the bot") : row.origin;
  const json::value findings = stored_json(row.findings);
  out["findings"] = findings.is_array() ? findings : json::value(json::array());
  return out;
}

json::value document_json(const std::string& text) {
  const auto persona = persona_in(text);
  return persona ? json::value(fleet::persona_document(*persona)) : stored_json(text);
}

}  // namespace

rt::Task<Result<json::object>> PersonaService::personas() {
  json::array shipped;
  for (const auto& one : fleet::shipped_personas()) {
    const auto persona = persona_in(std::string(one.json));
    if (!persona) co_return std::unexpected(persona.error());
    shipped.push_back(json::object{{"id", one.id},
                                   {"name", persona->name},
                                   {"language", persona->language},
                                   {"description", persona->description}});
  }
  json::array bots;
  for (const auto& row : fleet_.bots()) {
    CH_CO_TRY(const auto versions, co_await fleet_.persona_versions(row.id));
    const auto persona =
        persona_in(row.persona.empty() ? std::string(fleet::find_shipped_persona("helper")->json)
                                       : row.persona);
    std::int32_t current = 0;
    json::array disabled;
    for (const auto& version : versions) {
      if (version.enabled) {
        current = version.version;
      } else {
        disabled.emplace_back(version.version);
      }
    }
    bots.push_back(json::object{{"id", row.id.value},
                                {"name", row.name},
                                {"persona", persona ? persona->name : std::string()},
                                {"version", current},
                                {"versions", versions.size()},
                                {"disabled", std::move(disabled)}});
  }
  co_return json::object{{"shipped", std::move(shipped)}, {"bots", std::move(bots)}};
}

Result<json::object> PersonaService::shipped_persona(const std::string& id) const {
  const auto shipped = fleet::find_shipped_persona(id);
  if (!shipped) return fail(ErrorCode::NotFound, fmt::format("no persona '{}' is shipped", id));
  CH_TRY(const fleet::Persona persona, persona_in(std::string(shipped->json)));
  return json::object{{"id", id}, {"document", fleet::persona_document(persona)}};
}

Result<json::object> PersonaService::lint_persona(const json::value& document) const {
  const auto reading = fleet::read_persona(document);
  json::object out;
  json::array problems;
  for (const auto& problem : reading.problems) {
    problems.push_back(json::object{{"field", problem.path}, {"what", problem.what}});
  }
  out["problems"] = std::move(problems);
  out["notes"] = texts(reading.notes);
  out["findings"] = json::array();
  out["document"] = nullptr;
  out["rewrite"] = nullptr;
  if (!reading.persona) return out;
  out["document"] = fleet::persona_document(*reading.persona);
  const auto findings = fleet::lint_persona(*reading.persona);
  if (findings.empty()) return out;
  out["findings"] = fleet::findings_document(findings);
  out["rewrite"] = fleet::persona_document(fleet::propose_rewrite(*reading.persona));
  return out;
}

rt::Task<Result<json::array>> PersonaService::versions(BotId bot) {
  CH_CO_TRY(const auto rows, co_await fleet_.persona_versions(bot));
  std::int32_t current = 0;
  for (const auto& row : rows) {
    if (row.enabled) current = row.version;
  }
  json::array out;
  for (const auto& row : rows) out.push_back(summary(row, row.version == current));
  co_return out;
}

rt::Task<Result<store::PersonaRow>> PersonaService::row_of(BotId bot, std::int32_t version) {
  if (version != 0) co_return co_await fleet_.persona_version(bot, version);
  CH_CO_TRY(auto rows, co_await fleet_.persona_versions(bot));
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row->enabled) co_return *row;
  }
  store::PersonaRow row;
  row.bot = bot;
  row.origin = "shipped helper";
  row.document = std::string(fleet::find_shipped_persona("helper")->json);
  co_return row;
}

rt::Task<Result<json::object>> PersonaService::version(BotId bot, std::int32_t version) {
  CH_CO_TRY(const store::PersonaRow row, co_await row_of(bot, version));
  CH_CO_TRY(const store::PersonaRow now, co_await row_of(bot, 0));
  json::object out = summary(row, row.version == now.version);
  out["document"] = document_json(row.document);
  out["rewrite"] = stored_json(row.rewrite);
  co_return out;
}

rt::Task<Result<json::object>> PersonaService::set_persona(BotId bot, json::value persona) {
  std::string text =
      persona.is_string() ? std::string(persona.get_string()) : json::serialize(persona);
  CH_CO_TRY_VOID(co_await fleet_.set_persona(bot, std::move(text)));
  co_return co_await version(bot, 0);
}

rt::Task<Result<json::object>> PersonaService::import_persona(BotId bot, json::value document) {
  CH_CO_TRY(const auto imported, co_await fleet_.import_persona(bot, json::serialize(document)));
  json::object out = summary(imported.stored, imported.stored.enabled);
  out["document"] = document_json(imported.stored.document);
  out["rewrite"] = stored_json(imported.stored.rewrite);
  out["notes"] = texts(imported.notes);
  co_return out;
}

rt::Task<Result<json::array>> PersonaService::diff(BotId bot, std::int32_t from, std::int32_t to) {
  CH_CO_TRY(const store::PersonaRow before, co_await row_of(bot, from));
  CH_CO_TRY(const store::PersonaRow after, co_await row_of(bot, to));
  CH_CO_TRY(const fleet::Persona a, persona_in(before.document));
  CH_CO_TRY(const fleet::Persona b, persona_in(after.document));
  json::array out;
  for (const auto& change : fleet::diff_personas(a, b)) {
    out.push_back(
        json::object{{"field", change.field},
                     {"before", change.before ? stored_json(*change.before) : json::value(nullptr)},
                     {"after", change.after ? stored_json(*change.after) : json::value(nullptr)},
                     {"text", change.to_string()}});
  }
  co_return out;
}

rt::Task<Result<json::object>> PersonaService::rollback(BotId bot, std::int32_t to) {
  CH_CO_TRY(const std::int32_t version, co_await fleet_.rollback_persona(bot, to));
  co_return json::object{{"version", version}};
}

rt::Task<Result<json::object>> PersonaService::accept_rewrite(BotId bot, std::int32_t version) {
  CH_CO_TRY(const std::int32_t made, co_await fleet_.accept_rewrite(bot, version));
  co_return json::object{{"version", made}};
}

namespace {

std::string_view name_of(fleet::Role role) {
  switch (role) {
    case fleet::Role::System:
      return "system";
    case fleet::Role::User:
      return "user";
    case fleet::Role::Assistant:
      return "assistant";
    case fleet::Role::Tool:
      return "tool";
  }
  return "user";
}

std::string_view name_of(fleet::Lane lane) {
  switch (lane) {
    case fleet::Lane::SelfStarted:
      return "self_started";
    case fleet::Lane::Mention:
      return "mention";
    case fleet::Lane::Direct:
      return "direct";
  }
  return "mention";
}

}  // namespace

rt::Task<Result<json::object>> PersonaService::prompt(BotId bot, std::string room,
                                                      std::string text) {
  const auto id = find_room(fleet_, room);
  if (!id)
    co_return fail(ErrorCode::NotFound,
                   "no room has that id, chat id or title (chorus rooms list shows them)");
  auto preview = co_await fleet_.preview_prompt(bot, *id, std::move(text));
  if (!preview) co_return std::unexpected(preview.error());
  json::array messages;
  for (const auto& line : preview->lines) {
    messages.push_back(
        json::object{{"role", name_of(line.role)}, {"name", line.name}, {"content", line.text}});
  }
  co_return json::object{{"bot", fmt::format("{}", bot)},       {"room", fmt::format("{}", *id)},
                         {"messages", std::move(messages)},     {"max_tokens", preview->max_tokens},
                         {"temperature", preview->temperature}, {"lane", name_of(preview->lane)}};
}

}  // namespace chorus::app
