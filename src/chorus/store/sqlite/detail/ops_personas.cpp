#include "chorus/store/sqlite/detail/operations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace chorus::store::detail {

namespace {

constexpr char kFindBot[] = "SELECT 1 FROM bots WHERE id = ?";
constexpr char kNewestEnabled[] =
    "SELECT id, document FROM personas WHERE bot = ? AND enabled = 1 ORDER BY version DESC LIMIT 1";
constexpr char kNext[] =
    "SELECT coalesce(max(id), 0) + 1, "
    "(SELECT coalesce(max(version), 0) + 1 FROM personas WHERE bot = ?) FROM personas";
constexpr char kInsert[] =
    "INSERT INTO personas (id, bot, version, document, created_at, enabled, origin, findings, "
    "rewrite) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kVersions[] =
    "SELECT id, bot, version, document, created_at, enabled, origin, findings, rewrite "
    "FROM personas WHERE bot = ? ORDER BY version DESC LIMIT ?";
constexpr char kVersion[] =
    "SELECT id, bot, version, document, created_at, enabled, origin, findings, rewrite "
    "FROM personas WHERE bot = ? AND version = ?";

crypto::Place findings_place(std::int64_t id) {
  return {"personas", "findings", id};
}
crypto::Place rewrite_place(std::int64_t id) {
  return {"personas", "rewrite", id};
}

Result<PersonaRow> read_row(const Session& s, const Run& q) {
  const std::int64_t id = q.integer(0);
  PersonaRow row;
  row.bot = q.id<BotId>(1);
  row.version = static_cast<std::int32_t>(q.integer(2));
  CH_TRY(row.document, unseal(s, persona_place(id), q.blob(3)));
  row.created_at = q.time(4);
  row.enabled = q.integer(5) != 0;
  row.origin = q.text(6);
  CH_TRY(row.findings, unseal(s, findings_place(id), q.blob(7)));
  CH_TRY(row.rewrite, unseal(s, rewrite_place(id), q.blob(8)));
  return row;
}

Result<std::int32_t> insert(const Session& s, const PersonaRow& row) {
  std::int64_t id = 1;
  std::int64_t version = 1;
  {
    auto next = s.db.run(kNext);
    CH_TRY(const bool found, next.bind(row.bot).row());
    if (found) {
      id = next.integer(0);
      version = next.integer(1);
    }
  }
  auto put = s.db.run(kInsert);
  put.bind(id).bind(row.bot).bind(version);
  put.bind_blob(seal(s, persona_place(id), row.document)).bind(row.created_at);
  put.bind(row.enabled ? 1 : 0).bind_text(row.origin);
  put.bind_blob(seal(s, findings_place(id), row.findings));
  put.bind_blob(seal(s, rewrite_place(id), row.rewrite));
  CH_TRY_VOID(put.finish());
  return static_cast<std::int32_t>(version);
}

}  // namespace

crypto::Place persona_place(std::int64_t id) {
  return {"personas", "document", id};
}

Result<std::int32_t> add_persona(const Session& s, const PersonaRow& persona) {
  {
    auto bot = s.db.run(kFindBot);
    CH_TRY(const bool found, bot.bind(persona.bot).row());
    if (!found) return fail(ErrorCode::NotFound, fmt::format("no bot {}", persona.bot));
  }
  return insert(s, persona);
}

Result<void> keep_persona(const Session& s, BotId bot, const std::string& document) {
  {
    auto newest = s.db.run(kNewestEnabled);
    CH_TRY(const bool found, newest.bind(bot).row());
    if (!found && document.empty()) return {};
    if (found) {
      CH_TRY(const auto known, unseal(s, persona_place(newest.integer(0)), newest.blob(1)));
      if (known == document) return {};
    }
  }
  PersonaRow row;
  row.bot = bot;
  row.document = document;
  row.created_at = s.now;
  CH_TRY_VOID(insert(s, row));
  return {};
}

Result<std::vector<PersonaRow>> persona_versions(const Session& s, BotId bot, std::size_t limit) {
  std::vector<PersonaRow> out;
  auto query = s.db.run(kVersions);
  query.bind(bot).bind(static_cast<std::int64_t>(limit));
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) break;
    CH_TRY(PersonaRow row, read_row(s, query));
    out.push_back(std::move(row));
  }
  std::reverse(out.begin(), out.end());
  return out;
}

Result<std::optional<PersonaRow>> find_persona(const Session& s, BotId bot, std::int32_t version) {
  auto query = s.db.run(kVersion);
  CH_TRY(const bool found, query.bind(bot).bind(std::int64_t{version}).row());
  if (!found) return std::nullopt;
  CH_TRY(PersonaRow row, read_row(s, query));
  return std::optional<PersonaRow>(std::move(row));
}

}  // namespace chorus::store::detail
