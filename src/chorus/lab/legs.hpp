#pragma once

#include "chorus/base/time.hpp"
#include "chorus/lab/ledger.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::lab {

namespace detail {
class Archive;
}

/// The parts of a reply's way, in order; together they are its `reply_service`. All that tells them
/// apart is what the sandbox sees of any bot: deliveries and calls.
enum class Leg : std::uint8_t {
  Queue,  ///< accepted by the platform until the update was handed out
  React,  ///< handed out until the bot's first call for it (typing, LLM, or the answer itself)
  Work,   ///< first call until the answer was first tried to be sent; 0 when that was the first
  Send,   ///< first attempt to send until the platform had it: refusals, waits and retries
};
inline constexpr std::size_t kLegCount = 4;
std::string_view to_string(Leg leg) noexcept;       ///< `queue`: the metric's tag
std::string_view title_of(Leg leg) noexcept;        ///< for people: `waiting in the queue`
inline constexpr std::string_view kLlmLeg = "llm";  ///< tag of the time at the LLM

/// One answered message. What could not be seen is absent, never guessed.
struct LegTimes {
  Duration queue{};
  struct Split {
    Duration react{};
    Duration work{};
    std::optional<Duration> send;  ///< absent: the answer came without a call (webhook's answer)
    std::optional<Duration> llm;   ///< absent: no LLM call that was surely for it
  };
  /// Absent when the bot had another message of the same room in hand at that time: then nothing
  /// tells which of them a call was for.
  std::optional<Split> split;
};

/// How much of a run's replies could be taken apart.
struct LegCounts {
  std::uint64_t replies = 0;      ///< of the window: required, of one bot, and came
  std::uint64_t split = 0;        ///< of them, with the bot's time taken apart
  std::uint64_t llm_calls = 0;    ///< LLM calls that were surely for one message
  std::uint64_t llm_unknown = 0;  ///< and those that could have been for several
};
void archive(detail::Archive& archive, LegCounts& counts);

/// Follows the messages that exactly one bot must answer. Pure: it is told the time. Memory: at
/// most `kMaxOpen` messages; beyond that new ones are not followed. One thread.
class Legs {
 public:
  static constexpr std::size_t kMaxOpen = 100'000;
  /// A followed message was answered; called once for each.
  std::function<void(const LedgerRecord&, const LegTimes&)> on_legs;

  void sent(std::uint64_t sequence, const SentMessage& message);
  /// `exchange`: how long the delivery itself took; 0 for polls, where a call before it proves that
  /// it was for something else.
  void taken(std::uint64_t sequence, PlatformUserId bot, Duration exchange, bool webhook,
             MonoTime at);
  /// A bot took an update that is not followed: LLM calls of the next time may be for that one.
  void taken_other(MonoTime at);
  void call_begun(PlatformUserId bot, std::string_view method, PlatformChatId room, MonoTime at);
  /// An LLM call ended now and took `total`.
  void llm_call(Duration total, MonoTime at);
  void replied(const LedgerRecord& record);
  void closed(const LedgerRecord& record);
  [[nodiscard]] const LegCounts& counts() const { return counts_; }
  void carry_on(const LegCounts& counts) { counts_ = counts; }
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  struct Open {
    PlatformUserId bot;
    RoomKey room;
    MonoTime accepted{};
    std::optional<MonoTime> handed_out;
    std::optional<MonoTime> first_call;
    std::optional<MonoTime> first_send;
    std::optional<Duration> llm;
    std::optional<LedgerRecord> answered;  ///< waits for the webhook's 2xx
    bool alone = true;
    bool working = false;  ///< handed out and not answered
  };
  struct Place {
    std::int64_t room;
    std::int64_t bot;
    friend bool operator==(const Place&, const Place&) = default;
  };
  struct PlaceHash {
    std::size_t operator()(const Place& p) const noexcept;
  };
  /// A private chat is named by its room alone once the bot is known.
  static Place place(PlatformUserId bot, std::int64_t room) { return {room, bot.value}; }
  void stop_working(Open& open, MonoTime at);
  void leave(std::uint64_t sequence, const Open& open);
  void emit(const LedgerRecord& record, const Open& open);

  LegCounts counts_;
  std::unordered_map<std::uint64_t, Open> open_;  ///< by sequence; never iterated
  std::unordered_map<Place, std::vector<std::uint64_t>, PlaceHash> unanswered_;
  std::size_t working_ = 0;
  std::uint64_t only_worker_ = 0;  ///< sum of the sequences at work: with one at work, that one
  MonoTime alone_since_{};         ///< since when exactly one is at work
  MonoTime other_until_{};
};

}  // namespace chorus::lab
