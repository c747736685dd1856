#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace chorus::policy {

/// What a chat is to the platform's limits; supergroups and channels count as groups.
enum class ChatKind : std::uint8_t { Private, Group };

/// The exact key that the platform limits and freezes.
struct SendKey {
  BotId bot;
  PlatformChatId chat;
  ChatKind kind = ChatKind::Group;
  friend bool operator==(const SendKey&, const SendKey&) = default;
};

/// Off: only freezes hold. Documented: what the platform documents, per bot. Founding: the same and
/// the caps of the system we replace (30 per second over the fleet, 20 per minute per chat over all
/// bots).
enum class SendProfile : std::uint8_t { Off, Documented, Founding };

struct WindowSpec {
  std::uint32_t n = 0;
  Duration period{};
};
struct BucketSpec {
  double rate = 0;  ///< per second
  std::uint32_t burst = 1;
};

/// Which limits hold; an empty one does not.
/// Source: DESIGN.md section 7; Telegram "My bot is hitting limits" (core.telegram.org/bots/faq).
struct SendLimits {
  std::optional<WindowSpec> per_bot;
  std::optional<WindowSpec> per_group;    ///< per (bot, group)
  std::optional<BucketSpec> per_private;  ///< per (bot, private chat)
  std::optional<WindowSpec> fleet;        ///< all bots of this limiter together
  std::optional<WindowSpec> per_room;     ///< per chat, all bots of this limiter together

  static SendLimits of(SendProfile profile);
};

/// Schedules the sends of the bots that one process owns: every limit that a send falls under, held
/// together. `earliest` never changes anything; `commit` accounts for the send that is now made.
/// All operations are O(1) amortised. Memory: a key is kept only while it can delay a send; each
/// commit looks at two others and drops what has become equivalent to new, so with `Documented`
/// there are at most about 2 * 1,800 chats per bot (30/s for 60 s), about 350 bytes each. One
/// thread; `now` must not go back.
class SendLimiter {
 public:
  explicit SendLimiter(SendLimits limits);
  explicit SendLimiter(SendProfile profile) : SendLimiter(SendLimits::of(profile)) {}
  ~SendLimiter();
  SendLimiter(const SendLimiter&) = delete;
  SendLimiter& operator=(const SendLimiter&) = delete;

  /// When a send on `key` is permitted by every limit and freeze: `now` or later.
  [[nodiscard]] MonoTime earliest(const SendKey& key, MonoTime now) const;
  /// Accounts for a send made at `now` on all limits of the key. Precondition:
  /// `earliest(key, now) <= now` (checked in debug builds); use `remember` for sends of the past.
  void commit(const SendKey& key, MonoTime now);
  /// `earliest` and `commit` as one: true and accounted, or false and nothing changed.
  [[nodiscard]] bool reserve(const SendKey& key, MonoTime now);
  /// Accounts for a send that was made without asking, at or before `now` (after a restart, from
  /// the store). Call in order of time, before anything else is committed.
  void remember(const SendKey& key, MonoTime sent_at);

  /// 429 with `retry_after` on one chat: that key waits until `until`, others do not. Only extends.
  void freeze(const SendKey& key, MonoTime until);
  /// 429 that covers the whole bot.
  void freeze(BotId bot, MonoTime until);
  /// When the freeze of exactly this key (or bot) ends; nullopt when there is none at `now`.
  [[nodiscard]] std::optional<MonoTime> frozen_until(const SendKey& key, MonoTime now) const;
  [[nodiscard]] std::optional<MonoTime> frozen_until(BotId bot, MonoTime now) const;
  /// An operator's act: forgets freezes of the bot and of its chat `key.chat`.
  void thaw(const SendKey& key);
  void thaw(BotId bot);

  /// Replaces the limits; freezes stay, windows start anew with the sends of the past forgotten.
  void set_limits(SendLimits limits);
  [[nodiscard]] const SendLimits& limits() const;
  /// Keys held now: bots + (bot, chat) pairs + rooms.
  [[nodiscard]] std::size_t keys() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::policy
