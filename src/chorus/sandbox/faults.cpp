#include "chorus/sandbox/faults.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace chorus::sandbox {

namespace {

constexpr std::size_t kMaxFaults = 1000;

std::unexpected<Error> bad(std::string_view member, std::string_view what) {
  return fail(ErrorCode::InvalidArgument, fmt::format("fault: '{}' {}", member, what));
}

/// What the homeserver calls an act of the Bot API. A fault that names no platform is for the act.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kSameAct{
    {{"sendMessage", "send"},
     {"sendChatAction", "typing"},
     {"getUpdates", "sync"},
     {"webhook", "transactions"}}};

bool meets(const FaultMatch& match, const Faults::Call& call) {
  if (!match.platform.empty() && match.platform != call.platform) return false;
  if (match.bot && match.bot != call.bot) return false;
  if (match.room && match.room != call.room) return false;
  if (match.method.empty() || iequals_ascii(match.method, call.method)) return true;
  return match.platform.empty() && call.platform == "matrix" &&
         std::ranges::any_of(kSameAct, [&](const auto& act) {
           return iequals_ascii(match.method, act.first) && act.second == call.method;
         });
}

}  // namespace

Result<void> check_fault(const FaultSpec& spec) {
  const auto& a = spec.action;
  if (!a.latency && a.status == 0 && a.drop == FaultAction::Drop::None &&
      a.loss == FaultAction::Loss::None && a.stall == Duration{} && !a.duplicate &&
      a.slow_body == 0) {
    return bad("fault",
               "does nothing: set latency, status, quota, drop, loss, stall, duplicate or "
               "slow_body");
  }
  const bool is_llm = iequals_ascii(spec.match.method, "llm") || spec.match.platform == "llm";
  if (is_llm && a.duplicate) return bad("duplicate", "is for updates, not for method llm");
  if (is_llm && (spec.match.bot || spec.match.room)) {
    return bad("match", "of method llm takes no bot and no room: its calls belong to none");
  }
  if (!is_llm && !a.code.empty()) return bad("code", "is for method llm only");
  if (!a.code.empty() && a.status == 0) return bad("code", "needs a 'status'");
  if (!(spec.rate >= 0 && spec.rate <= 1)) return bad("rate", "must be a share from 0 to 1");
  return {};
}

void Faults::remember(const FaultInfo& fault) {
  ended_.emplace_back(fault.id, FaultState{false, fault.hits, fault.last_hit});
  if (ended_.size() > kMaxFaults) ended_.pop_front();
}

Result<std::int64_t> Faults::add(FaultSpec spec, MonoTime now) {
  CH_TRY_VOID(check_fault(spec));
  std::erase_if(faults_, [&](const FaultInfo& f) {
    const bool over = f.spec.lasts > Duration{} && now - f.since >= f.spec.lasts;
    if (over) remember(f);
    return over;
  });
  if (faults_.size() >= kMaxFaults) return fail(ErrorCode::QueueFull, "1,000 faults are active");
  faults_.push_back({next_, std::move(spec), now, 0, {}});
  return next_++;
}

bool Faults::remove(std::int64_t id) {
  const auto found = std::ranges::find(faults_, id, &FaultInfo::id);
  if (found == faults_.end()) return false;
  remember(*found);
  faults_.erase(found);
  return true;
}

void Faults::clear() {
  for (const auto& fault : faults_) remember(fault);
  faults_.clear();
}

std::optional<FaultState> Faults::state(std::int64_t id, MonoTime now) const {
  const auto found = std::ranges::find(faults_, id, &FaultInfo::id);
  if (found != faults_.end()) {
    const auto lasts = found->spec.lasts;
    return FaultState{lasts == Duration{} || now - found->since < lasts, found->hits,
                      found->last_hit};
  }
  const auto past = std::ranges::find(ended_, id, &std::pair<std::int64_t, FaultState>::first);
  if (past == ended_.end()) return std::nullopt;
  return past->second;
}

std::optional<FaultAction> Faults::hit(const Call& call, MonoTime now) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    if (!meets(it->spec.match, call)) continue;
    if (it->spec.lasts > Duration{} && now - it->since >= it->spec.lasts) continue;
    if (it->spec.rate < 1 && !rng_.chance(it->spec.rate)) continue;
    ++it->hits;
    it->last_hit = now;
    auto action = it->spec.action;
    if (it->spec.times > 0 && it->hits >= it->spec.times) {
      remember(*it);
      faults_.erase(it);
    }
    return action;
  }
  return std::nullopt;
}

Duration Faults::draw(const DelaySpec& delay) {
  return draw_delay(delay, rng_);
}

Duration draw_delay(const DelaySpec& delay, Rng& rng) {
  const auto a = to_seconds(delay.a);
  switch (delay.kind) {
    case DelaySpec::Kind::Constant:
      return delay.a;
    case DelaySpec::Kind::Uniform:
      return from_seconds(rng.uniform(a, to_seconds(delay.b)));
    case DelaySpec::Kind::Lognormal:
      return from_seconds(rng.lognormal(a, delay.sigma));
    case DelaySpec::Kind::Exponential:
      return from_seconds(rng.exponential(a));
  }
  return delay.a;
}

}  // namespace chorus::sandbox
