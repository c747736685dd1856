#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/platform/llm/chain.hpp"
#include "chorus/policy/budget.hpp"
#include "chorus/store/store.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::app {

/// `money_per_day` and the others, in the order in which they are shown; `most` is 0.
const std::vector<std::pair<std::string, policy::Ceiling>>& ceiling_names();
std::string_view ceiling_name(const policy::Ceiling& ceiling);
/// A ceiling with its value, money in units of the currency. InvalidArgument: an unknown name (with
/// the nearest one), a number below 0 or above 1e9, a part of a token.
Result<policy::Ceiling> make_ceiling(const std::string& name, double most);

/// The ceilings of LLM spending that operators set while the service runs: kept in the store, where
/// they stand in place of the configured ones of their scope, and given to the chain at once. One
/// loop; chain and store outlive it.
class LlmBudgets {
 public:
  LlmBudgets(platform::ProviderChain& chain, store::Store& store) : chain_(chain), store_(store) {}

  /// Notes what is configured and which scopes have stored ceilings. Before those are applied.
  rt::Task<Result<void>> begin();

  [[nodiscard]] json::array show();
  /// As admin::OperationsService says. Whether a bot exists is the caller's matter.
  rt::Task<Result<json::object>> set(std::string scope, json::object ceilings);
  rt::Task<Result<json::object>> reset(std::string scope);

 private:
  [[nodiscard]] Result<json::object> one(const std::string& scope);
  rt::Task<Result<void>> store_rows(std::string scope, std::vector<policy::Ceiling> ceilings);

  platform::ProviderChain& chain_;
  store::Store& store_;
  std::map<std::string, std::vector<policy::Ceiling>> configured_;
  std::set<std::string> stored_;
};

}  // namespace chorus::app
