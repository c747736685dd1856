#include "chorus/sandbox/faults.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/facts/api_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace chorus::sandbox {

namespace {

constexpr std::size_t kMaxFaults = 1000;

Result<double> parse_number(std::string_view text) {
  double value = 0;
  text = trim(text);
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::InvalidArgument, "expected a number");
  }
  return value;
}

std::unexpected<Error> bad(std::string_view member, std::string_view what) {
  return fail(ErrorCode::InvalidArgument, fmt::format("fault: '{}' {}", member, what));
}

bool is_method(std::string_view name) {
  const auto lower = ascii_lower(name);
  if (lower == "webhook" || lower == "llm" || telegram::has_effect(lower)) return true;
  // Faults are named rarely: the table is read for the ones that need it.
  return telegram::ApiFacts::builtin().method(lower) != nullptr;
}

Result<FaultMatch> parse_match(const json::object& object) {
  FaultMatch match;
  for (const auto& [key, value] : object) {
    if (key == "platform" || key == "method") {
      if (!value.is_string()) return bad(key, "must be a text");
      (key == "platform" ? match.platform : match.method) = std::string(value.get_string());
    } else if (key == "bot" || key == "room") {
      const auto id = as_int(value);
      if (!id) return bad(key, "must be an id");
      if (key == "bot") {
        match.bot = PlatformUserId(*id);
      } else {
        match.room = PlatformChatId(*id);
      }
    } else {
      return bad(key, "is unknown in match: platform, method, bot, room");
    }
  }
  // A misspelt name would match nothing, and look as if the bot bore the fault.
  if (!match.platform.empty() && match.platform != "telegram" && match.platform != "matrix" &&
      match.platform != "llm") {
    return bad("platform", fmt::format("'{}' is unknown: telegram, matrix or llm", match.platform));
  }
  if (!match.method.empty() && !is_method(match.method)) {
    return bad("method", fmt::format("'{}' is unknown: a method of the Bot API, webhook or llm",
                                     match.method));
  }
  return match;
}

Result<FaultAction> parse_action(const json::object& object) {
  FaultAction action;
  for (const auto& [key, value] : object) {
    if (key == "latency") {
      if (!value.is_string()) return bad(key, "must be a duration such as \"250ms\"");
      CH_TRY(action.latency, parse_delay(std::string_view(value.get_string())));
    } else if (key == "status") {
      const auto status = as_int(value);
      if (!status || *status < 400 || *status > 599) return bad(key, "must be 400 to 599");
      action.status = static_cast<int>(*status);
    } else if (key == "description" || key == "code") {
      if (!value.is_string()) return bad(key, "must be a text");
      (key == "code" ? action.code : action.description) = std::string(value.get_string());
    } else if (key == "retry_after") {
      const auto seconds = as_int(value);
      if (!seconds || *seconds < 0) return bad(key, "must be seconds");
      action.retry_after = *seconds;
    } else if (key == "drop") {
      if (value == "before") {
        action.drop = FaultAction::Drop::Before;
      } else if (value == "after") {
        action.drop = FaultAction::Drop::After;
      } else if (value == "middle") {
        action.drop = FaultAction::Drop::Middle;
      } else {
        return bad(key, "must be \"before\", \"middle\" or \"after\"");
      }
    } else if (key == "duplicate") {
      if (!value.is_bool()) return bad(key, "must be true or false");
      action.duplicate = value.get_bool();
    } else if (key == "slow_body") {
      const auto rate = as_int(value);
      if (!rate || *rate <= 0) return bad(key, "must be bytes per second");
      action.slow_body = static_cast<std::uint64_t>(*rate);
    } else {
      return bad(key,
                 "is unknown in fault: latency, status, description, code, retry_after, drop, "
                 "duplicate, slow_body");
    }
  }
  const bool limited = action.retry_after > 0 || action.code == "insufficient_quota";
  if (limited && action.status == 0) action.status = 429;
  return action;
}

}  // namespace

Result<DelaySpec> parse_delay(std::string_view text) {
  DelaySpec spec;
  text = trim(text);
  const auto open = text.find('(');
  if (open == std::string_view::npos) {
    CH_TRY(spec.a, parse_duration(text));
    return spec;
  }
  if (text.back() != ')') return fail(ErrorCode::InvalidArgument, "a ')' is missing");
  const auto name = trim(text.substr(0, open));
  const auto arguments = split(text.substr(open + 1, text.size() - open - 2), ',');
  const auto expect = [&](std::size_t count) { return arguments.size() == count; };
  if (name == "uniform" && expect(2)) {
    spec.kind = DelaySpec::Kind::Uniform;
    CH_TRY(spec.a, parse_duration(trim(arguments[0])));
    CH_TRY(spec.b, parse_duration(trim(arguments[1])));
    if (spec.b < spec.a) return fail(ErrorCode::InvalidArgument, "uniform(low, high): high < low");
    return spec;
  }
  if (name == "lognormal" && expect(2)) {
    spec.kind = DelaySpec::Kind::Lognormal;
    CH_TRY(spec.a, parse_duration(trim(arguments[0])));
    CH_TRY(spec.sigma, parse_number(arguments[1]));
    return spec;
  }
  if (name == "exponential" && expect(1)) {
    spec.kind = DelaySpec::Kind::Exponential;
    CH_TRY(spec.a, parse_duration(trim(arguments[0])));
    return spec;
  }
  return fail(ErrorCode::InvalidArgument,
              "a delay is 250ms, uniform(100ms, 300ms), lognormal(250ms, 0.4) or exponential(1s)");
}

Result<FaultSpec> parse_fault(const json::object& object) {
  FaultSpec spec;
  for (const auto& [key, value] : object) {
    if (key == "match") {
      if (!value.is_object()) return bad(key, "must be an object");
      CH_TRY(spec.match, parse_match(value.get_object()));
    } else if (key == "fault") {
      if (!value.is_object()) return bad(key, "must be an object");
      CH_TRY(spec.action, parse_action(value.get_object()));
    } else if (key == "times") {
      const auto times = as_int(value);
      if (!times || *times < 1) return bad(key, "must be 1 or more");
      spec.times = *times;
    } else if (key == "for") {
      if (!value.is_string()) return bad(key, "must be a duration such as \"30s\"");
      CH_TRY(spec.lasts, parse_duration(std::string_view(value.get_string())));
    } else if (key == "rate") {
      if (!value.is_number()) return bad(key, "must be a share from 0 to 1");
      spec.rate = value.to_number<double>();
    } else {
      return bad(key, "is unknown: match, fault, times, for, rate");
    }
  }
  return spec;
}

Result<std::int64_t> Faults::add(FaultSpec spec, MonoTime now) {
  const auto& a = spec.action;
  if (!a.latency && a.status == 0 && a.drop == FaultAction::Drop::None && !a.duplicate &&
      a.slow_body == 0) {
    return bad("fault", "does nothing: set latency, status, drop, duplicate or slow_body");
  }
  const bool is_llm = iequals_ascii(spec.match.method, "llm") || spec.match.platform == "llm";
  if (is_llm && a.duplicate) return bad("duplicate", "is for updates, not for method llm");
  if (is_llm && (spec.match.bot || spec.match.room)) {
    return bad("match", "of method llm takes no bot and no room: its calls belong to none");
  }
  if (!is_llm && !a.code.empty()) return bad("code", "is for method llm only");
  if (!a.code.empty() && a.status == 0) return bad("code", "needs a 'status'");
  if (!(spec.rate >= 0 && spec.rate <= 1)) return bad("rate", "must be a share from 0 to 1");
  std::erase_if(faults_, [&](const FaultInfo& f) {
    return f.spec.lasts > Duration{} && now - f.since >= f.spec.lasts;
  });
  if (faults_.size() >= kMaxFaults) return fail(ErrorCode::QueueFull, "1,000 faults are active");
  faults_.push_back({next_, std::move(spec), now});
  return next_++;
}

bool Faults::remove(std::int64_t id) {
  return std::erase_if(faults_, [&](const FaultInfo& f) { return f.id == id; }) > 0;
}

std::optional<FaultAction> Faults::hit(const Call& call, MonoTime now) {
  for (auto it = faults_.begin(); it != faults_.end(); ++it) {
    const auto& match = it->spec.match;
    if (!match.platform.empty() && match.platform != call.platform) continue;
    if (!match.method.empty() && !iequals_ascii(match.method, call.method)) continue;
    if (match.bot && match.bot != call.bot) continue;
    if (match.room && match.room != call.room) continue;
    if (it->spec.lasts > Duration{} && now - it->since >= it->spec.lasts) continue;
    if (it->spec.rate < 1 && !rng_.chance(it->spec.rate)) continue;
    ++it->hits;
    auto action = it->spec.action;
    if (it->spec.times > 0 && it->hits >= it->spec.times) faults_.erase(it);
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
