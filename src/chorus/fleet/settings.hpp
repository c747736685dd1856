#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/cache_policy.hpp"
#include "chorus/fleet/persona/zone.hpp"
#include "chorus/policy/breaker.hpp"
#include "chorus/policy/conversation_manager.hpp"
#include "chorus/policy/retry.hpp"
#include "chorus/policy/send_limiter.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace chorus::fleet {

/// Who is chosen when nobody was spoken to by name.
enum class Selector : std::uint8_t {
  Score,   ///< scored candidates, a threshold and a seeded draw (floor.hpp)
  Random,  ///< uniform among those who may speak, whomever a message speaks to: the founding
           ///< behaviour, kept as a baseline
  Inner,   ///< score, and the best two are asked how much they wish to speak (wish.hpp)
};

/// How long a bot takes before it speaks.
enum class Pacing : std::uint8_t {
  Human,  ///< reads, thinks and types; shows the typing indicator
  Fast,   ///< a fraction of a second
  None,   ///< at once: load tests whose subject is not pacing
};

/// What becomes of a send whose answer was lost.
enum class OnUnknown : std::uint8_t {
  None,    ///< it stays unknown: at most once
  Resend,  ///< it is sent again: at least once
};

/// What Matrix accounts are held to before the homeserver says anything; its 429 is always obeyed.
enum class MatrixSendProfile : std::uint8_t {
  Off,
  Synapse,  ///< Synapse's default for accounts that it limits: 10 in a row, then one in 5 s
};

/// Everything an operator can set about a fleet. Defaults are for real rooms; load scenarios change
/// pacing, budgets and conversation limits.
struct FleetSettings {
  // --- floor: who speaks ---
  Selector selector = Selector::Score;
  /// How often a bot that begins by itself replies to somebody's message rather than speaking into
  /// the room. Random selector: also how often a message that names nobody is answered at all.
  double reply_probability = 0.65;
  /// The same where the newest message is a bot's, and how often a bot answers another one's reply.
  double reply_to_bots_probability = 0.5;
  /// How often such a reply names whom it answers.
  double mention_probability = 0.35;
  /// Base threshold that a self-selected candidate must pass, in [0,1].
  double threshold = 0.55;
  /// Temperature of the draw among candidates.
  double temperature = 0.1;
  /// Messages of people per minute at which bots speak only when spoken to; 0 = never yield.
  std::uint32_t yield_people_per_minute = 3;
  /// Bot turns in a room since a person spoke: at `soft` only answers to people, at `hard` nothing
  /// that no person asked for. 0 = no limit (simulation rooms).
  std::uint32_t loop_soft = 20;
  std::uint32_t loop_hard = 100;
  /// Turns of one bot towards one other bot in a minute, and replies upon replies. 0 = no limit.
  std::uint32_t pair_per_minute = 20;
  std::uint32_t reply_depth = 6;
  /// Messages in a row by one speaker nobody asked. 0 = no limit.
  std::uint32_t burst = 2;
  /// Messages of one bot per hour that no person asked for. 0 = no limit.
  std::uint32_t bot_hourly = 0;
  /// Messages per hour that no person asked for, in one room and of the whole fleet. 0 = no limit.
  std::uint32_t room_hourly = 0;
  std::uint32_t fleet_hourly = 0;
  /// Bots among themselves: after 3 up to so many messages the room rests, for `thread_rest` up to
  /// three times as long or until a person speaks. 0 = no rests; so does `loop_soft` 0.
  std::uint32_t thread_most = 8;
  Duration thread_rest = std::chrono::minutes(10);
  /// Inner selector: calls per message of a person, and money of the chain's currency that its
  /// calls may cost. When it is used up the scores decide. 0 money = no limit.
  double inner_per_message = 0.2;
  double inner_cost_per_hour = 0.05;
  double inner_cost_per_day = 0.5;
  /// Older triggers are recorded and not answered.
  Duration max_reply_age_group = std::chrono::seconds(120);
  Duration max_reply_age_private = std::chrono::minutes(15);
  /// Mean time between a bot's own initiatives in one room; 0 = bots never start by themselves.
  Duration talk_interval{};
  /// A room made by an update is enabled at once; otherwise it waits for an operator.
  bool auto_enable_rooms = true;
  /// Knows the time zones of active hours; set by the composition root. nullptr: UTC and fixed
  /// offsets only. Outlives the fleet.
  ZoneSource* zones = nullptr;

  // --- turn ---
  Pacing pacing = Pacing::Human;
  Duration generate_timeout = std::chrono::seconds(30);
  bool stream_drafts = false;  ///< show answers in private chats while they are being written
  CachePolicies caches;        ///< by namespace; without an entry: l1
  std::int32_t max_tokens = 200;
  double llm_temperature = 0.8;
  /// Lines of a room kept in memory and given to the prompt.
  std::size_t history_lines = 30;
  /// Texts of a room that a new one is compared with.
  std::size_t duplicate_window = 200;
  double duplicate_similarity = 0.6;
  /// Waiting triggers of one bot in one room; the oldest is superseded.
  std::size_t turn_queue = 16;
  /// What a person reads when the generator fails and they had asked; empty = silence.
  std::string fallback_line;
  /// A person who had asked hears a fixed line when every text was refused (guard.hpp).
  bool tell_blocked = true;
  /// Slots, queue and times of conversations with people; between turns one waits for the person
  /// for `idle`. `user_answer` is for questions that a bot asks in the middle of its work.
  policy::ConversationLimits conversations{
      .global = 10, .per_user = 3, .queue = 1000, .queue_per_user = 16, .waiting_for_user = 10'000};
  /// A queued person hears their position once when they still wait after this; 0 = never.
  Duration queue_notice_after = std::chrono::seconds(5);
  /// A refused person who spoke to a bot is told so, at most once in five minutes.
  bool tell_refused = true;

  // --- memory ---
  /// Off: nothing is learned, recalled or read; what is stored stays until it is forgotten.
  bool memory = true;
  /// Beyond it the weakest goes; at most 500.
  std::size_t memories_per_bot = 500;
  /// A memory that is not used loses half its strength in this time.
  Duration memory_half_life = std::chrono::hours(24 * 30);
  /// Memories about one person that may be written in an hour.
  std::size_t memory_writes_per_hour = 20;
  /// How often what is weak, expired or said twice is looked for.
  Duration memory_tidy_interval = std::chrono::hours(6);

  // --- tools ---
  /// Names of the tools that a generator may ask for in a turn that answers a person who spoke to
  /// the bot. A room's own list counts instead of it (tools/tool_policy.hpp).
  std::vector<std::string> tools = {"recall", "remind", "roll", "room_status"};
  /// How often a turn's generator may ask for tools before it has to answer; 0 = no tools.
  std::uint32_t tool_rounds = 3;
  /// After this much time of a turn no more are offered.
  Duration tool_deadline = std::chrono::seconds(45);
  /// What waits at most, for one person and for one bot.
  std::size_t reminders_per_person = 20;
  std::size_t reminders_per_bot = 1000;

  // --- honesty ---
  /// Off only works when every endpoint is loopback and the platform said that it is the sandbox.
  bool disclosure = true;
  bool endpoints_are_loopback = false;  ///< set by the composition root, not by operators
  std::string operator_name = "its operator";
  std::string operator_contact;  ///< shown by /human and /privacy; empty: said so
  std::int32_t notice_version = 1;
  bool publish_profiles = true;

  // --- reactions ---
  /// On a person's message that nobody answers with words.
  double reaction_probability = 0;
  /// Instead of words where a bot begins by itself: an emoji on one of the last ten messages.
  double short_reaction_probability = 0.12;
  /// When a room does not allow reactions: send the emoji as a message instead.
  bool reaction_as_message = false;

  // --- news ---
  std::vector<std::string> news_feeds;  ///< addresses of RSS or Atom feeds
  Duration news_refresh = std::chrono::minutes(5);
  /// Where a bot that begins by itself does not reply: how often it brings up a headline.
  double news_probability = 0.5;
  /// Older items are no news.
  Duration news_max_age = std::chrono::hours(3);

  // --- outbox ---
  policy::SendProfile send_profile = policy::SendProfile::Documented;
  MatrixSendProfile matrix_send_profile = MatrixSendProfile::Off;
  OnUnknown on_unknown = OnUnknown::None;
  policy::BreakerConfig breaker = policy::BreakerConfig::platform();
  policy::RetryPolicy::Config retry;
  policy::RetryBudget::Config retry_budget;
  std::size_t in_flight_per_bot = 16;
  std::size_t outbox_per_bot = 2000;
  Duration age_step = std::chrono::seconds(5);  ///< of the queue's ageing, policy::AgeingQueue
  Duration outbox_max_age = std::chrono::hours(24);
  Duration send_timeout = std::chrono::seconds(30);

  // --- inbox ---
  /// Updates held in memory; what is above it waits in the store.
  std::size_t inbox_memory = 20000;
  /// Rooms whose last lines are kept in memory; the others are read again when needed.
  std::size_t rooms_in_memory = 10000;
  /// A store that cannot commit in this time: the platform is told to send again.
  Duration accept_timeout = std::chrono::seconds(5);
  Duration store_retry = std::chrono::seconds(1);
};

}  // namespace chorus::fleet
