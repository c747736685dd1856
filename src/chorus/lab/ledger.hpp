#pragma once

#include "chorus/base/canary.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/lab/people.hpp"
#include "chorus/lab/scenario.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// A room as the ledger tells rooms apart: a private chat belongs to a bot and a person.
struct RoomKey {
  std::int64_t room = 0;
  std::int64_t bot = 0;  ///< private chats only
  friend bool operator==(const RoomKey&, const RoomKey&) = default;
};

/// How a bot message was connected to its cause, strongest first. `Window` is weak: the oldest
/// message the bot had taken and not answered.
enum class Via : std::uint8_t { Link, Canary, Order, Window };
inline constexpr std::size_t kViaCount = 4;
std::string_view to_string(Via via) noexcept;

/// The one end that every message of a person has.
enum class Outcome : std::uint8_t {
  Answered,    ///< the reply came, in time where one was required
  IgnoredOk,   ///< none required, none came
  Unanswered,  ///< taken by the bot, the required reply did not come in time
  Lost,        ///< a required recipient never took it
  Failed,      ///< refused by the world
  InFlight,    ///< the run ended before its time was over
};
std::string_view to_string(Outcome outcome) noexcept;

/// A message that a person sent. All times are of one clock.
struct SentMessage {
  RoomKey room;
  PlatformMessageId id;  ///< none when it failed
  std::uint32_t person = 0;
  std::uint16_t kind = 0;
  std::uint16_t label = 0;  ///< of Scenario::labels, from 1; 0: none
  bool measured = true;     ///< in the measured window
  MonoTime intended{};
  MonoTime woke{};
  MonoTime accepted{};
  Expectation expect;
  PlatformUserId addressed;                ///< whose reply is required; none: any bot's
  std::vector<PlatformUserId> recipients;  ///< bots with an update queued
  std::optional<Canary> canary;            ///< in the text
};

struct BotMessage {
  PlatformUserId bot;
  RoomKey room;
  PlatformMessageId id;
  std::string_view text;
  std::optional<PlatformMessageId> reply_to;
  MonoTime at{};
};

/// What is known of a message of a person; complete when handed to `on_closed`.
struct LedgerRecord {
  std::uint64_t sequence = 0;  ///< 0, 1, 2... in order of sending
  SentMessage message;
  Outcome outcome = Outcome::InFlight;
  std::optional<MonoTime> taken;   ///< by the addressed bot, or the first one
  std::optional<Duration> waited;  ///< in the platform's queue
  std::optional<MonoTime> replied;
  std::optional<MonoTime> completed;  ///< last message or edit of the answer
  PlatformUserId replied_by;
  Via via = Via::Link;
  std::uint32_t replies = 0;
  bool late = false;  ///< the required reply came after its time
};

struct LedgerCounts {
  std::uint64_t sent = 0;
  std::array<std::uint64_t, 6> outcomes{};  ///< by Outcome
  std::uint64_t duplicated = 0;
  std::uint64_t out_of_order = 0;
  std::uint64_t spurious = 0;
  std::uint64_t misrouted = 0;
  std::uint64_t extra_replies = 0;  ///< beyond an expectation's count
  std::uint64_t late_replies = 0;
  std::uint64_t required = 0;  ///< messages that had to be answered
  std::uint64_t bot_messages = 0;
  std::uint64_t unprompted = 0;  ///< bot messages without a cause
  std::uint64_t updates_taken = 0;
  std::array<std::uint64_t, kViaCount> attributed{};  ///< by Via
  [[nodiscard]] std::uint64_t of(Outcome o) const { return outcomes[static_cast<std::size_t>(o)]; }
  /// sent = answered + ignored_ok + unanswered + lost + failed + in_flight.
  [[nodiscard]] bool identity_holds() const;
};
void archive(detail::Archive& archive, LedgerCounts& counts);

/// The account as it stands when it is ended at some moment: what is open has the end that it would
/// have then. Who was not answered and still had time is `in_flight`, also when nobody took it.
struct LedgerBalance {
  LedgerCounts counts;
  double in_flight_seconds = 0;
  std::uint64_t next_sequence = 0;
  std::uint64_t answered = 0;
};
void archive(detail::Archive& archive, LedgerBalance& balance);

/// The account of every message. Pure: events in, counts and closed records out; it never looks at
/// a clock. Memory is bounded by the messages of the last `linger` plus those still queued; beyond
/// `max_open` records the oldest are closed early and counted. One thread.
class Ledger {
 public:
  struct Options {
    Duration linger = std::chrono::seconds(30);  ///< after its end a record waits for duplicates
    Duration window = std::chrono::seconds(60);  ///< a bot answers nothing older without a link
    std::size_t max_open = 1'000'000;
    std::uint64_t run_seed = 0;  ///< of the canaries
  };
  explicit Ledger(Options options) : options_(options) {}

  /// First reply that counts: for measuring. The record is not closed yet.
  std::function<void(const LedgerRecord&)> on_reply;
  /// First time that the addressed bot (or any, when none is addressed) took it.
  std::function<void(const LedgerRecord&)> on_taken;
  /// The message has its outcome; records come in order of sequence.
  std::function<void(const LedgerRecord&)> on_closed;

  std::uint64_t sent(SentMessage message);
  std::uint64_t failed(SentMessage message);
  void taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message, Duration waited,
             MonoTime at);
  void dropped(PlatformUserId bot, PlatformChatId room, PlatformMessageId message);
  /// What the message was taken for; nullopt when unprompted.
  struct Attribution {
    std::uint64_t sequence;
    Via via;
    bool first;  ///< the record's first counted reply
    bool duplicate;
  };
  std::optional<Attribution> bot_message(const BotMessage& message);
  void bot_edit(RoomKey room, PlatformMessageId id, MonoTime at);

  /// Closes what can be closed at `now`. Call it now and then.
  void advance(MonoTime now);
  /// Ends the account: everything open gets its outcome.
  void finish(MonoTime now);
  /// What `finish` would come to, and the records that it would close, in order; nothing changes.
  /// O(open).
  [[nodiscard]] LedgerBalance balance(MonoTime now, std::vector<LedgerRecord>& open) const;
  /// Goes on from a balance of an earlier process. Only before anything was sent.
  void carry_on(const LedgerBalance& balance);

  [[nodiscard]] const LedgerCounts& counts() const { return counts_; }
  /// Messages whose required reply is awaited and not overdue. O(1).
  [[nodiscard]] std::uint64_t awaiting() const { return awaiting_; }
  /// Messages so far that a reply was counted for.
  [[nodiscard]] std::uint64_t answered_so_far() const { return answered_so_far_; }
  [[nodiscard]] const LedgerRecord* find(std::uint64_t sequence) const;
  /// Time that answered messages of the measured window spent between acceptance and reply, as the
  /// integral of the number in flight, in seconds: Little's law compares it with what was recorded.
  [[nodiscard]] double in_flight_seconds() const { return in_flight_seconds_; }
  /// Entries that are held in memory, over all tables: a long run must not have more of them than a
  /// short one.
  [[nodiscard]] std::size_t held() const;
  /// Private chats, groups: as observers name them.
  static RoomKey key(PlatformChatId room, PlatformUserId bot);

 private:
  struct MessageKey {
    RoomKey room;
    std::int64_t id;
    friend bool operator==(const MessageKey&, const MessageKey&) = default;
  };
  struct BotRoom {
    RoomKey room;
    std::int64_t bot;
    friend bool operator==(const BotRoom&, const BotRoom&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const MessageKey& k) const noexcept;
    std::size_t operator()(const BotRoom& k) const noexcept;
  };
  struct Reply {
    std::int64_t bot;
    std::uint64_t text_hash;
    PlatformMessageId id;
    MonoTime at;
  };
  struct Open {
    LedgerRecord record;
    std::vector<Reply> replies;
    std::uint32_t queued = 0;  ///< recipients that matter and have not taken it
    bool awaited = false;      ///< counted in awaiting_
    bool in_level = false;     ///< counted in level_
  };
  /// What a bot may answer without a link in one room, oldest first.
  struct Candidates {
    std::deque<std::uint64_t> open;
    std::optional<std::uint64_t> last_answered;
  };
  using Deadline = std::pair<MonoTime, std::uint64_t>;
  using Cause = std::pair<std::uint64_t, Via>;

  Open* open_at(std::uint64_t sequence);
  std::optional<std::uint64_t> by_message(RoomKey room, PlatformMessageId id) const;
  std::optional<Cause> cause_of(const BotMessage& message, std::optional<std::uint64_t> canary);
  std::optional<Cause> oldest_candidate(const BotMessage& message);
  std::optional<Cause> repeated_answer(const BotMessage& message, const Candidates& candidates);
  [[nodiscard]] bool may_answer(const Open& open, const BotMessage& message) const;
  void reply(Open& open, const BotMessage& message, Via via, Attribution& out);
  void first_reply(Open& open, const BotMessage& message, Via via);
  void count_order(const Open& open, const BotMessage& message, Via via);
  void change_level(Open& open, bool in, MonoTime at);
  void stop_awaiting(Open& open);
  [[nodiscard]] bool closable(const Open& open, MonoTime now) const;
  [[nodiscard]] static Outcome decide(const Open& open, MonoTime now);
  void close_front(MonoTime now);
  void forget_candidates(const Open& open);

  Options options_;
  LedgerCounts counts_;
  std::deque<Open> open_;
  std::uint64_t first_ = 0;  ///< sequence of open_.front()
  std::uint64_t awaiting_ = 0;
  std::uint64_t answered_so_far_ = 0;
  double in_flight_seconds_ = 0;
  std::uint64_t level_ = 0;  ///< measured required messages in flight
  MonoTime level_since_{};
  std::priority_queue<Deadline, std::vector<Deadline>, std::greater<>> deadlines_;
  std::unordered_map<MessageKey, std::uint64_t, KeyHash> by_message_;
  std::unordered_map<MessageKey, std::uint64_t, KeyHash> by_reply_;
  std::unordered_map<BotRoom, Candidates, KeyHash> candidates_;
  std::unordered_map<std::uint64_t, std::uint64_t> by_canary_;
  /// Newest answered sequence per (bot, person's room), for out_of_order.
  std::unordered_map<std::uint64_t, std::uint64_t> newest_answered_;
};

}  // namespace chorus::lab
