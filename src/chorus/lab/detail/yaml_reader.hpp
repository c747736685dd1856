#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/yaml/walker.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab::detail {

/// Reads the values of a scenario out of a YAML tree, with variables and units; what is not what it
/// should be becomes a problem.
class YamlReader : public yaml::Walker {
 public:
  YamlReader(const ParseOptions& options, std::vector<Problem>& problems)
      : Walker(problems), options_(&options) {}

  /// The root of a document with `--set` applied; nullopt with a problem when it is no YAML map.
  std::optional<YAML::Node> load(std::string_view text);

  /// The text with `${VAR}`, `${VAR:-default}` and `secret://NAME` replaced. A secret comes from
  /// the environment variable NAME, or from the file that NAME_FILE names.
  std::optional<std::string> text(const YAML::Node& node, std::string_view what);
  void text(const YAML::Node& node, std::string_view what, std::string& out);
  std::optional<std::int64_t> integer(const YAML::Node& node, std::string_view what,
                                      std::int64_t low, std::int64_t high);
  void u32(const YAML::Node& node, std::string_view what, std::uint32_t& out, std::uint32_t high);
  /// `0.7` or `70%`.
  void share(const YAML::Node& node, std::string_view what, double& out);
  void number(const YAML::Node& node, std::string_view what, double& out);
  void boolean(const YAML::Node& node, std::string_view what, bool& out);
  void duration(const YAML::Node& node, std::string_view what, Duration& out);
  void delay(const YAML::Node& node, std::string_view what, sandbox::DelaySpec& out);
  /// A rate or a range of rates.
  void rate(const YAML::Node& node, std::string_view what, RateRange& out);
  /// `40..120` or one number.
  void range(const YAML::Node& node, std::string_view what, std::int64_t& low, std::int64_t& high,
             std::int64_t limit);
  /// One text or a list of texts.
  void texts(const YAML::Node& node, std::string_view what, std::vector<std::string>& out);
  /// The content of the file that the text names.
  std::optional<std::string> file(const YAML::Node& node, std::string_view what);
  /// Scalars of any depth as JSON, for values that are handed on.
  std::optional<json::value> as_json(const YAML::Node& node, std::string_view what, int depth = 0);

  /// Values of every `secret://NAME` that was read.
  [[nodiscard]] const std::vector<std::string>& secrets() const { return secrets_; }

  template <class E>
  void choice(const YAML::Node& node, std::string_view what, E& out,
              std::span<const std::pair<std::string_view, E>> options) {
    const auto value = text(node, what);
    if (!value) return;
    std::vector<std::string> names;
    for (const auto& [name, e] : options) {
      if (*value == name) {
        out = e;
        return;
      }
      names.emplace_back(name);
    }
    unknown_choice(node, what, *value, names);
  }

 private:
  void unknown_choice(const YAML::Node& node, std::string_view what, const std::string& value,
                      const std::vector<std::string>& names);
  std::optional<std::string> expand(const YAML::Node& at, const std::string& raw);
  std::optional<std::string> variable(const std::string& name) const;
  std::optional<std::string> with_secrets(const YAML::Node& at, std::string text);
  std::optional<std::string> secret(const YAML::Node& at, const std::string& name);
  void apply_set(YAML::Node root, const std::string& path, const std::string& value);
  bool comma_trap(const YAML::Node& node, const std::string& value);

  const ParseOptions* options_;
  std::size_t json_values_ = 0;
  std::vector<std::string> secrets_;
};

}  // namespace chorus::lab::detail
