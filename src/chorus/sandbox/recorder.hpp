#pragma once

#include "chorus/sandbox/files.hpp"
#include "chorus/sandbox/model.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace chorus::sandbox {

/// Hears of every change that a restart must bring back. Called after the change, before anyone
/// else can hear of it.
class Recorder {
 public:
  virtual ~Recorder() = default;
  virtual void account(const Account& account) = 0;
  virtual void room(const Room& room) = 0;
  virtual void room_removed(const Room& room) = 0;
  virtual void member(const Room& room, const Account& account, Standing standing) = 0;
  /// Added or changed.
  virtual void message(const Room& room, const Message& message) = 0;
  virtual void event(const Event& event,
                     std::span<const std::pair<PlatformUserId, std::int64_t>> queues) = 0;
  virtual void confirmed_below(PlatformUserId bot, std::int64_t number) = 0;
  virtual void confirmed(PlatformUserId bot, std::int64_t number) = 0;
  virtual void cleared(PlatformUserId bot) = 0;
  virtual void press(const ButtonPress& press) = 0;
  virtual void press_done(std::int64_t id) = 0;
  virtual void file(const StoredFile& file) = 0;
  /// A record of the platform's own, one JSON object; its dialect reads it back.
  virtual void platform(Platform platform, std::string_view record) = 0;
  virtual void reset() = 0;
};

}  // namespace chorus::sandbox
