#include "chorus/app/operations_service.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace chorus::app {

namespace {

json::value failure_name(const std::optional<policy::CallHealth>& why) {
  if (!why) return nullptr;
  switch (*why) {
    case policy::CallHealth::Transport:
      return "transport";
    case policy::CallHealth::ServerError:
      return "server_error";
    case policy::CallHealth::Timeout:
      return "timeout";
    default:
      return nullptr;
  }
}

/// The bot of `bot:17`.
std::optional<BotId> bot_of_scope(std::string_view scope) {
  BotId bot;
  if (!scope.starts_with("bot:")) return std::nullopt;
  scope.remove_prefix(4);
  const char* end = scope.data() + scope.size();
  const auto [at, error] = std::from_chars(scope.data(), end, bot.value);
  if (error != std::errc{} || at != end) return std::nullopt;
  return bot;
}

json::object describe(const std::string& name, const std::string& of,
                      const policy::Breaker::Snapshot& s) {
  return {{"name", name},
          {"of", of},
          {"state", policy::to_string(s.state)},
          {"calls", s.calls},
          {"failures", s.failures},
          {"consecutive_failures", s.consecutive_failures},
          {"opened", s.opened},
          {"refused", s.refused},
          {"retry_after_s", to_seconds(s.retry_after)},
          {"last_failure", failure_name(s.last_failure)}};
}

}  // namespace

std::vector<OperationsService::Named> OperationsService::all() const {
  std::vector<Named> out;
  for (const auto& one : fleet_.breakers()) {
    out.push_back({one.bot ? "bot" : "host", one.bot ? one.name : host_, one.breaker,
                   [this, bot = one.bot] { fleet_.reset_breaker(bot); }});
  }
  for (const auto& provider : llm_.status()) {
    if (!provider.called) continue;
    out.push_back({"provider", provider.name, provider.breaker,
                   [this, name = provider.name] { llm_.reset(name); }});
  }
  return out;
}

json::array OperationsService::breakers() const {
  json::array out;
  for (const auto& one : all()) out.push_back(describe(one.full(), one.of, one.breaker));
  return out;
}

Result<json::array> OperationsService::reset_breaker(const std::string& name) {
  std::vector<Named> chosen;
  std::vector<std::string> names;
  for (auto& one : all()) {
    names.push_back(one.full());
    if (name.find(':') == std::string::npos) names.push_back(one.name);  // for the hint
    const bool wanted = name.empty() || one.full() == name || one.name == name;
    if (wanted) chosen.push_back(std::move(one));
    if (wanted && chosen.back().full() == name) {  // the whole name: never more than this one
      chosen.erase(chosen.begin(), chosen.end() - 1);
      break;
    }
  }
  if (chosen.empty() && !name.empty()) {
    const auto hint = nearest(name, names);
    return fail(ErrorCode::NotFound,
                fmt::format("there is no breaker '{}'{}", name,
                            hint ? fmt::format(", did you mean '{}'?", *hint) : ""));
  }
  if (!name.empty() && chosen.size() > 1) {
    return fail(ErrorCode::Conflict, fmt::format("'{}' names {} and {}: give the whole name", name,
                                                 chosen[0].full(), chosen[1].full()));
  }
  json::array out;
  for (const auto& one : chosen) {
    one.reset();
    out.emplace_back(one.full());
  }
  log::info("serve", "an operator closed {}", name.empty() ? "all breakers" : chosen[0].full());
  return out;
}

Result<void> OperationsService::reset_llm(const std::string& provider) {
  if (llm_.reset(provider)) return {};
  std::vector<std::string> names;
  for (const auto& one : llm_.status()) names.push_back(one.name);
  const auto hint = nearest(provider, names);
  return fail(
      ErrorCode::NotFound,
      fmt::format("there is no LLM provider '{}'{}; they are {}", provider,
                  hint ? fmt::format(", did you mean '{}'?", *hint) : "", fmt::join(names, ", ")));
}

json::array OperationsService::llm_budgets() {
  json::array out = budgets_.show();
  for (auto& entry : out) {
    auto& budget = entry.get_object();
    const auto bot = bot_of_scope(find_string(budget, "scope").value_or(""));
    const auto row = bot ? fleet_.find_bot(*bot) : std::nullopt;
    if (row) budget["bot"] = row->name;
  }
  return out;
}

rt::Task<Result<json::object>> OperationsService::set_llm_budget(std::string scope,
                                                                 json::object ceilings) {
  if (scope.starts_with("bot:")) {
    const auto bot = bot_of_scope(scope);
    if (!bot || !fleet_.find_bot(*bot)) {
      co_return fail(ErrorCode::NotFound,
                     fmt::format("there is no bot with the id of '{}'", scope));
    }
  }
  co_return co_await budgets_.set(std::move(scope), std::move(ceilings));
}

rt::Task<Result<json::object>> OperationsService::reset_llm_budget(std::string scope) {
  return budgets_.reset(std::move(scope));
}

json::array OperationsService::conversations() const {
  json::array out;
  for (const fleet::ConversationStatus& c : fleet_.conversations()) {
    out.push_back(
        json::object{{"id", c.id.value},
                     {"bot", c.bot_name},
                     {"bot_id", c.bot.value},
                     {"room", c.room.value},
                     {"person", c.person.value},
                     {"thread", c.thread ? json::value(c.thread->value) : json::value(nullptr)},
                     {"state", policy::to_string(c.state)},
                     {"position", c.position ? json::value(*c.position) : json::value(nullptr)},
                     {"started_at", to_iso8601(c.started_at)},
                     {"last_activity_at", to_iso8601(c.last_activity_at)}});
  }
  return out;
}

Result<void> OperationsService::end_conversation(ConversationId conversation) {
  CH_TRY_VOID(fleet_.end_conversation(conversation));
  log::info("serve", "an operator ended conversation {}", conversation);
  return {};
}

rt::Task<Result<std::string>> OperationsService::export_person(PlatformUserId person) {
  log::info("serve", "an operator reads what is held about a person");  // whom, no log may say
  return fleet_.export_person(person);
}

rt::Task<Result<std::uint64_t>> OperationsService::forget_person(PlatformUserId person) {
  log::info("serve", "an operator has a person forgotten");
  return fleet_.forget_person(person);
}

}  // namespace chorus::app
