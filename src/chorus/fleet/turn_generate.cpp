#include "chorus/base/text.hpp"
#include "chorus/fleet/detail/memories.hpp"
#include "chorus/fleet/detail/turn_rows.hpp"
#include "chorus/fleet/news.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/fleet/room.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

// The part of a turn that makes a text: context and prompt, the generator, cleaning, the guard.
namespace chorus::fleet::detail {
namespace {

/// Its conversation was ended from outside while it worked.
TurnReason reason_of_end(const TurnJob& job) {
  return job.ended_why == policy::EndStatus::Shutdown ? TurnReason::ShuttingDown
                                                      : TurnReason::ConversationEnded;
}

TurnReason reason_of(const Error& error, const TurnJob& job) {
  if (job.cancelled) return reason_of_end(job);
  switch (error.code) {
    case ErrorCode::BudgetExceeded:
    case ErrorCode::Misconfigured:
      return TurnReason::LlmRefused;
    case ErrorCode::Cancelled:
      return TurnReason::ShuttingDown;
    default:
      return TurnReason::LlmError;
  }
}

}  // namespace

// ------------------------------------------------------------------------------------ memory

/// Asked of memory: what was said last, and the lines before it that it may refer to.
void Turns::recall(TurnJob& job) const {
  constexpr std::size_t kLines = 3;
  const Heard* heard = job.heard();
  std::string text = heard != nullptr ? heard->line.text : std::string();
  const auto lines = lines_of(job);
  std::size_t taken = 0;
  for (auto it = lines.rbegin(); it != lines.rend() && taken < kLines; ++it, ++taken) {
    text.append(" ").append((*it)->text);
  }
  const BotId bot = job.bot->row.id;
  job.recalled = core_.memories->recall(bot, {job.room->face_of(bot).id, job.person()}, text);
}

/// After the answer is durable: what was of use, and what the person said of themselves.
void Turns::remember(const TurnJob& job) {
  const BotId bot = job.bot->row.id;
  core_.memories->used(bot, job.recalled);
  if (job.kind != TurnJob::Kind::Answer || job.heard() == nullptr || !job.person()) return;
  core_.memories->learn(*job.bot, job.room->face_of(bot).id, job.heard()->line,
                        job.heard()->received);
}

/// The answer to `/forget` itself is still given.
bool Turns::was_forgotten(const TurnJob& job) const {
  return job.kind != TurnJob::Kind::Runtime && job.person() &&
         core_.personal.forgotten_since(
             job.person(), job.heard() != nullptr ? job.heard()->received : job.decided_at);
}

// -------------------------------------------------------------------------------------- guard

/// The guard is last: it sees what would leave. Sent: it may.
TurnReason Turns::check_text(const TurnJob& job, std::string_view text,
                             const std::vector<std::string>& secrets, bool second_try,
                             std::string& note) {
  if (text.empty()) return TurnReason::EmptyText;
  // An answer to a person may repeat itself rather than stay out; unasked talk may not.
  const bool must_be_new = job.unasked || job.kind == TurnJob::Kind::SelfStarted || !second_try;
  if (!job.room->is_private() && must_be_new &&
      job.room->log.repeats(text, core_.settings.duplicate_similarity)) {
    return TurnReason::DuplicateText;
  }
  std::vector<std::string_view> sources;  // where numbers may come from: what was said here
  for (const RoomLine* line : lines_of(job)) sources.push_back(line->text);
  if (job.news) sources.push_back(job.news->title);
  for (const ToolRound& round : job.tool_rounds) {
    for (const ToolUse& use : round.uses) sources.push_back(use.result);
  }
  Guard::Input input;
  input.text = text;
  input.sources = sources;
  input.secrets = secrets;
  GuardVerdict verdict = core_.guard.check(input);
  if (!verdict.blocked() && !job.room->is_private()) {
    const auto push = core_.guard.push_of(text);
    if (push && !core_.pushes.allow(job.bot->row.id, *push, core_.now())) {
      verdict.found = GuardClass::CoordinatedPush;
    }
  }
  core_.metrics.guarded[static_cast<std::size_t>(verdict.found)]->add();
  if (!verdict.blocked()) return TurnReason::Sent;
  note = to_string(verdict.found);
  return TurnReason::GuardBlocked;
}

/// At most two texts: one that the guard or the room's memory refuses is asked for once more.
rt::Task<Turns::Outcome> Turns::generate(std::shared_ptr<TurnJob> job) {
  Outcome outcome;
  std::vector<std::string> secrets;
  if (!job->id) job->id = core_.ids.next<TurnId>();
  const auto span = [&](Span which) -> Duration& {
    return job->spans[static_cast<std::size_t>(which)];
  };
  const MonoTime read_from = core_.now();
  job->tools_until = read_from + core_.settings.tool_deadline;
  co_await read_thread(job);
  if (co_await core_.memories->ready(job->bot)) recall(*job);
  span(Span::Context) += core_.now() - read_from;
  if (job->looks_for_news) co_await find_news(job);
  for (const bool second_try : {false, true}) {
    const MonoTime began = core_.now();
    GenerationRequest request = request_for(*job, second_try, secrets);
    const MonoTime asked = core_.now();
    span(Span::Context) += asked - began;
    const std::shared_ptr<Draft> draft = start_draft(job, request, secrets);
    std::string delimiter = secrets[Prompt::kDelimiter].substr(1);
    auto generated =
        co_await generate_with_tools(job, std::move(request), std::move(delimiter), &outcome);
    const MonoTime answered = core_.now();
    co_await end_draft(draft);
    span(Span::Generate) += answered - asked;
    if (!generated) {
      outcome.reason = reason_of(generated.error(), *job);
      outcome.note = to_string(generated.error().code);
      const bool named = job->person_asked && !job->unasked;
      if (named && !core_.settings.fallback_line.empty() &&
          outcome.reason != TurnReason::ShuttingDown &&
          outcome.reason != TurnReason::ConversationEnded) {
        outcome.text = with_notice(*job, core_.settings.fallback_line, outcome.notice);
      }
      co_return outcome;
    }
    outcome.provider = std::move(generated->provider);
    outcome.model = std::move(generated->model);
    const std::vector<std::string> mentionable = mentionable_in(*job->room);
    std::string text =
        clean_output(generated->text, {job->bot->display_name, job->bot->row.username, mentionable,
                                       traits_of(job->bot->row.platform).longest_message});
    const Revalidation verdict = second_look(*job, text);
    if (takes_back(verdict)) {
      outcome.reason = TurnReason::Superseded;
      co_return outcome;
    }
    if (verdict == Revalidation::Revise && !second_try) {
      job->sees_later = true;
      continue;
    }
    text = with_mention(*job, std::move(text));
    outcome.reason = check_text(*job, text, secrets, second_try, outcome.note);
    span(Span::Guard) += core_.now() - answered;
    if (outcome.reason == TurnReason::Sent) {
      text = with_disclaimer(*job, std::move(text));
      // Whoever reads a headline can see where it comes from: the operator's feed says it, not the
      // generator, whose own links the guard does not let through.
      if (job->news && !job->news->link.empty()) text += "\n" + job->news->link;
      outcome.text = with_notice(*job, std::move(text), outcome.notice);
      co_return outcome;
    }
    if (job->cancelled) {
      outcome.reason = reason_of_end(*job);
      co_return outcome;
    }
  }
  co_return outcome;
}

/// An item that the room has not had: noted durably before it is used, so that a crash loses one
/// headline and repeats none.
rt::Task<void> Turns::find_news(std::shared_ptr<TurnJob> job) {
  constexpr std::size_t kMostTried = 5;
  if (core_.news == nullptr) co_return;
  const std::vector<NewsItem> items = core_.news->newest();
  Rng rng(stable_hash("news", static_cast<std::uint64_t>(job->id.value)));
  const auto order = suitable_news(items, {job->room->topic_words, job->bot->interests},
                                   core_.loop.wall_now(), core_.settings.news_max_age, rng);
  for (std::size_t i = 0; i < std::min(kMostTried, order.size()); ++i) {
    const NewsItem& item = items[order[i]];
    const auto fresh =
        co_await core_.store.use_news(job->room->id(), item.key, core_.loop.wall_now());
    if (!fresh) co_return;  // the store is away: no news then
    if (!*fresh) continue;
    job->news = item;
    co_return;
  }
}

/// Nobody asked for it, and what was said while it was made no longer asks for it either.
Revalidation Turns::second_look(const TurnJob& job, std::string_view text) const {
  if (job.kind != TurnJob::Kind::SelfStarted && !job.unasked) return Revalidation::Send;
  // The baseline has no second look.
  if (core_.settings.selector == Selector::Random) return Revalidation::Send;
  const RoomLog& log = job.room->log;
  const MessageRowId trigger = job.heard() != nullptr ? job.heard()->line.row : MessageRowId{};
  const bool later = trigger ? log.newest() != trigger
                             : !log.lines().empty() && log.lines().back().at > job.decided_at;
  if (!later) return Revalidation::Send;
  const auto verdict = Rooms::still_fits(*job.room, trigger, text);
  core_.metrics.revalidated[static_cast<std::size_t>(verdict)]->add();
  return verdict;
}

/// The name goes in front or to the end, unless the text says it already.
std::string Turns::with_mention(const TurnJob& job, std::string text) {
  constexpr double kInFront = 0.6;
  if (job.mention.empty() || text.empty()) return text;
  const std::string handle = "@" + job.mention;
  if (ascii_lower(text).find(handle) != std::string::npos) return text;
  return core_.rng.chance(kInFront) ? handle + " " + text : text + " " + handle;
}

std::vector<std::string> Turns::mentionable_in(const Room& room) const {
  std::vector<std::string> names;
  for (const auto& [person, name] : room.usernames) names.push_back(name);
  for (const BotId id : room.members) {
    const Bot* bot = core_.directory.bot(id);
    if (bot != nullptr && !bot->row.username.empty()) {
      names.push_back(ascii_lower(bot->row.username));
    }
  }
  return names;
}

/// Before a bot's first words to a person or room stands what it is.
std::string Turns::with_notice(const TurnJob& job, std::string text, bool& notice) const {
  if (!disclosure_is_on(core_.settings, job.bot->sandbox)) return text;
  const Heard* heard = job.heard();
  const PlatformUserId person =
      job.room->is_private() && heard != nullptr ? heard->line.author : PlatformUserId{};
  const RoomId room = job.room->face_of(job.bot->row.id).id;
  if (core_.directory.is_disclosed({job.bot->row.id, room, person}, core_.loop.wall_now())) {
    return text;
  }
  notice = true;
  return first_contact_notice(language_for(job), job.bot->display_name) + "\n" + text;
}

/// The language of fixed lines: the character's, else the person's.
Language Turns::language_for(const TurnJob& job) {
  const Heard* heard = job.heard();
  if (!job.bot->persona.language.empty()) return language_of(job.bot->persona.language);
  return heard != nullptr ? language_of(heard->language) : Language::English;
}

/// Under the first text about markets in a room within a day stands what it is not.
std::string Turns::with_disclaimer(const TurnJob& job, std::string text) const {
  constexpr Duration kAgain = std::chrono::hours(24);
  if (!disclosure_is_on(core_.settings, job.bot->sandbox)) return text;
  std::optional<MonoTime>& last = job.room->disclaimed;
  const MonoTime now = core_.now();
  if ((last && now - *last < kAgain) || !core_.guard.is_about_markets(text)) return text;
  last = now;
  return text + "\n" + finance_disclaimer(language_for(job));
}

}  // namespace chorus::fleet::detail
