#include "chorus/platform/router.hpp"

#include <utility>

namespace chorus::platform {

namespace {

constexpr std::string_view kNotConfigured =
    "Matrix is not configured: set matrix.homeserver in chorus.yaml, or MATRIX_HOMESERVER";

rt::Task<fleet::SendOutcome> waits() {
  fleet::SendRefused refused;
  refused.status = 409;
  refused.description = kNotConfigured;
  co_return refused;
}

template <class T>
rt::Task<Result<T>> not_configured() {
  co_return fail(ErrorCode::Misconfigured, std::string(kNotConfigured));
}

rt::Task<void> nothing() {
  co_return;
}

}  // namespace

rt::Task<Result<fleet::Identity>> PlatformRouter::identify(fleet::BotAccess bot) {
  auto* port = port_of(bot);
  return port == nullptr ? not_configured<fleet::Identity>() : port->identify(std::move(bot));
}

rt::Task<fleet::SendOutcome> PlatformRouter::send_message(fleet::BotAccess bot,
                                                          fleet::OutgoingMessage message) {
  auto* port = port_of(bot);
  return port == nullptr ? waits() : port->send_message(std::move(bot), std::move(message));
}

rt::Task<fleet::SendOutcome> PlatformRouter::edit_message(fleet::BotAccess bot,
                                                          PlatformMessageId target,
                                                          fleet::OutgoingMessage message) {
  auto* port = port_of(bot);
  return port == nullptr ? waits() : port->edit_message(std::move(bot), target, std::move(message));
}

rt::Task<fleet::SendOutcome> PlatformRouter::set_reaction(fleet::BotAccess bot, PlatformChatId chat,
                                                          PlatformMessageId message,
                                                          std::string emoji) {
  auto* port = port_of(bot);
  return port == nullptr ? waits()
                         : port->set_reaction(std::move(bot), chat, message, std::move(emoji));
}

rt::Task<fleet::SendOutcome> PlatformRouter::answer_callback(fleet::BotAccess bot,
                                                             std::string callback_id,
                                                             std::string text) {
  auto* port = port_of(bot);
  return port == nullptr
             ? waits()
             : port->answer_callback(std::move(bot), std::move(callback_id), std::move(text));
}

rt::Task<void> PlatformRouter::send_typing(fleet::BotAccess bot, PlatformChatId chat,
                                           std::optional<PlatformMessageId> thread) {
  auto* port = port_of(bot);
  return port == nullptr ? nothing() : port->send_typing(std::move(bot), chat, thread);
}

rt::Task<Result<void>> PlatformRouter::send_draft(fleet::BotAccess bot, PlatformChatId chat,
                                                  std::int64_t draft, std::string text) {
  auto* port = port_of(bot);
  return port == nullptr ? not_configured<void>()
                         : port->send_draft(std::move(bot), chat, draft, std::move(text));
}

rt::Task<Result<std::optional<std::vector<std::string>>>> PlatformRouter::allowed_reactions(
    fleet::BotAccess bot, PlatformChatId chat) {
  auto* port = port_of(bot);
  return port == nullptr ? not_configured<std::optional<std::vector<std::string>>>()
                         : port->allowed_reactions(std::move(bot), chat);
}

rt::Task<Result<void>> PlatformRouter::publish_profile(fleet::BotAccess bot,
                                                       std::string description,
                                                       std::string short_description) {
  auto* port = port_of(bot);
  return port == nullptr ? not_configured<void>()
                         : port->publish_profile(std::move(bot), std::move(description),
                                                 std::move(short_description));
}

}  // namespace chorus::platform
