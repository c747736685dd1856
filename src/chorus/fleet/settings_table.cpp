#include "chorus/fleet/settings_table.hpp"

#include "chorus/fleet/tools/tool_policy.hpp"

namespace chorus::fleet {

namespace {

using S = FleetSettings;
using config::Takes;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Takes kLive = Takes::AtOnce;
constexpr Takes kStart = Takes::AtStart;
constexpr Duration kNone{};

void add_floor(config::Table<S>& table) {
  table.group("Floor: who speaks")
      .choice(
          "selector", &S::selector,
          std::vector<std::pair<std::string, Selector>>{
              {"score", Selector::Score}, {"random", Selector::Random}, {"inner", Selector::Inner}},
          kLive,
          "Who is chosen when nobody was spoken to by name: scored candidates, uniform chance "
          "as a baseline, or the best candidates' own wish to speak, asked of the provider.")
      .share("reply_probability", &S::reply_probability, kLive,
             "How often a bot that begins by itself replies to a message rather than speaking into "
             "the room. Selector `random`: also how often a message that names nobody is answered.")
      .share("reply_to_bots_probability", &S::reply_to_bots_probability, kLive,
             "The same where the newest message is a bot's, and how often a bot answers another "
             "bot's reply.")
      .share("mention_probability", &S::mention_probability, kLive,
             "How often such a reply names whom it answers.")
      .share("threshold", &S::threshold, kLive,
             "Base threshold that a self-selected candidate must pass.")
      .share("temperature", &S::temperature, kLive, "Temperature of the draw among candidates.")
      .whole("yield_people_per_minute", &S::yield_people_per_minute, {0, 100'000, "messages"},
             kLive,
             "Messages of people per minute at which bots speak only when spoken to; 0 never "
             "yields.")
      .whole("loop_soft", &S::loop_soft, {0, 1'000'000, "turns"}, kLive,
             "Bot turns since a person spoke after which only people are answered; 0 is no limit.")
      .whole("loop_hard", &S::loop_hard, {0, 1'000'000, "turns"}, kLive,
             "Bot turns since a person spoke after which nothing unasked is said; 0 is no limit.")
      .whole("pair_per_minute", &S::pair_per_minute, {0, 1'000'000, "turns"}, kLive,
             "Turns of one bot towards one other bot in a minute; 0 is no limit.")
      .whole("reply_depth", &S::reply_depth, {0, 1'000'000, "replies"}, kLive,
             "Replies upon replies among bots; 0 is no limit.")
      .whole("burst", &S::burst, {0, 1'000'000, "messages"}, kLive,
             "Messages in a row by one speaker nobody asked; 0 is no limit.")
      .whole("bot_hourly", &S::bot_hourly, {0, 1'000'000, "messages"}, kLive,
             "Messages of one bot per hour that no person asked for; 0 is no limit. A card may ask "
             "for less.")
      .whole("room_hourly", &S::room_hourly, {0, 4096, "messages"}, kLive,
             "Messages per hour in one room that no person asked for; 0 is no limit.")
      .whole("fleet_hourly", &S::fleet_hourly, {0, 4096, "messages"}, kLive,
             "Messages per hour of the whole fleet that no person asked for; 0 is no limit.")
      .whole("thread_most", &S::thread_most, {0, 1'000, "messages"}, kLive,
             "Bots among themselves: after 3 up to so many messages the room rests; 0: no rests.")
      .duration("thread_rest", &S::thread_rest, kNone, hours(24), kLive,
                "How long a room rests at least, up to three times as long or until a person "
                "speaks.")
      .share("inner_per_message", &S::inner_per_message, kStart,
             "Selector `inner`: calls that ask for a wish, per message of a person.")
      .number("inner_cost_per_hour", &S::inner_cost_per_hour, {0, 1e6, ""}, kStart,
              "Selector `inner`: what its calls may cost in an hour, in the currency of the "
              "provider's prices; then the scores decide. 0 is no limit.")
      .number("inner_cost_per_day", &S::inner_cost_per_day, {0, 1e6, ""}, kStart,
              "Selector `inner`: what its calls may cost in a day; 0 is no limit.")
      .duration("max_reply_age_group", &S::max_reply_age_group, kNone, hours(24), kLive,
                "Older messages of a group are recorded and not answered.")
      .duration("max_reply_age_private", &S::max_reply_age_private, kNone, hours(48), kLive,
                "Older private messages are recorded and not answered.")
      .duration("talk_interval", &S::talk_interval, kNone, hours(24 * 30), kLive,
                "Mean time between a bot's own initiatives in one room; 0: bots never start by "
                "themselves.")
      .flag("auto_enable_rooms", &S::auto_enable_rooms, kLive,
            "A room made by an update is enabled at once; otherwise it waits for an operator.");
}

void add_turn(config::Table<S>& table) {
  table.group("Turn: what is said")
      .choice("pacing", &S::pacing,
              std::vector<std::pair<std::string, Pacing>>{
                  {"human", Pacing::Human}, {"fast", Pacing::Fast}, {"none", Pacing::None}},
              kLive,
              "How long a bot takes before it speaks: reads and types, a moment, or at once.")
      .duration("generate_timeout", &S::generate_timeout, milliseconds(1), hours(1), kLive,
                "Time for one text, failover between providers included.")
      .flag("stream_drafts", &S::stream_drafts, kLive,
            "Show answers in private chats while they are being written.")
      .whole("max_tokens", &S::max_tokens, {1, 32'000, "tokens"}, kLive,
             "Longest answer that is asked of a provider; a card may ask for less.")
      .number("llm_temperature", &S::llm_temperature, {0, 2, ""}, kLive,
              "Sampling temperature of providers; a card may say otherwise.")
      .whole("history_lines", &S::history_lines, {1, 500, "lines"}, kStart,
             "Lines of a room kept in memory and given to the prompt.")
      .whole("duplicate_window", &S::duplicate_window, {1, 10'000, "texts"}, kStart,
             "Texts of a room that a new one is compared with.")
      .share("duplicate_similarity", &S::duplicate_similarity, kLive,
             "Similarity from which a text counts as a repetition; 1 refuses equal ones only.")
      .whole("turn_queue", &S::turn_queue, {1, 10'000, "messages"}, kLive,
             "Messages that wait for one bot in one room; the oldest is superseded.")
      .text("fallback_line", &S::fallback_line, kLive,
            "What a person reads when the generator fails and they had asked; empty is silence.")
      .flag("tell_blocked", &S::tell_blocked, kLive,
            "A person who had asked hears a fixed line when the guard refused every text.")
      .parsed(
          "caches",
          [](const std::string& value, S& settings) -> Result<void> {
            CH_TRY(settings.caches, parse_cache_policies(value));
            return {};
          },
          [](const S& settings) {
            std::string out;
            for (const auto& [name, policy] : settings.caches) {
              out += fmt::format("{}{}={}", out.empty() ? "" : ",", name, to_string(policy));
            }
            return out;
          },
          kStart, "Policies by namespace, such as `reactions=off,api_tokens=l1`; others are l1.");
}

void add_conversations(config::Table<S>& table) {
  const auto limit = [](auto member) {
    return [member](auto& settings) -> auto& { return settings.conversations.*member; };
  };
  using L = policy::ConversationLimits;
  table.group("Conversations with people")
      .whole("max_concurrent_conversations", limit(&L::global), {1, 1'000'000, "conversations"},
             kStart, "People who are answered at once: turns under way.")
      .whole("max_conversations_per_user", limit(&L::per_user), {1, 1'000'000, "conversations"},
             kStart, "Of these, for one person.")
      .whole("conversation_queue", limit(&L::queue), {0, 1'000'000, "people"}, kStart,
             "People who may wait for a slot; 0 refuses at once.")
      .whole("conversation_queue_per_user", limit(&L::queue_per_user), {0, 1'000'000, "messages"},
             kStart, "Of these, messages of one person.")
      .whole("conversations_waiting", limit(&L::waiting_for_user), {0, 1'000'000, "conversations"},
             kStart, "Conversations that may wait for the person's next line, without a slot.")
      .duration("conversation_idle", limit(&L::idle), seconds(1), hours(24), kStart,
                "A conversation without activity for this long ends, at work or between turns.")
      .duration("conversation_maximum", limit(&L::maximum), seconds(1), hours(24), kStart,
                "The longest a conversation holds its slot.")
      .duration("conversation_queue_deadline", limit(&L::queue_deadline), seconds(1), hours(24),
                kStart, "The longest a person waits for a slot.")
      .duration("queue_notice_after", &S::queue_notice_after, kNone, hours(1), kLive,
                "A person who waits hears their place in the line once after this; 0: never.")
      .flag("tell_refused", &S::tell_refused, kLive,
            "A refused person who spoke to a bot is told so, at most once in five minutes.");
}

void add_memory(config::Table<S>& table) {
  table.group("Memory")
      .flag("memory", &S::memory, kStart,
            "Off: nothing is learned, recalled or read; what is stored stays until it is "
            "forgotten.")
      .whole("memories_per_bot", &S::memories_per_bot, {1, 500, "memories"}, kStart,
             "Beyond it the weakest goes.")
      .duration("memory_half_life", &S::memory_half_life, hours(1), hours(24 * 3650), kStart,
                "A memory that is not used loses half its strength in this time.")
      .whole("memory_writes_per_hour", &S::memory_writes_per_hour, {0, 10'000, "memories"}, kStart,
             "Memories about one person that may be written in an hour.")
      .duration("memory_tidy_interval", &S::memory_tidy_interval, minutes(1), hours(24 * 30),
                kStart, "How often what is weak, expired or said twice is looked for.");
}

void add_tools(config::Table<S>& table) {
  table.group("Tools")
      .parsed(
          "tools",
          [](const std::string& value, S& settings) -> Result<void> {
            CH_TRY(settings.tools, parse_tool_names(value));
            return {};
          },
          [](const S& settings) { return fmt::format("{}", fmt::join(settings.tools, ", ")); },
          kLive,
          "What a language model may ask for while it answers a person who spoke to the bot, "
          "separated by commas; empty: nothing. `chorus tools list` names all.")
      .whole("tool_rounds", &S::tool_rounds, {0, 20, "rounds"}, kLive,
             "How often one turn may ask for tools before it has to answer; 0: never.")
      .duration("tool_deadline", &S::tool_deadline, milliseconds(1), hours(1), kLive,
                "After this much time of a turn no more tools are offered.")
      .whole("reminders_per_person", &S::reminders_per_person, {0, 1000, "reminders"}, kLive,
             "Reminders of one person that may wait.")
      .whole("reminders_per_bot", &S::reminders_per_bot, {0, 1'000'000, "reminders"}, kLive,
             "Reminders that may wait with one bot.")
      .duration(
          "user_answer", [](auto& settings) -> auto& { return settings.conversations.user_answer; },
          seconds(1), hours(24 * 7), kStart,
          "How long a bot that asked somebody something waits for the answer.");
}

void add_honesty(config::Table<S>& table) {
  table.group("Honesty")
      .flag("disclosure", &S::disclosure, kStart,
            "Off counts only when every endpoint is loopback and the platform says that it is the "
            "sandbox.")
      .flag("publish_profiles", &S::publish_profiles, kStart,
            "Write the disclosure into each bot's profile at its start.")
      .text("operator_name", &S::operator_name, kLive, "Who runs the bots, as /about says.")
      .text("operator_contact", &S::operator_contact, kLive,
            "How to reach them, shown by /human and /privacy.");
}

void add_reactions(config::Table<S>& table) {
  table.group("Reactions")
      .share("reaction_probability", &S::reaction_probability, kLive,
             "How often a person's message that nobody answers with words gets a reaction.")
      .share("short_reaction_probability", &S::short_reaction_probability, kLive,
             "Where a bot begins by itself: how often an emoji on one of the last ten messages "
             "stands for words.")
      .flag("reaction_as_message", &S::reaction_as_message, kLive,
            "Where a room does not allow reactions, send the emoji as a message.");
}

/// Addresses separated by commas or spaces.
Result<std::vector<std::string>> feeds_in(std::string_view text) {
  constexpr std::size_t kMost = 50;
  std::vector<std::string> feeds;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = std::min(text.find_first_of(", \n", i), text.size());
    const std::string_view one = text.substr(i, end - i);
    i = end + 1;
    if (one.empty()) continue;
    if (!one.starts_with("http://") && !one.starts_with("https://")) {
      return fail(
          ErrorCode::Misconfigured,
          fmt::format("expected addresses that begin with http:// or https://, not '{}'", one));
    }
    feeds.emplace_back(one);
  }
  if (feeds.size() > kMost) {
    return fail(ErrorCode::Misconfigured, fmt::format("expected at most {} addresses", kMost));
  }
  return feeds;
}

void add_news(config::Table<S>& table) {
  table.group("News")
      .parsed(
          "news_feeds",
          [](const std::string& value, S& settings) -> Result<void> {
            CH_TRY(settings.news_feeds, feeds_in(value));
            return {};
          },
          [](const S& settings) { return fmt::format("{}", fmt::join(settings.news_feeds, ", ")); },
          kStart, "Addresses of RSS or Atom feeds, separated by commas.")
      .duration("news_refresh", &S::news_refresh, seconds(1), hours(24 * 30), kStart,
                "How often each feed is asked for.")
      .share("news_probability", &S::news_probability, kLive,
             "Where a bot that begins by itself does not reply: how often it brings up a headline.")
      .duration("news_max_age", &S::news_max_age, seconds(1), hours(24 * 365), kLive,
                "Older items are no news.");
}

void add_sending(config::Table<S>& table) {
  table.group("Sending")
      .choice("send_profile", &S::send_profile,
              std::vector<std::pair<std::string, policy::SendProfile>>{
                  {"off", policy::SendProfile::Off},
                  {"documented", policy::SendProfile::Documented},
                  {"founding", policy::SendProfile::Founding}},
              kStart, "Telegram's limits that sends are held to (docs/policy.md).")
      .choice("matrix_send_profile", &S::matrix_send_profile,
              std::vector<std::pair<std::string, MatrixSendProfile>>{
                  {"off", MatrixSendProfile::Off}, {"synapse", MatrixSendProfile::Synapse}},
              kStart,
              "What Matrix accounts are held to before the homeserver refuses (its refusals are "
              "obeyed either way).")
      .choice(
          "on_unknown", &S::on_unknown,
          std::vector<std::pair<std::string, OnUnknown>>{{"none", OnUnknown::None},
                                                         {"resend", OnUnknown::Resend}},
          kLive,
          "Telegram: a send whose answer was lost stays unknown (at most once), or is sent again "
          "(at least once). On Matrix it is always sent again, and arrives once.")
      .whole("in_flight_per_bot", &S::in_flight_per_bot, {1, 1000, "sends"}, kLive,
             "Sends of one bot under way at once.")
      .whole("outbox_per_bot", &S::outbox_per_bot, {1, 1'000'000, "messages"}, kLive,
             "Messages of one bot that may wait; above it turns end as `outbox_full`.")
      .duration("outbox_max_age", &S::outbox_max_age, seconds(1), hours(24 * 30), kLive,
                "A message that waited longer is not sent any more.")
      .duration("send_timeout", &S::send_timeout, milliseconds(1), hours(1), kLive,
                "Time for one call to the platform.");
}

void add_inbox(config::Table<S>& table) {
  table.group("Taking in")
      .whole("inbox_memory", &S::inbox_memory, {1, 10'000'000, "updates"}, kLive,
             "Updates held in memory; what is above it waits in the store.")
      .whole("rooms_in_memory", &S::rooms_in_memory, {16, 10'000'000, "rooms"}, kLive,
             "Rooms whose last lines are kept in memory; the others are read when needed.")
      .duration("accept_timeout", &S::accept_timeout, milliseconds(1), hours(1), kLive,
                "A store that cannot commit in this time: the platform is told to send again.");
}

}  // namespace

const config::Table<FleetSettings>& settings_table() {
  static const config::Table<FleetSettings> table = [] {
    config::Table<FleetSettings> rows;
    add_floor(rows);
    add_turn(rows);
    add_conversations(rows);
    add_memory(rows);
    add_tools(rows);
    add_honesty(rows);
    add_reactions(rows);
    add_news(rows);
    add_sending(rows);
    add_inbox(rows);
    return rows;
  }();
  return table;
}

}  // namespace chorus::fleet
