#pragma once

#include "chorus/sandbox/types.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace chorus::sandbox {

enum class DropReason : std::uint8_t { Expired, QueueFull, BotRemoved, DroppedByBot };

/// What happens in the world, in order, on the loop's thread. The lab keeps its ledger from this
/// and nothing else. Callbacks must not change the world or suspend.
class Observer {
 public:
  virtual ~Observer() = default;

  /// A person's message was accepted. `recipients` are the bots in whose queue an update was put.
  virtual void on_person_message(const MessageView&,
                                 const std::vector<PlatformUserId>& recipients) {
    (void)recipients;
  }
  /// A bot's message was accepted. `method` is the API method that made it.
  virtual void on_bot_message(const MessageView&, std::string_view method) { (void)method; }
  virtual void on_bot_edit(const MessageView&) {}
  virtual void on_person_edit(const MessageView&) {}
  virtual void on_message_deleted(const MessageView&) {}
  /// A bot shows a part of its answer while it is being made (`text` may be empty).
  virtual void on_draft(const MessageView&, std::int64_t draft) { (void)draft; }
  /// A bot answered a pressed button; `text` is the notification that the person sees.
  virtual void on_button_answered(PlatformUserId bot, PlatformUserId person, PlatformChatId room,
                                  std::string_view text, bool alert) {
    (void)bot, (void)person, (void)room, (void)text, (void)alert;
  }
  virtual void on_reaction(PlatformChatId, PlatformMessageId, PlatformUserId,
                           std::string_view emoji) {
    (void)emoji;
  }
  virtual void on_typing(PlatformChatId, PlatformUserId) {}
  /// The update for message `message` of `room` reached the bot for the first time: returned by
  /// getUpdates or answered 2xx by the webhook. `ack` is queue to answer for webhooks (the time of
  /// the last attempt's exchange), queue to return for polls.
  virtual void on_update_taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                               Duration waited, Duration exchange, bool webhook) {
    (void)bot, (void)room, (void)message, (void)waited, (void)exchange, (void)webhook;
  }
  virtual void on_update_dropped(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                                 DropReason reason) {
    (void)bot, (void)room, (void)message, (void)reason;
  }
  /// One bot did not get a message because of its privacy mode.
  virtual void on_withheld(PlatformUserId bot, PlatformChatId room, PlatformMessageId message) {
    (void)bot, (void)room, (void)message;
  }
  /// A bot's call came in, before faults and limits decide on it; told for every method. `room` is
  /// 0 when the call names none, or names it by something else than its number.
  virtual void on_call_begun(PlatformUserId bot, std::string_view method, PlatformChatId room) {
    (void)bot, (void)method, (void)room;
  }
  /// Every API call of a bot to a simulated method, with its answer; `room` is 0 when the call
  /// names none. `retry_after` in seconds, 0 unless status is 429.
  virtual void on_call(PlatformUserId bot, std::string_view method, int status, PlatformChatId room,
                       int retry_after) {
    (void)bot, (void)method, (void)status, (void)room, (void)retry_after;
  }
  /// A call whose token opens nothing (any more): answered 401. `token` is its hash.
  virtual void on_unauthorized(std::uint64_t token) { (void)token; }
  /// A bot tried to say something. `content` is the hash of what it sent, the same when it sends
  /// the same again; `status` as in on_call, which comes before.
  virtual void on_send(PlatformUserId bot, PlatformChatId room, std::uint64_t content, int status) {
    (void)bot, (void)room, (void)content, (void)status;
  }
  /// A call of a method that the platform has and the sandbox does not simulate: answered 400, and
  /// not told as a call.
  virtual void on_not_simulated(PlatformUserId bot, std::string_view method) {
    (void)bot, (void)method;
  }
  /// The bot polls (first getUpdates) or has set a webhook that answered: it is ready.
  virtual void on_bot_ready(PlatformUserId bot) { (void)bot; }
  /// One completion of the LLM server.
  virtual void on_llm_call(int status, Duration time_to_first_token, Duration total,
                           std::int64_t prompt_tokens, std::int64_t completion_tokens) {
    (void)status, (void)time_to_first_token, (void)total, (void)prompt_tokens,
        (void)completion_tokens;
  }
};

}  // namespace chorus::sandbox
