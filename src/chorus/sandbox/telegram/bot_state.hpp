#pragma once

#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/sandbox/event_queue.hpp"
#include "chorus/sandbox/telegram/webhook_sender.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace chorus::sandbox::telegram {

/// A getUpdates call that waits. Owned by its own frame.
struct HeldPoll {
  enum class Fate : std::uint8_t { Waiting, OtherPoll, SetWebhook, BotGone, Shutdown };
  Fate fate = Fate::Waiting;
  std::optional<MonoTime> first_event;
  MonoTime last_event{};
};

/// What the door keeps for one bot beside the world. Shared by the door's table and by the calls
/// under way, because a bot may be removed while it polls.
struct BotState final : EventQueue::Listener {
  BotState(rt::Loop& l, PlatformUserId bot) : loop(l), id(bot), wake(l) {}

  rt::Loop& loop;
  PlatformUserId id;
  rt::Notify wake;
  HeldPoll* held = nullptr;  ///< the newest poll; at most one waits
  std::optional<std::int64_t> previous_offset;
  MonoTime previous_poll{};
  std::optional<MonoTime> last_conflict;
  std::shared_ptr<WebhookSender> webhook;
  std::int64_t webhook_attempt = 0;  ///< a newer setWebhook ends an older one
  bool setting_webhook = false;
  std::optional<MonoTime> last_set_webhook;
  bool told_ready = false;
  std::size_t active_calls = 0;
  MonoTime minute{};  ///< when the count of updates below began
  std::size_t updates_this_minute = 0;
  std::size_t updates_last_minute = 0;

  /// Updates of about the last minute.
  [[nodiscard]] std::size_t updates_per_minute() {
    roll_minute();
    return std::max(updates_this_minute, updates_last_minute);
  }
  void on_added(const QueuedEvent& event) override {
    roll_minute();
    ++updates_this_minute;
    if (webhook) webhook->on_added(event);
    if (held == nullptr) return;
    held->last_event = loop.now();
    if (held->first_event) return;
    held->first_event = held->last_event;
    wake.notify_all();
  }
  void end_poll(HeldPoll::Fate fate) {
    if (held == nullptr) return;
    held->fate = fate;
    held = nullptr;
    wake.notify_all();
  }

 private:
  void roll_minute() {
    const auto now = loop.now();
    if (now - minute < std::chrono::minutes(1)) return;
    updates_last_minute = now - minute < std::chrono::minutes(2) ? updates_this_minute : 0;
    updates_this_minute = 0;
    minute = now;
  }
};

}  // namespace chorus::sandbox::telegram
