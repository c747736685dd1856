#include "chorus/lab/detail/yaml_reader.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>

namespace chorus::lab::detail {

namespace {

constexpr int kMaxDepth = 16;
constexpr std::string_view kSecret = "secret://";
constexpr std::size_t kShortestSecret = 4;
constexpr std::size_t kMaxJsonValues = 10'000;

std::optional<double> parse_double(std::string_view text) {
  double value = 0;
  text = trim(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  std::int64_t value = 0;
  text = trim(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

std::optional<YAML::Node> YamlReader::load(std::string_view text) {
  auto root = Walker::load(text);
  if (!root) return std::nullopt;
  if (!root->IsMap()) {
    problem(1, 1, "a scenario is a YAML map that starts with 'version: 1'");
    return std::nullopt;
  }
  for (const auto& [path, value] : options_->sets) apply_set(*root, path, value);
  return root;
}

void YamlReader::apply_set(YAML::Node root, const std::string& path, const std::string& value) {
  const auto refuse = [&](std::string_view why) {
    problem(0, 0, fmt::format("--set {}: {}", path, why));
  };
  std::vector<std::string> parts;
  for (const auto part : split(path, '.')) parts.emplace_back(part);
  if (path.empty() || parts.size() > kMaxDepth) return refuse("write it as path=value");
  YAML::Node parsed;
  try {
    parsed = YAML::Load(value);
    YAML::Node at = root;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool last = i + 1 == parts.size();
      YAML::Node next;
      if (at.IsSequence()) {
        const auto index = parse_int(parts[i]);
        if (!index || *index < 0 || static_cast<std::size_t>(*index) >= at.size()) {
          return refuse(fmt::format("'{}' is no index of that list", parts[i]));
        }
        if (last) at[static_cast<std::size_t>(*index)] = parsed;
        next = at[static_cast<std::size_t>(*index)];
      } else if (at.IsMap()) {
        if (last) {
          at[parts[i]] = parsed;
        } else if (!at[parts[i]].IsDefined() || at[parts[i]].IsNull()) {
          at[parts[i]] = YAML::Node(YAML::NodeType::Map);
        }
        next = at[parts[i]];
      } else {
        return refuse(fmt::format("there is nothing below '{}'", parts[i - 1]));
      }
      at.reset(next);
    }
  } catch (const YAML::Exception& error) {
    refuse(error.msg);
  }
}

bool YamlReader::comma_trap(const YAML::Node& node, const std::string& value) {
  if (!yaml::is_cut(value)) return false;
  problem(node, fmt::format("'{}' ends inside its parentheses: a comma inside {{ }} splits the "
                            "value, so quote it, like \"lognormal(4s, 0.5)\"",
                            value));
  return true;
}

std::optional<std::string> YamlReader::variable(const std::string& name) const {
  for (auto it = options_->variables.rbegin(); it != options_->variables.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  if (options_->environment) return options_->environment(name);
  return std::nullopt;
}

std::optional<std::string> YamlReader::expand(const YAML::Node& at, const std::string& raw) {
  std::string out;
  std::size_t from = 0;
  for (;;) {
    const auto open = raw.find("${", from);
    if (open == std::string::npos) break;
    const auto close = raw.find('}', open);
    if (close == std::string::npos) {
      problem(at, "a variable that starts with ${ ends with }");
      return std::nullopt;
    }
    out.append(raw, from, open - from);
    auto name = raw.substr(open + 2, close - open - 2);
    std::optional<std::string> fallback;
    if (const auto dash = name.find(":-"); dash != std::string::npos) {
      fallback = name.substr(dash + 2);
      name.resize(dash);
    }
    auto value = variable(name);
    if (!value || value->empty()) value = fallback ? fallback : value;
    if (!value) {
      problem(at, fmt::format("variable '{0}' is not set; give it with -e {0}=VALUE, or a default "
                              "as ${{{0}:-VALUE}}",
                              name));
      return std::nullopt;
    }
    out += *value;
    from = close + 1;
  }
  out.append(raw, from);
  return out;
}

std::optional<std::string> YamlReader::text(const YAML::Node& node, std::string_view what) {
  auto raw = Walker::text(node, what);
  if (raw && raw->find("${") != std::string::npos) raw = expand(node, *raw);
  if (!raw || raw->find(kSecret) == std::string::npos) return raw;
  return with_secrets(node, std::move(*raw));
}

std::optional<std::string> YamlReader::with_secrets(const YAML::Node& at, std::string text) {
  for (std::size_t from = text.find(kSecret); from != std::string::npos;
       from = text.find(kSecret, from)) {
    const auto name_at = from + kSecret.size();
    auto end = name_at;
    while (end < text.size() &&
           (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) {
      ++end;
    }
    const auto value = secret(at, text.substr(name_at, end - name_at));
    if (!value) return std::nullopt;
    text.replace(from, end - from, *value);
    from += value->size();
  }
  return text;
}

std::optional<std::string> YamlReader::secret(const YAML::Node& at, const std::string& name) {
  std::optional<std::string> value;
  const auto& environment = options_->environment;
  if (environment) value = environment(name);
  if (!value && environment && options_->read_file) {
    if (const auto path = environment(name + "_FILE")) {
      auto content = options_->read_file(*path);
      if (!content) {
        problem(at, fmt::format("secret://{0}: the file that {0}_FILE names cannot be read", name));
        return std::nullopt;
      }
      value = std::string(trim(*content));
    }
  }
  if (!value) {
    problem(at, fmt::format("secret://{0} is not set; put it into the environment as {0}, or name "
                            "its file in {0}_FILE",
                            name));
    return std::nullopt;
  }
  if (value->size() < kShortestSecret) {
    problem(at, fmt::format("secret://{} has fewer than {} characters: it could not be told from "
                            "other text and kept out of reports",
                            name, kShortestSecret));
    return std::nullopt;
  }
  secrets_.push_back(*value);
  return value;
}

void YamlReader::text(const YAML::Node& node, std::string_view what, std::string& out) {
  if (auto value = text(node, what)) out = std::move(*value);
}

std::optional<std::int64_t> YamlReader::integer(const YAML::Node& node, std::string_view what,
                                                std::int64_t low, std::int64_t high) {
  const auto value = text(node, what);
  if (!value) return std::nullopt;
  const auto number = parse_int(*value);
  if (!number || *number < low || *number > high) {
    problem(node, fmt::format("{} must be a whole number from {} to {}, not '{}'", what, low, high,
                              *value));
    return std::nullopt;
  }
  return number;
}

void YamlReader::u32(const YAML::Node& node, std::string_view what, std::uint32_t& out,
                     std::uint32_t high) {
  if (const auto n = integer(node, what, 0, high)) out = static_cast<std::uint32_t>(*n);
}

void YamlReader::number(const YAML::Node& node, std::string_view what, double& out) {
  const auto value = text(node, what);
  if (!value) return;
  const auto number = parse_double(*value);
  if (!number || *number < 0) {
    return problem(node, fmt::format("{} must be a number, not '{}'", what, *value));
  }
  out = *number;
}

void YamlReader::share(const YAML::Node& node, std::string_view what, double& out) {
  const auto value = text(node, what);
  if (!value) return;
  const bool percent = value->ends_with('%');
  const auto number =
      parse_double(percent ? std::string_view(*value).substr(0, value->size() - 1) : *value);
  const double scaled = number ? *number / (percent ? 100 : 1) : -1;
  if (scaled < 0 || scaled > 1) {
    return problem(node, fmt::format("{} must be a share like 70% or 0.7, not '{}'", what, *value));
  }
  out = scaled;
}

void YamlReader::boolean(const YAML::Node& node, std::string_view what, bool& out) {
  static constexpr std::pair<std::string_view, bool> kOptions[] = {{"true", true},
                                                                   {"false", false}};
  choice<bool>(node, what, out, kOptions);
}

void YamlReader::duration(const YAML::Node& node, std::string_view what, Duration& out) {
  const auto value = text(node, what);
  if (!value) return;
  const auto parsed = parse_duration(*value);
  if (!parsed) return problem(node, fmt::format("{}: {}", what, parsed.error().message));
  out = *parsed;
}

void YamlReader::delay(const YAML::Node& node, std::string_view what, sandbox::DelaySpec& out) {
  const auto value = text(node, what);
  if (!value || comma_trap(node, *value)) return;
  const auto parsed = parse_delay(*value);
  if (!parsed) return problem(node, fmt::format("{}: {}", what, parsed.error().message));
  out = *parsed;
}

void YamlReader::rate(const YAML::Node& node, std::string_view what, RateRange& out) {
  const auto value = text(node, what);
  if (!value) return;
  const auto parsed = parse_rate(*value);
  if (!parsed) return problem(node, fmt::format("{}: {}", what, parsed.error().message));
  if (!(parsed->low > 0) || parsed->high > 1e6) {
    return problem(
        node, fmt::format("{}: '{}' must be above 0 and at most a million a second", what, *value));
  }
  out = *parsed;
}

void YamlReader::range(const YAML::Node& node, std::string_view what, std::int64_t& low,
                       std::int64_t& high, std::int64_t limit) {
  const auto value = text(node, what);
  if (!value) return;
  const auto dots = value->find("..");
  const auto a = parse_int(std::string_view(*value).substr(0, dots));
  const auto b =
      dots == std::string::npos ? a : parse_int(std::string_view(*value).substr(dots + 2));
  if (!a || !b || *a < 0 || *b < *a || *b > limit) {
    return problem(
        node, fmt::format("{} must be a number or a range like 40..120, not '{}'", what, *value));
  }
  low = *a;
  high = *b;
}

void YamlReader::texts(const YAML::Node& node, std::string_view what,
                       std::vector<std::string>& out) {
  out.clear();
  if (node.IsSequence()) {
    list(node, what, [&](const YAML::Node& item) {
      if (auto value = text(item, what)) out.push_back(std::move(*value));
    });
  } else if (auto value = text(node, what)) {
    out.push_back(std::move(*value));
  }
}

std::optional<std::string> YamlReader::file(const YAML::Node& node, std::string_view what) {
  const auto path = text(node, what);
  if (!path) return std::nullopt;
  if (!options_->read_file) {
    problem(node, fmt::format("{}: '{}' cannot be read: a scenario that is no file names no other",
                              what, *path));
    return std::nullopt;
  }
  auto content = options_->read_file(*path);
  if (!content) {
    problem(node, fmt::format("{}: {}", what, content.error().message));
    return std::nullopt;
  }
  return std::move(*content);
}

std::optional<json::value> YamlReader::as_json(const YAML::Node& node, std::string_view what,
                                               int depth) {
  // Anchors let a small file name a huge tree, so the number of values is bounded too.
  if (depth > kMaxDepth || ++json_values_ > kMaxJsonValues) {
    if (json_values_ <= kMaxJsonValues + 1) {
      problem(node, fmt::format("{} is nested too deeply or too large", what));
    }
    return std::nullopt;
  }
  if (node.IsMap()) {
    json::object out;
    named(node, what, [&](const std::string& key, const YAML::Node& value) {
      if (auto v = as_json(value, what, depth + 1)) out[key] = std::move(*v);
    });
    return out;
  }
  if (node.IsSequence()) {
    json::array out;
    for (const auto& item : node) {
      if (auto v = as_json(item, what, depth + 1)) out.push_back(std::move(*v));
    }
    return out;
  }
  if (!node.IsScalar()) return json::value(nullptr);
  const auto value = text(node, what);
  if (!value) return std::nullopt;
  if (node.Tag() != "!") {  // a quoted scalar stays text
    if (*value == "true" || *value == "false") return json::value(*value == "true");
    if (const auto n = parse_int(*value)) return json::value(*n);
    if (const auto n = parse_double(*value)) return json::value(*n);
  }
  return json::value(*value);
}

void YamlReader::unknown_choice(const YAML::Node& node, std::string_view what,
                                const std::string& value, const std::vector<std::string>& names) {
  const auto near = nearest(value, names);
  problem(node, near ? fmt::format("{}: unknown value '{}', did you mean '{}'?", what, value, *near)
                     : fmt::format("{}: unknown value '{}', it is one of {}", what, value,
                                   joined(names)));
}

}  // namespace chorus::lab::detail
