#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/conversation.hpp"
#include "chorus/lab/executor.hpp"
#include "chorus/lab/thresholds.hpp"
#include "chorus/sandbox/llm_script.hpp"
#include "chorus/sandbox/types.hpp"
#include "chorus/yaml/problem.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

/// Something wrong in a scenario, with its place; none when it comes from a `--set` or is about the
/// whole file.
using yaml::Problem;

enum class TargetKind : std::uint8_t {
  Fleet,
  Command,
  Attach,
  Webhook,
  Conversations  ///< what hands out the fleet's conversation slots, and nothing around it
};
enum class UpdateTransport : std::uint8_t { Polling, Webhook };
enum class Processes : std::uint8_t { One, PerBot };
enum class Pacing : std::uint8_t { Fast, Natural };
std::string_view to_string(TargetKind kind) noexcept;
std::string_view to_string(UpdateTransport transport) noexcept;
std::string_view to_string(Pacing pacing) noexcept;

struct BotsSpec {
  std::uint32_t count = 1;
  UpdateTransport transport = UpdateTransport::Polling;
  std::string name = "Bot_{index}";   ///< `{index}` is the bot's number, three digits
  std::vector<std::string> personas;  ///< dealt out in turn; a hint for targets that have personas
};

struct TargetSpec {
  TargetKind kind = TargetKind::Fleet;
  /// Where bots and rooms are: dealt out in turn when there are several.
  std::vector<sandbox::Platform> platforms{sandbox::Platform::Telegram};
  std::vector<std::string> command;  ///< argument list, never a shell line
  std::string url;                   ///< kind webhook: where updates go
  Processes processes = Processes::One;
  BotsSpec bots;
  Pacing pacing = Pacing::Fast;
  std::map<std::string, std::string> env;
  Duration ready_timeout = std::chrono::seconds(60);
  /// Its own `/metrics` on loopback, scraped while the run goes; may be empty.
  std::string metrics;

  [[nodiscard]] bool is_on(sandbox::Platform platform) const;
  /// Of the bot, or of the copy of a room, with this index.
  [[nodiscard]] sandbox::Platform platform_of(std::uint32_t index) const {
    return platforms[index % platforms.size()];
  }
  [[nodiscard]] std::string platform_names() const;  ///< `telegram`, `telegram,matrix`
};

/// Who is in a room: everybody, dealt out evenly over the copies, nobody, or some kinds of people.
struct Membership {
  enum class How : std::uint8_t { All, Split, None, Kinds };
  How how = How::All;
  std::vector<std::string> kinds;  ///< How::Kinds only
};

struct RoomPlan {
  std::string id;
  /// A room that is not private is a Matrix room on Matrix, whatever kind of group it is here.
  sandbox::RoomType type = sandbox::RoomType::Supergroup;
  std::string title;
  std::uint32_t count = 1;  ///< copies; ignored for private rooms (one per person)
  Membership bots;
  Membership people;
};

enum class ReplyRule : std::uint8_t { Required, Optional, None };

/// What has to come back for a message.
struct Expectation {
  ReplyRule reply = ReplyRule::Optional;
  bool from_addressed = true;                  ///< else any bot of the room will do
  bool linked = false;                         ///< only a real reply link counts
  Duration within = std::chrono::seconds(20);  ///< from the intended time
  std::uint32_t max_count = 0;                 ///< more answers of one bot are counted; 0: no limit
};

enum class Action : std::uint8_t { Say, Mention, Reply };

struct PeopleSpec {
  std::string kind;
  std::uint32_t count = 0;
  RateRange rate;                  ///< messages per second of each person
  std::vector<std::string> texts;  ///< templates, one is drawn per message
  Action action = Action::Say;
  double share = 1;  ///< share of the messages that carry the action; the others are plain
  Expectation expect;
  bool canary = false;  ///< each text carries a token that must come back to this person only
  // Kind `conversations`, where nobody says anything:
  sandbox::DelaySpec work;  ///< a conversation holds its slot so long
  std::uint32_t steps = 1;  ///< and is touched after each of so many equal parts of it
};

/// What a fault does to the processes of the target instead of to the platform.
enum class TargetFault : std::uint8_t {
  None,
  Kill,   ///< SIGKILL; started again when the fault's time is over
  Pause,  ///< SIGSTOP, then SIGCONT
};

/// A fault on the timeline of the run; `match` and `fault` go to the sandbox's control API as they
/// are, unless the target itself is meant.
struct FaultPlan {
  std::string name;                         ///< in the result; empty: its kind
  Duration at{};                            ///< after the start of the measured window
  Duration jitter{};                        ///< each beginning is later by up to so much
  std::optional<sandbox::DelaySpec> every;  ///< from one beginning to the next; none: once
  std::optional<Duration> lasts;
  std::optional<double> rate;
  std::optional<std::uint32_t> times;
  TargetFault target = TargetFault::None;
  json::object match;
  json::object fault;
};

/// What a model would have cost; for the report alone.
struct LlmPrices {
  double input = 0;  ///< money per million prompt tokens
  double output = 0;
};

/// A complete, valid test plan.
struct Scenario {
  std::string name;
  std::string description;
  std::vector<std::string> tags;
  std::optional<std::uint64_t> seed;
  std::optional<WallTime> start_at;
  TargetSpec target;
  sandbox::LlmScript llm;
  std::optional<LlmPrices> llm_prices;
  sandbox::LimitsProfile limits = sandbox::LimitsProfile::Documented;  ///< of Telegram
  std::string matrix_limits = "scaled";  ///< of the homeserver: off, scaled or synapse-default
  std::vector<RoomPlan> rooms;
  std::vector<PeopleSpec> people;
  std::vector<Executor> executors;
  std::vector<Conversation> conversations;
  std::vector<OwnMetric> metrics;  ///< that steps feed and thresholds may name
  std::vector<TagList> labels;     ///< tags of user steps; Step::label counts from 1
  std::vector<Secret> secrets;     ///< values of `secret://NAME`: never to be shown
  std::vector<FaultPlan> faults;
  std::vector<Threshold> thresholds;
  std::optional<Duration> warmup;  ///< of the longest executor; none: min(15 s, a quarter)
  std::optional<Duration> cooldown;
  /// Environment of a second, simulated run of our own fleet with the same seed, whose metrics of
  /// conversation are reported beside; empty: there is none.
  std::map<std::string, std::string> baseline;
  /// Numbers of an earlier system's run, shown beside ours: name and text, in file order.
  std::vector<std::pair<std::string, std::string>> founding;

  [[nodiscard]] std::uint32_t people_count() const;
  /// What the sandbox enforces: the name of the profile on the target's platform, of both when it
  /// is on both.
  [[nodiscard]] std::string limits_name() const;
  /// End of the last executor, from the start of the measured window.
  [[nodiscard]] Duration measured() const;
  [[nodiscard]] Duration warmup_or_default() const;
  [[nodiscard]] Duration cooldown_or_default() const;  ///< at most 20 s
};

struct ParseOptions {
  std::vector<std::pair<std::string, std::string>> variables;  ///< `-e K=V`, before the environment
  std::function<std::optional<std::string>(const std::string&)> environment;  ///< may be empty
  std::vector<std::pair<std::string, std::string>> sets;  ///< `--set path=value`, later wins
  std::optional<std::uint32_t> people;  ///< `--people`: the kinds keep their proportions
  std::optional<Duration> duration;     ///< `--for`: of every executor; 0 runs until interrupted
  std::optional<std::uint64_t> seed;
  /// A file that the scenario names (a trace, rows of data), by the path as written: the caller
  /// knows the scenario's folder. Errors say why it cannot be read. Empty: there are no files.
  std::function<Result<std::string>(const std::string& path)> read_file;
  std::vector<std::string> command;  ///< after `--`: the target becomes `command`
};

struct ParsedScenario {
  std::optional<Scenario> scenario;  ///< when there is no problem
  std::vector<Problem> problems;     ///< in file order, at most 50
};

/// Reads and checks a scenario. Never throws; a document of any bytes is answered.
ParsedScenario parse_scenario(std::string_view yaml, const ParseOptions& options);

/// The same as a Result: Misconfigured with one line per problem, each with file, line and column.
Result<Scenario> load_scenario(std::string_view yaml, std::string_view file,
                               const ParseOptions& options);

/// Every key the parser knows, by object path: `""`, `target`, `target.bots`, `people.*`,
/// `rooms[]`. The published JSON Schema is tested against it.
const std::map<std::string, std::vector<std::string>>& scenario_keys();

/// `uniform(1s, 2s)`, `lognormal(4s, 0.5)`, `exponential(1s)`, or a duration.
Result<sandbox::DelaySpec> parse_delay(std::string_view text);

/// A scenario that is built into the binary.
struct ShippedScenario {
  std::string_view name;
  std::string_view yaml;
};
/// In order of name.
std::vector<ShippedScenario> shipped_scenarios();
std::optional<std::string_view> find_shipped_scenario(std::string_view name);
/// The published JSON Schema of scenario files.
std::string_view scenario_schema();

}  // namespace chorus::lab
