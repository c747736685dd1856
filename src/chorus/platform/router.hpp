#pragma once

#include "chorus/fleet/ports.hpp"

#include <string>

namespace chorus::platform {

/// One way out for bots of several platforms: each call goes to the adapter of its bot's platform.
/// A bot of a platform that is not configured is told so by `identify`; its sends wait (status
/// 409). Adapters outlive the router.
class PlatformRouter final : public fleet::MessagingPort {
 public:
  explicit PlatformRouter(fleet::MessagingPort& telegram) : telegram_(telegram) {}
  /// Before the fleet starts; nullptr: not configured.
  void set_matrix(fleet::MessagingPort* matrix) { matrix_ = matrix; }

  rt::Task<Result<fleet::Identity>> identify(fleet::BotAccess bot) override;
  rt::Task<fleet::SendOutcome> send_message(fleet::BotAccess bot,
                                            fleet::OutgoingMessage message) override;
  rt::Task<fleet::SendOutcome> edit_message(fleet::BotAccess bot, PlatformMessageId target,
                                            fleet::OutgoingMessage message) override;
  rt::Task<fleet::SendOutcome> set_reaction(fleet::BotAccess bot, PlatformChatId chat,
                                            PlatformMessageId message, std::string emoji) override;
  rt::Task<fleet::SendOutcome> answer_callback(fleet::BotAccess bot, std::string callback_id,
                                               std::string text) override;
  rt::Task<void> send_typing(fleet::BotAccess bot, PlatformChatId chat,
                             std::optional<PlatformMessageId> thread) override;
  rt::Task<Result<void>> send_draft(fleet::BotAccess bot, PlatformChatId chat, std::int64_t draft,
                                    std::string text) override;
  rt::Task<Result<std::optional<std::vector<std::string>>>> allowed_reactions(
      fleet::BotAccess bot, PlatformChatId chat) override;
  rt::Task<Result<void>> publish_profile(fleet::BotAccess bot, std::string description,
                                         std::string short_description) override;

 private:
  /// nullptr: the bot's platform is not configured.
  [[nodiscard]] fleet::MessagingPort* port_of(const fleet::BotAccess& bot) const {
    return bot.platform == store::Platform::Matrix ? matrix_ : &telegram_;
  }

  fleet::MessagingPort& telegram_;
  fleet::MessagingPort* matrix_ = nullptr;
};

}  // namespace chorus::platform
