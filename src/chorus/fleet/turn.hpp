#pragma once

#include "chorus/fleet/detail/core.hpp"
#include "chorus/fleet/disclosure.hpp"
#include "chorus/fleet/floor.hpp"
#include "chorus/fleet/memory/memory_index.hpp"
#include "chorus/fleet/reason.hpp"
#include "chorus/fleet/revalidate.hpp"
#include "chorus/fleet/tools/tool_use.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace chorus::fleet::detail {

/// What made a floor decide; shared by the turns that came of it. The last of them ends the update.
struct Trigger {
  std::shared_ptr<Heard> heard;  // shared with the queue it waited in; null for a timer
  int open = 0;                  ///< turns that have not ended
  bool answered = false;
};

/// One bot's turn to speak in one room.
struct TurnJob {
  enum class Kind : std::uint8_t {
    Answer,       ///< to what was heard
    Runtime,      ///< a fixed text: disclosure, commands
    SelfStarted,  ///< nobody asked
    Reaction,     ///< an emoji on what was heard
  };
  TurnId id;  ///< made when the turn first needs it
  /// The platform's thread that it speaks in; none: the main line.
  std::optional<PlatformMessageId> thread;
  Kind kind = Kind::Answer;
  Bot* bot = nullptr;
  Room* room = nullptr;
  std::shared_ptr<Trigger> trigger;  // shared by the turns of one decision; null for a timer
  RuntimeAsk ask = RuntimeAsk::About;
  bool person_asked = false;       ///< it answers a person: it takes a conversation slot
  bool unasked = false;            ///< nobody was named: the bot selected itself
  std::string decision;            ///< JSON of the floor's decision
  std::optional<RoomLine> target;  ///< self-started: the line it replies or reacts to
  std::string reply_scores;        ///< JSON: why that one
  std::string mention;             ///< username that its text shall name; may be empty
  std::string thought;             ///< what it wished to say
  bool looks_for_news = false;     ///< nothing to reply to: a headline may do
  std::optional<NewsItem> news;    ///< what it brings up
  MonoTime decided_at{};
  std::vector<RoomLine> thread_lines;  ///< with a thread: what was said in it, oldest first
  std::vector<Recalled> recalled;      ///< what its prompt holds of the bot's memory
  std::array<Duration, kSpans> spans{};
  rt::TaskScope::Handle task;
  bool sees_later = false;             ///< its prompt holds what was said after the trigger too
  bool cancelled = false;              ///< its conversation was ended from outside
  std::vector<ToolRound> tool_rounds;  ///< what its generator asked for, and what came of it
  std::string question;    ///< its text puts this to the person it answers; empty: it asks nothing
  std::string unanswered;  ///< self-started: what a person was asked and did not answer
  MonoTime tools_until{};  ///< then no more tools are offered
  bool generated_once = false;                                 ///< a further try repeats no call
  policy::EndStatus ended_why = policy::EndStatus::Completed;  ///< cancelled: for this reason
  ConversationId conversation;                                 ///< in whose slot it works; 0: none

  [[nodiscard]] const Heard* heard() const { return trigger ? trigger->heard.get() : nullptr; }
  /// The line that it is about; nullptr: none.
  [[nodiscard]] const RoomLine* about() const {
    return heard() != nullptr ? &heard()->line : target ? &*target : nullptr;
  }
  /// Whom it answers; 0: a bot, or nobody.
  [[nodiscard]] PlatformUserId person() const {
    return about() != nullptr && !about()->from_bot ? about()->author : PlatformUserId{};
  }
};

/// Turns: from the decision that a bot speaks to the row in the outbox. One task per turn, one turn
/// at a time per bot and room.
class Turns {
 public:
  explicit Turns(Core& core) : core_(core) {}

  /// Puts a turn into its lane. When the lane is full the oldest waiting turn is superseded.
  void start(std::shared_ptr<TurnJob> job);
  /// A decision that nobody speaks: the row is stored and the update ends.
  void record_silence(Room& room, const Heard* heard, const FloorDecision& decision);
  /// The small call that asks a candidate for its wish (wish.hpp).
  [[nodiscard]] GenerationRequest wish_request(const TurnJob& job);
  /// What would be sent for the job, with random words of its own. O(history).
  [[nodiscard]] GenerationRequest preview(TurnJob& job) const;
  /// Callbacks are acknowledged, so that the button does not spin.
  void answer_callback(Bot& bot, RoomId room, InboxId inbox, std::string callback_id);

  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  struct Outcome {
    TurnReason reason = TurnReason::Sent;
    std::string text;
    std::string provider;
    std::string model;
    std::int64_t tokens = 0;
    double cost = 0;
    std::string note;     ///< for the stored detail
    bool notice = false;  ///< the text says what the bot is, for the first time here
  };
  static rt::Task<void> run(Turns* self, std::shared_ptr<TurnJob> job);
  rt::Task<Outcome> speak(std::shared_ptr<TurnJob> job);
  [[nodiscard]] std::optional<TurnReason> check_before(const TurnJob& job) const;
  rt::Task<Outcome> answer_runtime(std::shared_ptr<TurnJob> job);
  using ReactionCache = decltype(Core::reactions);
  static rt::Task<Result<ReactionCache::Loaded>> read_reactions(MessagingPort* platform,
                                                                BotAccess bot, PlatformChatId chat);
  rt::Task<Outcome> react(std::shared_ptr<TurnJob> job);
  rt::Task<std::optional<TurnReason>> take_slot(std::shared_ptr<TurnJob> job);
  [[nodiscard]] std::string line_instead(const TurnJob& job, TurnReason reason) const;
  void say_instead(const TurnJob& job, Outcome& outcome) const;
  void tell_refused(const std::shared_ptr<TurnJob>& job, policy::RefusalReason reason);
  rt::Task<Outcome> generate(std::shared_ptr<TurnJob> job);
  rt::Task<Result<Generated>> generate_with_tools(std::shared_ptr<TurnJob> job,
                                                  GenerationRequest request, std::string delimiter,
                                                  Outcome* spent);
  void declare_tools(const TurnJob& job, GenerationRequest& request) const;
  void recall(TurnJob& job) const;
  void remember(const TurnJob& job);
  [[nodiscard]] bool was_forgotten(const TurnJob& job) const;
  /// A text on its way to a person, as far as it is known.
  struct Draft {
    explicit Draft(rt::Loop& loop) : idle(loop) {}
    std::string text;
    std::vector<std::string> secrets;  ///< what must not stand in it
    bool ended = false;
    bool calling = false;
    rt::Notify idle;  ///< no call is under way any more
  };
  [[nodiscard]] std::shared_ptr<Draft> start_draft(const std::shared_ptr<TurnJob>& job,
                                                   GenerationRequest& request,
                                                   std::vector<std::string> secrets);
  static rt::Task<void> show_draft(Turns* self, std::shared_ptr<TurnJob> job,
                                   std::shared_ptr<Draft> draft);
  static rt::Task<void> end_draft(std::shared_ptr<Draft> draft);
  /// A prompt's input with everything that it refers to.
  struct Context {
    PromptInput input;
    std::vector<PromptLine> history;
    std::vector<PromptMemory> memories;
    std::vector<PromptExample> examples;
    std::string time;
  };
  rt::Task<void> read_thread(std::shared_ptr<TurnJob> job);
  [[nodiscard]] static std::vector<const RoomLine*> lines_of(const TurnJob& job);
  void collect(const TurnJob& job, Context& context) const;
  [[nodiscard]] GenerationRequest request_of(const TurnJob& job, const Context& context) const;
  [[nodiscard]] GenerationRequest request_for(const TurnJob& job, bool second_try,
                                              std::vector<std::string>& secrets);
  [[nodiscard]] std::string with_mention(const TurnJob& job, std::string text);
  rt::Task<void> find_news(std::shared_ptr<TurnJob> job);
  [[nodiscard]] Revalidation second_look(const TurnJob& job, std::string_view text) const;
  TurnReason check_text(const TurnJob& job, std::string_view text,
                        const std::vector<std::string>& secrets, bool second_try,
                        std::string& note);
  rt::Task<void> conclude(std::shared_ptr<TurnJob> job, Outcome outcome);
  rt::Task<bool> append(store::TurnRow turn, std::vector<store::OutboxRow> sends,
                        std::vector<store::InboxDone> done, std::vector<bool>* fresh);
  static rt::Task<void> write_callback(Turns* self, Bot* bot, store::TurnRow turn,
                                       store::OutboxRow row, InboxId inbox);
  void say_line(const std::shared_ptr<TurnJob>& job, std::string text, std::string idem_key);
  static rt::Task<void> write_line(Turns* self, Bot* bot, store::TurnRow turn, Outgoing outgoing);
  static rt::Task<void> supersede(Turns* self, std::shared_ptr<TurnJob> job);
  rt::Task<void> store_stop(store::NoticeRow notice);
  void hand_over(const TurnJob& job, Outgoing outgoing);
  void record_spans(TurnJob& job);
  [[nodiscard]] std::vector<std::string> mentionable_in(const Room& room) const;
  [[nodiscard]] static Language language_for(const TurnJob& job);
  [[nodiscard]] std::string with_disclaimer(const TurnJob& job, std::string text) const;
  [[nodiscard]] std::string with_notice(const TurnJob& job, std::string text, bool& notice) const;
  static rt::Task<void> show_typing(Turns* self, Bot* bot, PlatformChatId chat,
                                    std::optional<PlatformMessageId> thread, MonoTime until);
  Outgoing outgoing_for(const TurnJob& job, const Outcome& outcome, TurnId turn);
  void next_in_lane(const TurnJob& ended);
  void launch(std::shared_ptr<TurnJob> job);
  [[nodiscard]] bool may_tell(Room& room, PlatformUserId person);
  [[nodiscard]] bool may_refuse_aloud(PlatformUserId person);

  Core& core_;
  std::unordered_map<PlatformUserId, MonoTime> refused_aloud_;  ///< bounded, of the last minutes
  std::size_t under_way_ = 0;
  std::size_t waiting_ = 0;
};

}  // namespace chorus::fleet::detail
