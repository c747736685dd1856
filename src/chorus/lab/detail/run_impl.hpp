#pragma once

#include "chorus/lab/crowd.hpp"
#include "chorus/lab/detail/books.hpp"
#include "chorus/lab/detail/step_outcome.hpp"
#include "chorus/lab/fault_times.hpp"
#include "chorus/lab/fault_track.hpp"
#include "chorus/lab/ledger.hpp"
#include "chorus/lab/live_control.hpp"
#include "chorus/lab/measure.hpp"
#include "chorus/lab/quality/chat_log.hpp"
#include "chorus/lab/redact.hpp"
#include "chorus/lab/run.hpp"
#include "chorus/lab/schedule.hpp"
#include "chorus/lab/steering.hpp"
#include "chorus/rt/blocking_pool.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/observer.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace chorus::lab {

/// The parts of a run that live on the loop. run.cpp holds the phases, run_load.cpp the senders,
/// run_watch.cpp what observes, run_faults.cpp what goes wrong on purpose.
struct Run::Impl final : sandbox::Observer {
  Impl(rt::Loop& l, net::Transport& w, metrics::Registry& r, Scenario s, Target& t, RunOptions o);

  // phases (run.cpp)
  rt::Task<Result<RunResult>> execute();
  Result<void> prepare();
  void open_chat_log();
  rt::Task<Result<void>> start_target();
  Result<void> begin_load();
  rt::Task<void> hold_load();
  rt::Task<void> finish_conversations();
  rt::Task<void> drain();
  /// What neither the measures nor the thresholds tell.
  RunResult known(const LedgerBalance& balance);
  detail::Books books(const LedgerBalance& balance, MonoTime now);
  RunResult result();

  // records
  [[nodiscard]] std::optional<std::uint32_t> group_of(const LedgerRecord& record) const;
  [[nodiscard]] std::string line_of(const LedgerRecord& record) const;
  void write_record(const std::string& line);

  // checkpoints (run_checkpoint.cpp)
  static rt::Task<void> make_checkpoints(Impl* self);
  rt::Task<void> make_checkpoint();
  /// Errors: Misconfigured when executors of the scenario cannot be resumed.
  Result<void> check_checkpoints() const;
  /// Takes over what an earlier process had counted, and puts the plan where it was. Errors:
  /// ParseError.
  Result<void> go_on();
  /// The new world of a run that goes on numbers messages and updates higher than the one before: a
  /// bot that has kept the number of its last update would wait for it otherwise.
  void number_higher();
  void archive_state(detail::Archive& archive);
  /// When time 0 of the plan was, or would have been.
  [[nodiscard]] MonoTime plan_start() const { return start + shift; }

  /// A message of a room: room, bot in private chats, message.
  using EditKey = std::tuple<std::int64_t, std::int64_t, std::int64_t>;
  using RoomBot = std::pair<std::int64_t, std::int64_t>;
  /// What comes back for a message, and in a conversation since its person last spoke.
  struct Waiter {
    explicit Waiter(rt::Loop& loop) : notify(loop) {}
    [[nodiscard]] std::size_t unheard() const { return answers.size() - taken; }
    /// The next `n` answers; the span lasts until the next one comes.
    std::span<const Answer> take(std::size_t n);
    void clear();
    rt::Notify notify;
    bool answered = false;
    std::vector<Answer> answers;           ///< at most 64
    std::size_t taken = 0;                 ///< of the answers
    MonoTime changed{};                    ///< last answer or edit
    std::vector<PlatformMessageId> shown;  ///< the bot's messages, last changed last; at most 20
    // where it is listed
    std::optional<std::uint64_t> sequence;  ///< of `waiters`
    std::optional<RoomBot> room;            ///< of `listening`
    std::vector<EditKey> edits;             ///< of `edited`
  };

  // senders (run_load.cpp)
  static rt::Task<void> send_scheduled(Impl* self);
  void begin_arrival(std::size_t executor, const Due& due);
  /// The next planned or extra event of all executors.
  std::optional<std::pair<std::size_t, Due>> next_event(bool& is_extra);
  /// What the hand on the load makes of a planned event.
  void steer_event(std::size_t executor, const Due& due);
  static rt::Task<void> await_iteration(Impl* self, std::size_t executor, std::uint64_t sequence,
                                        MonoTime due);
  /// An executor that takes no more arrivals at a time; without a bound there is always room.
  [[nodiscard]] bool is_full(std::size_t executor) const;

  // closed executors (run_closed.cpp)
  void begin_closed();
  static rt::Task<void> iterate(Impl* self, std::size_t executor, std::uint32_t person,
                                std::uint32_t rank);
  /// True when no executor will ever begin anything more and one of them was closed: nothing is
  /// left to wait for before the window's end.
  [[nodiscard]] bool iterations_over() const;

  // conversations (run_talk.cpp)
  static rt::Task<void> converse(Impl* self, std::uint32_t person, std::size_t executor,
                                 MonoTime intended);
  rt::Task<void> hold(std::uint32_t person, const Executor& executor, MonoTime intended);
  [[nodiscard]] const Conversation* choose(const Executor& executor, Rng& rng) const;
  Variables row_of(const Conversation& plan, Rng& rng);
  rt::Task<bool> converse_turns(std::uint32_t person, const Executor& executor, MonoTime intended,
                                Rng& rng);
  rt::Task<bool> converse_steps(std::uint32_t person, const Conversation& plan, MonoTime intended,
                                Rng& rng);
  /// A conversation by steps while it goes on.
  struct Talk {
    Talk(rt::Loop& loop, const Conversation& p, Seat s) : plan(p), seat(s), waiter(loop) {}
    const Conversation& plan;
    Seat seat;
    Waiter waiter;
    std::uint32_t person = 0;
    std::size_t at = 0;  ///< of the steps
    MonoTime since{};    ///< what the next step's time runs from: the intended time of a message
    Variables variables;
    std::optional<std::uint64_t> sequence;
  };
  rt::Task<bool> walk(Talk& talk, Rng& rng);
  void expect_next(const Talk& talk, Expectation& out) const;
  bool say(Talk& talk, const Step& step);
  bool press(Talk& talk, const Step& step);
  rt::Task<bool> listen(Talk& talk, const Step& step);
  void account_step(const Talk& talk, const Step& step, const StepOutcome& outcome);

  // what bots say to whom (run_waiters.cpp)
  void listen_to_room(Talk& talk);
  void stop_listening(Waiter& waiter);
  void heard(const sandbox::MessageView& view, const std::optional<Ledger::Attribution>& cause);
  static EditKey edit_key(const Seat& seat, PlatformMessageId message);
  /// Sends; gives the sequence, or nullopt when the world refused it.
  std::optional<std::uint64_t> send(Draft draft, MonoTime intended, MonoTime woke);
  /// True when an answer came before `due`.
  rt::Task<bool> await_answer(std::uint64_t sequence, MonoTime due, Waiter& waiter);
  Duration draw(const sandbox::DelaySpec& delay, Rng& rng) const;

  // watching (run_watch.cpp)
  static rt::Task<void> tick(Impl* self);
  static rt::Task<void> sample(Impl* self);
  // faults (run_faults.cpp)
  /// Errors: Misconfigured when a fault asks of the target what it cannot.
  Result<void> check_faults() const;
  void begin_faults();
  static rt::Task<void> inject(Impl* self, std::size_t index);
  /// Each gives true when the fault is over, false when the load ended before or the run is broken.
  rt::Task<bool> strike_platform(const FaultPlan& plan, std::optional<std::size_t> number);
  rt::Task<bool> strike_target(const FaultPlan& plan, std::optional<std::size_t> number);
  std::optional<std::size_t> note_fault(const FaultPlan& plan);
  void end_fault(std::optional<std::size_t> number, Duration at);
  /// The load has ended: a target that a fault holds down comes back for the drain.
  rt::Task<void> revive_target();
  void count_fault_calls();
  /// Reads the target's own metrics now and then, until the watching ends.
  static rt::Task<void> scrape(Impl* self);

  void publish(LiveStats::Phase phase);
  void check_thresholds(MonoTime now);
  [[nodiscard]] std::string broke_at(MonoTime now) const;
  void on_person_message(const sandbox::MessageView& view,
                         const std::vector<PlatformUserId>& recipients) override;
  void on_bot_message(const sandbox::MessageView& view, std::string_view method) override;
  void on_bot_edit(const sandbox::MessageView& view) override;
  void on_button_answered(PlatformUserId bot, PlatformUserId person, PlatformChatId room,
                          std::string_view text, bool alert) override;
  void on_update_taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                       Duration waited, Duration exchange, bool webhook) override;
  void on_update_dropped(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                         sandbox::DropReason reason) override;
  void on_withheld(PlatformUserId bot, PlatformChatId room, PlatformMessageId message) override;
  void on_call_begun(PlatformUserId bot, std::string_view method, PlatformChatId room) override;
  void on_call(PlatformUserId bot, std::string_view method, int status, PlatformChatId room,
               int retry_after) override;
  void on_unauthorized(std::uint64_t token) override;
  void on_send(PlatformUserId bot, PlatformChatId room, std::uint64_t content, int status) override;
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
  Redactor redact;
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
  Measure::Options measuring;
  std::optional<Measure> measure;
  std::unique_ptr<sandbox::Sandbox> world;
  rt::TaskScope load_scope;   ///< senders and conversations: end with the window
  rt::TaskScope watch_scope;  ///< ticks and samples: end with the drain
  rt::BlockingPool pool;
  rt::Notify changed;  ///< ready bots, interrupt, abort
  std::vector<Schedule> schedules;
  /// What an executor has begun, by its place in the scenario.
  struct Begun {
    std::uint32_t open = 0;        ///< arrivals whose answer or conversation is awaited
    std::uint64_t iterations = 0;  ///< closed: begun so far
    std::uint32_t running = 0;     ///< closed: people who still iterate
  };
  std::vector<Begun> progress;
  Steering steering;
  /// Events beyond the planned ones, by time: the load was scaled up by hand.
  std::multimap<Duration, std::pair<std::size_t, Due>> extra;
  std::unique_ptr<LiveControl> control;
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
  std::map<RoomBot, Waiter*> listening;  ///< whatever a bot says there
  std::map<EditKey, Waiter*> edited;     ///< messages whose edits matter
  Draft* sending = nullptr;              ///< the message whose acceptance is being reported
  std::optional<std::uint64_t> sent_sequence;
  MonoTime sending_intended{};
  MonoTime sending_woke{};
  std::unordered_map<std::uint64_t, std::string> said;  ///< of the first messages, for the view
  std::vector<Exchange> exchanges;
  std::unordered_map<std::uint64_t, std::uint32_t> place_of;  ///< sequence of open records
  RecordsHash hash;
  std::uint64_t record_bytes = 0;
  // A run that goes on after a checkpoint: its plan is later by what the lab was away.
  Duration shift{};
  Duration plan_begin{};  ///< of the plan: where the load begins
  std::vector<std::string> steered_before;
  TargetCounts target_counts;
  std::vector<std::optional<MonoTime>> broken_since;  ///< of each threshold that is broken now
  std::vector<Duration> longest_broken;
  FaultTrack faults;
  std::vector<std::pair<std::size_t, std::int64_t>> fault_ids;  ///< window and the sandbox's number
  TargetFault struck = TargetFault::None;  ///< what a fault is doing to the target now
  std::map<std::string, std::uint64_t> not_simulated;
  std::uint32_t conversations = 0;
  std::uint64_t conversation_count = 0;
  std::map<std::string, std::uint64_t> rows_taken;  ///< of a conversation's data
};

}  // namespace chorus::lab
