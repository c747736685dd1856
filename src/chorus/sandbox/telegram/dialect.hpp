#pragma once

#include "chorus/proto/telegram/entities.hpp"
#include "chorus/sandbox/dialect.hpp"
#include "chorus/sandbox/telegram/facts/api_facts.hpp"
#include "chorus/sandbox/world.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chorus::sandbox::telegram {

/// Telegram in the world: its events as the Bot API writes them, and which bots get them. Bodies of
/// events are updates without their opening brace and id (`"message":{...}}`), so that all bots
/// share one text.
class TelegramDialect final : public Dialect {
 public:
  explicit TelegramDialect(World& world) : world_(world) {}

  [[nodiscard]] std::string account_wire(const Account& account) const override;
  [[nodiscard]] std::string room_wire(const Room& room) const override;
  [[nodiscard]] bool has(RoomType type) const override { return type != RoomType::Room; }
  [[nodiscard]] Result<BotIdentity> identify(std::string_view token) const override;
  [[nodiscard]] std::string mint_token(PlatformUserId id) const override;
  Result<void> compose(std::string_view text, Message& message) const override;
  [[nodiscard]] std::string mention_of(const Account& account) const override;
  [[nodiscard]] std::optional<std::string> find_button(const Message& message,
                                                       std::string_view wanted) const override;
  [[nodiscard]] std::string topic_wire(std::string_view name) const override;
  [[nodiscard]] std::string reaction_emoji(std::string_view emoji) const override;
  std::int64_t take_number(Room& room) const override;

  void room_opened(Room&) override {}
  void said(Room& room, Message& message, Recipients* recipients) override;
  void edited(Room& room, Message& message) override;
  void deleted(Room&, Message&, Account&) override {}
  void pressed(const ButtonPress& press, const Message& message) override;
  void reacted(Room& room, Message& message, Account& by, std::string_view before,
               std::string_view after) override;
  void standing_changed(Room& room, const StandingChange& change) override;
  Result<void> asked_to_join(Room& room, Account& by) override;

  /// Appends the Message object as `viewer` sees it; `with_reply` embeds what it replies to.
  void append_message(std::string& out, const Room& room, const Message& message,
                      const Account& viewer, bool with_reply) const;
  /// A change of the room that everybody in it is told of, every bot in every mode, also the one
  /// that caused it. `wire` are the members that say what; `about` is the message it is about
  /// (a pinned one), `file` the new photo.
  Message& announce(Room& room, Account& by, std::string wire, PlatformMessageId about = {},
                    std::int64_t file = 0);
  /// What the documentation says of methods and types; read when first asked for.
  [[nodiscard]] const ApiFacts& facts();
  /// Fills text, wire and address from a checked text. `caption` names the members.
  void set_text(proto::telegram::FormattedText text, bool caption, std::string& wire,
                Address& address) const;

 private:
  class Fanout;
  void append_media(std::string& out, const Message& message, const Account& viewer) const;
  /// True when every viewer gets the same bytes for this message, so that one body serves all.
  [[nodiscard]] static bool same_for_all(const Room& room, const Message& message);
  [[nodiscard]] static std::string service_wire(std::string_view kind, const Account& subject);
  [[nodiscard]] std::string message_event(EventKind kind, const Room& room, const Message& message,
                                          const Account& viewer) const;
  [[nodiscard]] std::string button_event(const ButtonPress& press, const Message& message) const;
  [[nodiscard]] static std::string membership_event(EventKind kind, const Room& room,
                                                    const Account& actor, const Account& subject,
                                                    Standing before, Standing after, WallTime at);
  [[nodiscard]] static std::string reaction_event(const Room& room, PlatformMessageId seen,
                                                  const Account& person, std::string_view before,
                                                  std::string_view after, WallTime at);

  // telegram/delivery.cpp
  void give_view(Room& room, Message& message, Account& bot);
  void to_people_rules(Room& room, Message& message, bool edited, Recipients* recipients);
  void to_bots_rules(Room& room, Message& message);
  void mirror(Room& room, const Message& message);
  Message& tell_all(Room& room, Message message, Account* also);
  void tell_service(Room& room, const StandingChange& change, std::string_view kind);
  void tell_membership(Room& room, const StandingChange& change);

  World& world_;
  std::optional<ApiFacts> facts_;
};

/// Appends a ChatMember object; `room` decides which rights are shown, and remembers those that
/// were set for this member.
void append_chat_member(std::string& out, const Account& account, Standing standing,
                        const Room& room);
/// Name of the update that carries events of `kind` (`message`, `callback_query`).
std::string_view update_name(EventKind kind) noexcept;
/// nullopt for names that the sandbox never sends.
std::optional<EventKind> event_kind_from(std::string_view update_name) noexcept;

}  // namespace chorus::sandbox::telegram
