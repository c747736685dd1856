#pragma once

#include "chorus/lab/detail/yaml_reader.hpp"
#include "chorus/lab/scenario.hpp"

#include <string>
#include <vector>

// The parts of a scenario file that stand for themselves; problems go to the reader.
namespace chorus::lab::detail {

/// `command_given`: the command line names the target's command.
void read_target(YamlReader& reader, const YAML::Node& node, bool command_given, TargetSpec& t);
void read_llm(YamlReader& reader, const YAML::Node& node, sandbox::LlmScript& l,
              std::optional<LlmPrices>& prices);
/// `c.name` is set by the caller.
void read_conversation(YamlReader& reader, const YAML::Node& node, Conversation& c);
void read_fault(YamlReader& reader, const YAML::Node& node, FaultPlan& f);
/// One threshold or a list of them, appended to `out`.
void read_thresholds(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                     std::vector<Threshold>& out);

}  // namespace chorus::lab::detail
