#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/conversation_section.hpp"
#include "chorus/lab/detail/executor_section.hpp"
#include "chorus/lab/detail/scenario_sections.hpp"
#include "chorus/lab/detail/yaml_reader.hpp"
#include "chorus/lab/redact.hpp"
#include "chorus/lab/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace chorus::lab {

namespace {

constexpr std::string_view kEveryConversation = "all";

template <class E>
using Choice = std::pair<std::string_view, E>;

constexpr std::array<Choice<sandbox::LimitsProfile>, 3> kLimits{
    {{"off", sandbox::LimitsProfile::Off},
     {"documented", sandbox::LimitsProfile::Documented},
     {"strict", sandbox::LimitsProfile::Strict}}};
constexpr std::array<Choice<std::string_view>, 3> kMatrixLimits{
    {{"off", "off"}, {"scaled", "scaled"}, {"synapse-default", "synapse-default"}}};
constexpr std::array<Choice<sandbox::RoomType>, 3> kRoomTypes{
    {{"supergroup", sandbox::RoomType::Supergroup},
     {"group", sandbox::RoomType::Group},
     {"private", sandbox::RoomType::Private}}};
const std::vector<std::string>& keys(const std::string& path) {
  return scenario_keys().at(path);
}

/// Whether an event of the executor is one request and nothing that is said.
bool asks_singly(ExecutorKind kind) {
  return kind != ExecutorKind::PartlyOpen && kind != ExecutorKind::ExternallyControlled &&
         kind != ExecutorKind::Breakpoint;
}

class Parser {
 public:
  Parser(const ParseOptions& options, std::vector<Problem>& problems)
      : options_(options), reader_(options, problems) {}

  Scenario parse(const YAML::Node& root) {
    bool version_seen = false;
    bool name_seen = false;
    reader_.map(root, "a scenario", keys(""), [&](const std::string& key, const YAML::Node& v) {
      version_seen |= key == "version";
      name_seen |= key == "name";
      top(key, v);
    });
    if (!version_seen) reader_.problem(1, 1, "the scenario has no 'version: 1'");
    if (!name_seen) reader_.problem(1, 1, "the scenario has no 'name'");
    metrics_are_known();
    apply_options();
    break_early();
    check_references(root);
    return std::move(out_);
  }

 private:
  void top(const std::string& key, const YAML::Node& v) {
    if (key == "version") {
      if (const auto n = reader_.text(v, key); n && *n != "1") {
        reader_.problem(v,
                        fmt::format("version {} is not known; this program reads version 1", *n));
      }
    } else if (key == "name") {
      name(v);
    } else if (key == "description") {
      reader_.text(v, key, out_.description);
    } else if (key == "tags") {
      reader_.texts(v, key, out_.tags);
    } else if (key == "seed") {
      if (const auto n = reader_.integer(v, key, 0, INT64_MAX)) {
        out_.seed = static_cast<std::uint64_t>(*n);
      }
    } else if (key == "start_at") {
      start_at(v);
    } else if (key == "target") {
      detail::read_target(reader_, v, !options_.command.empty(), out_.target);
    } else if (key == "llm") {
      detail::read_llm(reader_, v, out_.llm, out_.llm_prices);
    } else if (key == "limits") {
      reader_.choice<sandbox::LimitsProfile>(v, key, out_.limits, kLimits);
    } else if (key == "matrix_limits") {
      std::string_view name = out_.matrix_limits;
      reader_.choice<std::string_view>(v, key, name, kMatrixLimits);
      out_.matrix_limits = name;
    } else if (key == "rooms") {
      reader_.list(v, key, [&](const YAML::Node& item) { room(item); });
    } else if (key == "people") {
      reader_.named(v, key, [&](const std::string& k, const YAML::Node& n) { people(k, n); });
    } else if (key == "scenarios") {
      reader_.named(v, key, [&](const std::string& k, const YAML::Node& n) { executor(k, n); });
    } else if (key == "conversations") {
      conversations_ = v;
    } else if (key == "faults") {
      reader_.list(v, key, [&](const YAML::Node& item) {
        FaultPlan f;
        detail::read_fault(reader_, item, f);
        out_.faults.push_back(std::move(f));
      });
    } else if (key == "thresholds") {
      thresholds_ = v;
    } else if (key == "metrics") {
      detail::read_own_metrics(reader_, v, out_.metrics);
    } else if (key == "baseline") {
      baseline(v);
    } else if (key == "founding") {
      reader_.named(v, key, [&](const std::string& k, const YAML::Node& n) {
        if (auto value = reader_.text(n, k)) out_.founding.emplace_back(k, std::move(*value));
      });
    }
  }

  /// What may name a metric of the scenario is read when all of them are, wherever they stand.
  void metrics_are_known() {
    if (conversations_) {
      reader_.named(*conversations_, "conversations",
                    [&](const std::string& k, const YAML::Node& n) {
                      Conversation c;
                      c.name = k;
                      detail::read_conversation(reader_, n, out_.metrics, c);
                      for (auto& step : c.steps) label(step);
                      out_.conversations.push_back(std::move(c));
                    });
    }
    if (thresholds_) {
      reader_.named(*thresholds_, "thresholds", [&](const std::string& k, const YAML::Node& n) {
        detail::read_thresholds(reader_, k, n, out_.metrics, out_.thresholds);
      });
    }
    for (const auto& value : reader_.secrets()) out_.secrets.emplace_back(value);
  }

  /// Messages carry the number of their tags and not the tags.
  void label(Step& step) {
    constexpr std::size_t kMaxLabels = 1000;
    if (step.kind != Step::Kind::User || step.tags.empty()) return;
    auto found = std::ranges::find(out_.labels, step.tags);
    if (found == out_.labels.end() && out_.labels.size() < kMaxLabels) {
      found = out_.labels.insert(out_.labels.end(), step.tags);
    }
    if (found == out_.labels.end()) return;
    step.label = static_cast<std::uint16_t>(found - out_.labels.begin() + 1);
  }

  void name(const YAML::Node& v) {
    reader_.text(v, "name", out_.name);
    const bool good =
        !out_.name.empty() && out_.name.size() <= 100 && std::ranges::all_of(out_.name, [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-' || c == '_' || c == '.';
        });
    if (!good) {
      reader_.problem(v,
                      "name must be letters, digits, '-', '_' and '.', at most 100 of them; it "
                      "names the folder of a run");
    }
  }

  void baseline(const YAML::Node& v) {
    reader_.named(v, "baseline", [&](const std::string& k, const YAML::Node& n) {
      if (!k.starts_with("CHORUS_")) {
        reader_.problem(n, fmt::format("'{}' is no setting of our fleet; its names begin with "
                                       "CHORUS_, like CHORUS_SELECTOR: random",
                                       k));
      }
      if (auto value = reader_.text(n, k)) out_.baseline[k] = std::move(*value);
    });
  }

  void start_at(const YAML::Node& v) {
    const auto value = reader_.text(v, "start_at");
    if (!value) return;
    const auto at = from_iso8601(*value);
    if (!at) return reader_.problem(v, "start_at must look like 2026-01-05T12:00:00Z");
    out_.start_at = *at;
  }

  void membership(const YAML::Node& v, std::string_view what, bool kinds, Membership& out) {
    if (v.IsSequence()) {
      if (!kinds) return reader_.problem(v, fmt::format("{} is one of all, split", what));
      out.how = Membership::How::Kinds;
      reader_.texts(v, what, out.kinds);
      for (const auto& kind : out.kinds) kind_references_.emplace_back(v, kind);
      return;
    }
    static constexpr std::array<Choice<Membership::How>, 3> kHows{
        {{"all", Membership::How::All},
         {"split", Membership::How::Split},
         {"none", Membership::How::None}}};
    reader_.choice<Membership::How>(v, what, out.how, kHows);
  }

  void room(const YAML::Node& node) {
    RoomPlan r;
    reader_.map(node, "a room", keys("rooms[]"), [&](const std::string& key, const YAML::Node& v) {
      if (key == "id") {
        reader_.text(v, "rooms.id", r.id);
      } else if (key == "type") {
        reader_.choice<sandbox::RoomType>(v, "rooms.type", r.type, kRoomTypes);
      } else if (key == "title") {
        reader_.text(v, "rooms.title", r.title);
      } else if (key == "count") {
        if (const auto n = reader_.integer(v, "rooms.count", 1, 10'000)) {
          r.count = static_cast<std::uint32_t>(*n);
        }
      } else if (key == "bots") {
        membership(v, "rooms.bots", false, r.bots);
      } else if (key == "people") {
        membership(v, "rooms.people", true, r.people);
      }
    });
    if (r.id.empty()) {
      reader_.problem(node, "a room needs an 'id'");
    } else if (!room_ids_.insert(r.id).second) {
      reader_.problem(node, fmt::format("room '{}' is given twice", r.id));
    }
    if (r.title.empty()) r.title = r.id;
    out_.rooms.push_back(std::move(r));
  }

  void people(const std::string& kind, const YAML::Node& node) {
    PeopleSpec p;
    p.kind = kind;
    detail::read_people(reader_, node, p);
    out_.people.push_back(std::move(p));
  }

  void executor(const std::string& name, const YAML::Node& node) {
    Executor e;
    e.name = name;
    detail::ExecutorNotes notes;
    detail::read_executor(reader_, node, e, notes);
    kind_references_.insert(kind_references_.end(), notes.kinds.begin(), notes.kinds.end());
    conversation_references_.insert(conversation_references_.end(), notes.conversations.begin(),
                                    notes.conversations.end());
    const auto longer = [](std::optional<Duration>& out, const std::optional<Duration>& d) {
      if (d) out = std::max(out.value_or(*d), *d);
    };
    longer(out_.warmup, notes.warmup);
    longer(out_.cooldown, notes.cooldown);
    executor_places_.push_back(node);
    out_.executors.push_back(std::move(e));
  }

  void apply_options() {
    if (options_.seed) out_.seed = options_.seed;
    if (!options_.command.empty()) {
      out_.target.kind = TargetKind::Command;
      out_.target.command = options_.command;
    }
    if (options_.duration) {
      for (auto& e : out_.executors) detail::stretch(e, *options_.duration);
    }
    if (options_.people) scale_people(*options_.people);
    if (out_.executors.empty()) {
      Executor e;
      e.name = "main";
      if (options_.duration) e.duration = *options_.duration;
      out_.executors.push_back(std::move(e));
    }
  }

  /// Keeps the proportions of the kinds, largest remainders first.
  void scale_people(std::uint32_t total) {
    const double now = out_.people_count();
    if (now == 0) return;
    for (auto& e : out_.executors) detail::scale_people(e, total / now);
    std::uint32_t given = 0;
    std::vector<std::pair<double, std::size_t>> rests;
    for (std::size_t i = 0; i < out_.people.size(); ++i) {
      auto& p = out_.people[i];
      const double exact = p.count * (total / now);
      p.count = static_cast<std::uint32_t>(exact);
      given += p.count;
      rests.emplace_back(p.count - exact, i);
    }
    std::ranges::sort(rests);
    for (std::size_t i = 0; given < total; ++given, ++i) {
      ++out_.people[rests[i % rests.size()].second].count;
    }
  }

  void check_references(const YAML::Node& root) {
    const auto is_kind = [&](const std::string& kind) {
      return std::ranges::find(out_.people, kind, &PeopleSpec::kind) != out_.people.end();
    };
    std::vector<std::string> kinds;
    for (const auto& p : out_.people) kinds.push_back(p.kind);
    for (const auto& [node, kind] : kind_references_) {
      if (is_kind(kind)) continue;
      const auto near = nearest(kind, kinds);
      reader_.problem(node,
                      near ? fmt::format("no people of kind '{}', did you mean '{}'?", kind, *near)
                           : fmt::format("no people of kind '{}'", kind));
    }
    every_conversation();
    for (const auto& [node, name] : conversation_references_) {
      const bool known = name == kEveryConversation
                             ? !out_.conversations.empty()
                             : std::ranges::find(out_.conversations, name, &Conversation::name) !=
                                   out_.conversations.end();
      if (known) continue;
      std::vector<std::string> names;
      for (const auto& c : out_.conversations) names.push_back(c.name);
      const auto near = nearest(name, names);
      reader_.problem(node,
                      near ? fmt::format("no conversation '{}', did you mean '{}'?", name, *near)
                           : fmt::format("no conversation '{}'", name));
    }
    check_people_of_executors();
    if (thresholds_) detail::check_threshold_tags(reader_, *thresholds_, out_);
    if (out_.target.kind == TargetKind::Conversations) return check_slots(root);
    if (out_.rooms.empty()) {
      reader_.problem(root, "the scenario has no 'rooms', so nobody could speak");
    }
    for (const auto& p : out_.people) {
      if (p.count > 0 && !has_room(p.kind)) {
        reader_.problem(root, fmt::format("people of kind '{}' are in no room", p.kind));
      }
      const bool works = p.steps > 1 || p.work.a > Duration::zero();
      if (works) {
        reader_.problem(root, fmt::format("people.{}.work and steps belong to target.kind "
                                          "'conversations'",
                                          p.kind));
      }
    }
  }

  /// Where nobody says anything there is no room, and what needs one is a mistake.
  void check_slots(const YAML::Node& root) {
    for (const auto& e : out_.executors) {
      if (!e.conversations.empty() || !asks_singly(e.kind)) {
        reader_.problem(root, fmt::format("target.kind 'conversations' has no talks to hold: "
                                          "scenarios.{} cannot be run with it",
                                          e.name));
      }
    }
    if (!out_.faults.empty()) {
      reader_.problem(root, "target.kind 'conversations' has no platform that faults could meet");
    }
  }

  /// A breakpoint is over when something breaks.
  void break_early() {
    const bool breaks = std::ranges::any_of(
        out_.executors, [](const Executor& e) { return e.kind == ExecutorKind::Breakpoint; });
    for (auto& threshold : out_.thresholds) threshold.abort_on_fail |= breaks;
  }

  /// `conversation: all` stands for whatever the file has.
  void every_conversation() {
    for (auto& e : out_.executors) {
      if (e.conversations != std::vector<std::string>{std::string(kEveryConversation)}) continue;
      e.conversations.clear();
      for (const auto& c : out_.conversations) e.conversations.push_back(c.name);
    }
  }

  /// People that an executor wants and the scenario does not have would be a smaller load in
  /// silence.
  void check_people_of_executors() {
    for (std::size_t i = 0; i < executor_places_.size(); ++i) {
      const auto& e = out_.executors[i];
      std::uint64_t there = 0;
      for (const auto& p : out_.people) {
        const bool counts = e.kinds.empty() || std::ranges::find(e.kinds, p.kind) != e.kinds.end();
        if (counts) there += p.count;
      }
      double wanted = e.vus;
      if (e.kind == ExecutorKind::ExternallyControlled) wanted = e.max_vus;
      if (e.kind == ExecutorKind::RampingVus) {
        wanted = e.start_level;
        for (const auto& stage : e.stages) wanted = std::max(wanted, stage.target);
      }
      // Proportions are rounded when the command line gives the number of people.
      if (wanted > static_cast<double>(there) && !options_.people) {
        reader_.problem(executor_places_[i],
                        fmt::format("scenarios.{} wants {} people, and {} may take part; raise "
                                    "the 'count' of their kinds",
                                    e.name, wanted, there));
      }
    }
  }

  bool has_room(const std::string& kind) const {
    return std::ranges::any_of(out_.rooms, [&](const RoomPlan& r) {
      if (r.people.how == Membership::How::Kinds) {
        return std::ranges::find(r.people.kinds, kind) != r.people.kinds.end();
      }
      return r.people.how != Membership::How::None;
    });
  }

  const ParseOptions& options_;
  detail::YamlReader reader_;
  Scenario out_;
  std::set<std::string> room_ids_;
  std::vector<std::pair<YAML::Node, std::string>> kind_references_;
  std::vector<std::pair<YAML::Node, std::string>> conversation_references_;
  std::optional<YAML::Node> conversations_;
  std::optional<YAML::Node> thresholds_;
  std::vector<YAML::Node> executor_places_;  ///< of those that the file names, in order
};

}  // namespace

ParsedScenario parse_scenario(std::string_view yaml, const ParseOptions& options) {
  ParsedScenario out;
  try {
    detail::YamlReader reader(options, out.problems);
    if (const auto root = reader.load(yaml)) {
      auto scenario = Parser(options, out.problems).parse(*root);
      const Redactor redact(scenario.secrets);
      for (auto& problem : out.problems) problem.message = redact(std::move(problem.message));
      if (out.problems.empty()) out.scenario = std::move(scenario);
    }
  } catch (const std::exception& error) {  // yaml-cpp reports some misuse of a node by throwing
    out.scenario.reset();
    out.problems.push_back(Problem{0, 0, fmt::format("not readable: {}", error.what())});
  }
  yaml::sort_by_place(out.problems);
  return out;
}

}  // namespace chorus::lab
