#include "chorus/lab/detail/executor_section.hpp"

#include "chorus/base/text.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/executor_keys.hpp"
#include "chorus/lab/detail/trace_file.hpp"
#include "chorus/lab/scenario.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

namespace chorus::lab::detail {

namespace {

using Kind = ExecutorKind;
using Nodes = std::map<std::string, YAML::Node>;

constexpr std::uint32_t kMaxPeople = 1'000'000;
constexpr double kMaxRate = 1e6;
constexpr Duration kMaxIterating = std::chrono::minutes(10);
constexpr Duration kSoak = std::chrono::hours(1);
constexpr std::array<std::pair<std::string_view, Arrival>, 3> kArrivals{
    {{"uniform", Arrival::Uniform}, {"poisson", Arrival::Poisson}, {"trace", Arrival::Trace}}};

std::optional<double> plain_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

/// Reads one executor; the keys are looked at in an order of their own, because some (time_unit)
/// say how others are meant.
class Section {
 public:
  Section(YamlReader& reader, const YAML::Node& node, Executor& e, ExecutorNotes& notes)
      : reader_(reader), node_(node), e_(e), notes_(notes) {}

  void read() {
    reader_.map(node_, fmt::format("scenarios.{}", e_.name), scenario_keys().at("scenarios.*"),
                [&](const std::string& key, const YAML::Node& v) { nodes_[key] = v; });
    const bool known = kind();
    e_.think =
        sandbox::DelaySpec{sandbox::DelaySpec::Kind::Lognormal, std::chrono::seconds(4), {}, 0.5};
    if (e_.kind == Kind::PartlyOpen) e_.arrival = Arrival::Poisson;
    if (e_.kind == Kind::Soak) e_.duration = kSoak;
    if (is_closed(e_.kind)) e_.duration = kMaxIterating;
    who();
    rates();
    stages();
    counts();
    times();
    trace();
    what_they_say();
    if (!known) return;
    for (const auto& [key, v] : nodes_) {
      if (const auto wrong = misplaced_key(key, e_.kind)) reader_.problem(v, *wrong);
    }
    required();
  }

 private:
  const YAML::Node* at(const std::string& key) const {
    const auto found = nodes_.find(key);
    return found == nodes_.end() ? nullptr : &found->second;
  }
  std::string what(std::string_view key) const {
    return fmt::format("scenarios.{}.{}", e_.name, key);
  }

  bool kind() {
    const auto* v = at("executor");
    if (v == nullptr) {
      reader_.problem(node_, fmt::format("scenarios.{} has no 'executor'", e_.name));
      return false;
    }
    const auto name = reader_.text(*v, "executor");
    if (!name) return false;
    const auto kind = executor_kind(*name);
    if (!kind) {
      const auto near = nearest(*name, executor_names());
      reader_.problem(
          *v, near ? fmt::format("executor: unknown value '{}', did you mean '{}'?", *name, *near)
                   : fmt::format("executor: unknown value '{}', it is one of {}", *name,
                                 fmt::join(executor_names(), ", ")));
      return false;
    }
    e_.kind = *kind;
    return true;
  }

  void who() {
    if (const auto* v = at("people")) {
      reader_.texts(*v, what("people"), e_.kinds);
      if (e_.kinds == std::vector<std::string>{"all"}) e_.kinds.clear();
      for (const auto& kind : e_.kinds) notes_.kinds.emplace_back(*v, kind);
    }
    if (const auto* v = at("vus")) reader_.u32(*v, what("vus"), e_.vus, kMaxPeople);
    if (const auto* v = at("pre_allocated_vus")) {
      reader_.u32(*v, what("pre_allocated_vus"), e_.max_vus, kMaxPeople);
    }
    if (const auto* v = at("max_vus")) reader_.u32(*v, what("max_vus"), e_.max_vus, kMaxPeople);
    if (e_.kind == Kind::ExternallyControlled) {
      if (e_.max_vus == 0) e_.max_vus = e_.vus;
      if (e_.vus > e_.max_vus) {
        reader_.problem(node_, fmt::format("scenarios.{}: vus {} is more than max_vus {}", e_.name,
                                           e_.vus, e_.max_vus));
      }
    }
  }

  /// `20/min`, or a bare number per `time_unit`.
  void rate(const YAML::Node& v, const std::string& name, double& out) {
    const auto text = reader_.text(v, name);
    if (!text) return;
    double value = 0;
    if (const auto number = plain_number(*text)) {
      if (!time_unit_ && *number != 0) {
        return reader_.problem(v, fmt::format("{}: '{}' needs a unit: write {}/s, {}/min, or give "
                                              "a time_unit",
                                              name, *text, *text, *text));
      }
      value = time_unit_ ? *number / *time_unit_ : 0;
    } else {
      const auto parsed = parse_rate(*text);
      if (!parsed) return reader_.problem(v, fmt::format("{}: {}", name, parsed.error().message));
      value = (parsed->low + parsed->high) / 2;
    }
    if (!(value >= 0) || value > kMaxRate) {
      return reader_.problem(
          v, fmt::format("{}: '{}' must be from 0 to a million a second", name, *text));
    }
    out = value;
  }

  void rates() {
    if (const auto* v = at("time_unit")) {
      Duration unit{};
      reader_.duration(*v, what("time_unit"), unit);
      if (unit > Duration::zero()) {
        time_unit_ = to_seconds(unit);
      } else {
        reader_.problem(*v, fmt::format("{} must be longer than 0", what("time_unit")));
      }
    }
    if (const auto* v = at("rate")) rate(*v, what("rate"), e_.rate);
    if (const auto* v = at("start_rate")) rate(*v, what("start_rate"), e_.start_level);
    if (e_.kind == Kind::RampingVus) e_.start_level = 1;
    if (const auto* v = at("start_vus")) {
      std::uint32_t n = 0;
      reader_.u32(*v, what("start_vus"), n, kMaxPeople);
      if (e_.kind == Kind::RampingVus) e_.start_level = n;
    }
  }

  void stages() {
    const auto* v = at("stages");
    const bool ramps = e_.kind == Kind::RampingVus || e_.kind == Kind::RampingArrivalRate;
    if (v == nullptr || !ramps) return;
    bool whole = true;
    reader_.list(*v, what("stages"), [&](const YAML::Node& item) {
      Stage stage;
      bool lasts = false;
      bool aims = false;
      reader_.map(item, "a stage", scenario_keys().at("scenarios.*.stages[]"),
                  [&](const std::string& key, const YAML::Node& n) {
                    if (key == "duration") {
                      lasts = true;
                      reader_.duration(n, "stages.duration", stage.duration);
                    } else if (e_.kind == Kind::RampingVus) {
                      aims = true;
                      std::uint32_t people = 0;
                      reader_.u32(n, "stages.target", people, kMaxPeople);
                      stage.target = people;
                    } else {
                      aims = true;
                      rate(n, "stages.target", stage.target);
                    }
                  });
      whole = whole && lasts && aims;
      if (item.IsMap() && (!lasts || !aims)) {
        reader_.problem(item, "a stage needs a 'duration' and a 'target'");
      }
      e_.stages.push_back(stage);
    });
    e_.duration = {};
    for (const auto& stage : e_.stages) e_.duration += stage.duration;
    if (whole && e_.duration <= Duration::zero()) {
      reader_.problem(*v, "the stages last no time");
    }
  }

  void counts() {
    if (const auto* v = at("iterations")) {
      if (const auto n = reader_.integer(*v, what("iterations"), 1, 1'000'000'000)) {
        e_.iterations = static_cast<std::uint64_t>(*n);
      }
    }
    if (const auto* v = at("size")) reader_.u32(*v, what("size"), e_.burst_size, kMaxPeople);
    if (const auto* v = at("gap")) reader_.duration(*v, what("gap"), e_.burst_gap);
    if (const auto* v = at("repeat")) reader_.u32(*v, what("repeat"), e_.burst_repeat, kMaxPeople);
    if (e_.kind == Kind::Burst && e_.burst_repeat > 0 && e_.burst_gap > Duration::zero()) {
      e_.duration = e_.burst_gap * e_.burst_repeat;
    }
    if (const auto* v = at("turns")) {
      std::int64_t low = e_.turns_low;
      std::int64_t high = e_.turns_high;
      reader_.range(*v, what("turns"), low, high, 1000);
      e_.turns_low = static_cast<std::uint32_t>(low);
      e_.turns_high = static_cast<std::uint32_t>(high);
    }
  }

  void times() {
    const auto duration = [&](const char* key, Duration& out) {
      const auto* v = at(key);
      if (v != nullptr) reader_.duration(*v, what(key), out);
      return v != nullptr;
    };
    duration("start_time", e_.start_time);
    lasts_ = duration("duration", e_.duration);
    duration("max_duration", e_.duration);
    duration("graceful_stop", e_.graceful_stop);
    Duration d{};
    if (duration("warmup", d)) notes_.warmup = d;
    if (duration("cooldown", d)) notes_.cooldown = d;
  }

  void trace() {
    if (const auto* v = at("arrival")) {
      reader_.choice<Arrival>(*v, what("arrival"), e_.arrival, kArrivals);
    }
    if (const auto* v = at("speed")) reader_.number(*v, what("speed"), e_.speed);
    if (const auto* v = at("speed"); v != nullptr && !(e_.speed > 0 && e_.speed <= 1e6)) {
      reader_.problem(*v,
                      fmt::format("{} must be above 0, like 2 for twice as fast", what("speed")));
      e_.speed = 1;
    }
    const auto* v = at("trace");
    if (v == nullptr) return;
    const auto content = reader_.file(*v, what("trace"));
    if (!content) return;
    auto parsed = parse_trace(*content);
    if (!parsed) {
      return reader_.problem(*v, fmt::format("{}: {}", what("trace"), parsed.error().message));
    }
    e_.trace = std::move(*parsed);
    if (lasts_) return;
    // The end of a window is not in it, so the last arrival needs a moment more.
    const double length = to_seconds(e_.trace.back().at) / e_.speed;
    e_.duration = from_seconds(std::floor(length) + 1);
  }

  void what_they_say() {
    if (const auto* v = at("think")) reader_.delay(*v, what("think"), e_.think);
    const auto* v = at("conversation");
    if (v == nullptr) return;
    reader_.texts(*v, what("conversation"), e_.conversations);
    for (const auto& name : e_.conversations) notes_.conversations.emplace_back(*v, name);
  }

  void required() {
    const auto lacks = [&](std::string_view key, std::string_view like) {
      reader_.problem(
          node_, fmt::format("executor '{}' needs '{}', like {}", to_string(e_.kind), key, like));
    };
    const bool traced = e_.kind == Kind::Replay || e_.arrival == Arrival::Trace;
    switch (e_.kind) {
      case Kind::ConstantArrivalRate:
      case Kind::PartlyOpen:
      case Kind::Breakpoint:
        if (!traced && !(e_.rate > 0) && !bad_rate()) {
          reader_.problem(
              node_, fmt::format("executor '{}' needs a 'rate', like 20/s", to_string(e_.kind)));
        }
        break;
      case Kind::RampingVus:
        if (at("stages") == nullptr) lacks("stages", "[{ duration: 1m, target: 50 }]");
        break;
      case Kind::RampingArrivalRate:
        if (at("stages") == nullptr) lacks("stages", "[{ duration: 1m, target: 20/s }]");
        break;
      case Kind::Burst:
        if (at("size") == nullptr || e_.burst_size == 0) lacks("size", "50");
        if (e_.burst_repeat != 1 && e_.burst_gap <= Duration::zero()) lacks("gap", "30s");
        break;
      case Kind::ExternallyControlled:
        if (e_.max_vus == 0) lacks("max_vus", "100");
        break;
      default:
        break;
    }
    if (traced && at("trace") == nullptr) lacks("trace", "messages.csv");
    if (e_.kind == Kind::Breakpoint && e_.duration <= Duration::zero()) lacks("duration", "10m");
  }

  /// A rate that was given and is wrong has its own line already.
  bool bad_rate() const { return at("rate") != nullptr; }

  YamlReader& reader_;
  const YAML::Node& node_;
  Executor& e_;
  ExecutorNotes& notes_;
  Nodes nodes_;
  std::optional<double> time_unit_;  ///< seconds
  bool lasts_ = false;
};

}  // namespace

void read_executor(YamlReader& reader, const YAML::Node& node, Executor& e, ExecutorNotes& notes) {
  Section(reader, node, e, notes).read();
}

void stretch(Executor& e, Duration duration) {
  const double before = to_seconds(e.duration);
  e.duration = duration;
  if (duration <= Duration::zero() || !(before > 0)) return;
  const double factor = to_seconds(duration) / before;
  for (auto& stage : e.stages) {
    stage.duration = from_seconds(to_seconds(stage.duration) * factor);
  }
}

void scale_people(Executor& e, double factor) {
  const auto scaled = [&](double n) { return std::max(n > 0 ? 1.0 : 0.0, std::round(n * factor)); };
  const auto scale = [&](std::uint32_t& n) { n = static_cast<std::uint32_t>(scaled(n)); };
  scale(e.vus);
  if (e.kind == Kind::ExternallyControlled) scale(e.max_vus);
  if (e.kind != Kind::RampingVus) return;
  e.start_level = scaled(e.start_level);
  for (auto& stage : e.stages) stage.target = scaled(stage.target);
}

}  // namespace chorus::lab::detail
