#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/result.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/rt/task.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::lab {

/// Where the sandbox listens; empty when a door is in-process only.
struct SandboxAddresses {
  std::string telegram;
  std::string matrix;
  std::string llm;  ///< with `/v1`
  std::string control;
};

/// A bot account that the run has made, for the target to drive.
struct BotAccess {
  sandbox::Platform platform = sandbox::Platform::Telegram;
  PlatformUserId id;
  std::string name;
  std::string username;
  std::string token;
  std::string address;             ///< how its platform names it: `@name:sandbox` on Matrix
  std::string persona;             ///< a hint, may be empty
  std::vector<std::string> rooms;  ///< groups it is a member of, as its platform names them
};

/// Whatever is under test, as the lab sees it: from outside. `app` implements it for a child
/// `chorus serve`, a command, a waiting sandbox, a webhook URL and the in-process fleet of virtual
/// time. All calls on the loop's thread.
class Target {
 public:
  virtual ~Target() = default;

  /// One line for the report, without secrets: `fleet (chorus serve)`, `command: python3 bot.py`.
  [[nodiscard]] virtual std::string describe() const = 0;
  /// Starts it against the sandbox. It need not be ready on return: the run waits until every bot
  /// polls or takes its webhook. Errors: NotFound or Unavailable when it cannot be started, said
  /// which and why.
  virtual rt::Task<Result<void>> start(SandboxAddresses addresses, std::vector<BotAccess> bots) = 0;
  /// Ends it; after `grace` by force. Called once, also after a failed start.
  virtual rt::Task<void> stop(Duration grace) = 0;

  /// True when the target needs no ready signal of each bot (attach: any bot may come).
  [[nodiscard]] virtual bool ready_when_started() const { return false; }
  /// Why it ended by itself, when it has: `python3 exited with 1`.
  [[nodiscard]] virtual std::optional<std::string> exited() const { return std::nullopt; }
  /// Roots of its process tree, for memory and CPU; empty when it has none of its own.
  [[nodiscard]] virtual std::vector<int> pids() const { return {}; }
  /// Whether a fault on the timeline may kill or pause it. The four calls below are made only when
  /// this is true, kill and restart in turn, and pause and resume.
  [[nodiscard]] virtual bool can_be_struck() const { return false; }
  /// Ends its processes at once, without a chance to clean up. Until `restart` it has not
  /// `exited`.
  virtual Result<void> kill();
  /// Starts it as `start` did, with what it has kept. Errors: those of `start`; Cancelled.
  virtual rt::Task<Result<void>> restart();
  /// Holds its processes where they are, and lets them go on.
  virtual Result<void> pause();
  virtual Result<void> resume();
  /// Where it shows its own metrics as Prometheus text, once it has started; empty when nowhere.
  [[nodiscard]] virtual std::string metrics_url() const { return {}; }
  /// Its own counts (our fleet: from its store). Asked for about once a second and at the end,
  /// after the drain. Must answer within a second; what it does not know stays empty.
  virtual rt::Task<TargetCounts> counts() { co_return TargetCounts{}; }
};

}  // namespace chorus::lab
