#pragma once

#include "chorus/yaml/problem.hpp"

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::yaml {

/// True when an unquoted comma inside `{ }` has cut a value within its parentheses.
bool is_cut(std::string_view value);

/// Walks a YAML tree strictly and gathers every problem with its place, so that an author sees all
/// of them at once (the first 50). It never throws; what is wrong is left out.
class Walker {
 public:
  explicit Walker(std::vector<Problem>& problems) : problems_(&problems) {}

  /// The root of a document of any bytes; nullopt with a problem when it is no YAML, or more than
  /// one document.
  std::optional<YAML::Node> load(std::string_view text);

  using Visit = std::function<void(const std::string& key, const YAML::Node& value)>;
  /// Calls `visit` for each key of `keys` that the map has. Everything else is a problem: not a
  /// map, an unknown key, a key twice.
  void map(const YAML::Node& node, std::string_view what, const std::vector<std::string>& keys,
           const Visit& visit);
  /// A map whose keys are names that the author chooses.
  void named(const YAML::Node& node, std::string_view what, const Visit& visit);
  void list(const YAML::Node& node, std::string_view what,
            const std::function<void(const YAML::Node& item)>& visit);
  /// The text of a scalar, as written.
  std::optional<std::string> text(const YAML::Node& node, std::string_view what);

  void problem(const YAML::Node& at, std::string message);
  void problem(int line, int column, std::string message);

 private:
  std::vector<Problem>* problems_;
};

}  // namespace chorus::yaml
