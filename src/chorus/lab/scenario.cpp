#include "chorus/lab/scenario.hpp"

#include "chorus/base/text.hpp"
#include "chorus/lab/embedded_scenarios.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::lab {

namespace {

constexpr Duration kLongestCooldown = std::chrono::seconds(20);

Result<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0 && value < 100)) {
    return fail(ErrorCode::ParseError, fmt::format("'{}' is not a number", text));
  }
  return value;
}

}  // namespace

std::string_view to_string(TargetKind kind) noexcept {
  switch (kind) {
    case TargetKind::Fleet:
      return "fleet";
    case TargetKind::Command:
      return "command";
    case TargetKind::Attach:
      return "attach";
    case TargetKind::Webhook:
      return "webhook";
    case TargetKind::Conversations:
      return "conversations";
  }
  return "";
}

std::string_view to_string(UpdateTransport transport) noexcept {
  return transport == UpdateTransport::Webhook ? "webhook" : "polling";
}

std::string_view to_string(Pacing pacing) noexcept {
  return pacing == Pacing::Natural ? "natural" : "fast";
}

namespace {

std::string_view profile_name(sandbox::LimitsProfile profile) {
  switch (profile) {
    case sandbox::LimitsProfile::Off:
      return "off";
    case sandbox::LimitsProfile::Documented:
      return "documented";
    case sandbox::LimitsProfile::Strict:
      return "strict";
  }
  return "";
}

}  // namespace

std::uint32_t Scenario::people_count() const {
  std::uint32_t total = 0;
  for (const auto& p : people) total += p.count;
  return total;
}

bool TargetSpec::is_on(sandbox::Platform platform) const {
  return std::ranges::find(platforms, platform) != platforms.end();
}

std::string TargetSpec::platform_names() const {
  std::string out;
  for (const auto platform : platforms) {
    out += out.empty() ? "" : ",";
    out += sandbox::to_string(platform);
  }
  return out;
}

std::string Scenario::limits_name() const {
  std::string out;
  for (const auto platform : target.platforms) {
    out += out.empty() ? "" : ", ";
    out += platform == sandbox::Platform::Matrix ? std::string_view(matrix_limits)
                                                 : profile_name(limits);
  }
  return out;
}

Duration Scenario::measured() const {
  Duration longest{};
  for (const auto& e : executors) longest = std::max(longest, e.start_time + e.duration);
  return longest;
}

Duration Scenario::warmup_or_default() const {
  if (warmup) return *warmup;
  const auto window = measured();
  // Nothing is loaded before the window where nobody keeps up a steady load.
  const bool steady = std::ranges::any_of(executors, [](const Executor& e) {
    return is_steady(e.kind) && e.start_time == Duration::zero();
  });
  if (!steady && !executors.empty()) return {};
  // A run without an end has no quarter.
  if (window == Duration::zero()) return std::chrono::seconds(15);
  return std::min<Duration>(std::chrono::seconds(15), window / 4);
}

Duration Scenario::cooldown_or_default() const {
  return std::min(cooldown.value_or(kLongestCooldown), kLongestCooldown);
}

Result<Scenario> load_scenario(std::string_view yaml, std::string_view file,
                               const ParseOptions& options) {
  auto parsed = parse_scenario(yaml, options);
  if (parsed.scenario) return std::move(*parsed.scenario);
  return fail(ErrorCode::Misconfigured, to_string(parsed.problems, file));
}

const std::map<std::string, std::vector<std::string>>& scenario_keys() {
  static const std::map<std::string, std::vector<std::string>> keys = {
      {"",
       {"version", "name", "description", "tags", "seed", "start_at", "target", "llm", "limits",
        "matrix_limits", "rooms", "people", "scenarios", "conversations", "faults", "thresholds",
        "baseline", "founding", "metrics"}},
      {"target",
       {"kind", "platform", "command", "url", "processes", "bots", "pacing", "ready_timeout", "env",
        "metrics"}},
      {"target.bots", {"count", "transport", "name", "personas"}},
      {"llm",
       {"ttft", "tokens_per_s", "reply_tokens", "error_rate", "error_status", "truncated_rate",
        "empty_rate", "tokens_per_day", "tokens_per_minute", "requests_per_minute",
        "insufficient_quota", "tools", "prices"}},
      {"llm.tools[]", {"when", "call", "arguments", "times", "say", "undeclared"}},
      {"llm.prices", {"input", "output"}},
      {"rooms[]", {"id", "type", "title", "count", "bots", "people"}},
      {"people.*",
       {"count", "rate", "text", "action", "share", "canary", "expect", "work", "steps"}},
      {"people.*.expect", {"reply"}},
      {"people.*.expect.reply", {"within", "linked", "count", "optional", "none", "from"}},
      {"scenarios.*",
       {"executor",    "people",       "vus",           "max_vus",   "pre_allocated_vus",
        "rate",        "time_unit",    "start_rate",    "start_vus", "stages",
        "iterations",  "max_duration", "graceful_stop", "arrival",   "trace",
        "speed",       "size",         "gap",           "repeat",    "start_time",
        "duration",    "warmup",       "cooldown",      "turns",     "think",
        "conversation"}},
      {"scenarios.*.stages[]", {"duration", "target"}},
      {"metrics.*", {"type", "unit", "description"}},
      {"conversations.*", {"weight", "data", "steps"}},
      {"conversations.*.data", {"file", "order"}},
      {"conversations.*.steps[]", {"user", "bot", "think", "check"}},
      {"conversations.*.steps[].user", {"text", "mention", "callback", "tags"}},
      {"conversations.*.steps[].bot",
       {"within", "for", "count", "contains", "equals", "match", "linked", "none", "settle",
        "capture", "check", "metrics", "tags", "on_timeout"}},
      {"conversations.*.steps[].check", {"name", "text", "contains", "equals", "match", "tags"}},
      {"faults[]", {"name", "at", "jitter", "every", "for", "rate", "times", "match", "fault"}},
      {"faults[].match", {"platform", "method", "bot", "room"}},
      {"thresholds.*[]", {"expr", "why", "abort_on_fail", "delay_eval", "for"}},
  };
  return keys;
}

Result<sandbox::DelaySpec> parse_delay(std::string_view text) {
  using Kind = sandbox::DelaySpec::Kind;
  const auto bad = [&] {
    return fail(ErrorCode::ParseError,
                fmt::format("'{}' is not a delay; write it like 250ms, uniform(1s, 2s), "
                            "lognormal(4s, 0.5) or exponential(1s)",
                            text));
  };
  text = trim(text);
  sandbox::DelaySpec out;
  const auto open = text.find('(');
  if (open == std::string_view::npos) {
    CH_TRY(out.a, parse_duration(text));
    return out;
  }
  if (!text.ends_with(')')) return bad();
  const auto name = trim(text.substr(0, open));
  const auto arguments = split(text.substr(open + 1, text.size() - open - 2), ',');
  const auto first = parse_duration(arguments[0]);
  if (!first) return bad();
  out.a = *first;
  if (name == "exponential" && arguments.size() == 1) {
    out.kind = Kind::Exponential;
    return out;
  }
  if (arguments.size() != 2) return bad();
  if (name == "uniform") {
    const auto second = parse_duration(arguments[1]);
    if (!second || *second < *first) return bad();
    out.kind = Kind::Uniform;
    out.b = *second;
    return out;
  }
  const auto sigma = parse_number(trim(arguments[1]));
  if (name != "lognormal" || !sigma) return bad();
  out.kind = Kind::Lognormal;
  out.sigma = *sigma;
  return out;
}

std::vector<ShippedScenario> shipped_scenarios() {
  std::vector<ShippedScenario> out;
  for (const auto& file : embedded_scenarios::files()) {
    if (!file.name.ends_with(".yaml")) continue;
    out.push_back({file.name.substr(0, file.name.size() - 5), file.bytes});
  }
  std::ranges::sort(out, {}, &ShippedScenario::name);
  return out;
}

std::optional<std::string_view> find_shipped_scenario(std::string_view name) {
  for (const auto& scenario : shipped_scenarios()) {
    if (scenario.name == name) return scenario.yaml;
  }
  return std::nullopt;
}

std::string_view scenario_schema() {
  for (const auto& file : embedded_scenarios::files()) {
    if (file.name == "chorus-scenario.schema.json") return file.bytes;
  }
  return {};
}

}  // namespace chorus::lab
