#include "chorus/fleet/admission.hpp"
#include "chorus/fleet/room.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

// Whom a message is for, and what of it is answered without the floor: commands and the question
// whether it is a bot.
namespace chorus::fleet::detail {

namespace {

/// As others call it in that room; nullopt when they cannot.
std::optional<Callable> callable(const Room& room, const Bot& bot) {
  if (bot.removed || bot.row.platform != room.first().platform) return std::nullopt;
  // A username is unique on the platform; a name only means something inside the room.
  const bool member = room.has_member(bot.row.id);
  return Callable{
      bot.row.id, bot.row.user_id, bot.row.username,
      member ? std::string_view(bot.folded_name) : std::string_view(),
      member ? std::span<const std::string>(bot.other_names) : std::span<const std::string>()};
}

/// Whom it is put to among `bots`; a private chat needs none.
Addressed address_among(const Room& room, const Heard& heard, std::span<const Callable> bots) {
  AddressingInput input;
  input.text = heard.line.text;
  input.mentions = heard.mentions;
  input.mentioned_users = heard.mentioned_users;
  input.reply_to_user = heard.reply_to_user;
  input.command_target = heard.command_target;
  if (heard.line.reply_to) {
    const RoomLine* parent = room.log.find(heard.line.owner, *heard.line.reply_to);
    if (parent != nullptr && parent->bot) input.reply_to_bot = parent->bot;
  }
  if (room.is_private()) {
    input.private_bot = heard.receiver;
  }
  return addressed_to(input, bots);
}

}  // namespace

Addressed Rooms::address(const Room& room, const Heard& heard) const {
  std::vector<Callable> bots;
  if (!room.is_private()) {
    bots.reserve(core_.directory.bots().size());
    for (const auto& [id, bot] : core_.directory.bots()) {
      if (auto known = callable(room, *bot)) bots.push_back(*known);
    }
  }
  return address_among(room, heard, bots);
}

/// Whatever names a bot among others names it when it is looked for alone, too, so most copies of a
/// message are told from missed ones without a look at each bot of the platform.
bool Rooms::may_name_receiver(const Room& room, const Heard& heard) const {
  const Bot* bot = core_.directory.bot(heard.receiver);
  const auto receiver = bot == nullptr ? std::nullopt : callable(room, *bot);
  if (!receiver) return false;
  return !address_among(room, heard, {&*receiver, 1}).bots.empty();
}

/// What a person says in a conversation that goes on is for its bot, unless it is said to others.
void Rooms::address_in_conversation(const Room& room, const Heard& heard,
                                    Addressed& addressed) const {
  if (heard.line.from_bot || core_.settings.selector == Selector::Random) return;
  const BotId bot = core_.admission->heard(room, heard.line);
  // Who adds to their own words speaks to nobody else.
  const bool to_self = heard.reply_to_user == heard.line.author && heard.mentions.empty() &&
                       heard.mentioned_users.empty();
  if (!bot || !addressed.bots.empty() || (addressed.to_others && !to_self)) return;
  if (!room.has_member(bot)) return;
  addressed.by = AddressedBy::Conversation;
  addressed.bots = {bot};
  addressed.to_others = false;
}

/// Somebody of ours may be meant although no name was said.
void Rooms::address_without_name(const Room& room, const Heard& heard, Addressed& addressed) const {
  if (core_.settings.selector == Selector::Random || room.is_private() || heard.line.from_bot ||
      !addressed.bots.empty() || addressed.to_others) {
    return;
  }
  const BotId asked = room.log.open_pair(heard.line.author, core_.now());
  if (!asked || !room.has_member(asked)) return;
  addressed.by = AddressedBy::OpenPair;
  addressed.bots = {asked};
}

/// `/stop` does not wait for its turn: what is being made for the person ends now. The answer that
/// says so, and the row in the store, come with the turn.
void Rooms::stop_at_once(Room& room, const Heard& heard, std::span<const BotId> who) {
  const PlatformUserId person = heard.line.author;
  for (const BotId bot : who) {
    const BotId whom = stop_target(room, heard, bot);
    core_.directory.stopped.insert({whom, room.id(), person});
    core_.admission->end_in(room, person, whom);
  }
}

/// Commands of the runtime and the question whether it is a bot: answered by fixed texts.
bool Rooms::handle_runtime(Room& room, const std::shared_ptr<Heard>& heard,
                           const Addressed& addressed) {
  if (heard->line.from_bot) return false;
  const auto ask = core_.disclosure.classify(heard->line.text, heard->command);
  if (!ask) return false;
  std::vector<BotId> who;
  for (const BotId id : addressed.bots) {
    if (room.has_member(id)) who.push_back(id);
  }
  if (who.empty() && !addressed.bots.empty()) return false;
  if (who.empty()) {
    if (addressed.to_others || room.members.empty()) return false;
    // Asked into the room: whoever of ours spoke last answers for the question; any one of ours
    // answers for a command that every bot received.
    const auto facts = room.log.facts(core_.now());
    if (*ask == RuntimeAsk::AreYouABot) {
      const auto& lines = room.log.lines();
      if (lines.size() < 2 || !lines[lines.size() - 2].bot) return false;
      who.push_back(lines[lines.size() - 2].bot);
    } else {
      who.push_back(facts.last_bot && room.has_member(facts.last_bot) ? facts.last_bot
                                                                      : room.members.front());
    }
  }
  std::erase_if(who, [&](BotId id) {
    const Bot* bot = core_.directory.bot(id);
    return bot == nullptr || !bot->may_send();
  });
  if (who.empty()) return false;
  if (*ask == RuntimeAsk::Stop) stop_at_once(room, *heard, who);
  remember_asked(room, *heard, who);
  auto trigger = std::make_shared<Trigger>();
  trigger->heard = heard;
  trigger->open = static_cast<int>(who.size());
  for (const BotId id : who) {
    auto job = std::make_shared<TurnJob>();
    job->kind = TurnJob::Kind::Runtime;
    job->ask = *ask;
    job->bot = core_.directory.bot(id);
    job->room = &room;
    job->thread = heard->line.thread;
    job->trigger = trigger;
    job->decision = R"({"by":"runtime"})";
    job->decided_at = core_.now();
    core_.turns->start(std::move(job));
  }
  return true;
}

}  // namespace chorus::fleet::detail
