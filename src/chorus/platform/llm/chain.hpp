#pragma once

#include "chorus/fleet/ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/platform/llm/openai_client.hpp"
#include "chorus/policy/breaker.hpp"

#include <memory>
#include <string>
#include <vector>

namespace chorus::platform {

/// The providers of a fleet behind one call, tried in order: a provider whose breaker is open,
/// whose quota is used up, or that an operator must fix is skipped; the next one answers.
/// Concurrency per provider finds its own limit; callers above it (at most 1,024) wait in the order
/// in which they came, until their time is up or the provider cannot be used any more. While a
/// later provider is usable, one gets two thirds of the caller's time, so that a hang leaves time
/// to fail over. The caller gets the error of the last provider that was called, or, when none was,
/// why the last was skipped.
///
/// One loop. `builtin` may stand at the end so that a fleet never falls silent (its lines are
/// marked with provider `builtin`).
class ProviderChain final : public fleet::GeneratorPort {
 public:
  ProviderChain(rt::Loop& loop, metrics::Registry& metrics);
  ~ProviderChain() override;

  /// In order of preference. To be called before the first `generate`.
  void add(OpenAiClient client);
  void add_builtin();
  [[nodiscard]] bool empty() const;

  rt::Task<Result<fleet::Generated>> generate(fleet::GenerationRequest request) override;

  struct Status {
    std::string name;
    std::string model;
    policy::BreakerState breaker = policy::BreakerState::Closed;
    std::string unusable;  ///< why it is skipped now; empty: it is used
    Duration usable_in{};  ///< 0 when used, or when only an operator can help
    std::uint32_t in_flight = 0;
    std::uint32_t limit = 0;  ///< of concurrent calls
  };
  [[nodiscard]] std::vector<Status> status() const;
  /// An operator's act: closes breakers and forgets that a provider was unusable.
  void reset();

 private:
  struct Provider;
  rt::Task<Result<void>> enter(Provider& provider, MonoTime deadline);
  rt::Task<Result<fleet::Generated>> try_one(Provider& provider, MonoTime deadline,
                                             fleet::GenerationRequest request, bool& called);
  rt::Task<LlmAttempt> attempt(Provider& provider, policy::BreakerPermit permit,
                               fleet::GenerationRequest request);
  void note_failure(Provider& provider, const LlmAttempt& attempt);
  [[nodiscard]] bool has_usable_after(std::size_t index) const;
  rt::Loop& loop_;
  metrics::Registry& metrics_;
  std::vector<std::unique_ptr<Provider>> providers_;
};

}  // namespace chorus::platform
