#pragma once

#include "chorus/base/error.hpp"
#include "chorus/lab/people.hpp"
#include "chorus/lab/ports.hpp"
#include "chorus/lab/scenario.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::lab {

/// A room of the run as its people see it.
struct Place {
  std::string label;  ///< `market 3`; private chats share the room's id
  sandbox::Platform platform = sandbox::Platform::Telegram;
  PlatformChatId room;                ///< none: a private chat
  std::vector<std::uint32_t> bots;    ///< indexes of the bots that are in it (private: the one)
  std::vector<std::uint32_t> people;  ///< indexes of the people who are in it (groups only)
};

/// What a person is about to send.
struct Draft {
  sandbox::PersonMessage message;
  SentMessage sent;  ///< all but ids, times and recipients
  std::uint32_t place = 0;
  PlatformUserId to_person;  ///< whom `{person}` names; none: nobody
};

/// Where a person holds a conversation: one room, and the bot of it that is spoken to.
struct Seat {
  std::uint32_t place = 0;
  PlatformUserId person;
  PlatformChatId room;  ///< none: the private chat with `bot`
  PlatformUserId bot;   ///< none: the room has none
};

/// Everybody in the sandbox: the bots, the people and their rooms, made from a scenario. One
/// thread.
class Crowd {
 public:
  Crowd(const Scenario& scenario, std::uint64_t seed);

  /// Makes accounts and rooms. Errors: those of the sandbox.
  Result<void> create(sandbox::Sandbox& sandbox);

  /// So many messages were sent before, in all: canaries are others than those.
  void carry_on(std::uint64_t sent);

  [[nodiscard]] const std::vector<BotAccess>& bots() const { return bots_; }
  [[nodiscard]] const std::vector<Person>& people() const { return people_; }
  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  [[nodiscard]] const Place& place(std::uint32_t index) const { return places_[index]; }
  /// -1 when it is none of ours.
  [[nodiscard]] std::int64_t bot_index(PlatformUserId bot) const;
  [[nodiscard]] std::string person_name(std::uint32_t person) const;

  /// The person's next message as its kind wants it, from the person's own stream. `said` stands in
  /// place of the kind's texts and is no template.
  Draft next(std::uint32_t person, const sandbox::Sandbox& sandbox, Duration run_time,
             std::string_view said = {});
  /// One of the person's rooms and a bot of it, from the person's own stream.
  Seat sit(std::uint32_t person);
  /// A text of a conversation.
  Draft say(std::uint32_t person, const Seat& seat, std::string_view text, bool mention,
            Duration run_time, const Variables& variables);
  /// Presses an inline button of that message, by its data or its label.
  [[nodiscard]] sandbox::PersonMessage press(const Seat& seat, PlatformMessageId message,
                                             std::string button) const;

 private:
  struct Member {
    /// One on each platform of the target.
    std::array<PlatformUserId, sandbox::kPlatforms> accounts{};
    std::vector<std::uint32_t> places;
  };
  Result<void> create_bots(sandbox::Sandbox& sandbox);
  Result<void> create_people(sandbox::Sandbox& sandbox);
  Result<void> create_room(sandbox::Sandbox& sandbox, const RoomPlan& plan, std::uint32_t copy);
  void create_private(const RoomPlan& plan);
  [[nodiscard]] PlatformUserId account(std::uint32_t person, sandbox::Platform platform) const;
  [[nodiscard]] bool in_room(const RoomPlan& plan, const Person& person, std::uint32_t copy) const;
  Draft draft(Person& person, std::uint32_t place);
  std::uint32_t draw_place(Person& person) const;
  std::string name_person(Draft& draft, Person& person, std::string text);
  /// What a text becomes on its way.
  struct Wording {
    bool mention = false;
    std::optional<Duration> run_time;  ///< none: the text is no template
    const Variables* variables = nullptr;
  };
  void address(Draft& draft, Person& person, std::string text, const Wording& wording,
               std::optional<std::uint32_t> bot);

  const Scenario& scenario_;
  std::uint64_t seed_;
  std::vector<Person> people_;
  std::vector<Member> members_;  ///< by person
  std::vector<BotAccess> bots_;
  std::vector<Place> places_;
  std::unordered_map<std::int64_t, std::uint32_t> bot_index_;
};

}  // namespace chorus::lab
