#pragma once

#include "chorus/base/id_source.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/platform/llm/chain.hpp"
#include "chorus/platform/llm/spend.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/store/store.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <string>

namespace chorus::platform {

/// Writes every LLM call into the store, in batches behind the calls, and brings budgets back after
/// a restart. Up to 10,000 rows wait for a store that is gone; then `can_book` says no, and nothing
/// more is bought. One loop. `close` before destruction.
class SpendLedger final : public SpendSink {
 public:
  SpendLedger(rt::Loop& loop, store::Store& store, metrics::Registry& metrics, Rng rng);

  /// Before the first call: ceilings that operators stored replace the configured ones of their
  /// scope, and what was spent in the last minute and day counts again. Errors: the store's.
  rt::Task<Result<void>> restore(ProviderChain& chain);

  [[nodiscard]] bool can_book() const override;
  void book(store::SpendRow row) override;

  /// Since midnight UTC, by provider.
  struct Today {
    std::int64_t calls = 0;
    std::int64_t prompt_tokens = 0;
    std::int64_t completion_tokens = 0;
    std::int64_t cost_micros = 0;
  };
  [[nodiscard]] const std::map<std::string, Today>& today();

  /// Writes what is left, for at most `grace`; what then is left is lost, and the log says so.
  rt::Task<void> close(Duration grace);

 private:
  static rt::Task<void> write(SpendLedger* self);
  static rt::Task<Result<void>> until_written(SpendLedger* self);
  void add_today(const std::string& provider, const Today& more);
  void roll_over();

  rt::Loop& loop_;
  store::Store& store_;
  metrics::Registry& metrics_;
  IdSource ids_;
  rt::TaskScope scope_;
  std::deque<store::SpendRow> pending_;
  bool writing_ = false;
  std::chrono::sys_days day_{};
  std::map<std::string, Today> today_;
};

}  // namespace chorus::platform
