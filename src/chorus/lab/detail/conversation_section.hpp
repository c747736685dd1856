#pragma once

#include "chorus/lab/conversation.hpp"
#include "chorus/lab/detail/yaml_reader.hpp"
#include "chorus/lab/thresholds.hpp"

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab::detail {

/// One entry of `conversations`; `c.name` is set by the caller. `own` are the metrics that the
/// scenario declares.
void read_conversation(YamlReader& reader, const YAML::Node& node, std::span<const OwnMetric> own,
                       Conversation& c);

/// `tags`: keys and values of letters, digits, '_', '-' and '.', as thresholds name them.
void read_tags(YamlReader& reader, const YAML::Node& node, TagList& out);

/// `metrics` of a scenario: what its steps may feed and its thresholds may name.
void read_own_metrics(YamlReader& reader, const YAML::Node& node, std::vector<OwnMetric>& out);

}  // namespace chorus::lab::detail
