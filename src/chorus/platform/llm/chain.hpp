#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/platform/llm/openai_client.hpp"
#include "chorus/platform/llm/spend.hpp"
#include "chorus/policy/breaker.hpp"
#include "chorus/policy/budget.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::platform {

/// Calls to one provider at once, unless its configuration says.
inline constexpr std::uint32_t kCallsAtOnce = 64;

/// The providers of a fleet behind one call, tried in order. A provider is skipped when a ceiling
/// would be passed, when its breaker is open, when it told us to wait, or when an operator must fix
/// it; the next one answers. Ceilings come first: before a call is made, what it may need is
/// reserved in the budgets of its provider, of its bot and of the fleet.
///
/// Concurrency per provider finds its own limit. Callers above it (1,024 unless more are expected:
/// `make_room_for`) and callers that
/// the provider's requests or tokens per minute hold back wait in a line: direct messages first,
/// then mentions, then self-started talk, with ageing; until their time is up or the provider
/// cannot be used any more. While a later provider is usable, one gets two thirds of the caller's
/// time, so that a hang leaves time to fail over. The caller gets the error of the last provider
/// that was called, or, when none was, why the last was skipped.
///
/// A provider that refuses declared tools is asked without them, and answers with text as before;
/// results of calls that another provider made stand there as notes.
///
/// One loop. `builtin` may stand at the end so that a fleet never falls silent (its lines are
/// marked with provider `builtin` and cost nothing).
class ProviderChain final : public fleet::GeneratorPort {
 public:
  ProviderChain(rt::Loop& loop, metrics::Registry& metrics);
  ~ProviderChain() override;

  /// Ceilings of a scope (`fleet`, `provider:NAME`, `bot:ID`), in place of earlier ones, at any
  /// time: what was spent in their period counts. False for a scope that is none of these or names
  /// no provider of this chain.
  bool limit(std::string_view scope, std::vector<policy::Ceiling> ceilings);

  // To be called before the first `generate`.
  /// In order of preference; names differ. `at_once`: calls to it under way, at most.
  void add(OpenAiClient client, std::uint32_t at_once = kCallsAtOnce);
  void add_builtin();
  /// So many callers may come at one instant: whoever cannot be served at once waits and is not
  /// refused. After the last `add`.
  void make_room_for(std::size_t callers);
  /// What was spent before the start, in the windows of that period.
  void restore(policy::BudgetPeriod period, const store::SpendTotal& total);
  /// Outlives the chain's calls.
  void set_sink(SpendSink* sink) { sink_ = sink; }

  [[nodiscard]] bool empty() const;

  rt::Task<Result<fleet::Generated>> generate(fleet::GenerationRequest request) override;

  struct Status {
    std::string name;
    std::string model;
    bool called = true;  ///< a server is called; false: builtin, which has no breaker to open
    policy::Breaker::Snapshot breaker;
    std::string unusable;  ///< why it is skipped now; empty: it is used
    Duration usable_in{};  ///< 0 when used, or when only an operator can help
    std::uint32_t in_flight = 0;
    std::uint32_t limit = 0;  ///< of concurrent calls
    std::size_t waiting = 0;
    std::vector<policy::Budget::Usage> budget;
    // Since the start, as `chorus_llm_calls_total` counts.
    std::uint64_t ok = 0;
    std::uint64_t errors = 0;
    std::uint64_t skipped = 0;
    std::uint64_t refused = 0;
    std::string refused_why{};  ///< the last one refused: which ceiling; empty before the first
  };
  [[nodiscard]] std::vector<Status> status();
  [[nodiscard]] std::vector<policy::Budget::Usage> fleet_budget();
  struct ScopeBudget {
    std::string scope;
    std::vector<policy::Budget::Usage> usage;  ///< one for each ceiling
  };
  /// The fleet, each provider that is called (without ceilings, too), and the bots that have some.
  [[nodiscard]] std::vector<ScopeBudget> budgets();
  /// Whether `limit` would take the scope.
  [[nodiscard]] bool knows(std::string_view scope) const;
  /// A provider under that scope whose prices nobody knows: with a ceiling of money its calls are
  /// refused.
  [[nodiscard]] std::optional<std::string> unpriced(std::string_view scope) const;
  /// An operator's act: closes the breaker of that provider (empty: of all) and forgets that it was
  /// unusable. False: there is none of that name.
  bool reset(std::string_view provider = {});

 private:
  struct Provider;
  rt::Task<Result<fleet::Generated>> try_one(Provider& provider, MonoTime until,
                                             fleet::GenerationRequest request, bool& called,
                                             bool& rejected);
  rt::Task<Result<fleet::Generated>> try_with_tools(Provider& provider, MonoTime until,
                                                    fleet::GenerationRequest request, bool& called);
  rt::Task<LlmAttempt> attempt(Provider& provider, policy::BreakerPermit permit,
                               policy::BudgetReservation reservation,
                               fleet::GenerationRequest request);
  void book(Provider& provider, const LlmAttempt& attempt, policy::BudgetReservation& reservation,
            const fleet::GenerationRequest& request);
  void note_failure(Provider& provider, const LlmAttempt& attempt);
  [[nodiscard]] std::vector<policy::Budget*> shared_budgets(BotId bot);
  [[nodiscard]] Provider* provider_of(std::string_view scope) const;
  [[nodiscard]] bool has_usable_after(const Provider& provider) const;
  [[nodiscard]] bool ends_with_builtin() const;

  rt::Loop& loop_;
  metrics::Registry& metrics_;
  SpendSink* sink_ = nullptr;
  policy::Budget fleet_budget_;
  std::map<BotId, policy::Budget> bot_budgets_;
  std::vector<std::unique_ptr<Provider>> providers_;
};

}  // namespace chorus::platform
