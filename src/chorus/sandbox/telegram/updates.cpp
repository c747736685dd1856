#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/proto/telegram/encode.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/telegram/door.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

/// getUpdates. Source: reference telegram.md 4.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMaxLimit = 100;
constexpr std::int64_t kMaxTimeout = 50;
constexpr std::int64_t kOffsetAhead = 10;
constexpr std::int64_t kOffsetBehind = 100'000;
constexpr Duration kWakeAfter = milliseconds(1);
constexpr Duration kWakeAtMost = milliseconds(2);
constexpr Duration kSameOffsetWindow = seconds(3);
constexpr Duration kSameOffsetSoon = milliseconds(500);
constexpr Duration kConflictWindow = seconds(3);
constexpr std::int64_t kShutdownRetryAfter = 5;
constexpr std::size_t kMaxAnswer = 4 * 1024 * 1024;

// Source: Bot API 10.3, Update.
constexpr std::array<std::string_view, 27> kUpdateTypes = {
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
    "subscription",
    "guest_message",
    "stopped_message_generation",
};
constexpr const char* kAllowedKey = "telegram.allowed_updates";

/// What a call gets that the server drops: at its end, or when the caller has gone.
Answer dropped() {
  auto answer = Answer::flood(kShutdownRetryAfter);
  answer.counted = false;
  return answer;
}

}  // namespace

void apply_allowed_updates(World& world, Account& bot, std::string_view parameter) {
  if (parameter.empty()) return;
  auto parsed = parse_json(parameter);
  if (!parsed || !parsed->is_array()) return;
  EventMask mask = 0;
  std::string names = "[";
  for (const auto& item : parsed->get_array()) {
    if (!item.is_string()) continue;
    const std::string_view name = item.get_string();
    if (std::ranges::find(kUpdateTypes, name) == kUpdateTypes.end()) continue;
    if (names.size() > 1) names += ',';
    append_json_string(names, name);
    if (const auto kind = event_kind_from(name)) mask |= bit(*kind);
  }
  names += ']';
  const bool is_default = names == "[]";
  if (is_default) names.clear();
  world.set_wanted(bot, is_default ? kDefaultEvents : mask);
  const auto it = bot.extras.find(kAllowedKey);
  const bool same = it == bot.extras.end() ? names.empty() : it->second == names;
  if (!same) world.set_extra(bot, kAllowedKey, std::move(names));
}

std::string allowed_updates_json(const Account& bot) {
  const auto it = bot.extras.find(kAllowedKey);
  return it == bot.extras.end() ? std::string() : it->second;
}

rt::Task<Answer> TelegramDoor::get_updates(StatePtr state, Call& call) {
  if (state->webhook || state->setting_webhook) {
    co_return Answer::error(409,
                            "can't use getUpdates method while webhook is active; use "
                            "deleteWebhook to delete the webhook first");
  }
  const auto now = call.now();
  const auto asked =
      std::clamp<std::int64_t>(call.params.find_int("offset").value_or(0), INT32_MIN, INT32_MAX);
  auto limit =
      std::clamp<std::int64_t>(call.params.find_int("limit").value_or(kMaxLimit), 1, kMaxLimit);
  auto timeout =
      std::clamp<std::int64_t>(call.params.find_int("timeout").value_or(0), 0, kMaxTimeout);
  apply_allowed_updates(call.world, *call.bot, call.params.get("allowed_updates"));
  if (!state->told_ready) {
    state->told_ready = true;
    call.world.tell([&](Observer& o) { o.on_bot_ready(call.bot->id); });
  }
  // Bots that poll without waiting are slowed down.
  if (state->previous_offset == asked) {
    if (timeout < 3 && now - state->previous_poll < kSameOffsetWindow) timeout = 3;
    if (now - state->previous_poll < kSameOffsetSoon) limit = 1;
  }
  state->previous_offset = asked;
  state->previous_poll = now;

  auto& queue = *call.bot->queue;
  call.world.expire_queue(*call.bot, false);
  std::int64_t from = queue.head();
  if (asked < 0) {
    const auto keep = static_cast<std::size_t>(-asked);
    const auto all = queue.from(0, SIZE_MAX);
    if (all.size() > keep) call.world.confirm_below(*call.bot, all[all.size() - keep]->number);
    from = queue.head();
  } else if (asked > 0 && asked <= queue.tail() + kOffsetAhead &&
             asked >= queue.head() - kOffsetBehind) {
    call.world.confirm_below(*call.bot, asked);
    from = std::max(asked, queue.head());
  }
  if (queue.empty() && timeout > 0) {
    co_return co_await hold_poll(state, call, from, static_cast<std::size_t>(limit),
                                 seconds(timeout));
  }
  co_return collect(call, from, static_cast<std::size_t>(limit));
}

rt::Task<Answer> TelegramDoor::hold_poll(StatePtr state, Call& call, std::int64_t offset,
                                         std::size_t limit, Duration timeout) {
  HeldPoll held;
  state->end_poll(HeldPoll::Fate::OtherPoll);
  state->held = &held;
  struct Release {
    BotState& state;
    HeldPoll& held;
    ~Release() {
      if (state.held == &held) state.held = nullptr;
    }
  } release{*state, held};
  const auto deadline = parts_.loop.now() + timeout;
  while (held.fate == HeldPoll::Fate::Waiting) {
    auto due = deadline;
    if (held.first_event) {
      due = std::min({due, held.last_event + kWakeAfter, *held.first_event + kWakeAtMost});
    }
    if (parts_.loop.now() >= due) break;
    const auto woken = co_await state->wake.wait_until(due);
    if (woken == rt::Notify::Woken::Cancelled) co_return dropped();
  }
  if (held.fate != HeldPoll::Fate::Waiting) {
    const auto fate = held.fate;
    co_return co_await end_by_conflict(state, fate);
  }
  co_return collect(call, offset, limit);
}

rt::Task<Answer> TelegramDoor::end_by_conflict(StatePtr state, HeldPoll::Fate fate) {
  if (fate == HeldPoll::Fate::BotGone) co_return Answer::error(401, "");
  if (fate == HeldPoll::Fate::Shutdown) co_return dropped();
  const auto now = parts_.loop.now();
  const bool soon = state->last_conflict && now - *state->last_conflict < kConflictWindow;
  if (soon) {
    // Two pollers that fight are slowed down; a cancelled wait answers nobody anyway.
    (void)co_await rt::sleep_for(parts_.loop, kConflictWindow);
  } else {
    state->last_conflict = now;
  }
  co_return fate == HeldPoll::Fate::SetWebhook
      ? Answer::error(409, "terminated by setWebhook request")
      : Answer::error(409,
                      "terminated by other getUpdates request; make sure that only one bot "
                      "instance is running");
}

Answer TelegramDoor::collect(Call& call, std::int64_t offset, std::size_t limit) {
  Answer answer;
  answer.body += tg::kOkHead;
  answer.body += '[';
  const auto head = answer.body.size();
  const auto now = call.world.clock().wall_now();
  std::vector<std::int64_t> expired;
  const auto events = call.bot->queue->from(offset, limit);
  for (auto* queued : events) {
    if (queued->event->expires <= now) {
      expired.push_back(queued->number);
      continue;
    }
    if (answer.body.size() + queued->event->body.size() > kMaxAnswer && answer.body.size() > head) {
      break;
    }
    for (int copy = 0; copy < (call.duplicate ? 2 : 1); ++copy) {
      if (answer.body.size() > head) answer.body += ',';
      tg::append_update(answer.body, queued->number, queued->event->body);
    }
    call.world.note_taken(*call.bot, *queued, Duration{}, false);
  }
  for (const auto number : expired) {
    call.world.drop_event(*call.bot, number, DropReason::Expired);
  }
  answer.body += "]}";
  return answer;
}

}  // namespace chorus::sandbox::telegram
