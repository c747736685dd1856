#include "chorus/lab/detail/conversation_section.hpp"

#include "chorus/base/text.hpp"
#include "chorus/lab/detail/csv.hpp"
#include "chorus/lab/people.hpp"
#include "chorus/lab/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace chorus::lab::detail {

namespace {

constexpr std::size_t kMaxSteps = 1000;
constexpr std::size_t kMaxRows = 1'000'000;

template <class E>
using Choice = std::pair<std::string_view, E>;
constexpr std::array<Choice<Step::OnTimeout>, 3> kOnTimeouts{
    {{"continue", Step::OnTimeout::Continue},
     {"abandon", Step::OnTimeout::Abandon},
     {"fail", Step::OnTimeout::Fail}}};
constexpr std::array<Choice<DataRows::Order>, 2> kOrders{
    {{"order", DataRows::Order::InTurn}, {"random", DataRows::Order::Random}}};

const std::vector<std::string>& keys(const std::string& path) {
  return scenario_keys().at(path);
}

bool is_variable(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

/// Reads the steps in order, because each may use what the ones before it have captured.
class Section {
 public:
  Section(YamlReader& reader, std::span<const OwnMetric> own, Conversation& c)
      : reader_(reader), own_(own), c_(c) {}

  void read(const YAML::Node& node) {
    std::map<std::string, YAML::Node> nodes;
    reader_.map(node, fmt::format("conversations.{}", c_.name), keys("conversations.*"),
                [&](const std::string& key, const YAML::Node& v) { nodes[key] = v; });
    if (const auto v = nodes.find("weight"); v != nodes.end()) {
      reader_.number(v->second, "weight", c_.weight);
    }
    if (const auto v = nodes.find("data"); v != nodes.end()) data(v->second);
    if (const auto v = nodes.find("steps"); v != nodes.end()) {
      reader_.list(v->second, "steps", [&](const YAML::Node& item) { step(item); });
    }
    const bool starts = !c_.steps.empty() && c_.steps.front().kind == Step::Kind::User &&
                        (c_.steps.front().button.empty() || !c_.steps.front().text.empty());
    if (!starts) {
      reader_.problem(node, fmt::format("conversation '{}' must start with a 'user' step that says "
                                        "something",
                                        c_.name));
    }
    if (c_.steps.size() > kMaxSteps) {
      reader_.problem(node,
                      fmt::format("conversation '{}' has more than {} steps", c_.name, kMaxSteps));
    }
  }

 private:
  void data(const YAML::Node& node) {
    if (node.IsScalar()) return rows(node);
    bool named = false;
    reader_.map(node, "data", keys("conversations.*.data"),
                [&](const std::string& key, const YAML::Node& v) {
                  if (key == "file") {
                    named = true;
                    rows(v);
                  } else {
                    reader_.choice<DataRows::Order>(v, "data.order", c_.data.order, kOrders);
                  }
                });
    if (node.IsMap() && !named) reader_.problem(node, "data needs a 'file', like people.csv");
  }

  void rows(const YAML::Node& node) {
    const auto content = reader_.file(node, "data");
    if (!content) return;
    auto parsed = parse_csv(*content, kMaxRows);
    if (!parsed) return reader_.problem(node, fmt::format("data: {}", parsed.error().message));
    if (parsed->size() < 2) {
      return reader_.problem(node, "data: a line with the names of the columns, then the rows");
    }
    for (const auto& cell : parsed->front().cells) {
      const std::string name(trim(cell));
      if (!is_variable(name)) {
        return reader_.problem(node, fmt::format("data: column '{}' must be named with letters, "
                                                 "digits and '_'",
                                                 name));
      }
      c_.data.columns.push_back(name);
      known_.push_back(name);
    }
    for (std::size_t i = 1; i < parsed->size(); ++i) {
      auto& row = (*parsed)[i];
      if (row.cells.size() != c_.data.columns.size()) {
        return reader_.problem(node, fmt::format("data: line {} has {} cells and not {}", row.line,
                                                 row.cells.size(), c_.data.columns.size()));
      }
      c_.data.rows.push_back(std::move(row.cells));
    }
  }

  void step(const YAML::Node& node) {
    Step s;
    int parts = 0;
    reader_.map(node, "a step", keys("conversations.*.steps[]"),
                [&](const std::string& key, const YAML::Node& v) {
                  ++parts;
                  if (key == "user") {
                    s.kind = Step::Kind::User;
                    user(v, s);
                  } else if (key == "bot") {
                    s.kind = Step::Kind::Bot;
                    bot(v, s);
                  } else if (key == "check") {
                    s.kind = Step::Kind::Check;
                    check(v, s);
                  } else {
                    s.kind = Step::Kind::Think;
                    reader_.delay(v, "think", s.think);
                  }
                });
    if (node.IsMap() && parts != 1) {
      reader_.problem(node, "a step is exactly one of user, bot, think, check");
      s.kind = Step::Kind::User;  // told once
    }
    c_.steps.push_back(std::move(s));
  }

  /// A text with placeholders that the conversation or the lab can fill.
  void templated(const YAML::Node& v, const std::string& what, std::string& out) {
    auto text = reader_.text(v, what);
    if (!text) return;
    out = std::move(*text);
    if (const auto checked = check_template(out, known_); !checked) {
      reader_.problem(v, fmt::format("{}: {}", what, checked.error().message));
    }
  }

  void user(const YAML::Node& v, Step& s) {
    bool says = v.IsScalar();
    bool presses = false;
    if (says) {
      templated(v, "user", s.text);
    } else {
      reader_.map(v, "user", keys("conversations.*.steps[].user"),
                  [&](const std::string& key, const YAML::Node& n) {
                    if (key == "text") {
                      says = true;
                      templated(n, "user.text", s.text);
                    } else if (key == "mention") {
                      reader_.boolean(n, "user.mention", s.mention);
                    } else if (key == "callback") {
                      presses = true;
                      templated(n, "user.callback", s.button);
                    } else {
                      read_tags(reader_, n, s.tags);
                    }
                  });
    }
    if (says == presses) {
      reader_.problem(v, says ? "a user step says a text or presses a callback, not both"
                              : "a user step needs a text, or a callback to press");
    }
  }

  /// True when the key was one of a rule.
  bool rule(const std::string& key, const YAML::Node& v, const std::string& what, TextRule& out) {
    if (key == "contains") {
      templated(v, what + ".contains", out.contains);
    } else if (key == "equals") {
      templated(v, what + ".equals", out.equals);
    } else if (key == "match") {
      out.match = pattern(v, what + ".match");
      if (!out.match) return true;
      for (auto& name : out.match->group_names()) known_.push_back(std::move(name));
    } else {
      return false;
    }
    return true;
  }

  std::optional<Pattern> pattern(const YAML::Node& v, const std::string& what) {
    const auto text = reader_.text(v, what);
    if (!text) return std::nullopt;
    auto compiled = Pattern::compile(*text);
    if (compiled) return std::move(*compiled);
    reader_.problem(v, fmt::format("{}: {}", what, compiled.error().message));
    return std::nullopt;
  }

  void bot(const YAML::Node& v, Step& s) {
    s.within = std::chrono::seconds(10);
    if (v.IsScalar()) return templated(v, "bot", s.rule.contains);
    reader_.map(v, "bot", keys("conversations.*.steps[].bot"),
                [&](const std::string& key, const YAML::Node& n) {
                  if (rule(key, n, "bot", s.rule)) return;
                  if (key == "within" || key == "for") {
                    reader_.duration(n, "bot." + key, s.within);
                  } else if (key == "count") {
                    count(n, s);
                  } else if (key == "settle") {
                    reader_.duration(n, "bot.settle", s.settle);
                  } else if (key == "linked") {
                    reader_.boolean(n, "bot.linked", s.linked);
                  } else if (key == "none") {
                    reader_.boolean(n, "bot.none", s.none);
                  } else if (key == "capture") {
                    capture(n, s);
                  } else if (key == "check") {
                    check_name(n, s);
                  } else if (key == "metrics") {
                    feeds(n, s);
                  } else if (key == "tags") {
                    read_tags(reader_, n, s.tags);
                  } else {
                    reader_.choice<Step::OnTimeout>(n, "bot.on_timeout", s.on_timeout, kOnTimeouts);
                  }
                });
    const bool asks =
        !s.rule.empty() || !s.captures.empty() || s.linked || s.settle > Duration::zero();
    if (s.none && asks) {
      reader_.problem(v, "a bot that must stay silent (none) has no text to look at");
    }
  }

  void count(const YAML::Node& v, Step& s) {
    std::int64_t low = 1;
    std::int64_t high = 1;
    reader_.range(v, "bot.count", low, high, 100);
    s.count_low = static_cast<std::uint32_t>(std::max<std::int64_t>(1, low));
    s.count_high = static_cast<std::uint32_t>(std::max<std::int64_t>(1, high));
  }

  void capture(const YAML::Node& v, Step& s) {
    const auto add = [&](const YAML::Node& at, const std::string& name,
                         std::optional<Pattern> from) {
      if (!is_variable(name)) {
        return reader_.problem(
            at, fmt::format("bot.capture: '{}' must be letters, digits and '_'", name));
      }
      s.captures.push_back({name, std::move(from)});
      known_.push_back(name);
    };
    if (v.IsScalar()) {
      if (const auto name = reader_.text(v, "bot.capture")) add(v, *name, std::nullopt);
      return;
    }
    reader_.named(v, "bot.capture", [&](const std::string& name, const YAML::Node& n) {
      if (auto from = pattern(n, "bot.capture." + name)) add(n, name, std::move(from));
    });
  }

  void check_name(const YAML::Node& v, Step& s) {
    reader_.text(v, "check", s.check);
    if (!is_tag(s.check)) {
      reader_.problem(v, fmt::format("check: '{}' must be letters, digits, '_', '-' and '.', so "
                                     "that checks{{check:NAME}} can name it",
                                     s.check));
    }
  }

  void check(const YAML::Node& v, Step& s) {
    s.on_timeout = Step::OnTimeout::Continue;  // as in k6: a check counts and stops nothing
    reader_.map(v, "check", keys("conversations.*.steps[].check"),
                [&](const std::string& key, const YAML::Node& n) {
                  if (rule(key, n, "check", s.rule)) return;
                  if (key == "name") {
                    check_name(n, s);
                  } else if (key == "text") {
                    templated(n, "check.text", s.text);
                  } else {
                    read_tags(reader_, n, s.tags);
                  }
                });
    if (v.IsMap() && (s.check.empty() || s.text.empty() || s.rule.empty())) {
      reader_.problem(v,
                      "a check needs a 'name', a 'text' like \"{{order}}\", and one of "
                      "contains, equals, match");
    }
  }

  void feeds(const YAML::Node& v, Step& s) {
    reader_.named(v, "bot.metrics", [&](const std::string& name, const YAML::Node& n) {
      const auto metric = std::ranges::find(own_, name, &OwnMetric::name);
      if (metric == own_.end()) {
        std::vector<std::string> names;
        for (const auto& m : own_) names.push_back(m.name);
        const auto near = nearest(name, names);
        return reader_.problem(
            n, near ? fmt::format("no metric '{}', did you mean '{}'?", name, *near)
                    : fmt::format("no metric '{}'; declare it under 'metrics'", name));
      }
      Feed feed;
      feed.metric = name;
      templated(n, "bot.metrics." + name, feed.value);
      if (feed.value == "latency") feed.from = Feed::From::Latency;
      if (feed.value == "right") feed.from = Feed::From::Right;
      const bool fits = feed.from == Feed::From::Latency ? metric->type == MetricType::Trend
                        : feed.from == Feed::From::Right ? metric->type == MetricType::Rate
                                                         : metric->type != MetricType::Rate;
      if (!fits) {
        reader_.problem(n, fmt::format("bot.metrics.{}: a trend takes 'latency' or a number, a "
                                       "rate takes 'right', a counter or gauge a number",
                                       name));
      }
      s.feeds.push_back(std::move(feed));
    });
  }

  YamlReader& reader_;
  std::span<const OwnMetric> own_;
  Conversation& c_;
  std::vector<std::string> known_;  ///< variables that a step at this place may use
};

}  // namespace

void read_conversation(YamlReader& reader, const YAML::Node& node, std::span<const OwnMetric> own,
                       Conversation& c) {
  Section(reader, own, c).read(node);
}

void read_tags(YamlReader& reader, const YAML::Node& node, TagList& out) {
  reader.named(node, "tags", [&](const std::string& key, const YAML::Node& v) {
    auto value = reader.text(v, "tags." + key);
    if (!value) return;
    if (!is_tag(key) || !is_tag(*value)) {
      return reader.problem(v, fmt::format("tags: '{}: {}' must be letters, digits, '_', '-' and "
                                           "'.', as thresholds write them",
                                           key, *value));
    }
    if (key == "kind" || key == "check") {
      return reader.problem(v, fmt::format("tags: '{}' is a tag of the lab's own", key));
    }
    out.emplace_back(key, std::move(*value));
  });
  std::ranges::sort(out);
}

void read_own_metrics(YamlReader& reader, const YAML::Node& node, std::vector<OwnMetric>& out) {
  static constexpr std::array<Choice<MetricType>, 4> kTypes{{{"trend", MetricType::Trend},
                                                             {"counter", MetricType::Counter},
                                                             {"rate", MetricType::Rate},
                                                             {"gauge", MetricType::Gauge}}};
  static constexpr std::array<Choice<MetricUnit>, 4> kUnits{{{"ms", MetricUnit::Time},
                                                             {"bytes", MetricUnit::Bytes},
                                                             {"count", MetricUnit::Count},
                                                             {"number", MetricUnit::Number}}};
  constexpr std::size_t kMaxMetrics = 100;
  reader.named(node, "metrics", [&](const std::string& name, const YAML::Node& v) {
    OwnMetric m;
    m.name = name;
    m.definition = "declared by the scenario";
    std::optional<MetricUnit> unit;
    const auto type = [&](const YAML::Node& n) {
      reader.choice<MetricType>(n, fmt::format("metrics.{}", name), m.type, kTypes);
    };
    if (v.IsScalar()) {
      type(v);
    } else {
      reader.map(v, fmt::format("metrics.{}", name), keys("metrics.*"),
                 [&](const std::string& key, const YAML::Node& n) {
                   if (key == "type") {
                     type(n);
                   } else if (key == "unit") {
                     unit.emplace();
                     reader.choice<MetricUnit>(n, fmt::format("metrics.{}.unit", name), *unit,
                                               kUnits);
                   } else {
                     reader.text(n, fmt::format("metrics.{}.description", name), m.definition);
                   }
                 });
    }
    m.unit = unit.value_or(m.type == MetricType::Counter ? MetricUnit::Count
                           : m.type == MetricType::Trend ? MetricUnit::Time
                                                         : MetricUnit::Number);
    if (m.type == MetricType::Rate) m.unit = MetricUnit::Share;
    if (!is_tag(name)) {
      return reader.problem(
          v, fmt::format("metric '{}' must be letters, digits, '_', '-' and '.'", name));
    }
    if (find_metric(name) != nullptr) {
      return reader.problem(v, fmt::format("metric '{}' is one of the lab's own", name));
    }
    if (out.size() >= kMaxMetrics) return reader.problem(v, "more than 100 metrics");
    out.push_back(std::move(m));
  });
}

}  // namespace chorus::lab::detail
