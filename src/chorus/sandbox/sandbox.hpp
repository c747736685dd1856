#pragma once

#include "chorus/base/error.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/llm_script.hpp"
#include "chorus/sandbox/observer.hpp"
#include "chorus/sandbox/types.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::sandbox {

class World;

/// The sandbox as the lab, `chorus sandbox` and tests use it: one world, its front doors (Telegram
/// Bot API, Matrix homeserver, OpenAI-compatible LLM) and the control API with the chat page. One
/// loop.
class Sandbox {
 public:
  struct Options {
    std::optional<net::Endpoint> telegram;  ///< nullopt: the door does not listen (in-process use)
    std::optional<net::Endpoint> matrix;
    std::optional<net::Endpoint> llm;
    std::optional<net::Endpoint> control;
    LimitsProfile profile = LimitsProfile::Off;
    /// Limits of the Matrix homeserver: `off`, `scaled` or `synapse-default`.
    std::string matrix_profile = "off";
    std::string data;                   ///< folder that keeps the world; empty: memory only
    std::optional<std::uint64_t> seed;  ///< ids and jitter; none: ids no earlier sandbox used
    LlmScript llm_script;
    std::string public_telegram_origin;  ///< shown to bots when the door is in-process
  };

  /// `webhooks` carries deliveries to bots (a loopback-only SocketTransport, or in-process). All
  /// references must outlive the sandbox.
  Sandbox(rt::Loop& loop, Options options, net::Transport& webhooks, metrics::Registry& metrics);
  ~Sandbox();

  /// Opens the world's data and the doors. Errors: Conflict (port taken, data folder in use, said
  /// by whom), Unavailable (the folder cannot be written), ParseError (a damaged journal); doors
  /// that were open already are closed again.
  rt::Task<Result<void>> start();
  /// Stops the doors, ends held polls, writes the world.
  rt::Task<void> stop(Duration grace);

  [[nodiscard]] std::string telegram_address() const;  ///< `http://127.0.0.1:8081`, empty if closed
  [[nodiscard]] std::string matrix_address() const;    ///< of the homeserver, the same way
  [[nodiscard]] std::string llm_address() const;       ///< with `/v1`
  [[nodiscard]] std::string control_address() const;
  net::Handler& telegram_handler();
  net::Handler& matrix_handler();
  net::Handler& llm_handler();
  net::Handler& control_handler();
  /// Everything below `prefix` of the control port goes to `handler`, which must outlive the
  /// sandbox's use; the port's rule on Host holds for it too. Once for each prefix.
  void mount_control(std::string_view prefix, net::Handler& handler);

  // The crowd, as the control API offers it. All synchronous: the world is in memory.
  Result<BotInfo> create_bot(BotSpec spec, Platform platform = Platform::Telegram);
  Result<PersonInfo> create_person(PersonSpec spec, Platform platform = Platform::Telegram);
  Result<RoomInfo> create_room(RoomSpec spec, Platform platform = Platform::Telegram);
  Result<void> remove_bot(PlatformUserId bot);
  /// The message id in the room's own numbering, and to which bots it went (through observers).
  Result<PlatformMessageId> post(PersonMessage message);
  /// `room` of a private chat is the bot's id, as the person sees it.
  Result<void> react(PlatformUserId person, PlatformChatId room, PlatformMessageId message,
                     std::string emoji);
  /// Newest bot message in the room, for people who reply.
  [[nodiscard]] std::optional<MessageView> last_bot_message(PlatformChatId room) const;
  /// Private chat of a person with a bot (its id is the person's for the bot).
  [[nodiscard]] std::optional<MessageView> last_bot_message_private(PlatformUserId person,
                                                                    PlatformUserId bot) const;

  /// Updates queued and not yet taken, over all bots.
  [[nodiscard]] std::size_t pending_updates() const;
  [[nodiscard]] std::size_t max_pending_of_a_bot() const;
  [[nodiscard]] std::optional<BotInfo> find_bot(PlatformUserId bot) const;

  /// Observers are called in order of registration and must outlive the sandbox or be removed.
  void add_observer(Observer& observer);
  void remove_observer(Observer& observer);

  /// What goes wrong from now on. Errors: InvalidArgument.
  Result<std::int64_t> add_fault(FaultSpec fault);
  bool remove_fault(std::int64_t id);
  /// Whether it is active and how many calls it met; nullopt for an id that never was.
  [[nodiscard]] std::optional<FaultState> fault_state(std::int64_t id) const;
  void set_profile(LimitsProfile profile);

  World& world();

 private:
  rt::Task<Result<void>> open();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::sandbox
