#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/send_decision.hpp"
#include "chorus/policy/send_limiter.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace chorus::fleet::detail {

/// Takes the outbox to the platform: one scheduler per bot that has something to send. Each row is
/// claimed durably before its bytes leave and settled durably after the answer. Limits, freezes and
/// breakers make rows wait; they never drop them.
class Sender {
 public:
  explicit Sender(Core& core);

  /// A row that is durable and Ready.
  void push(Bot& bot, Outgoing outgoing);
  /// Takes back a row that has not left. False: it is on its way, or has ended.
  bool cancel(Bot& bot, OutboxId id);
  /// A row that has not left waits until `until` at the least. False: it is on its way, or has
  /// ended.
  bool postpone(Bot& bot, OutboxId id, MonoTime until);
  /// Rows and freezes of an earlier run.
  void restore_freezes(const std::vector<store::FreezeRow>& freezes);
  void restore(std::vector<store::OutboxRow> rows);
  /// State, pause, limits or token have changed: look again.
  void wake(Bot& bot);
  void wake_all();
  /// The bot is gone: what it had queued is dropped from memory (the store has cancelled it).
  void forget(Bot& bot);
  /// The platform said who the bot is: kept, durable.
  void identified(Bot& bot, const Identity& identity);
  /// The platform refused the token: durable, and said once.
  void mark_unauthorized(Bot& bot, std::string why);
  void reset_breakers(Bot* bot);

  /// When the limits and freezes would let the bot speak there: now or later.
  [[nodiscard]] MonoTime earliest(const Bot& bot, PlatformChatId chat) const;
  [[nodiscard]] bool idle() const;  ///< nothing in flight and nothing that may leave now
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
  [[nodiscard]] const policy::Breaker& host_breaker(store::Platform platform) const {
    return way_to(platform).host;
  }
  /// The worst of the platforms' breakers.
  [[nodiscard]] policy::BreakerState host_state() const;
  [[nodiscard]] std::optional<MonoTime> frozen_until(const Bot& bot) const;

  std::uint64_t sent = 0, unknown = 0, dead = 0, cancelled = 0, too_many = 0, recovered_unknown = 0;

 private:
  struct Permits {
    policy::BreakerPermit bot;
    policy::BreakerPermit host;
  };
  static rt::Task<void> run(Sender* self, Bot* bot);
  static rt::Task<void> send_one(Sender* self, Bot* bot, OutboxId id, Permits permits);
  static rt::Task<void> store_cancel(Sender* self, OutboxId id);
  static rt::Task<void> store_bot(Sender* self, store::BotRow row);
  static rt::Task<void> store_freeze(Sender* self, store::FreezeRow row);
  static rt::Task<void> store_room(Sender* self, store::RoomRow row);
  static rt::Task<void> store_notice(Sender* self, store::NoticeRow row);
  static rt::Task<Result<SendOutcome>> call(Sender* self, Bot* bot, Outgoing outgoing);
  rt::Task<bool> ensure_identified(Bot* bot);
  std::vector<std::pair<OutboxId, Permits>> take(Bot& bot);
  std::optional<Permits> allow(Bot& bot);
  rt::Task<void> settle(Bot* bot, OutboxId id, SendDecision decision, SendOutcome outcome);
  rt::Task<bool> write(store::Settlement settlement);
  store::Settlement settlement_of(Bot& bot, Outgoing& outgoing, const SendDecision& decision,
                                  const SendOutcome& outcome);
  store::MessageRow sent_row(const Bot& bot, const Outgoing& outgoing, const SendOk& ok);
  void retry_later(Bot& bot, Outgoing& outgoing, const SendDecision& decision,
                   store::Settlement& out);
  void freeze(Bot& bot, const Outgoing& outgoing, Duration wait);
  void migrate(Bot& bot, Outgoing& outgoing, PlatformChatId to);
  void after_sent(Bot& bot, const Outgoing& outgoing, const store::MessageRow& row);
  void drop(Bot& bot, OutboxId id);
  [[nodiscard]] policy::SendKey key_of(const Bot& bot, PlatformChatId chat) const;
  void update_gauges();

  /// What all bots of one platform share.
  struct Way {
    Way(store::Platform platform, const FleetSettings& settings);
    policy::SendLimiter limiter;
    policy::Breaker host;
  };
  [[nodiscard]] Way& way_of(const Bot& bot) { return *ways_[index_of(bot.row.platform)]; }
  [[nodiscard]] const Way& way_to(store::Platform platform) const {
    return *ways_[index_of(platform)];
  }
  static std::size_t index_of(store::Platform platform) {
    return static_cast<std::size_t>(platform) - 1;
  }

  Core& core_;
  std::array<std::unique_ptr<Way>, 2> ways_;
  policy::RetryPolicy retry_;
  std::size_t in_flight_ = 0;
  std::size_t queued_ = 0;
};

}  // namespace chorus::fleet::detail
