#include "chorus/app/llm_budgets.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::app {

using policy::BudgetPeriod;
using policy::BudgetUnit;
using policy::Ceiling;

namespace {

constexpr double kMicros = 1e6;

json::value amount(const Ceiling& ceiling, std::int64_t value) {
  if (ceiling.unit == BudgetUnit::Money) return static_cast<double>(value) / kMicros;
  return value;
}

std::string_view unit_name(BudgetUnit unit) {
  return unit == BudgetUnit::Requests ? "requests"
         : unit == BudgetUnit::Tokens ? "tokens"
                                      : "money";
}

std::optional<double> plain_number(const json::value& value) {
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  if (value.is_double()) return value.get_double();
  return std::nullopt;
}

}  // namespace

const std::vector<std::pair<std::string, Ceiling>>& ceiling_names() {
  static const std::vector<std::pair<std::string, Ceiling>> names = {
      {"requests_per_minute", {BudgetUnit::Requests, BudgetPeriod::Minute, 0}},
      {"requests_per_day", {BudgetUnit::Requests, BudgetPeriod::Day, 0}},
      {"tokens_per_minute", {BudgetUnit::Tokens, BudgetPeriod::Minute, 0}},
      {"tokens_per_day", {BudgetUnit::Tokens, BudgetPeriod::Day, 0}},
      {"money_per_minute", {BudgetUnit::Money, BudgetPeriod::Minute, 0}},
      {"money_per_day", {BudgetUnit::Money, BudgetPeriod::Day, 0}},
  };
  return names;
}

std::string_view ceiling_name(const Ceiling& ceiling) {
  for (const auto& [name, known] : ceiling_names()) {
    if (known.unit == ceiling.unit && known.period == ceiling.period) return name;
  }
  return {};
}

Result<Ceiling> make_ceiling(const std::string& name, double most) {
  constexpr double kMost = 1e9;
  const auto& names = ceiling_names();
  const auto known = std::ranges::find(names, name, [](const auto& entry) { return entry.first; });
  if (known == names.end()) {
    std::vector<std::string> all;
    for (const auto& [one, ceiling] : names) all.push_back(one);
    const auto hint = nearest(name, all);
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("there is no ceiling '{}'{}; they are {}", name,
                    hint ? fmt::format(", did you mean '{}'?", *hint) : "", fmt::join(all, ", ")));
  }
  if (!(most >= 0 && most <= kMost)) {
    return fail(ErrorCode::InvalidArgument, fmt::format("{} must be a number of 0 or more", name));
  }
  Ceiling ceiling = known->second;
  const bool money = ceiling.unit == BudgetUnit::Money;
  if (!money && most != std::floor(most)) {
    return fail(ErrorCode::InvalidArgument, fmt::format("{} must be a whole number", name));
  }
  ceiling.most = std::llround(most * (money ? kMicros : 1));
  return ceiling;
}

rt::Task<Result<void>> LlmBudgets::begin() {
  for (const auto& budget : chain_.budgets()) {
    for (const auto& usage : budget.usage) configured_[budget.scope].push_back(usage.ceiling);
  }
  CH_CO_TRY(const auto rows, co_await store_.budgets());
  for (const auto& row : rows) stored_.insert(row.scope);
  co_return Result<void>{};
}

json::array LlmBudgets::show() {
  json::array out;
  for (const auto& budget : chain_.budgets()) {
    json::array ceilings;
    for (const auto& [ceiling, used] : budget.usage) {
      ceilings.push_back(
          json::object{{"name", ceiling_name(ceiling)},
                       {"unit", unit_name(ceiling.unit)},
                       {"period", ceiling.period == BudgetPeriod::Minute ? "minute" : "day"},
                       {"most", amount(ceiling, ceiling.most)},
                       {"used", amount(ceiling, used)}});
    }
    out.push_back(json::object{{"scope", budget.scope},
                               {"source", stored_.contains(budget.scope) ? "stored"
                                          : budget.usage.empty()         ? "none"
                                                                         : "configured"},
                               {"ceilings", std::move(ceilings)}});
  }
  return out;
}

Result<json::object> LlmBudgets::one(const std::string& scope) {
  for (auto& entry : show()) {
    if (find_string(entry.get_object(), "scope") == scope) return std::move(entry.get_object());
  }
  return json::object{{"scope", scope}, {"source", "none"}, {"ceilings", json::array()}};
}

/// Both periods; the one without a ceiling is removed.
rt::Task<Result<void>> LlmBudgets::store_rows(std::string scope, std::vector<Ceiling> ceilings) {
  for (const auto period : {BudgetPeriod::Minute, BudgetPeriod::Day}) {
    store::BudgetRow row;
    row.scope = scope;
    row.period = period == BudgetPeriod::Minute ? "minute" : "day";
    for (const Ceiling& ceiling : ceilings) {
      if (ceiling.period != period) continue;
      (ceiling.unit == BudgetUnit::Requests ? row.max_requests
       : ceiling.unit == BudgetUnit::Tokens ? row.max_tokens
                                            : row.max_cost_micros) = ceiling.most;
    }
    CH_CO_TRY_VOID(co_await store_.put_budget(std::move(row)));
  }
  co_return Result<void>{};
}

rt::Task<Result<json::object>> LlmBudgets::set(std::string scope, json::object ceilings) {
  std::vector<Ceiling> wanted;
  for (const auto& [name, value] : ceilings) {
    const auto most = plain_number(value);
    if (!most) {
      co_return fail(ErrorCode::InvalidArgument, fmt::format("{} must be a number", name));
    }
    CH_CO_TRY(const Ceiling ceiling, make_ceiling(name, *most));
    wanted.push_back(ceiling);
  }
  if (wanted.empty()) {
    co_return fail(ErrorCode::InvalidArgument,
                   "name at least one ceiling, such as money_per_day; reset takes them away");
  }
  if (!chain_.knows(scope)) {
    co_return fail(
        ErrorCode::NotFound,
        fmt::format("there is no budget '{}': it is fleet, provider:NAME or bot:ID", scope));
  }
  const bool money = std::ranges::any_of(
      wanted, [](const Ceiling& ceiling) { return ceiling.unit == BudgetUnit::Money; });
  if (const auto provider = chain_.unpriced(scope); money && provider) {
    co_return fail(ErrorCode::InvalidArgument,
                   fmt::format("a budget of money needs prices, and provider {} has none "
                               "(prices: in chorus.yaml)",
                               *provider));
  }
  CH_CO_TRY_VOID(co_await store_rows(scope, wanted));
  stored_.insert(scope);
  (void)chain_.limit(scope, std::move(wanted));  // it knows the scope
  log::info("llm", "an operator set the budget of {}", scope);
  co_return one(scope);
}

rt::Task<Result<json::object>> LlmBudgets::reset(std::string scope) {
  if (!chain_.knows(scope) && !stored_.contains(scope)) {
    co_return fail(ErrorCode::NotFound, fmt::format("there is no budget '{}'", scope));
  }
  CH_CO_TRY_VOID(co_await store_rows(scope, {}));
  stored_.erase(scope);
  const auto configured = configured_.find(scope);
  // A stored scope may name a provider that is gone from the chain: then its rows were all.
  (void)chain_.limit(scope,
                     configured == configured_.end() ? std::vector<Ceiling>() : configured->second);
  co_return one(scope);
}

}  // namespace chorus::app
