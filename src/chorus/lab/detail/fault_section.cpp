#include "chorus/lab/detail/scenario_sections.hpp"
#include "chorus/sandbox/faults.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace chorus::lab::detail {

namespace {

constexpr std::array<std::pair<std::string_view, TargetFault>, 2> kTargetFaults{
    {{"kill", TargetFault::Kill}, {"pause", TargetFault::Pause}}};

/// What the sandbox would refuse in the middle of a run is said before it. The names of bots and
/// rooms are known to the run only.
void check_platform_fault(YamlReader& reader, const YAML::Node& node, const FaultPlan& f) {
  json::object match;
  for (const auto* key : {"platform", "method"}) {
    if (const auto* value = f.match.if_contains(key)) match[key] = *value;
  }
  const bool aimed = f.match.contains("bot") || f.match.contains("room");
  json::object request{{"match", std::move(match)}, {"fault", f.fault}};
  if (f.times) request["times"] = *f.times;
  auto spec = sandbox::parse_fault(request);
  if (spec && aimed) spec->match.bot = PlatformUserId(1);  // some bot's
  const auto checked =
      spec ? sandbox::check_fault(*spec) : Result<void>(std::unexpected(spec.error()));
  if (!checked) reader.problem(node, checked.error().message);
}

void check_target_fault(YamlReader& reader, const YAML::Node& node, const FaultPlan& f) {
  if (f.fault.size() > 1 || !f.match.empty() || f.rate || f.times) {
    reader.problem(node, "a fault of the target stands alone: no match, rate, times or other part");
  }
  if (f.target == TargetFault::Pause && !f.lasts) {
    reader.problem(node, "a paused target needs a 'for': when does it go on?");
  }
}

void read_fault_body(YamlReader& reader, const YAML::Node& node, FaultPlan& f) {
  auto value = reader.as_json(node, "fault");
  if (!value || !value->is_object()) return reader.problem(node, "faults.fault must be a map");
  f.fault = std::move(value->get_object());
  if (!f.fault.contains("target")) return;
  reader.choice<TargetFault>(node["target"], "faults.fault.target", f.target, kTargetFaults);
}

}  // namespace

void read_fault(YamlReader& reader, const YAML::Node& node, FaultPlan& f) {
  reader.map(
      node, "a fault", keys_of("faults[]"), [&](const std::string& key, const YAML::Node& v) {
        if (key == "name") {
          reader.text(v, "faults.name", f.name);
        } else if (key == "at") {
          reader.duration(v, "faults.at", f.at);
        } else if (key == "jitter") {
          reader.duration(v, "faults.jitter", f.jitter);
        } else if (key == "every") {
          sandbox::DelaySpec every;
          reader.delay(v, "faults.every", every);
          if (every.a <= Duration::zero()) {
            return reader.problem(v, "faults.every must be longer than 0, like exponential(30s)");
          }
          f.every = every;
        } else if (key == "for") {
          Duration d{};
          reader.duration(v, "faults.for", d);
          f.lasts = d;
        } else if (key == "rate") {
          double rate = 0;
          reader.share(v, "faults.rate", rate);
          f.rate = rate;
        } else if (key == "times") {
          std::uint32_t times = 0;
          reader.u32(v, "faults.times", times, 1'000'000'000);
          f.times = times;
        } else if (key == "match") {
          const auto value = reader.as_json(v, key);
          if (!value || !value->is_object()) {
            return reader.problem(v, "faults.match must be a map");
          }
          reader.map(v, "faults.match", keys_of("faults[].match"), [](const auto&, const auto&) {});
          f.match = value->get_object();
        } else {
          read_fault_body(reader, v, f);
        }
      });
  if (f.fault.empty()) return reader.problem(node, "a fault needs a 'fault' map");
  if (f.target != TargetFault::None) return check_target_fault(reader, node, f);
  if (f.fault.contains("target")) return;  // of no known name, which was said
  if (f.every && !f.lasts && !f.times) {
    reader.problem(node, "a fault that comes again needs an end: 'for' or 'times'");
  }
  check_platform_fault(reader, node, f);
}

}  // namespace chorus::lab::detail
