#include "chorus/yaml/walker.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <utility>

namespace chorus::yaml {

namespace {

constexpr std::size_t kMaxProblems = 50;

/// Where the root of a document stands, and whether it is nothing.
class Root final : public YAML::EventHandler {
 public:
  [[nodiscard]] bool empty() const { return empty_; }
  /// Gives the place, and is ready for the next document.
  YAML::Mark take() {
    empty_ = true;
    return std::exchange(at_, std::nullopt).value_or(YAML::Mark());
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { note(mark, true); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { note(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    note(mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    note(mark);
  }
  void OnMapEnd() override {}

 private:
  void note(const YAML::Mark& mark, bool empty = false) {
    if (at_) return;  // not the root any more
    at_ = mark;
    empty_ = empty;
  }

  std::optional<YAML::Mark> at_;
  bool empty_ = true;
};

bool closes_more(std::string_view text) {
  return std::ranges::count(text, ')') > std::ranges::count(text, '(');
}

}  // namespace

bool is_cut(std::string_view value) {
  return std::ranges::count(value, '(') > std::ranges::count(value, ')');
}

void Walker::problem(int line, int column, std::string message) {
  if (problems_->size() < kMaxProblems) {
    problems_->push_back(Problem{line, column, to_valid_utf8(message)});
  }
}

void Walker::problem(const YAML::Node& at, std::string message) {
  const auto mark = at.Mark();
  problem(mark.line + 1, mark.column + 1, std::move(message));
}

std::optional<YAML::Node> Walker::load(std::string_view text) {
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Root root;
    std::optional<int> empty_at;
    for (int document = 0; parser.HandleNextDocument(root); ++document) {
      const bool empty = root.empty();
      const auto mark = root.take();
      // Before a token that begins nothing the parser stands still, and finds empty documents
      // without an end.
      if (empty && empty_at == mark.pos) {
        problem(mark.line + 1, mark.column + 1, "not YAML: a value cannot begin with this");
        return std::nullopt;
      }
      if (empty) empty_at = mark.pos;
      // A second one would be ignored in silence.
      if (document > 0 && !empty) {
        problem(mark.line + 1, mark.column + 1, "a second document begins here; only one is read");
        return std::nullopt;
      }
    }
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    problem(error.mark.line + 1, error.mark.column + 1, fmt::format("not YAML: {}", error.msg));
    return std::nullopt;
  }
}

void Walker::map(const YAML::Node& node, std::string_view what,
                 const std::vector<std::string>& keys, const Visit& visit) {
  const auto known = [&](const std::string& key) {
    return std::ranges::find(keys, key) != keys.end();
  };
  std::string before;
  named(node, what, [&](const std::string& key, const YAML::Node& value) {
    if (known(key)) visit(key, value);
  });
  if (!node.IsMap()) return;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) continue;
    const auto& key = entry.first.Scalar();
    if (!known(key)) {
      // The rest of a value that an unquoted comma has cut was reported where the value starts.
      if (!(closes_more(key) && is_cut(before))) {
        const auto near = nearest(key, keys);
        problem(entry.first, near ? fmt::format("unknown key '{}', did you mean '{}'?", key, *near)
                                  : fmt::format("unknown key '{}' in {}; it has: {}", key, what,
                                                fmt::join(keys, ", ")));
      }
    }
    before = entry.second.IsScalar() ? entry.second.Scalar() : std::string();
  }
}

void Walker::named(const YAML::Node& node, std::string_view what, const Visit& visit) {
  if (!node.IsMap()) return problem(node, fmt::format("{} must be a map", what));
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) {
      problem(entry.first, fmt::format("a key of {} must be a word", what));
      continue;
    }
    const auto& key = entry.first.Scalar();
    if (!seen.insert(key).second) {
      problem(entry.first, fmt::format("key '{}' is given twice", key));
      continue;
    }
    visit(key, entry.second);
  }
}

void Walker::list(const YAML::Node& node, std::string_view what,
                  const std::function<void(const YAML::Node&)>& visit) {
  if (!node.IsSequence()) return problem(node, fmt::format("{} must be a list", what));
  for (const auto& item : node) visit(item);
}

std::optional<std::string> Walker::text(const YAML::Node& node, std::string_view what) {
  if (node.IsScalar()) return node.Scalar();
  problem(node, fmt::format("{} must be one value", what));
  return std::nullopt;
}

}  // namespace chorus::yaml
