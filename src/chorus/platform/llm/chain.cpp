#include "chorus/platform/llm/chain.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/log.hpp"
#include "chorus/platform/llm/builtin.hpp"
#include "chorus/platform/llm/detail/gate.hpp"
#include "chorus/platform/llm/detail/without_tools.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace chorus::platform {

namespace {

/// What `builtin` needs at the end of a chain, so that the caller's own deadline does not cut it
/// off.
constexpr Duration kTimeForBuiltin = std::chrono::milliseconds(100);

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

/// The bot of `bot:17`.
std::optional<BotId> bot_of(std::string_view scope) {
  constexpr std::string_view kBot = "bot:";
  if (!scope.starts_with(kBot)) return std::nullopt;
  const std::string_view digits = scope.substr(kBot.size());
  BotId bot;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), bot.value);
  if (error != std::errc{} || end != digits.data() + digits.size() || !bot) return std::nullopt;
  return bot;
}

policy::CallOutcome load_of(const LlmAttempt& attempt) {
  if (attempt.result) return policy::CallOutcome::Success;
  const bool overload =
      attempt.failure == LlmFailure::Transient || attempt.failure == LlmFailure::Throttled;
  return overload ? policy::CallOutcome::Overload : policy::CallOutcome::Ignored;
}

}  // namespace

struct ProviderChain::Provider {
  Provider(rt::Loop& loop, metrics::Registry& registry, std::string n, std::uint32_t at_once)
      : name(std::move(n)),
        breaker(policy::BreakerConfig::llm()),
        gate(loop, name, at_once),
        ok(calls(registry, "ok")),
        errors(calls(registry, "error")),
        skipped(calls(registry, "skipped")),
        refused(calls(registry, "refused")),
        tokens_in(registry.counter("chorus_llm_tokens_total", "Tokens of LLM calls",
                                   {{"provider", name}, {"direction", "prompt"}})),
        tokens_out(registry.counter("chorus_llm_tokens_total", "Tokens of LLM calls",
                                    {{"provider", name}, {"direction", "completion"}})),
        spent(registry.counter("chorus_spend_micros_total",
                               "Money spent on LLM calls, in millionths", {{"provider", name}})),
        seconds(registry.histogram("chorus_llm_seconds", "Duration of successful LLM calls",
                                   {{"provider", name}})),
        breaker_state(registry.gauge("chorus_breaker_state", "0 closed, 1 half-open, 2 open",
                                     {{"of", "llm:" + name}})) {}

  metrics::Counter& calls(metrics::Registry& registry, const char* result) const {
    return registry.counter("chorus_llm_calls_total", "LLM calls",
                            {{"provider", name}, {"result", result}});
  }

  /// After every change of the breaker.
  void show_breaker() {
    const auto state = breaker.state();
    breaker_state.set(state == policy::BreakerState::Closed     ? 0
                      : state == policy::BreakerState::HalfOpen ? 1
                                                                : 2);
  }
  /// Why no call should be made now; nullopt: go on.
  [[nodiscard]] std::optional<Error> refusal(MonoTime now) const {
    if (misconfigured) return Error(ErrorCode::Misconfigured, fmt::format("{}: {}", name, why));
    if (now < not_before) return later(ErrorCode::RateLimited, why, not_before - now);
    const MonoTime probe = breaker.earliest(now);
    if (now < probe) return later(ErrorCode::Unavailable, "its breaker is open", probe - now);
    return std::nullopt;
  }
  /// A ceiling stands in the way of a call: counted, and kept for whoever asks why.
  std::unexpected<Error> refuse(Error error) {
    refused.add();
    refused_why = error.message;
    return std::unexpected(std::move(error));
  }
  [[nodiscard]] Error later(ErrorCode code, const std::string& what, Duration wait) const {
    return Error(code, fmt::format("{}: {}", name, what),
                 std::chrono::ceil<std::chrono::milliseconds>(wait));
  }
  /// The smallest call: whether its own ceilings leave anything at all.
  [[nodiscard]] std::optional<Error> used_up() {
    detail::Gate::Ask ask;
    ask.lane = fleet::Lane::Direct;
    ask.estimate = {1, client && !client->options().prices.known()
                           ? std::nullopt
                           : std::optional<std::int64_t>(1)};
    return gate.refusal(ask);
  }

  std::string name;
  std::optional<OpenAiClient> client;  ///< none: builtin
  BuiltinGenerator builtin;
  policy::Breaker breaker;
  detail::Gate gate;
  MonoTime not_before{};
  bool misconfigured = false;
  bool knows_no_tools = false;  ///< it refused a request with tools and took the same one without
  std::string why;
  std::string refused_why;
  metrics::Counter& ok;
  metrics::Counter& errors;
  metrics::Counter& skipped;
  metrics::Counter& refused;
  metrics::Counter& tokens_in;
  metrics::Counter& tokens_out;
  metrics::Counter& spent;
  metrics::Histogram& seconds;
  metrics::Gauge& breaker_state;
};

ProviderChain::ProviderChain(rt::Loop& loop, metrics::Registry& metrics)
    : loop_(loop), metrics_(metrics) {}
ProviderChain::~ProviderChain() = default;

void ProviderChain::add(OpenAiClient client, std::uint32_t at_once) {
  const std::string name = client.options().name;
  providers_.push_back(std::make_unique<Provider>(loop_, metrics_, name, at_once));
  providers_.back()->client.emplace(std::move(client));
}

void ProviderChain::add_builtin() {
  providers_.push_back(std::make_unique<Provider>(loop_, metrics_, "builtin", kCallsAtOnce));
}

void ProviderChain::make_room_for(std::size_t callers) {
  for (const auto& provider : providers_) provider->gate.make_room_for(callers);
}

bool ProviderChain::empty() const {
  return providers_.empty();
}

bool ProviderChain::limit(std::string_view scope, std::vector<policy::Ceiling> ceilings) {
  if (Provider* provider = provider_of(scope)) {
    provider->gate.limit(std::move(ceilings));
    return true;
  }
  if (scope == "fleet") {
    fleet_budget_.set_ceilings(std::move(ceilings));
    return true;
  }
  const auto bot = bot_of(scope);
  if (bot) bot_budgets_[*bot].set_ceilings(std::move(ceilings));
  return bot.has_value();
}

bool ProviderChain::knows(std::string_view scope) const {
  return scope == "fleet" || provider_of(scope) != nullptr || bot_of(scope).has_value();
}

ProviderChain::Provider* ProviderChain::provider_of(std::string_view scope) const {
  constexpr std::string_view kProvider = "provider:";
  if (!scope.starts_with(kProvider)) return nullptr;
  for (const auto& provider : providers_) {
    if (provider->client && provider->name == scope.substr(kProvider.size())) {
      return provider.get();
    }
  }
  return nullptr;
}

std::vector<ProviderChain::ScopeBudget> ProviderChain::budgets() {
  const MonoTime now = loop_.now();
  std::vector<ScopeBudget> out;
  out.push_back({"fleet", fleet_budget_.usage(now)});
  for (const auto& provider : providers_) {
    if (!provider->client) continue;
    out.push_back({"provider:" + provider->name, provider->gate.budget().usage(now)});
  }
  for (auto& [bot, budget] : bot_budgets_) {
    if (!budget.ceilings().empty()) {
      out.push_back({fmt::format("bot:{}", bot.value), budget.usage(now)});
    }
  }
  return out;
}

std::optional<std::string> ProviderChain::unpriced(std::string_view scope) const {
  const Provider* only = provider_of(scope);
  for (const auto& provider : providers_) {
    if (!provider->client || (only != nullptr && only != provider.get())) continue;
    if (!provider->client->options().prices.known()) return provider->name;
  }
  return std::nullopt;
}

void ProviderChain::restore(policy::BudgetPeriod period, const store::SpendTotal& total) {
  const MonoTime now = loop_.now();
  const MonoTime at = now + (total.latest - loop_.wall_now());
  const policy::BudgetAmount amount{total.calls, total.prompt_tokens + total.completion_tokens,
                                    total.cost_micros};
  fleet_budget_.restore(period, amount, at, now);
  if (total.bot) bot_budgets_[total.bot].restore(period, amount, at, now);
  for (const auto& provider : providers_) {
    if (provider->name == total.provider) {
      provider->gate.budget().restore(period, amount, at, now);
    }
  }
}

std::vector<policy::Budget*> ProviderChain::shared_budgets(BotId bot) {
  std::vector<policy::Budget*> out{&fleet_budget_};
  // Also without ceilings, so that one that is set later knows what the bot has spent.
  if (bot) out.push_back(&bot_budgets_[bot]);
  return out;
}

void ProviderChain::note_failure(Provider& provider, const LlmAttempt& attempt) {
  const Error& error = attempt.result.error();
  const MonoTime now = loop_.now();
  switch (attempt.failure) {
    case LlmFailure::Throttled:
    case LlmFailure::DailyQuota: {
      const Duration wait = error.retry_after.value_or(std::chrono::milliseconds(2000));
      if (attempt.failure == LlmFailure::DailyQuota && now + wait > provider.not_before) {
        log::warn("llm", "provider {} has no daily quota left; it is asked again in {:.0f} s",
                  provider.name, to_seconds(wait));
      }
      // Answers of calls that were under way together come in any order: the longest wait holds.
      provider.not_before = std::max(provider.not_before, now + wait);
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
  if (const auto refused = provider.refusal(now)) provider.gate.refuse_all(*refused);
}

/// Settles the reservation with what the call came to, and writes it down.
void ProviderChain::book(Provider& provider, const LlmAttempt& attempt,
                         policy::BudgetReservation& reservation,
                         const fleet::GenerationRequest& request) {
  const LlmUsage& usage = attempt.usage;
  if (usage.billing == LlmBilling::NotMade) {
    reservation = {};
    return;
  }
  policy::BudgetAmount amount{1, 0, 0};
  store::SpendRow row;
  if (usage.billing == LlmBilling::Known) {
    row.prompt_tokens = usage.prompt_tokens;
    row.completion_tokens = usage.completion_tokens;
    amount.tokens = usage.prompt_tokens + usage.completion_tokens;
    amount.micros =
        cost_micros(provider.client->options().prices, usage.prompt_tokens, usage.completion_tokens)
            .value_or(0);
  } else if (usage.billing == LlmBilling::Unknown) {
    // Nobody learns what it cost: it counts as what it may have cost at most.
    amount = reservation.whole();
    row.prompt_tokens = std::min(amount.tokens, estimate_prompt(request));
    row.completion_tokens = amount.tokens - row.prompt_tokens;
  }
  reservation.settle(amount);
  provider.tokens_in.add(static_cast<std::uint64_t>(row.prompt_tokens));
  provider.tokens_out.add(static_cast<std::uint64_t>(row.completion_tokens));
  provider.spent.add(static_cast<std::uint64_t>(amount.micros));
  if (sink_ == nullptr) return;
  row.at = loop_.wall_now();
  row.turn = request.turn;
  row.bot = request.bot;
  row.provider = provider.name;
  row.model = provider.client->options().model;
  row.cost_micros = amount.micros;
  sink_->book(std::move(row));
}

rt::Task<LlmAttempt> ProviderChain::attempt(Provider& provider, policy::BreakerPermit permit,
                                            policy::BudgetReservation reservation,
                                            fleet::GenerationRequest request) {
  const MonoTime start = loop_.now();
  LlmAttempt attempt = co_await provider.client->generate(request);
  const MonoTime now = loop_.now();
  provider.breaker.on_result(permit, health_of(attempt), now);
  provider.show_breaker();
  book(provider, attempt, reservation, request);
  if (attempt.result) {
    provider.ok.add();
    provider.seconds.record(static_cast<std::uint64_t>((now - start).count()));
  } else {
    provider.errors.add();
    note_failure(provider, attempt);
  }
  // Last, because it hands the slot to the next in the line.
  provider.gate.release(load_of(attempt), now - start);
  co_return attempt;
}

rt::Task<Result<fleet::Generated>> ProviderChain::try_one(Provider& provider, MonoTime until,
                                                          fleet::GenerationRequest request,
                                                          bool& called, bool& rejected) {
  detail::Gate::Ask ask;
  ask.lane = request.lane;
  ask.deadline = until;
  ask.estimate = estimate_call(provider.client->options().prices, request);
  ask.others = shared_budgets(request.bot);
  ask.waits_for_budget = !has_usable_after(provider);
  if (auto refused = provider.gate.refusal(ask)) {
    co_return provider.refuse(*std::move(refused));
  }
  if (sink_ != nullptr && !sink_->can_book()) {
    co_return provider.refuse(
        Error(ErrorCode::Unavailable,
              fmt::format("{}: what it costs cannot be written down now", provider.name)));
  }
  if (auto refused = provider.refusal(loop_.now())) {
    provider.skipped.add();
    co_return std::unexpected(*std::move(refused));
  }
  auto entered = co_await provider.gate.enter(std::move(ask));
  if (!entered) {
    if (entered.error().code == ErrorCode::BudgetExceeded) {
      co_return provider.refuse(std::move(entered).error());
    }
    provider.skipped.add();
    co_return std::unexpected(std::move(entered).error());
  }
  // What may have changed while it waited.
  const MonoTime now = loop_.now();
  auto refused = provider.refusal(now);
  if (!refused && now >= until) {
    refused = Error(ErrorCode::Timeout, fmt::format("{}: no time left", provider.name));
  }
  const auto permit = refused ? std::nullopt : provider.breaker.allow(now);
  provider.show_breaker();
  if (!permit) {
    *entered = {};
    provider.gate.release(policy::CallOutcome::Ignored, {});
    provider.skipped.add();
    if (refused) co_return std::unexpected(*std::move(refused));
    co_return fail(ErrorCode::Unavailable, fmt::format("{}: its breaker is open", provider.name));
  }
  called = true;
  request.timeout = until - now;
  LlmAttempt outcome = co_await attempt(provider, *permit, *std::move(entered), std::move(request));
  rejected = outcome.failure == LlmFailure::Rejected;
  co_return std::move(outcome.result);
}

/// A server that knows no tools often answers 400 to a request that declares some, and nothing in
/// that answer says why. It is asked once more without; when that works it is never offered any.
rt::Task<Result<fleet::Generated>> ProviderChain::try_with_tools(Provider& provider, MonoTime until,
                                                                 fleet::GenerationRequest request,
                                                                 bool& called) {
  const bool tools = detail::uses_tools(request);
  if (tools && provider.knows_no_tools) request = detail::without_tools(std::move(request));
  bool rejected = false;
  auto generated = co_await try_one(provider, until, request, called, rejected);
  if (!rejected || !tools || provider.knows_no_tools) co_return generated;
  bool again = false;
  auto plain =
      co_await try_one(provider, until, detail::without_tools(std::move(request)), called, again);
  if (!plain) co_return generated;
  provider.knows_no_tools = true;
  log::warn("llm", "provider {} refuses requests that declare tools; it is asked without them",
            provider.name);
  co_return plain;
}

rt::Task<Result<fleet::Generated>> ProviderChain::generate(fleet::GenerationRequest request) {
  const MonoTime deadline = saturating_add(
      loop_.now(), ends_with_builtin()
                       ? std::max(request.timeout - kTimeForBuiltin, Duration::zero())
                       : request.timeout);
  Error failure(ErrorCode::Unavailable, "no LLM provider is usable");
  bool any_called = false;
  for (const auto& entry : providers_) {
    Provider& provider = *entry;
    if (!provider.client) {
      auto generated = co_await provider.builtin.generate(request);
      (generated ? provider.ok : provider.errors).add();
      co_return generated;
    }
    // A provider that hangs must leave time for the next one.
    const MonoTime now = loop_.now();
    const Duration left = std::max(Duration::zero(), deadline - now);
    const MonoTime until = now + (has_usable_after(provider) ? left / 3 * 2 : left);
    bool called = false;
    auto generated = co_await try_with_tools(provider, until, request, called);
    if (generated) co_return generated;
    if (generated.error().code == ErrorCode::Cancelled) co_return generated;
    if (called || !any_called) failure = std::move(generated).error();
    any_called = any_called || called;
  }
  co_return std::unexpected(std::move(failure));
}

bool ProviderChain::ends_with_builtin() const {
  return !providers_.empty() && !providers_.back()->client;
}

bool ProviderChain::has_usable_after(const Provider& provider) const {
  const MonoTime now = loop_.now();
  bool after = false;
  for (const auto& other : providers_) {
    if (after && other->client && !other->refusal(now) && !other->used_up()) return true;
    after = after || other.get() == &provider;
  }
  return false;
}

std::vector<ProviderChain::Status> ProviderChain::status() {
  std::vector<Status> out;
  const MonoTime now = loop_.now();
  for (const auto& provider : providers_) {
    Status status;
    status.name = provider->name;
    status.model = provider->client ? provider->client->options().model : "builtin-1";
    status.breaker = provider->breaker.snapshot(now);
    status.called = provider->client.has_value();
    auto refused = provider->refusal(now);
    if (!refused) refused = provider->used_up();
    if (refused) {
      status.unusable = refused->message;
      status.usable_in = refused->retry_after.value_or(std::chrono::milliseconds(0));
    }
    status.in_flight = provider->gate.in_flight();
    status.limit = provider->gate.concurrency_limit();
    status.waiting = provider->gate.waiting();
    status.budget = provider->gate.budget().usage(now);
    status.ok = provider->ok.value();
    status.errors = provider->errors.value();
    status.skipped = provider->skipped.value();
    status.refused = provider->refused.value();
    status.refused_why = provider->refused_why;
    out.push_back(std::move(status));
  }
  return out;
}

std::vector<policy::Budget::Usage> ProviderChain::fleet_budget() {
  return fleet_budget_.usage(loop_.now());
}

bool ProviderChain::reset(std::string_view name) {
  bool found = name.empty();
  for (const auto& provider : providers_) {
    if (!name.empty() && provider->name != name) continue;
    found = true;
    provider->breaker.reset(loop_.now());
    provider->show_breaker();
    provider->misconfigured = false;
    provider->knows_no_tools = false;
    provider->not_before = MonoTime{};
    provider->why.clear();
  }
  return found;
}

}  // namespace chorus::platform
