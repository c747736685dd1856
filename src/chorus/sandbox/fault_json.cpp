#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/matrix/routes.hpp"
#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/facts/api_facts.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace chorus::sandbox {

namespace {

constexpr std::string_view kQuotaExhausted = "insufficient_quota";
constexpr std::string_view kTokensPerDay = "tokens_per_day";

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

bool is_method(std::string_view platform, std::string_view name) {
  const auto lower = ascii_lower(name);
  if (platform == "matrix") return lower == "transactions" || matrix::is_endpoint(name);
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
  if (!match.method.empty() && !is_method(match.platform, match.method)) {
    return bad("method",
               fmt::format("'{}' is unknown: {}", match.method,
                           match.platform == "matrix" ? "the name of an endpoint, or transactions"
                                                      : "a method of the Bot API, webhook or llm"));
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
    } else if (key == "loss") {
      if (value == "request") {
        action.loss = FaultAction::Loss::Request;
      } else if (value == "answer") {
        action.loss = FaultAction::Loss::Answer;
      } else {
        return bad(key, "must be \"request\" or \"answer\"");
      }
    } else if (key == "stall") {
      if (!value.is_string()) return bad(key, "must be a duration such as \"10s\"");
      CH_TRY(action.stall, parse_duration(std::string_view(value.get_string())));
      if (action.stall <= Duration{}) return bad(key, "must be longer than 0");
    } else if (key == "quota") {
      if (value == "exhausted") {
        action.code = kQuotaExhausted;
      } else if (value == "daily") {
        action.code = kTokensPerDay;
      } else {
        return bad(key, "must be \"daily\" or \"exhausted\"");
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
                 "is unknown in fault: latency, status, description, code, quota, retry_after, "
                 "drop, loss, stall, duplicate, slow_body");
    }
  }
  const bool limited =
      action.retry_after > 0 || action.code == kQuotaExhausted || action.code == kTokensPerDay;
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

}  // namespace chorus::sandbox
