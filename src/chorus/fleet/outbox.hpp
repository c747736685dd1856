#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"
#include "chorus/policy/priority_queue.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

namespace chorus::fleet {

/// The order in which one bot's messages leave. Pure: no clock, no I/O.
///
/// Inside one chat, messages of a class leave strictly in the order in which they came, and at most
/// one is under way; a message that waits (pacing, retry, a limit, a freeze) holds up the later
/// ones of its chat and no other chat. Between classes an item gains one class per `age_step`
/// waited (policy::AgeingQueue's rule), so nothing starves. O(log chats) per operation.
class SendQueue {
 public:
  explicit SendQueue(Duration age_step);

  struct Item {
    OutboxId id;
    PlatformChatId chat;
    policy::Priority priority = policy::Priority::Ambient;
    MonoTime queued_at{};   ///< when it first came: retries keep it
    MonoTime not_before{};  ///< pacing or retry
  };

  void push(Item item);
  /// Back to the head of its class, for a retry: it stays the first of its chat and class.
  void push_front(Item item);

  /// When a send to a chat is permitted by the limits: `now` or later. It must not change anything.
  using Earliest = std::function<MonoTime(PlatformChatId)>;
  /// The next item that may leave at `now`; its chat is busy until `release`. nullopt: none yet,
  /// see `next_due`. Each item that the limits hold back is counted once in `limit_waits`.
  std::optional<Item> take(MonoTime now, const Earliest& earliest);
  /// The send under way to `chat` has ended.
  void release(PlatformChatId chat);
  /// Takes an item out that has not been taken. O(items of its chat).
  bool cancel(OutboxId id, PlatformChatId chat);
  /// Moves everything of a chat to its new id (a group became a supergroup).
  void migrate(PlatformChatId from, PlatformChatId to);

  /// When `take` may give something; nullopt: nothing waits for time.
  [[nodiscard]] std::optional<MonoTime> next_due() const;
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t size(policy::Priority priority) const {
    return by_class_[static_cast<std::size_t>(priority)];
  }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] Duration oldest_wait(MonoTime now) const;
  [[nodiscard]] std::uint64_t limit_waits() const { return limit_waits_; }

 private:
  struct Entry {
    MonoTime key;
    std::uint64_t sequence;
    PlatformChatId chat;
    auto operator<=>(const Entry&) const = default;
  };
  enum class Place : std::uint8_t { None, Ready, Waiting };
  struct Queued {
    Item item;
    bool waited_for_limit = false;
  };
  struct Chat {
    std::array<std::deque<Queued>, policy::kPriorities> classes;
    std::size_t size = 0;
    bool busy = false;
    Place place = Place::None;
    Entry entry{};
  };
  [[nodiscard]] std::optional<std::size_t> head_class(const Chat& chat) const;
  [[nodiscard]] MonoTime age_key(const Item& item) const;
  void place(PlatformChatId id, Chat& chat, Place where, MonoTime key);
  void unplace(Chat& chat);
  void place_by_head(PlatformChatId id, Chat& chat, MonoTime now);

  Duration age_step_;
  std::unordered_map<PlatformChatId, Chat> chats_;
  std::unordered_map<PlatformChatId, PlatformChatId> moved_;  ///< old ids of migrated chats
  std::set<Entry> ready_;                                     ///< by ageing key
  std::set<Entry> waiting_;                                   ///< by due time
  std::uint64_t sequence_ = 0;
  std::size_t size_ = 0;
  std::array<std::size_t, policy::kPriorities> by_class_{};
  std::uint64_t limit_waits_ = 0;
  MonoTime last_now_{};
};

}  // namespace chorus::fleet
