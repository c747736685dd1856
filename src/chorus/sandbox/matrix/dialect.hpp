#pragma once

#include "chorus/sandbox/dialect.hpp"
#include "chorus/sandbox/matrix/hub.hpp"

#include <string>
#include <string_view>

namespace chorus::sandbox::matrix {

class AppServices;

/// Matrix in the world: every change becomes an event of its room, which all members see. Bots'
/// queues hold the messages that they have not taken yet; bodies stay in the rooms' histories.
class MatrixDialect final : public Dialect {
 public:
  explicit MatrixDialect(Hub& hub) : hub_(hub), world_(hub.world()) {}

  [[nodiscard]] std::string account_wire(const Account& account) const override;
  [[nodiscard]] std::string room_wire(const Room& room) const override;
  [[nodiscard]] bool has(RoomType type) const override { return type == RoomType::Room; }
  [[nodiscard]] Result<BotIdentity> identify(std::string_view token) const override;
  [[nodiscard]] std::string mint_token(PlatformUserId id) const override;
  Result<void> compose(std::string_view text, Message& message) const override;
  [[nodiscard]] std::string mention_of(const Account& account) const override;
  [[nodiscard]] std::optional<std::string> find_button(const Message&,
                                                       std::string_view) const override {
    return std::nullopt;  // Matrix has no buttons
  }
  [[nodiscard]] std::string reaction_emoji(std::string_view emoji) const override {
    return std::string(emoji);
  }
  std::int64_t take_number(Room& room) const override { return room.next_message_id++; }

  void room_opened(Room& room) override;
  void said(Room& room, Message& message, Recipients* recipients) override;
  void edited(Room& room, Message& message) override;
  void deleted(Room& room, Message& message, Account& by) override;
  void pressed(const ButtonPress&, const Message&) override {}
  void reacted(Room& room, Message& message, Account& by, std::string_view before,
               std::string_view after) override;
  void standing_changed(Room& room, const StandingChange& change) override;
  void forgotten() override;

  void write_records(const RecordSink& sink) const override;
  bool restore(const json::object& record) override;

  /// Who keeps records of its own beside the hub's.
  void set_services(AppServices& services) { services_ = &services; }

 private:
  void forget_waiting(const Room& room, Account& account);
  [[nodiscard]] std::string content_of(RoomLog& log, const Message& message) const;
  [[nodiscard]] const Account* find_mentioned(std::string_view word) const;

  Hub& hub_;
  World& world_;
  AppServices* services_ = nullptr;
};

/// Membership as Matrix spells a standing: `join`, `invite`, `leave`, `ban`.
std::string_view membership_of(Standing standing) noexcept;

}  // namespace chorus::sandbox::matrix
