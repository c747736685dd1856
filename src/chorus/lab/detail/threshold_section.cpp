#include "chorus/base/text.hpp"
#include "chorus/lab/detail/scenario_sections.hpp"
#include "chorus/lab/fault_times.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::lab::detail {

namespace {

void read_threshold(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                    std::span<const OwnMetric> own, std::vector<Threshold>& out) {
  std::string expr;
  Threshold extra;
  if (node.IsMap()) {
    reader.map(node, "a threshold", keys_of("thresholds.*[]"),
               [&](const std::string& key, const YAML::Node& v) {
                 if (key == "expr") {
                   reader.text(v, "expr", expr);
                 } else if (key == "why") {
                   reader.text(v, "why", extra.why);
                 } else if (key == "abort_on_fail") {
                   reader.boolean(v, "abort_on_fail", extra.abort_on_fail);
                 } else if (key == "delay_eval") {
                   reader.duration(v, "delay_eval", extra.delay_eval);
                 } else if (key == "for") {
                   reader.duration(v, "for", extra.broken_for);
                 }
               });
  } else {
    reader.text(node, "a threshold", expr);
  }
  auto parsed = parse_threshold(metric, expr, own);
  if (!parsed) return reader.problem(node, parsed.error().message);
  parsed->why = std::move(extra.why);
  parsed->abort_on_fail = extra.abort_on_fail;
  parsed->delay_eval = extra.delay_eval;
  parsed->broken_for = extra.broken_for;
  out.push_back(std::move(*parsed));
}

/// What a tag of this key may be; empty when that is not known before the run.
std::vector<std::string> known_values(const Scenario& scenario, std::string_view key) {
  std::vector<std::string> out;
  if (key == "kind") {
    for (const auto& people : scenario.people) out.push_back(people.kind);
  } else if (key == "fault") {
    for (const auto& fault : scenario.faults) {
      out.push_back(fault.name.empty() ? kind_of(fault) : fault.name);
    }
  }
  for (const auto& conversation : scenario.conversations) {
    if (key == "check") out.push_back(conversation.name);
    for (const auto& step : conversation.steps) {
      if (key == "check" && !step.check.empty()) out.push_back(step.check);
    }
  }
  const bool open = std::ranges::any_of(out, [](const std::string& value) {
    return value.find("{{") != std::string::npos;  // a row of the data says it
  });
  if (open) out.clear();
  return out;
}

}  // namespace

void check_threshold_tags(YamlReader& reader, const YAML::Node& thresholds,
                          const Scenario& scenario) {
  if (!thresholds.IsMap()) return;
  for (const auto& item : thresholds) {
    const auto metric = parse_metric_name(item.first.Scalar(), scenario.metrics);
    if (!metric) continue;  // has been said
    for (const auto& [key, value] : metric->tags) {
      const bool names_a_part = key == "kind" || key == "check" || key == "fault";
      const auto known = known_values(scenario, key);
      if (!names_a_part || (known.empty() && key != "fault")) continue;
      if (std::ranges::find(known, value) != known.end()) continue;
      const auto near = nearest(value, known);
      reader.problem(item.first,
                     fmt::format("{{{}:{}}}: the scenario has no such {}{}", key, value, key,
                                 near ? fmt::format(", did you mean '{}'?", *near) : ""));
    }
  }
}

void read_thresholds(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                     std::span<const OwnMetric> own, std::vector<Threshold>& out) {
  if (!node.IsSequence()) return read_threshold(reader, metric, node, own, out);
  for (const auto& item : node) read_threshold(reader, metric, item, own, out);
}

}  // namespace chorus::lab::detail
