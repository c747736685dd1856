#include "chorus/app/llm_status.hpp"

#include <string_view>

namespace chorus::app {
namespace {

std::string_view unit_name(policy::BudgetUnit unit) {
  switch (unit) {
    case policy::BudgetUnit::Requests:
      return "requests";
    case policy::BudgetUnit::Tokens:
      return "tokens";
    case policy::BudgetUnit::Money:
      break;
  }
  return "money";
}

json::object spent(const platform::SpendLedger::Today& today) {
  return {{"calls", today.calls},
          {"prompt_tokens", today.prompt_tokens},
          {"completion_tokens", today.completion_tokens},
          {"cost", static_cast<double>(today.cost_micros) / 1e6}};
}

}  // namespace

json::array budget_json(const std::vector<policy::Budget::Usage>& usage) {
  json::array out;
  for (const auto& [ceiling, used] : usage) {
    const bool money = ceiling.unit == policy::BudgetUnit::Money;
    const auto amount = [&](std::int64_t value) {
      return money ? json::value(static_cast<double>(value) / 1e6) : json::value(value);
    };
    out.push_back(
        json::object{{"unit", unit_name(ceiling.unit)},
                     {"period", ceiling.period == policy::BudgetPeriod::Minute ? "minute" : "day"},
                     {"most", amount(ceiling.most)},
                     {"used", amount(used)}});
  }
  return out;
}

json::array llm_status(platform::ProviderChain& chain, platform::SpendLedger& ledger) {
  json::array out;
  const auto& today = ledger.today();
  for (const auto& provider : chain.status()) {
    const auto found = today.find(provider.name);
    out.push_back(json::object{
        {"name", provider.name},
        {"model", provider.model},
        {"breaker", policy::to_string(provider.breaker.state)},
        {"unusable", provider.unusable},
        {"usable_in_s", to_seconds(provider.usable_in)},
        {"in_flight", provider.in_flight},
        {"limit", provider.limit},
        {"waiting", provider.waiting},
        {"today", spent(found == today.end() ? platform::SpendLedger::Today{} : found->second)},
        {"calls", json::object{{"ok", provider.ok},
                               {"error", provider.errors},
                               {"skipped", provider.skipped},
                               {"refused", provider.refused}}},
        {"refused_why", provider.refused_why},
        {"budget", budget_json(provider.budget)}});
  }
  return out;
}

}  // namespace chorus::app
