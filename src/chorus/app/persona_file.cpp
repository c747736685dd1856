#include "chorus/app/persona_file.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/persona/lint.hpp"
#include "chorus/yaml/walker.hpp"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestFile = 256 * 1024;

/// A plain word as YAML 1.2 reads it: null, a boolean, a number, or text.
json::value plain_value(const std::string& word) {
  if (word.empty() || word == "~" || word == "null") return nullptr;
  if (word == "true") return true;
  if (word == "false") return false;
  const char* end = word.data() + word.size();
  std::int64_t whole = 0;
  if (const auto [at, error] = std::from_chars(word.data(), end, whole);
      error == std::errc{} && at == end) {
    return whole;
  }
  double number = 0;
  const bool digit = word.find_first_of("0123456789") != std::string::npos;
  if (const auto [at, error] = std::from_chars(word.data(), end, number);
      digit && error == std::errc{} && at == end) {
    return number;
  }
  return json::string(word);
}

/// Turns a YAML tree into JSON and remembers where each value stands.
class Walk : private yaml::Walker {
 public:
  Walk(PersonaFile& file, std::vector<yaml::Problem>& problems) : Walker(problems), file_(file) {}
  using Walker::load;

  json::value value(const YAML::Node& node, const std::string& path, int depth) {
    constexpr std::size_t kMostValues = 10'000;  // aliases can make a small file a large tree
    constexpr int kDeepest = 16;
    if (++values_ > kMostValues || depth > kDeepest) {
      if (values_ <= kMostValues + 1) problem(node, "the document is too large or too deep");
      values_ = kMostValues + 1;
      return nullptr;
    }
    file_.places.try_emplace(path, place(node));
    if (node.IsScalar()) {
      // Quoted text has the tag "!": it stays text whatever it looks like.
      if (node.Tag() == "!") return json::string(node.Scalar());
      return plain_value(node.Scalar());
    }
    if (node.IsSequence()) {
      json::array out;
      std::size_t index = 0;
      for (const auto& item : node) {
        out.push_back(value(item, fmt::format("{}[{}]", path, index++), depth + 1));
      }
      return out;
    }
    if (!node.IsMap()) return nullptr;
    json::object out;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        problem(entry.first, "a key must be text");
        continue;
      }
      const std::string& key = entry.first.Scalar();
      const std::string at = path.empty() ? key : path + "." + key;
      if (out.contains(key)) {
        problem(entry.first, fmt::format("key '{}' is given twice", key));
        continue;
      }
      file_.places.try_emplace(at, place(entry.first));
      out.emplace(key, value(entry.second, at, depth + 1));
    }
    return out;
  }

 private:
  static PersonaFile::Place place(const YAML::Node& node) {
    return {node.Mark().line + 1, node.Mark().column + 1};
  }

  PersonaFile& file_;
  std::size_t values_ = 0;
};

void emit(YAML::Emitter& out, const json::value& value) {
  if (value.is_object()) {
    if (value.get_object().empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, member] : value.get_object()) {
      out << YAML::Key << std::string(key) << YAML::Value;
      emit(out, member);
    }
    out << YAML::EndMap;
  } else if (value.is_array()) {
    if (value.get_array().empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& item : value.get_array()) emit(out, item);
    out << YAML::EndSeq;
  } else if (value.is_string()) {
    out << YAML::DoubleQuoted << std::string(value.get_string());
  } else {
    out << std::string(trim(pretty_json(value)));
  }
}

}  // namespace

std::string PersonaFile::locate(const fleet::PersonaProblem& problem) const {
  std::string path = problem.path;
  auto found = places.find(path);
  while (found == places.end() && !path.empty()) {
    const auto cut = path.find_last_of(".[");
    path = cut == std::string::npos ? std::string() : path.substr(0, cut);
    found = places.find(path);
  }
  if (found == places.end() || found->second.line == 0) {
    return fmt::format("{}: {}", name, problem.to_string());
  }
  return fmt::format("{}:{}:{}: {}", name, found->second.line, found->second.column,
                     problem.to_string());
}

Result<PersonaFile> parse_persona_file(std::string_view text, std::string name) {
  PersonaFile file;
  file.name = std::move(name);
  const auto misconfigured = [](std::string what) {
    return fail(ErrorCode::Misconfigured, std::move(what));
  };
  if (text.size() > kLargestFile) {
    return misconfigured(fmt::format("{}: a persona has at most 256 KiB", file.name));
  }
  if (!is_valid_utf8(text)) return misconfigured(fmt::format("{}: is not UTF-8", file.name));
  if (file.name.ends_with(".json")) {
    auto document = parse_json(text, {}, 16);
    if (!document) {
      return misconfigured(fmt::format("{}: {}", file.name, document.error().message));
    }
    file.document = *std::move(document);
    return file;
  }
  std::vector<yaml::Problem> problems;
  Walk walk(file, problems);
  if (const auto root = walk.load(text)) file.document = walk.value(*root, "", 0);
  if (!problems.empty()) {
    yaml::sort_by_place(problems);
    return misconfigured(yaml::to_string(problems, file.name));
  }
  return file;
}

Result<PersonaFile> read_persona_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::error_code ignored;  // what is no file cannot be read
  if (!in || fs::is_directory(path, ignored)) {
    return fail(ErrorCode::Misconfigured, fmt::format("cannot read {}", path));
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_persona_file(text, path);
}

Result<std::string> configured_persona(const std::string& folder, const std::string& persona) {
  if (folder.empty() || persona.empty() || persona.find('/') != std::string::npos) return persona;
  for (const auto* ending : {".yaml", ".yml", ".json"}) {
    const std::string path = (fs::path(folder) / (persona + ending)).string();
    std::error_code ignored;  // what cannot be looked at is not there
    if (!fs::exists(path, ignored)) continue;
    CH_TRY(const PersonaFile file, read_persona_file(path));
    const auto reading = fleet::read_persona(file.document);
    std::string all;
    const auto add = [&](const fleet::PersonaProblem& problem) {
      all += (all.empty() ? "" : "\n") + file.locate(problem);
    };
    for (const auto& problem : reading.problems) add(problem);
    if (reading.persona) {
      for (const auto& finding : fleet::lint_persona(*reading.persona)) {
        add({finding.field, std::string(fleet::describe(finding.rule))});
      }
    }
    if (!all.empty()) return fail(ErrorCode::Misconfigured, all);
    return fleet::write_persona(*reading.persona);
  }
  return persona;
}

std::string persona_yaml(const json::object& document) {
  YAML::Emitter out;
  out.SetIndent(2);
  emit(out, document);
  return std::string(out.c_str()) + "\n";
}

}  // namespace chorus::app
