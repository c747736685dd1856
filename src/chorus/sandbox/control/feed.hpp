#pragma once

#include "chorus/net/http.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/sandbox/observer.hpp"
#include "chorus/sandbox/world.hpp"

#include <cstdint>
#include <deque>
#include <string>

namespace chorus::sandbox::control {

/// What happens in the world as server-sent events for the chat page, and the wake-up of callers
/// that wait for messages. Events are encoded only while somebody listens; a ring of the last 512
/// bridges a short disconnection (Last-Event-ID), and a listener that is further behind is told to
/// load everything anew (event `reset`).
class Feed final : public Observer {
 public:
  Feed(rt::Loop& loop, World& world);

  void on_person_message(const MessageView& view, const std::vector<PlatformUserId>&) override;
  void on_bot_message(const MessageView& view, std::string_view method) override;
  void on_bot_edit(const MessageView& view) override;
  void on_person_edit(const MessageView& view) override;
  void on_message_deleted(const MessageView& view) override;
  void on_draft(const MessageView& view, std::int64_t draft) override;
  void on_button_answered(PlatformUserId bot, PlatformUserId person, PlatformChatId room,
                          std::string_view text, bool alert) override;
  void on_reaction(PlatformChatId room, PlatformMessageId message, PlatformUserId by,
                   std::string_view emoji) override;
  void on_typing(PlatformChatId room, PlatformUserId bot) override;
  void on_bot_ready(PlatformUserId bot) override;

  /// Told by the API when rooms or accounts change.
  void publish(std::string_view event, std::string data);
  /// Waiters of new messages; woken at each one.
  rt::Notify& changed() { return changed_; }
  /// Body of `/control/v1/events`; ends when the listener goes or the server drains.
  rt::Task<Result<void>> serve(net::BodyWriter& writer, std::uint64_t after);

 private:
  void publish_message(std::string_view event, const MessageView& view);
  [[nodiscard]] Room* room_of(const MessageView& view) const;

  struct Entry {
    std::uint64_t id;
    std::string record;
  };
  rt::Loop& loop_;
  World& world_;
  rt::Notify changed_;
  rt::Notify published_;
  std::deque<Entry> ring_;
  std::uint64_t next_id_ = 1;
  std::size_t listeners_ = 0;
};

}  // namespace chorus::sandbox::control
