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
        tokens_in(registry.counter("chorus_llm_tokens_total", "Tokens of LLM calls",
                                   {{"provider", name}, {"direction", "prompt"}})),
        tokens_out(registry.counter("chorus_llm_tokens_total", "Tokens of LLM calls",
                                    {{"provider", name}, {"direction", "completion"}})),
        cost(
            registry.gauge("chorus_llm_cost", "Money spent since the start", {{"provider", name}})),
        seconds(registry.histogram("chorus_llm_seconds", "Duration of successful LLM calls",
                                   {{"provider", name}})) {}

  [[nodiscard]] bool usable(MonoTime now) const { return !misconfigured && now >= not_before; }

  std::string name;
  std::optional<OpenAiClient> client;  ///< none: builtin
  BuiltinGenerator builtin;
  policy::Breaker breaker;
  policy::AdaptiveConcurrency concurrency;
  rt::Notify freed;
  MonoTime not_before{};
  bool misconfigured = false;
  std::string why;
  metrics::Counter& ok;
  metrics::Counter& errors;
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

rt::Task<bool> ProviderChain::enter(Provider& provider, MonoTime deadline) {
  while (!provider.concurrency.try_acquire()) {
    if (co_await provider.freed.wait_until(deadline) != rt::Notify::Woken::Notified) {
      co_return false;
    }
  }
  co_return true;
}

rt::Task<LlmAttempt> ProviderChain::attempt(Provider& provider, fleet::GenerationRequest request) {
  const auto permit = provider.breaker.allow(loop_.now());
  if (!permit) {
    provider.concurrency.release(policy::CallOutcome::Ignored, {}, loop_.now());
    provider.freed.notify_one();
    co_return LlmAttempt{
        fail(ErrorCode::Unavailable, fmt::format("{}: its breaker is open", provider.name)),
        LlmFailure::Throttled};
  }
  const MonoTime start = loop_.now();
  LlmAttempt attempt = co_await provider.client->generate(std::move(request));
  const MonoTime now = loop_.now();
  provider.breaker.on_result(*permit, health_of(attempt), now);
  provider.concurrency.release(load_of(attempt), now - start, now);
  provider.freed.notify_one();
  if (attempt.result) {
    provider.seconds.record(static_cast<std::uint64_t>((now - start).count()));
    co_return attempt;
  }
  const Error& error = attempt.result.error();
  switch (attempt.failure) {
    case LlmFailure::Throttled:
    case LlmFailure::DailyQuota: {
      const Duration wait = error.retry_after.value_or(std::chrono::milliseconds(2000));
      provider.not_before = now + std::min(wait, kLongestDailyWait);
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
  co_return attempt;
}

rt::Task<Result<fleet::Generated>> ProviderChain::generate(fleet::GenerationRequest request) {
  const MonoTime deadline = loop_.now() + request.timeout;
  Error last(ErrorCode::Unavailable, "no LLM provider is usable");
  for (const auto& held : providers_) {
    Provider& provider = *held;
    if (!provider.client) {
      auto generated = co_await provider.builtin.generate(request);
      provider.ok.add();
      co_return generated;
    }
    if (!provider.usable(loop_.now())) {
      last = Error(provider.misconfigured ? ErrorCode::Misconfigured : ErrorCode::RateLimited,
                   fmt::format("{}: {}", provider.name, provider.why));
      continue;
    }
    if (!co_await enter(provider, deadline)) {
      last = Error(ErrorCode::Timeout, fmt::format("{}: no free slot in time", provider.name));
      continue;
    }
    const Duration left = deadline - loop_.now();
    if (left <= Duration::zero()) {
      provider.concurrency.release(policy::CallOutcome::Ignored, {}, loop_.now());
      provider.freed.notify_one();
      last = Error(ErrorCode::Timeout, fmt::format("{}: no time left", provider.name));
      continue;
    }
    fleet::GenerationRequest copy = request;
    copy.timeout = left;
    LlmAttempt outcome = co_await attempt(provider, std::move(copy));
    if (outcome.result) {
      provider.ok.add();
      provider.tokens_in.add(static_cast<std::uint64_t>(outcome.result->prompt_tokens));
      provider.tokens_out.add(static_cast<std::uint64_t>(outcome.result->completion_tokens));
      provider.cost.add(outcome.result->cost);
      co_return std::move(outcome.result);
    }
    provider.errors.add();
    last = outcome.result.error();
    if (last.code == ErrorCode::Cancelled) break;
  }
  co_return std::unexpected(std::move(last));
}

std::vector<ProviderChain::Status> ProviderChain::status() const {
  std::vector<Status> out;
  const MonoTime now = loop_.now();
  for (const auto& provider : providers_) {
    Status status;
    status.name = provider->name;
    status.model = provider->client ? provider->client->options().model : "builtin-1";
    status.breaker = provider->breaker.state();
    if (!provider->usable(now)) status.unusable = provider->why;
    if (provider->not_before > now && !provider->misconfigured) {
      status.usable_in = provider->not_before - now;
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
  }
}

}  // namespace chorus::platform
