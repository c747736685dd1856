#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/json.hpp"
#include "chorus/rt/task.hpp"

#include <cstdint>
#include <string>

namespace chorus::admin {

/// What an operator does to a running service beside its bots: breakers, ceilings of money and
/// tokens, conversations, a person's data. `app` implements it.
class OperationsService {
 public:
  virtual ~OperationsService() = default;

  /// `[{name, of, state, calls, failures, consecutive_failures, opened, refused, retry_after_s,
  /// last_failure}]`: names are `bot:NAME`, `provider:NAME` and `host:NAME`.
  [[nodiscard]] virtual json::array breakers() const = 0;
  /// Closes the one of that name (the part after the colon is enough when it names one only), or
  /// all of them when it is empty; the names of those that were closed. NotFound, Conflict
  /// (several).
  virtual Result<json::array> reset_breaker(const std::string& name) = 0;

  /// Tries a provider (empty: all) again: its breaker closes, its freeze and what an operator had
  /// to mend are forgotten. NotFound.
  virtual Result<void> reset_llm(const std::string& provider) = 0;
  /// `[{scope, source, ceilings: [{name, unit, period, most, used}]}]`: `source` is `configured`,
  /// `stored` or `none`;
  /// the scope of a bot has its name as `bot`, too.
  [[nodiscard]] virtual json::array llm_budgets() = 0;
  /// `{money_per_day: 5, ...}` in place of all ceilings of a scope (`fleet`, `provider:NAME`,
  /// `bot:ID`); counts at once and after a restart. The budget as it is then. NotFound: no such
  /// scope. InvalidArgument: a name or a number, or money where prices are unknown.
  virtual rt::Task<Result<json::object>> set_llm_budget(std::string scope,
                                                        json::object ceilings) = 0;
  /// The configured ceilings count again.
  virtual rt::Task<Result<json::object>> reset_llm_budget(std::string scope) = 0;

  /// `[{id, bot, bot_id, room, person, thread, state, position, started_at, last_activity_at}]`:
  /// conversations that have not ended; `thread` and `position` may be null. No words and no names
  /// of people.
  [[nodiscard]] virtual json::array conversations() const = 0;
  /// Ends one now, or as soon as its work has stopped. NotFound.
  virtual Result<void> end_conversation(ConversationId conversation) = 0;

  /// What is held about a person, as one JSON document.
  virtual rt::Task<Result<std::string>> export_person(PlatformUserId person) = 0;
  /// The same as their `/forget`: the number of stored rows that went.
  virtual rt::Task<Result<std::uint64_t>> forget_person(PlatformUserId person) = 0;
};

}  // namespace chorus::admin
