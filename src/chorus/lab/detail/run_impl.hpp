#pragma once

#include "chorus/lab/crowd.hpp"
#include "chorus/lab/ledger.hpp"
#include "chorus/lab/measure.hpp"
#include "chorus/lab/quality/chat_log.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/schedule.hpp"
#include "chorus/rt/blocking_pool.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/observer.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace chorus::lab {

/// The parts of a run that live on the loop. run.cpp holds the phases, run_load.cpp the senders,
/// run_watch.cpp what observes.
struct Run::Impl final : sandbox::Observer {
  Impl(rt::Loop& l, net::Transport& w, metrics::Registry& r, Scenario s, Target& t, RunOptions o);

  // phases (run.cpp)
  rt::Task<Result<RunResult>> execute();
  Result<void> prepare();
  void open_chat_log();
  rt::Task<Result<void>> start_target();
  void begin_load();
  rt::Task<void> hold_load();
  rt::Task<void> drain();
  RunResult result();

  // senders (run_load.cpp)
  static rt::Task<void> send_scheduled(Impl* self);
  static rt::Task<void> converse(Impl* self, std::uint32_t person, const Executor* executor,
                                 MonoTime intended);
  rt::Task<bool> converse_steps(std::uint32_t person, const Conversation& plan, MonoTime intended);
  rt::Task<bool> converse_turns(std::uint32_t person, const Executor& executor, MonoTime intended);
  /// Sends; gives the sequence, or nullopt when the world refused it.
  std::optional<std::uint64_t> send(Draft draft, MonoTime intended, MonoTime woke);
  struct Waiter {
    explicit Waiter(rt::Loop& loop) : notify(loop) {}
    rt::Notify notify;
    bool answered = false;
    bool linked = false;
    std::string text;
  };
  /// True when an answer came before `due`.
  rt::Task<bool> await_answer(std::uint64_t sequence, MonoTime due, Waiter& waiter);
  Duration draw(const sandbox::DelaySpec& delay, Rng& rng) const;

  // watching (run_watch.cpp)
  static rt::Task<void> tick(Impl* self);
  static rt::Task<void> sample(Impl* self);
  static rt::Task<void> inject_faults(Impl* self);
  /// Reads the target's own metrics now and then, until the watching ends.
  static rt::Task<void> scrape(Impl* self);
  void fill_fairness(FairnessReport& out) const;
  void publish(LiveStats::Phase phase);
  void check_abort(MonoTime now);
  void on_person_message(const sandbox::MessageView& view,
                         const std::vector<PlatformUserId>& recipients) override;
  void on_bot_message(const sandbox::MessageView& view, std::string_view method) override;
  void on_bot_edit(const sandbox::MessageView& view) override;
  void on_update_taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                       Duration waited, Duration exchange, bool webhook) override;
  void on_update_dropped(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                         sandbox::DropReason reason) override;
  void on_withheld(PlatformUserId bot, PlatformChatId room, PlatformMessageId message) override;
  void on_call_begun(PlatformUserId bot, std::string_view method, PlatformChatId room) override;
  void on_call(PlatformUserId bot, std::string_view method, int status, PlatformChatId room,
               int retry_after) override;
  void on_not_simulated(PlatformUserId bot, std::string_view method) override;
  void on_bot_ready(PlatformUserId bot) override;
  void on_llm_call(int status, Duration time_to_first_token, Duration total,
                   std::int64_t prompt_tokens, std::int64_t completion_tokens) override;
  void note_exchange(std::uint64_t sequence, const sandbox::MessageView& answer);
  static rt::Task<void> watch_bound(Impl* self);
  void check_bound();
  void end_early(RunEnd how, std::string why);
  [[nodiscard]] Duration run_time() const { return loop.now() - start; }

  rt::Loop& loop;
  net::Transport& webhooks;
  metrics::Registry& registry;
  Scenario scenario;
  Target& target;
  RunOptions options;
  Crowd crowd;
  Ledger ledger;
  ChatLog chat;
  Legs legs;
  /// The delivery that is being told to the ledger, for `legs`.
  struct Delivery {
    PlatformUserId bot;
    Duration exchange{};
    bool webhook = false;
    bool matched = false;
  };
  Delivery delivery;
  std::string metrics_url;  ///< empty: the target is not scraped
  ScrapeLog scrape_log;
  std::optional<Measure> measure;
  std::unique_ptr<sandbox::Sandbox> world;
  rt::TaskScope load_scope;   ///< senders and conversations: end with the window
  rt::TaskScope watch_scope;  ///< ticks and samples: end with the drain
  rt::BlockingPool pool;
  rt::Notify changed;  ///< ready bots, interrupt, abort
  std::vector<Schedule> schedules;
  MonoTime start{};
  WallTime started_at{};          ///< of the load; of the run while there is none
  std::optional<MonoTime> bound;  ///< the whole run is over then
  MonoTime load_ended{};
  LiveStats::Phase phase = LiveStats::Phase::Starting;
  RunEnd end = RunEnd::Complete;
  std::string end_reason;
  bool ended = false;   ///< the load ends now
  bool loaded = false;  ///< begin_load has run
  std::unordered_set<std::int64_t> ready;
  std::unordered_map<std::uint64_t, Waiter*> waiters;
  Draft* sending = nullptr;  ///< the message whose acceptance is being reported
  std::optional<std::uint64_t> sent_sequence;
  MonoTime sending_intended{};
  MonoTime sending_woke{};
  std::unordered_map<std::uint64_t, std::string> said;  ///< of the first messages, for the view
  std::vector<Exchange> exchanges;
  std::unordered_map<std::uint64_t, std::uint32_t> place_of;  ///< sequence of open records
  RecordsHash hash;
  TargetCounts target_counts;
  std::vector<std::string> fault_log;
  std::map<std::string, std::uint64_t> not_simulated;
  std::uint32_t conversations = 0;
  std::uint64_t conversation_count = 0;
  std::size_t next_conversation = 0;
};

}  // namespace chorus::lab
