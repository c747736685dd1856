#pragma once

#include "chorus/admin/operations_ports.hpp"
#include "chorus/app/llm_budgets.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/platform/llm/chain.hpp"

#include <functional>
#include <string>
#include <vector>

namespace chorus::app {

/// What an operator does to the parts of a running service. One loop; everything given by reference
/// outlives it.
class OperationsService final : public admin::OperationsService {
 public:
  /// `host`: of the platform, as its breaker is named.
  OperationsService(fleet::Fleet& fleet, platform::ProviderChain& llm, LlmBudgets& budgets,
                    std::string host)
      : fleet_(fleet), llm_(llm), budgets_(budgets), host_(std::move(host)) {}

  [[nodiscard]] json::array breakers() const override;
  Result<json::array> reset_breaker(const std::string& name) override;
  Result<void> reset_llm(const std::string& provider) override;
  [[nodiscard]] json::array llm_budgets() override;
  rt::Task<Result<json::object>> set_llm_budget(std::string scope, json::object ceilings) override;
  rt::Task<Result<json::object>> reset_llm_budget(std::string scope) override;
  [[nodiscard]] json::array conversations() const override;
  Result<void> end_conversation(ConversationId conversation) override;
  rt::Task<Result<std::string>> export_person(PlatformUserId person) override;
  rt::Task<Result<std::uint64_t>> forget_person(PlatformUserId person) override;

 private:
  struct Named {
    std::string of;    ///< host, bot or provider
    std::string name;  ///< alone
    policy::Breaker::Snapshot breaker;
    std::function<void()> reset;
    [[nodiscard]] std::string full() const { return of + ":" + name; }
  };
  [[nodiscard]] std::vector<Named> all() const;

  fleet::Fleet& fleet_;
  platform::ProviderChain& llm_;
  LlmBudgets& budgets_;
  std::string host_;
};

}  // namespace chorus::app
