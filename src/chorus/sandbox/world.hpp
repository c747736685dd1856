#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/random.hpp"
#include "chorus/base/time.hpp"
#include "chorus/sandbox/call_tally.hpp"
#include "chorus/sandbox/dialect.hpp"
#include "chorus/sandbox/files.hpp"
#include "chorus/sandbox/model.hpp"
#include "chorus/sandbox/observer.hpp"
#include "chorus/sandbox/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chorus::sandbox {

class Recorder;

/// What has happened since the start, for /stats.
struct WorldCounters {
  std::uint64_t person_messages = 0;
  std::uint64_t bot_messages = 0;
  std::uint64_t bot_edits = 0;
  std::uint64_t deliveries = 0;  ///< events put in a queue
  std::uint64_t taken = 0;       ///< message events that reached a bot
  std::uint64_t withheld = 0;    ///< not delivered: privacy mode
  std::uint64_t bot_to_bot_hidden = 0;
  std::array<std::uint64_t, 4> dropped{};  ///< by DropReason
  std::uint64_t calls = 0;
  std::uint64_t not_simulated = 0;
  std::uint64_t validated_only = 0;  ///< answered by shape alone, without an effect
  std::map<int, std::uint64_t> statuses;
  CallTally by_method;
};

/// What an account wants to post. The door has parsed and checked it.
struct Draft {
  MessageKind kind = MessageKind::Text;
  std::string text;
  std::string wire;
  std::string origin;
  std::string markup;
  bool other_markup = false;
  std::string markup_shown;
  std::int64_t file = 0;
  PlatformMessageId reply_to;  ///< the room's own numbering
  PlatformMessageId topic;     ///< forums: 0 is the general one
  Address address;
  bool is_protected = false;
};

/// The model of the platforms: accounts, rooms, membership, messages, an event queue per bot. It
/// keeps what is true; who hears of it, and in which form, each platform's dialect decides. It
/// knows no wire format, no sockets and no tasks. All calls on one thread; time comes from the
/// clock, so it works in virtual time. Memory is bounded per room (newest messages), per queue, and
/// by the number of accounts and rooms.
class World {
 public:
  struct Options {
    std::optional<std::uint64_t> seed;  ///< none: ids that no earlier world used, by the wall clock
    std::size_t messages_per_room = 1000;
    std::size_t messages_per_private_chat = 200;
    std::size_t max_presses = 100'000;  ///< buttons that wait for an answer
    std::size_t max_accounts = 1'000'000;
    bool mention_reaches_privacy_bots = false;
    EventQueue::Limits queue;
  };

  World(const Clock& clock, Rng rng, Options options);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void set_dialect(Platform platform, Dialect& dialect);
  [[nodiscard]] Dialect& dialect(Platform platform) const;
  /// Everything that changes is told to `recorder` from now on (nullptr: nobody).
  void set_recorder(Recorder* recorder) { recorder_ = recorder; }

  // Accounts. Errors: Conflict (name, id or token taken), InvalidArgument, QueueFull (too many).
  Result<Account*> add_bot(BotSpec spec, Platform platform);
  /// A bot that came by itself. It has standing `standing` in the room `default` of its platform,
  /// which is made with `type` when there is none.
  Result<Account*> self_register(BotSpec spec, Platform platform, RoomType type, Standing standing);
  Result<Account*> add_person(PersonSpec spec, Platform platform);
  /// The bot's token is refused from now on and it leaves every room; a person is deactivated.
  Result<void> remove_account(PlatformUserId id);
  [[nodiscard]] Account* find_account(PlatformUserId id) const;
  /// By username, without case, with or without '@'. Names are unique on one platform.
  [[nodiscard]] Account* find_name(Platform platform, std::string_view name) const;
  /// On any platform; where several have the name, the first in the order of `Platform`.
  [[nodiscard]] Account* find_name(std::string_view name) const;
  [[nodiscard]] const std::vector<Account*>& accounts() const { return account_order_; }
  void set_extra(Account& account, const std::string& name, std::string value);
  void set_wanted(Account& bot, EventMask wanted);

  // Rooms. Those in the specification are members from the start: no service message tells of them.
  Result<Room*> add_room(RoomSpec spec, Platform platform);
  Result<void> remove_room(Room& room);
  [[nodiscard]] Room* find_room(PlatformChatId id) const;
  [[nodiscard]] Room* find_serial(std::int64_t serial) const;
  [[nodiscard]] Room* find_room_name(Platform platform, std::string_view name) const;
  [[nodiscard]] Room* find_room_name(std::string_view name) const;  ///< as find_name
  [[nodiscard]] Room* find_private(PlatformUserId bot, PlatformUserId peer) const;
  Room& open_private(Account& bot, Account& peer);
  [[nodiscard]] const std::vector<Room*>& rooms() const { return room_order_; }
  Result<void> join(Room& room, Account& account, Account* by = nullptr);
  /// `kicked` when somebody else removed it.
  Result<void> leave(Room& room, Account& account, bool kicked);
  Result<void> set_standing(Room& room, Account& account, Standing standing);
  /// A change that the platform's door has allowed; `wire` is the platform's own words on it.
  void change_standing(Room& room, Account& actor, Account& subject, Standing after,
                       std::string_view wire = {});
  void rename(Room& room, std::string title);
  /// An empty value removes it.
  void set_extra(Room& room, const std::string& name, std::string value);
  void rename(Account& account, std::string first_name);
  /// A person stops or allows again the private chat with a bot.
  Result<void> set_blocked(Account& person, Account& bot, bool blocked);

  // People. Errors: InvalidArgument, NotFound, Forbidden (not a member, blocked bot).
  /// With `callback` the button is pressed and the answer is the message that holds it.
  Result<const Message*> person_says(const PersonMessage& message);
  Result<const Message*> person_sends_file(const PersonMessage& message, std::int64_t file,
                                           MessageKind kind);
  Result<void> person_edits(Account& person, Room& room, PlatformMessageId id, std::string text);
  Result<void> person_deletes(Room& room, PlatformMessageId id);
  /// An empty emoji takes the reaction back.
  Result<void> person_reacts(Account& person, Room& room, PlatformMessageId id, std::string emoji);

  // Accounts behind a front door, which has checked that they may. The reference lasts until the
  // next message of the room. `method` is what observers are told.
  const Message& says(Room& room, Account& from, Draft draft, std::string_view method);
  /// A new topic of a forum: the message that opens it, whose id is the topic's. InvalidArgument:
  /// the room is no forum.
  Result<const Message*> open_topic(Room& room, Account& by, std::string_view name);
  /// The message was changed in place.
  void edits(Room& room, Message& message);
  void delete_message(Room& room, Message& message, Account& by);
  /// In place of the account's other reactions to the message; an empty emoji takes them back.
  void reacts(Room& room, Message& message, Account& by, std::string emoji);
  /// Platforms where one account gives several: nothing when it was given before.
  void adds_reaction(Room& room, Message& message, Account& by, std::string emoji);
  /// Its record only: the platform has told already.
  void drops_reaction(Room& room, Message& message, Account& by, std::string_view emoji);
  void types(Room& room, Account& by);
  void bot_drafts(Room& room, Account& bot, std::int64_t draft, const std::string& text);
  /// False when the press is unknown, too old or answered already.
  bool answer_button(Account& bot, std::int64_t press, std::string_view text, bool alert);

  // What platforms tell with. Nothing here is for front doors.
  /// Gives somebody a standing in a room; nobody hears of it.
  void place(Room& room, Account& account, Standing standing);
  /// Adds a message to the room's history; nobody hears of it.
  Message& append(Room& room, Message message);
  std::shared_ptr<Event> make_event(EventKind kind, const Room& room, PlatformMessageId message,
                                    PlatformUserId from) const;
  /// Puts the event in the bot's queue; nullopt when a bound is met, else its number there.
  std::optional<std::int64_t> offer(Account& bot, const std::shared_ptr<const Event>& event);
  /// The same, and keeps it over a restart.
  bool give(Account& bot, const std::shared_ptr<const Event>& event);
  [[nodiscard]] Recorder* recorder() const { return recorder_; }

  // Queues.
  /// The event reached the bot: tells observers once.
  void note_taken(Account& bot, QueuedEvent& event, Duration exchange, bool webhook);
  void confirm_below(Account& bot, std::int64_t number);
  void confirm(Account& bot, std::int64_t number);
  void drop_event(Account& bot, std::int64_t number, DropReason reason);
  void clear_queue(Account& bot);
  void expire_queue(Account& bot, bool all);

  /// Removes every account, room and message; ids go on.
  void reset();

  void add_observer(Observer& observer);
  void remove_observer(Observer& observer);
  template <class F>
  void tell(F&& f) {
    for (auto* observer : observers_) f(*observer);
  }
  [[nodiscard]] bool observed() const { return !observers_.empty(); }
  [[nodiscard]] MessageView view(const Room& room, const Message& message) const;

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const FileStore& files() const { return files_; }
  const StoredFile& add_file(StoredFile file, std::string content);
  WorldCounters& counters() { return counters_; }
  /// Called with an account that was just added (a bot has its queue), also during a restart, so
  /// that its platform's door can know it. One hook per platform.
  using AccountHook = std::function<void(Account&)>;
  void on_new_account(Platform platform, AccountHook hook);
  void on_removed_account(Platform platform, AccountHook hook);
  /// 35 characters of the token alphabet.
  std::string mint_secret();

 private:
  friend class WorldJournal;

  Account& insert_account(std::unique_ptr<Account> account);
  Room& insert_room(std::unique_ptr<Room> room);
  PlatformUserId mint_user_id();
  PlatformChatId mint_room_id(RoomType type);
  void refresh_wire(Account& account);
  std::string unique_room_name(Platform platform, std::string_view wanted) const;

  Result<Room*> room_of(const PersonMessage& message, Account& person);
  Result<const Message*> person_posts(const PersonMessage& message, Room& room, Account& person,
                                      Message content);
  Result<const Message*> press_button(const PersonMessage& message, Room& room, Account& person);
  const Message& publish(Room& room, Message message, std::string_view method);
  void note_meant_for(Room& room, Message& message);
  void apply_standing(Room& room, const StandingChange& change);
  [[nodiscard]] EventQueue::OnDropped drop_teller(Account& bot);
  void expire_presses();

  const Clock& clock_;
  Rng rng_;
  Options options_;
  std::array<Dialect*, kPlatforms> dialects_{};
  Recorder* recorder_ = nullptr;
  FileStore files_;
  WorldCounters counters_;
  std::vector<Observer*> observers_;
  std::array<AccountHook, kPlatforms> new_account_hooks_;
  std::array<AccountHook, kPlatforms> removed_hooks_;

  std::unordered_map<PlatformUserId, std::unique_ptr<Account>> accounts_;
  std::vector<Account*> account_order_;
  // By platform, lower case.
  std::array<std::unordered_map<std::string, Account*>, kPlatforms> names_;
  std::unordered_map<PlatformChatId, std::unique_ptr<Room>> rooms_;
  std::map<std::pair<PlatformUserId, PlatformUserId>, std::unique_ptr<Room>> private_rooms_;
  std::vector<Room*> room_order_;
  std::unordered_map<std::int64_t, Room*> by_serial_;
  std::array<std::unordered_map<std::string, Room*>, kPlatforms> room_names_;
  std::map<std::int64_t, ButtonPress> presses_;
  std::int64_t next_user_ = 0;
  std::int64_t next_room_ = 0;
  std::int64_t next_serial_ = 1;
  std::int64_t next_press_ = 0;
};

}  // namespace chorus::sandbox
