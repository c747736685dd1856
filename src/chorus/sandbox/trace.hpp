#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/observer.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <cstddef>
#include <string>

namespace chorus::sandbox {

/// Writes what happens in a sandbox as one JSON object per line, in order, so that a session can be
/// looked at and its people replayed (docs/sandbox.md, "A trace"). Tokens that somebody says are
/// written as `***`; no call's parameters, header or file is in it. Lines are written as they come
/// and not synced; after `max_bytes` the trace ends, which is logged. One thread, the sandbox's.
/// The sandbox and the clock must outlive it.
class TraceRecorder final : public Observer {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

  TraceRecorder(Sandbox& sandbox, const Clock& clock, std::size_t max_bytes = kMaxBytes);
  ~TraceRecorder() override;
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  /// Makes the file (an older one is replaced) and records from now on; the times count from here.
  /// Errors: Unavailable (the file cannot be written).
  Result<void> open(const std::string& path);

  void on_person_message(const MessageView& message,
                         const std::vector<PlatformUserId>& recipients) override;
  void on_bot_message(const MessageView& message, std::string_view method) override;
  void on_bot_edit(const MessageView& message) override;
  void on_person_edit(const MessageView& message) override;
  void on_message_deleted(const MessageView& message) override;
  void on_reaction(PlatformChatId room, PlatformMessageId message, PlatformUserId by,
                   std::string_view emoji) override;
  void on_update_taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                       Duration waited, Duration exchange, bool webhook) override;
  void on_call(PlatformUserId bot, std::string_view method, int status, PlatformChatId room,
               int retry_after) override;

 private:
  [[nodiscard]] std::string name_of(PlatformUserId account) const;
  [[nodiscard]] std::string without_tokens(std::string_view text) const;
  /// The line's beginning: time and room, and in a private chat whose it is.
  [[nodiscard]] std::string head(const MessageView& message) const;
  [[nodiscard]] std::string head(PlatformChatId room) const;
  void write(std::string line);

  Sandbox& sandbox_;
  const Clock& clock_;
  std::size_t max_bytes_;
  std::size_t written_ = 0;
  MonoTime start_{};
  int file_ = -1;
  std::string path_;
};

}  // namespace chorus::sandbox
