#include "chorus/base/log.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/inbox.hpp"
#include "chorus/fleet/reactions.hpp"
#include "chorus/fleet/sender.hpp"
#include "chorus/fleet/tools/reminders.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

// The turns that need no generator: commands and disclosure, reactions, callbacks, short lines.
namespace chorus::fleet::detail {

rt::Task<Turns::Outcome> Turns::answer_runtime(std::shared_ptr<TurnJob> job) {
  const Heard& heard = *job->heard();
  Room& room = *job->room;
  const PlatformUserId person = heard.line.author;
  const BotId bot = job->bot->row.id;
  Outcome outcome;
  switch (job->ask) {
    case RuntimeAsk::Stop: {
      const BotId whom = stop_target(room, heard, bot);
      core_.directory.stopped.insert({whom, room.id(), person});
      co_await store_stop({whom, room.id(), person, "stop", 1, core_.loop.wall_now()});
      break;
    }
    case RuntimeAsk::Start:
      for (const BotId whom : {bot, BotId{}}) {
        if (core_.directory.stopped.erase({whom, room.id(), person}) > 0) {
          co_await store_stop({whom, room.id(), person, "stop", 0, core_.loop.wall_now()});
        }
      }
      break;
    case RuntimeAsk::Forget: {
      const auto forgotten = co_await core_.personal.erase(person);
      if (!forgotten) {
        outcome.reason = TurnReason::StoreUnavailable;
        outcome.note = "nothing was deleted";
        co_return outcome;  // no false "done"; the person may ask again
      }
      break;
    }
    case RuntimeAsk::Reminders: {
      const auto answer = co_await core_.reminders->answer(
          bot, room.face_of(bot).id, person, heard.line.text,
          language_of(!heard.language.empty() ? heard.language : job->bot->persona.language));
      outcome.note = "runtime";
      if (answer) {
        outcome.text = *answer;
      } else {
        outcome.reason = TurnReason::StoreUnavailable;
      }
      co_return outcome;
    }
    case RuntimeAsk::About:
    case RuntimeAsk::Privacy:
    case RuntimeAsk::Human:
    case RuntimeAsk::AreYouABot:
      break;
  }
  // The question is answered in its own language.
  const auto asked_in = core_.disclosure.asked_in(heard.line.text);
  const Language language =
      job->ask == RuntimeAsk::AreYouABot && asked_in
          ? *asked_in
          : language_of(!heard.language.empty() ? heard.language : job->bot->persona.language);
  outcome.text = disclosure_answer(job->ask, language, job->bot->display_name, core_.settings);
  outcome.note = "runtime";
  // /start and the answer to "are you a bot" say what it is: no second notice is needed.
  outcome.notice = job->ask == RuntimeAsk::Start || job->ask == RuntimeAsk::AreYouABot ||
                   job->ask == RuntimeAsk::About;
  co_return outcome;
}

/// A person's wish is kept in memory at once and in the store as soon as it can be.
rt::Task<void> Turns::store_stop(store::NoticeRow notice) {
  while (!co_await core_.store.put_notice(notice)) {
    if (core_.scope.stopping()) co_return;
    if (!co_await rt::sleep_for(core_.loop, core_.settings.store_retry)) co_return;
  }
}

/// What the platform says of a room; a failure is believed as "not known" for a minute.
rt::Task<Result<Turns::ReactionCache::Loaded>> Turns::read_reactions(MessagingPort* platform,
                                                                     BotAccess bot,
                                                                     PlatformChatId chat) {
  auto allowed = co_await platform->allowed_reactions(std::move(bot), chat);
  ReactionCache::Loaded loaded;
  if (allowed) loaded.value.emplace(*std::move(allowed));
  co_return loaded;
}

rt::Task<Turns::Outcome> Turns::react(std::shared_ptr<TurnJob> job) {
  Room& room = *job->room;
  Outcome outcome;
  std::optional<std::vector<std::string>> allowed;  // nullopt: all
  if (!room.reactions_refused) {
    const auto known = co_await core_.reactions.get(
        fmt::format("{}", room.id()),
        [platform = &core_.platform, bot = job->bot->access(),
         chat = room.face_of(job->bot->row.id).chat](const std::string&) {
          return read_reactions(platform, bot, chat);
        });
    allowed.emplace();  // not known: none
    if (known && *known != nullptr) allowed = **known;
  }
  const auto emoji = room.reactions_refused
                         ? std::nullopt
                         : choose_reaction(job->about()->text, allowed, core_.rng.uniform());
  if (emoji) {
    outcome.reason = TurnReason::Reacted;
    outcome.text = *emoji;
    co_return outcome;
  }
  if (core_.settings.reaction_as_message) {
    if (const auto any = choose_reaction(job->about()->text, std::nullopt, 0)) {
      job->kind = TurnJob::Kind::Answer;
      outcome.text = with_notice(*job, *any, outcome.notice);
      co_return outcome;
    }
  }
  outcome.reason = TurnReason::Nobody;
  outcome.note = "no reaction is allowed here";
  co_return outcome;
}

void Turns::answer_callback(Bot& bot, RoomId room_id, InboxId inbox, std::string callback_id) {
  store::TurnRow turn;
  turn.id = core_.ids.next<TurnId>();
  turn.room = room_id;
  turn.bot = bot.row.id;
  turn.outcome = to_string(TurnReason::Sent);
  turn.detail = R"({"decision":{"by":"callback"}})";
  turn.at = core_.loop.wall_now();
  store::OutboxRow row;
  row.id = core_.ids.next<OutboxId>();
  row.bot = bot.row.id;
  row.room = room_id;
  row.turn = turn.id;
  row.kind = store::OutboxKind::Callback;
  row.priority = stored_priority(policy::Priority::Direct);
  row.idem_key = "c" + std::to_string(inbox.value);
  row.options = write_options({.callback_id = std::move(callback_id)});
  row.created_at = turn.at;
  row.not_before = turn.at;
  rt::spawn(core_.scope, "callback", &Turns::write_callback, this, &bot, std::move(turn),
            std::move(row), inbox);
}

rt::Task<void> Turns::write_callback(Turns* self, Bot* bot, store::TurnRow turn,
                                     store::OutboxRow row, InboxId inbox) {
  Core& core = self->core_;
  std::vector<bool> fresh;
  std::vector<store::InboxDone> done;
  done.push_back({inbox, store::InboxState::Done, {}});
  if (!co_await self->append(std::move(turn), {row}, std::move(done), &fresh)) co_return;
  core.inbox->finished(inbox);
  core.metrics.turn(TurnReason::Sent);
  if (fresh.empty() || !fresh[0]) co_return;
  Outgoing outgoing;
  outgoing.row = std::move(row);
  outgoing.priority = policy::Priority::Direct;
  outgoing.queued_at = core.now();
  core.sender->push(*bot, std::move(outgoing));
}

}  // namespace chorus::fleet::detail
