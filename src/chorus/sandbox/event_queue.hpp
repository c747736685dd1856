#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/observer.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace chorus::sandbox {

enum class EventKind : std::uint8_t {
  Message,
  EditedMessage,
  Post,  ///< in a channel
  EditedPost,
  Button,
  OwnMembership,
  Membership,
  Reaction,
  JoinRequest,
};
inline constexpr std::size_t kEventKinds = 9;

using EventMask = std::uint32_t;
constexpr EventMask bit(EventKind kind) {
  return EventMask{1} << static_cast<unsigned>(kind);
}
inline constexpr EventMask kAllEvents = (EventMask{1} << kEventKinds) - 1;
/// What an account gets that never said what it wants.
inline constexpr EventMask kDefaultEvents =
    kAllEvents & ~bit(EventKind::Membership) & ~bit(EventKind::Reaction);

/// How long an event waits for its bot. Source: reference telegram.md 4, retention.
Duration lifetime(EventKind kind) noexcept;

/// Something that happened, encoded once and shared by every queue that holds it (the queues are
/// its owners). `body` is the dialect's encoding without what differs between receivers.
struct Event {
  EventKind kind = EventKind::Message;
  PlatformChatId room;
  PlatformMessageId message;  ///< the room's own numbering, 0 when it is about no message
  PlatformUserId from;
  MonoTime at{};
  WallTime expires{};
  std::string body;
};

struct QueuedEvent {
  std::int64_t number = 0;  ///< update id
  std::shared_ptr<const Event> event;
  bool gone = false;   ///< confirmed, delivered or expired; leaves when it reaches the front
  bool taken = false;  ///< has reached the bot at least once
};

/// Updates of one bot that wait to be fetched or pushed. Bounded in number and bytes; a full queue
/// drops the new event. Numbers grow by one without gaps at the time of adding. One thread.
class EventQueue {
 public:
  struct Limits {
    std::size_t events = 100'000;
    std::size_t bytes = 128 * 1024 * 1024;
    std::size_t event_bytes = 512 * 1024;
  };
  /// What the queue tells: an event was added, an event left without having reached the bot.
  struct Listener {
    virtual ~Listener() = default;
    virtual void on_added(const QueuedEvent& event) = 0;
  };
  using OnDropped = std::function<void(const Event&, DropReason)>;

  EventQueue(Rng rng, Limits limits);

  /// False (and the event is dropped) when a bound is met.
  bool push(std::shared_ptr<const Event> event, MonoTime now);
  /// Puts an event back at a known number (restart). Numbers must ascend.
  void restore(std::int64_t number, std::shared_ptr<const Event> event);

  /// Confirms everything below `number`: it will not be returned again.
  void confirm_below(std::int64_t number, const OnDropped& dropped);
  /// Confirms one (webhook answered). No effect when unknown.
  void confirm(std::int64_t number);
  /// Drops one that was not delivered.
  void drop(std::int64_t number, DropReason reason, const OnDropped& dropped);
  void clear(DropReason reason, const OnDropped& dropped);
  /// Drops expired events at the front, and everywhere when `all`.
  void expire(WallTime now, bool all, const OnDropped& dropped);

  /// Up to `limit` live events from `number` on, oldest first.
  [[nodiscard]] std::vector<QueuedEvent*> from(std::int64_t number, std::size_t limit);
  [[nodiscard]] QueuedEvent* find(std::int64_t number);
  [[nodiscard]] std::size_t size() const { return live_; }
  [[nodiscard]] bool empty() const { return live_ == 0; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  /// Number of the oldest live event; `tail()` when empty.
  [[nodiscard]] std::int64_t head() const;
  /// Number that the next event will get.
  [[nodiscard]] std::int64_t tail() const { return next_; }
  void set_tail(std::int64_t number) { next_ = number; }

  void set_listener(Listener* listener) { listener_ = listener; }

 private:
  void fill_up_to(std::int64_t number);
  void leave(QueuedEvent& event);
  void trim();
  void restart_numbers();

  Rng rng_;
  Limits limits_;
  std::deque<QueuedEvent> events_;
  std::int64_t next_ = 0;
  std::size_t live_ = 0;
  std::size_t bytes_ = 0;
  MonoTime last_added_{};
  Listener* listener_ = nullptr;
};

}  // namespace chorus::sandbox
