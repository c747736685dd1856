#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"
#include "chorus/rt/task.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What the HTTP API needs from the fleet that runs in this process. `app` implements it.
namespace chorus::admin {

/// A bot as the founding routes show it. `extra` keeps the fields that they store and give back:
/// speed_profile, which the fleet applies, and active_hours, persona_hint, emotion_profile, which
/// mean nothing to us.
struct BotView {
  BotId id;
  std::string name;
  std::string platform = "telegram";
  std::string username;
  std::string token_masked;
  bool has_token = false;
  bool is_enabled = true;
  std::string state;  ///< unverified | active | disabled | unauthorized
  std::string state_reason;
  json::object extra;
  WallTime created_at{};
};

struct BotCreate {
  std::string name;
  std::string platform = "telegram";  ///< or `matrix`
  Secret token;
  std::string username;
  bool is_enabled = true;
  std::string persona;  ///< JSON document or name; empty: dealt from the shipped ones
  json::object extra;
  bool founding = false;  ///< accept any token, do not ask the platform
};

struct BotPatch {
  std::optional<std::string> name;
  std::optional<bool> is_enabled;
  std::optional<Secret> token;
  json::object extra;
};

struct ChatView {
  RoomId id;
  std::string chat_id;  ///< as it was given
  std::string title;
  bool is_enabled = true;
  json::value topics;
  WallTime created_at{};
};

struct ChatCreate {
  std::string chat_id;
  std::string title;
  bool is_enabled = true;
  json::value topics;
};

/// Outgoing work by urgency, as the founding `/queue/stats` names it.
struct QueueStats {
  std::uint64_t high = 0, normal = 0, low = 0, retry = 0, dead = 0;
  std::uint64_t unknown = 0;  ///< sends whose answer was lost
  std::uint64_t inbox_waiting = 0;
};

struct Health {
  bool ok = true;
  json::object checks;  ///< name -> {ok, detail}
};

class FleetService {
 public:
  virtual ~FleetService() = default;
  /// Conflict: the name or the token is taken. InvalidArgument: the persona's lint refuses it, or
  /// its speed profile does not validate.
  virtual rt::Task<Result<BotView>> create_bot(BotCreate bot) = 0;
  virtual rt::Task<Result<BotView>> patch_bot(BotId bot, BotPatch patch) = 0;
  virtual rt::Task<Result<void>> remove_bot(BotId bot) = 0;
  [[nodiscard]] virtual std::vector<BotView> bots() const = 0;
  virtual rt::Task<Result<ChatView>> create_chat(ChatCreate chat) = 0;
  [[nodiscard]] virtual std::vector<ChatView> chats() const = 0;
  /// Lets the fleet speak in a room, or not. `room`: its id, its chat id or its title; NotFound.
  virtual rt::Task<Result<ChatView>> enable_chat(std::string room, bool enabled) = 0;
  [[nodiscard]] virtual QueueStats queue_stats() const = 0;
  [[nodiscard]] virtual Health health() const = 0;
  /// Everything `chorus status` shows, store counts included.
  virtual rt::Task<json::object> status() = 0;
  /// Who was told when that they write with a machine, as CSV.
  virtual rt::Task<Result<std::string>> disclosures() = 0;
  virtual void pause() = 0;
  virtual void resume() = 0;
  /// Drains and ends the process.
  virtual void stop() = 0;
};

/// Says who a caller is.
class KeyCheck {
 public:
  virtual ~KeyCheck() = default;
  /// Role of the key, or nullopt. Constant time per stored key.
  virtual rt::Task<std::optional<std::string>> role_of(Secret key) = 0;
};

}  // namespace chorus::admin
