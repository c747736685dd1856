#pragma once

#include "chorus/proto/telegram/entities.hpp"
#include "chorus/sandbox/dialect.hpp"
#include "chorus/sandbox/world.hpp"

#include <string>
#include <string_view>

namespace chorus::sandbox::telegram {

/// The world's events as the Bot API writes them. Bodies of events are updates without their
/// opening brace and id (`"message":{...}}`), so that all bots share one text.
class TelegramDialect final : public Dialect {
 public:
  explicit TelegramDialect(World& world) : world_(world) {}

  [[nodiscard]] std::string account_wire(const Account& account) const override;
  [[nodiscard]] std::string room_wire(const Room& room) const override;
  Result<void> compose(std::string_view text, Message& message) const override;
  [[nodiscard]] std::optional<std::string> find_button(const Message& message,
                                                       std::string_view wanted) const override;
  [[nodiscard]] std::string service_wire(ServiceKind kind, const Account& subject,
                                         std::string_view text) const override;
  [[nodiscard]] bool same_for_all(const Room& room, const Message& message) const override;
  [[nodiscard]] std::string message_event(EventKind kind, const Room& room, const Message& message,
                                          const Account& viewer) const override;
  [[nodiscard]] std::string button_event(const ButtonPress& press,
                                         const Message& message) const override;
  [[nodiscard]] std::string membership_event(EventKind kind, const Room& room, const Account& actor,
                                             const Account& subject, Standing before,
                                             Standing after, WallTime at) const override;
  [[nodiscard]] std::string reaction_emoji(std::string_view emoji) const override;
  [[nodiscard]] std::string reaction_event(const Room& room, PlatformMessageId seen,
                                           const Account& person, std::string_view before,
                                           std::string_view after, WallTime at) const override;

  /// Appends the Message object as `viewer` sees it; `with_reply` embeds what it replies to.
  void append_message(std::string& out, const Room& room, const Message& message,
                      const Account& viewer, bool with_reply) const;
  /// Fills text, wire and address from a checked text. `caption` names the members.
  void set_text(proto::telegram::FormattedText text, bool caption, std::string& wire,
                Address& address) const;

 private:
  void append_media(std::string& out, const Message& message, const Account& viewer) const;

  World& world_;
};

/// Appends a ChatMember object; `type` decides which rights an administrator shows.
void append_chat_member(std::string& out, const Account& account, Standing standing, RoomType type);
/// Name of the update that carries events of `kind` (`message`, `callback_query`).
std::string_view update_name(EventKind kind) noexcept;
/// nullopt for names that the sandbox never sends.
std::optional<EventKind> event_kind_from(std::string_view update_name) noexcept;

}  // namespace chorus::sandbox::telegram
