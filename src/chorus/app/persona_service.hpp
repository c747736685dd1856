#pragma once

#include "chorus/admin/persona_ports.hpp"
#include "chorus/fleet/fleet.hpp"

#include <string>

namespace chorus::app {

/// The persona routes over the fleet of this process. `fleet` outlives it.
class PersonaService final : public admin::PersonaService {
 public:
  explicit PersonaService(fleet::Fleet& fleet) : fleet_(fleet) {}

  rt::Task<Result<json::object>> personas() override;
  [[nodiscard]] Result<json::object> shipped_persona(const std::string& id) const override;
  [[nodiscard]] Result<json::object> lint_persona(const json::value& document) const override;
  rt::Task<Result<json::array>> versions(BotId bot) override;
  rt::Task<Result<json::object>> version(BotId bot, std::int32_t version) override;
  rt::Task<Result<json::object>> set_persona(BotId bot, json::value persona) override;
  rt::Task<Result<json::object>> import_persona(BotId bot, json::value document) override;
  rt::Task<Result<json::array>> diff(BotId bot, std::int32_t from, std::int32_t to) override;
  rt::Task<Result<json::object>> rollback(BotId bot, std::int32_t to) override;
  rt::Task<Result<json::object>> accept_rewrite(BotId bot, std::int32_t version) override;
  rt::Task<Result<json::object>> prompt(BotId bot, std::string room, std::string text) override;

 private:
  /// The row of that version; 0: what the bot lives by, which may be `helper` without a row.
  rt::Task<Result<store::PersonaRow>> row_of(BotId bot, std::int32_t version);

  fleet::Fleet& fleet_;
};

}  // namespace chorus::app
