#include "chorus/base/text.hpp"
#include "chorus/fleet/detail/fleet_impl.hpp"
#include "chorus/fleet/detail/persona_versions.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/fleet/persona/pack.hpp"

#include <fmt/format.h>

#include <algorithm>

// The versions of a bot's character: set, import, list, roll back.
namespace chorus::fleet {

using detail::Bot;

namespace detail {

Result<std::string> checked_persona(std::string_view given, ZoneSource* zones) {
  given = trim(given);
  if (given.empty()) return std::string();
  if (const auto shipped = find_shipped_persona(given)) {
    given = shipped->json;
  } else if (given.front() != '{') {
    std::vector<std::string> ids;
    for (const auto& one : shipped_personas()) ids.emplace_back(one.id);
    const auto hint = nearest(given, ids);
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("there is no persona '{}'{} there are {}", truncate_code_points(given, 40),
                    hint ? fmt::format(", did you mean '{}'?", *hint) : ";", fmt::join(ids, ", ")));
  }
  CH_TRY(const Persona persona, parse_persona(given));
  CH_TRY(const auto zone, zone_of(persona.hours, zones));
  (void)zone;  // that it is known is enough; the bot looks it up when it takes the card over
  return write_persona(persona);
}

}  // namespace detail

namespace {

std::unexpected<Error> no_bot() {
  return fail(ErrorCode::NotFound, "no such bot");
}
std::unexpected<Error> no_version(std::int32_t version) {
  return fail(ErrorCode::NotFound, fmt::format("this bot's persona has no version {}", version));
}

}  // namespace

/// Stores a version and, when it is clean, lets the bot live by it.
rt::Task<Result<std::int32_t>> Fleet::Impl::take_persona(BotId id, store::PersonaRow row) {
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  row.bot = id;
  row.created_at = core.loop.wall_now();
  const bool enabled = row.enabled;
  const std::string document = row.document;
  const std::string before = bot->row.persona;
  // Whoever stores the bot's row meanwhile must not bring the old card back as the newest.
  if (enabled) bot->row.persona = document;
  auto version = co_await core.store.add_persona(std::move(row));
  if (!version) {
    if (enabled && bot->row.persona == document) bot->row.persona = before;
    co_return std::unexpected(version.error());
  }
  if (enabled && bot->row.persona == document) {
    CH_CO_TRY_VOID(bot->set_persona(document, core.settings.zones));
    core.directory.forget_room_notices(id);
  }
  co_return *version;
}

rt::Task<Result<void>> Fleet::set_persona(BotId id, std::string persona) {
  detail::Core& core = impl_->core;
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  store::PersonaRow row;
  row.origin = "set";
  if (find_shipped_persona(persona)) row.origin = "shipped " + persona;
  if (trim(persona).empty()) persona = "helper";
  CH_CO_TRY(row.document, detail::checked_persona(persona, core.settings.zones));
  if (row.document == bot->row.persona) co_return Result<void>{};
  CH_CO_TRY_VOID(co_await impl_->take_persona(id, std::move(row)));
  co_return Result<void>{};
}

rt::Task<Result<ImportedPersona>> Fleet::import_persona(BotId id, std::string document) {
  detail::Core& core = impl_->core;
  if (core.directory.bot(id) == nullptr) co_return no_bot();
  CH_CO_TRY(const json::value value, parse_json(document, {}, 16));
  PersonaReading reading = read_persona(value);
  if (!reading.persona) {
    std::string all;
    for (const auto& p : reading.problems) all += (all.empty() ? "" : "\n") + p.to_string();
    co_return fail(ErrorCode::InvalidArgument, all);
  }
  CH_CO_TRY_VOID(zone_of(reading.persona->hours, core.settings.zones));
  ImportedPersona out;
  out.notes = std::move(reading.notes);
  store::PersonaRow row;
  row.origin = "import";
  row.document = write_persona(*reading.persona);
  const auto findings = lint_persona(*reading.persona);
  row.enabled = findings.empty();
  if (!findings.empty()) {
    row.findings = json::serialize(findings_document(findings));
    row.rewrite = write_persona(propose_rewrite(*reading.persona));
  }
  out.stored = row;
  CH_CO_TRY(out.stored.version, co_await impl_->take_persona(id, std::move(row)));
  co_return out;
}

rt::Task<Result<std::vector<store::PersonaRow>>> Fleet::persona_versions(BotId id) {
  constexpr std::size_t kMost = 100;
  if (impl_->core.directory.bot(id) == nullptr) co_return no_bot();
  co_return co_await impl_->core.store.persona_versions(id, kMost);
}

rt::Task<Result<store::PersonaRow>> Fleet::persona_version(BotId id, std::int32_t version) {
  if (impl_->core.directory.bot(id) == nullptr) co_return no_bot();
  CH_CO_TRY(auto row, co_await impl_->core.store.find_persona(id, version));
  if (!row) co_return no_version(version);
  co_return *std::move(row);
}

rt::Task<Result<std::int32_t>> Fleet::rollback_persona(BotId id, std::int32_t to) {
  detail::Core& core = impl_->core;
  CH_CO_TRY(store::PersonaRow old, co_await persona_version(id, to));
  const Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  if (old.document == bot->row.persona) {
    co_return fail(ErrorCode::Conflict, fmt::format("version {} is what it lives by already", to));
  }
  if (const auto checked = detail::checked_persona(old.document, core.settings.zones); !checked) {
    co_return std::unexpected(checked.error());
  }
  store::PersonaRow row;
  row.document = std::move(old.document);
  row.origin = fmt::format("rollback to {}", to);
  co_return co_await impl_->take_persona(id, std::move(row));
}

rt::Task<Result<std::int32_t>> Fleet::accept_rewrite(BotId id, std::int32_t version) {
  CH_CO_TRY(store::PersonaRow old, co_await persona_version(id, version));
  if (old.rewrite.empty()) {
    co_return fail(
        ErrorCode::Conflict,
        fmt::format("version {} has no findings, so there is no rewrite of it", version));
  }
  CH_CO_TRY(std::string document, detail::checked_persona(old.rewrite, impl_->core.settings.zones));
  const Bot* bot = impl_->core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  if (document == bot->row.persona) {
    co_return fail(ErrorCode::Conflict,
                   fmt::format("the rewrite of version {} is what it lives by already", version));
  }
  store::PersonaRow row;
  row.document = std::move(document);
  row.origin = fmt::format("rewrite of {}", version);
  co_return co_await impl_->take_persona(id, std::move(row));
}

}  // namespace chorus::fleet
