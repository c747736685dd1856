#include "chorus/app/operations_service.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <charconv>

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

rt::Task<Result<json::object>> OperationsService::set_llm_budget(std::string scope,
                                                                 json::object ceilings) {
  if (scope.starts_with("bot:")) {
    BotId bot;
    const char* end = scope.data() + scope.size();
    const auto [at, error] = std::from_chars(scope.data() + 4, end, bot.value);
    if (error != std::errc{} || at != end || !fleet_.find_bot(bot)) {
      co_return fail(ErrorCode::NotFound,
                     fmt::format("there is no bot with the id of '{}'", scope));
    }
  }
  co_return co_await budgets_.set(std::move(scope), std::move(ceilings));
}

rt::Task<Result<json::object>> OperationsService::reset_llm_budget(std::string scope) {
  return budgets_.reset(std::move(scope));
}

rt::Task<Result<std::string>> OperationsService::export_person(PlatformUserId person) {
  return fleet_.export_person(person);
}

rt::Task<Result<std::uint64_t>> OperationsService::forget_person(PlatformUserId person) {
  return fleet_.forget_person(person);
}

}  // namespace chorus::app
