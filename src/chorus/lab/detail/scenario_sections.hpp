#pragma once

#include "chorus/lab/detail/yaml_reader.hpp"
#include "chorus/lab/scenario.hpp"

#include <span>
#include <string>
#include <vector>

// The parts of a scenario file that stand for themselves; problems go to the reader.
namespace chorus::lab::detail {

/// `command_given`: the command line names the target's command.
void read_target(YamlReader& reader, const YAML::Node& node, bool command_given, TargetSpec& t);
void read_llm(YamlReader& reader, const YAML::Node& node, sandbox::LlmScript& l,
              std::optional<LlmPrices>& prices);
/// One kind of people; `p.kind` names it already.
void read_people(YamlReader& reader, const YAML::Node& node, PeopleSpec& p);
void read_fault(YamlReader& reader, const YAML::Node& node, FaultPlan& f);
/// The keys of an object path, as scenario_keys() lists them.
const std::vector<std::string>& keys_of(const std::string& path);
/// One threshold or a list of them, appended to `out`; `own` are the scenario's
/// metrics.
void read_thresholds(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                     std::span<const OwnMetric> own, std::vector<Threshold>& out);
/// Tags of thresholds that name people, a check or a fault which the scenario has not: nothing
/// would ever be recorded for them, and a long run would end INVALID. When all else is read.
void check_threshold_tags(YamlReader& reader, const YAML::Node& thresholds,
                          const Scenario& scenario);

}  // namespace chorus::lab::detail
