#include "chorus/platform/llm/chain.hpp"

#include "chorus/base/log.hpp"
#include "chorus/platform/llm/builtin.hpp"
#include "chorus/policy/adaptive_concurrency.hpp"
#include "chorus/rt/notify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace chorus::platform {

namespace {

/// Asking again after a daily quota wall is pointless for long, but the wall may have moved.
constexpr Duration kLongestDailyWait = std::chrono::hours(1);
/// Callers that may wait for one provider; more than that would not be served in their time anyway.
constexpr std::size_t kMostWaiting = 1024;

policy::CallHealth health_of(const LlmAttempt& attempt) {
  if (attempt.result) return policy::CallHealth::Alive;
  switch (attempt.failure) {
    case LlmFailure::Transient: {
      const ErrorCode code = attempt.result.error().code;
      if (code == ErrorCode::Timeout) return policy::CallHealth::Timeout;
      return code == ErrorCode::Unavailable ? policy::CallHealth::ServerError
                                            : policy::CallHealth::Transport;
    }
    case LlmFailure::None:
      return policy::CallHealth::Unknown;
    default:
      return policy::CallHealth::Alive;
  }
}

policy::CallOutcome load_of(const LlmAttempt& attempt) {
  if (attempt.result) return policy::CallOutcome::Success;
  const bool overload =
      attempt.failure == LlmFailure::Transient || attempt.failure == LlmFailure::Throttled;
  return overload ? policy::CallOutcome::Overload : policy::CallOutcome::Ignored;
}

}  // namespace

struct ProviderChain::Provider {
  Provider(rt::Loop& loop, metrics::Registry& registry, std::string n)
      : name(std::move(n)),
        breaker(policy::BreakerConfig::llm()),
        concurrency(policy::AdaptiveConcurrencyConfig{}),
        freed(loop),
        ok(registry.counter("chorus_llm_calls_total", "LLM calls",
                            {{"provider", name}, {"result", "ok"}})),
        errors(registry.counter("chorus_llm_calls_total", "LLM calls",
                                {{"provider", name}, {"result", "error"}})),
        skipped(registry.counter("chorus_llm_calls_total", "LLM calls",
                                 {{"provider", name}, {"result", "skipped"}})),
        tokens_in(registry.counter("chorus_llm_tokens_total", "Tokens of LLM calls",
                                   {{"provider", name}, {"direction", "prompt"}})),
        tokens_out(registry.counter("chorus_llm_tokens_total", "Tokens of LLM calls",
                                    {{"provider", name}, {"direction", "completion"}})),
        cost(
            registry.gauge("chorus_llm_cost", "Money spent since the start", {{"provider", name}})),
        seconds(registry.histogram("chorus_llm_seconds", "Duration of successful LLM calls",
                                   {{"provider", name}})) {}

  /// Why no call should be made now; nullopt: go on.
  [[nodiscard]] std::optional<Error> refusal(MonoTime now) const {
    if (misconfigured) return Error(ErrorCode::Misconfigured, fmt::format("{}: {}", name, why));
    if (now < not_before) return later(ErrorCode::RateLimited, why, not_before - now);
    const MonoTime probe = breaker.earliest(now);
    if (now < probe) return later(ErrorCode::Unavailable, "its breaker is open", probe - now);
    return std::nullopt;
  }
  [[nodiscard]] Error later(ErrorCode code, const std::string& what, Duration wait) const {
    return Error(code, fmt::format("{}: {}", name, what),
                 std::chrono::ceil<std::chrono::milliseconds>(wait));
  }

  /// One caller per free slot, in the order in which they came.
  void wake() {
    while (woken < waiting && concurrency.in_flight() + woken < concurrency.limit()) {
      ++woken;
      freed.notify_one();
    }
  }
  /// All of them: the provider cannot be used now, and the next one should be tried.
  void wake_all() {
    woken = waiting;
    freed.notify_all();
  }
  void release(policy::CallOutcome outcome, Duration latency, MonoTime now) {
    concurrency.release(outcome, latency, now);
    wake();
  }

  std::string name;
  std::optional<OpenAiClient> client;  ///< none: builtin
  BuiltinGenerator builtin;
  policy::Breaker breaker;
  policy::AdaptiveConcurrency concurrency;
  rt::Notify freed;
  std::size_t waiting = 0;  ///< callers inside of `freed.wait_until`, woken ones included
  std::size_t woken = 0;    ///< those of them that were woken and have not run yet
  MonoTime not_before{};
  bool misconfigured = false;
  std::string why;
  metrics::Counter& ok;
  metrics::Counter& errors;
  metrics::Counter& skipped;
  metrics::Counter& tokens_in;
  metrics::Counter& tokens_out;
  metrics::Gauge& cost;
  metrics::Histogram& seconds;
};

ProviderChain::ProviderChain(rt::Loop& loop, metrics::Registry& metrics)
    : loop_(loop), metrics_(metrics) {}
ProviderChain::~ProviderChain() = default;

void ProviderChain::add(OpenAiClient client) {
  const std::string name = client.options().name;
  providers_.push_back(std::make_unique<Provider>(loop_, metrics_, name));
  providers_.back()->client.emplace(std::move(client));
}

void ProviderChain::add_builtin() {
  providers_.push_back(std::make_unique<Provider>(loop_, metrics_, "builtin"));
}

bool ProviderChain::empty() const {
  return providers_.empty();
}

rt::Task<Result<void>> ProviderChain::enter(Provider& provider, MonoTime deadline) {
  bool has_waited = false;
  while (true) {
    if (auto refused = provider.refusal(loop_.now())) {
      provider.wake();  // a caller that was woken for a slot passes it on
      co_return std::unexpected(*std::move(refused));
    }
    // Who comes now does not overtake those who wait.
    if ((has_waited || provider.waiting == 0) && provider.concurrency.try_acquire()) {
      co_return Result<void>{};
    }
    if (!has_waited && provider.waiting >= kMostWaiting) {
      co_return fail(ErrorCode::QueueFull,
                     fmt::format("{}: too many callers wait for it", provider.name));
    }
    has_waited = true;
    ++provider.waiting;
    const auto woken = co_await provider.freed.wait_until(deadline);
    --provider.waiting;
    if (woken == rt::Notify::Woken::Notified) {
      --provider.woken;
    } else if (woken == rt::Notify::Woken::Cancelled) {
      co_return fail(ErrorCode::Cancelled);
    } else {
      co_return fail(ErrorCode::Timeout, fmt::format("{}: no free slot in time", provider.name));
    }
  }
}

void ProviderChain::note_failure(Provider& provider, const LlmAttempt& attempt) {
  const Error& error = attempt.result.error();
  const MonoTime now = loop_.now();
  switch (attempt.failure) {
    case LlmFailure::Throttled:
    case LlmFailure::DailyQuota: {
      const Duration wait = error.retry_after.value_or(std::chrono::milliseconds(2000));
      // Answers of calls that were under way together come in any order: the longest wait holds.
      provider.not_before = std::max(provider.not_before, now + std::min(wait, kLongestDailyWait));
      provider.why = error.message;
      break;
    }
    case LlmFailure::Configuration:
      if (!provider.misconfigured) {
        log::error("llm", "provider {} is switched off until an operator acts: {}", provider.name,
                   error.message);
      }
      provider.misconfigured = true;
      provider.why = error.message;
      break;
    default:
      break;
  }
  if (provider.refusal(now)) provider.wake_all();
}

rt::Task<LlmAttempt> ProviderChain::attempt(Provider& provider, policy::BreakerPermit permit,
                                            fleet::GenerationRequest request) {
  const MonoTime start = loop_.now();
  LlmAttempt attempt = co_await provider.client->generate(std::move(request));
  const MonoTime now = loop_.now();
  provider.breaker.on_result(permit, health_of(attempt), now);
  provider.release(load_of(attempt), now - start, now);
  if (attempt.result) {
    provider.ok.add();
    provider.seconds.record(static_cast<std::uint64_t>((now - start).count()));
    provider.tokens_in.add(static_cast<std::uint64_t>(attempt.result->prompt_tokens));
    provider.tokens_out.add(static_cast<std::uint64_t>(attempt.result->completion_tokens));
    provider.cost.add(attempt.result->cost);
  } else {
    provider.errors.add();
    note_failure(provider, attempt);
  }
  co_return attempt;
}

rt::Task<Result<fleet::Generated>> ProviderChain::try_one(Provider& provider, MonoTime deadline,
                                                          fleet::GenerationRequest request,
                                                          bool& called) {
  if (auto entered = co_await enter(provider, deadline); !entered) {
    provider.skipped.add();
    co_return std::unexpected(std::move(entered).error());
  }
  const MonoTime now = loop_.now();
  const auto permit = now < deadline ? provider.breaker.allow(now) : std::nullopt;
  if (!permit) {
    provider.release(policy::CallOutcome::Ignored, {}, now);
    provider.skipped.add();
    if (now >= deadline) {
      co_return fail(ErrorCode::Timeout, fmt::format("{}: no time left", provider.name));
    }
    co_return fail(ErrorCode::Unavailable, fmt::format("{}: its breaker is open", provider.name));
  }
  called = true;
  request.timeout = deadline - now;
  LlmAttempt outcome = co_await attempt(provider, *permit, std::move(request));
  co_return std::move(outcome.result);
}

rt::Task<Result<fleet::Generated>> ProviderChain::generate(fleet::GenerationRequest request) {
  const MonoTime deadline = loop_.now() + request.timeout;
  Error failure(ErrorCode::Unavailable, "no LLM provider is usable");
  bool any_called = false;
  for (std::size_t i = 0; i < providers_.size(); ++i) {
    Provider& provider = *providers_[i];
    if (!provider.client) {
      auto generated = co_await provider.builtin.generate(request);
      (generated ? provider.ok : provider.errors).add();
      co_return generated;
    }
    // A provider that hangs must leave time for the next one.
    const MonoTime now = loop_.now();
    const Duration left = std::max(Duration::zero(), deadline - now);
    const MonoTime until = now + (has_usable_after(i) ? left / 3 * 2 : left);
    bool called = false;
    auto generated = co_await try_one(provider, until, request, called);
    if (generated) co_return generated;
    if (generated.error().code == ErrorCode::Cancelled) co_return generated;
    if (called || !any_called) failure = std::move(generated).error();
    any_called = any_called || called;
  }
  co_return std::unexpected(std::move(failure));
}

bool ProviderChain::has_usable_after(std::size_t index) const {
  const MonoTime now = loop_.now();
  for (std::size_t i = index + 1; i < providers_.size(); ++i) {
    if (providers_[i]->client && !providers_[i]->refusal(now)) return true;
  }
  return false;
}

std::vector<ProviderChain::Status> ProviderChain::status() const {
  std::vector<Status> out;
  const MonoTime now = loop_.now();
  for (const auto& provider : providers_) {
    Status status;
    status.name = provider->name;
    status.model = provider->client ? provider->client->options().model : "builtin-1";
    status.breaker = provider->breaker.state();
    if (const auto refused = provider->refusal(now)) {
      status.unusable = refused->message;
      status.usable_in = refused->retry_after.value_or(std::chrono::milliseconds(0));
    }
    status.in_flight = provider->concurrency.in_flight();
    status.limit = provider->concurrency.limit();
    out.push_back(std::move(status));
  }
  return out;
}

void ProviderChain::reset() {
  for (const auto& provider : providers_) {
    provider->breaker.reset(loop_.now());
    provider->misconfigured = false;
    provider->not_before = MonoTime{};
    provider->why.clear();
    provider->wake();
  }
}

}  // namespace chorus::platform
