#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/json.hpp"
#include "chorus/rt/task.hpp"

#include <cstdint>
#include <string>

/// What the persona routes need from the fleet that runs in this process. `app` implements it.
namespace chorus::admin {

/// Answers are JSON as the routes give it (docs/personas.md): documents are version 2.
///
/// Errors of all: NotFound (no such bot, version or name), InvalidArgument (a document that does
/// not validate: one line per problem), and those of the store.
class PersonaService {
 public:
  virtual ~PersonaService() = default;
  /// `{shipped: [{id, name, language, description}], bots: [{id, name, persona, version, ...}]}`.
  virtual rt::Task<Result<json::object>> personas() = 0;
  /// The document of a shipped character.
  [[nodiscard]] virtual Result<json::object> shipped_persona(const std::string& id) const = 0;
  /// `{document, findings[], rewrite, notes[]}` of a document of any shape; nothing is stored.
  [[nodiscard]] virtual Result<json::object> lint_persona(const json::value& document) const = 0;

  /// `[{version, created_at, enabled, current, origin, findings}]`, oldest first.
  virtual rt::Task<Result<json::array>> versions(BotId bot) = 0;
  /// 0: what the bot lives by now.
  virtual rt::Task<Result<json::object>> version(BotId bot, std::int32_t version) = 0;
  /// A document, or the id of a shipped character as text. InvalidArgument: it claims what no
  /// character may.
  virtual rt::Task<Result<json::object>> set_persona(BotId bot, json::value persona) = 0;
  /// With findings it is stored disabled, and the bot goes on as before.
  virtual rt::Task<Result<json::object>> import_persona(BotId bot, json::value document) = 0;
  /// `[{field, before, after, text}]`; 0 as in `version`.
  virtual rt::Task<Result<json::array>> diff(BotId bot, std::int32_t from, std::int32_t to) = 0;
  /// `{version}`: a new one equal to `to`. Conflict: it is the current one.
  virtual rt::Task<Result<json::object>> rollback(BotId bot, std::int32_t to) = 0;
  /// `{bot, room, messages: [{role, name, content}], max_tokens, temperature, lane}`: what would be
  /// sent to a provider. `room`: an id, the platform's chat id, or a title; `text`: what somebody
  /// says there, empty for what the bot would begin by itself.
  virtual rt::Task<Result<json::object>> prompt(BotId bot, std::string room, std::string text) = 0;
  /// `{version}`: a new one from the rewrite of a disabled one. Conflict: it has none.
  virtual rt::Task<Result<json::object>> accept_rewrite(BotId bot, std::int32_t version) = 0;
};

}  // namespace chorus::admin
