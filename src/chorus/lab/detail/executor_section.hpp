#pragma once

#include "chorus/lab/detail/yaml_reader.hpp"
#include "chorus/lab/executor.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chorus::lab::detail {

/// What an entry of `scenarios` says beside the executor itself.
struct ExecutorNotes {
  std::vector<std::pair<YAML::Node, std::string>> kinds;          ///< that must exist
  std::vector<std::pair<YAML::Node, std::string>> conversations;  ///< that must exist
  std::optional<Duration> warmup;
  std::optional<Duration> cooldown;
};

/// One entry of `scenarios`; `e.name` is set by the caller.
void read_executor(YamlReader& reader, const YAML::Node& node, Executor& e, ExecutorNotes& notes);
/// `--for`: the executor lasts that long; stages keep their proportions.
void stretch(Executor& e, Duration duration);
/// `--people`: what counts people grows or shrinks with them.
void scale_people(Executor& e, double factor);

}  // namespace chorus::lab::detail
