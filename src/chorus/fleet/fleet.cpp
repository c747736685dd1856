#include "chorus/fleet/fleet.hpp"

#include "chorus/base/check.hpp"
#include "chorus/base/log.hpp"
#include "chorus/fleet/detail/fleet_impl.hpp"
#include "chorus/fleet/platform_traits.hpp"
#include "chorus/rt/sleep.hpp"

namespace chorus::fleet {

using detail::Bot;

Fleet::Impl::Impl(rt::Loop& loop, store::Store& store, MessagingPort& platform,
                  GeneratorPort& generator, metrics::Registry& registry, FleetSettings settings,
                  Rng rng)
    : core(loop, store, platform, generator, registry, std::move(settings), rng),
      inbox(core),
      rooms(core),
      turns(core),
      admission(core),
      sender(core),
      memories(core) {
  core.inbox = &inbox;
  core.rooms = &rooms;
  core.turns = &turns;
  core.admission = &admission;
  core.sender = &sender;
  core.memories = &memories;
  register_places();
  core.bot_stopped = [this](BotId bot) { stopped(bot); };
}

Fleet::Fleet(rt::Loop& loop, store::Store& store, MessagingPort& platform, GeneratorPort& generator,
             metrics::Registry& metrics, FleetSettings settings, Rng rng)
    : impl_(std::make_unique<Impl>(loop, store, platform, generator, metrics, std::move(settings),
                                   rng)) {}

Fleet::~Fleet() {
  CH_CHECK(!impl_->core.running);
}

void Fleet::set_news(NewsPort* news) {
  impl_->core.news = news;
}

void Fleet::set_watcher(BotWatcher* watcher) {
  impl_->watcher = watcher;
}

// --------------------------------------------------------------------------------------- start

rt::Task<Result<void>> Fleet::Impl::load() {
  CH_CO_TRY(store::Snapshot snapshot, co_await core.store.load());
  for (store::BotRow& row : snapshot.bots) {
    core.directory.add_bot(std::make_unique<Bot>(core.loop, std::move(row), core.settings));
  }
  for (const store::Cursor& cursor : snapshot.cursors) {
    if (Bot* bot = core.directory.bot(cursor.bot)) bot->next_offset = cursor.next_offset;
  }
  for (store::RoomRow& row : snapshot.rooms) rooms.add(std::move(row));
  for (const auto& [room_id, bot] : snapshot.memberships) {
    if (detail::Room* room = core.directory.room(room_id)) {
      core.directory.set_member(*room, bot, true);
    }
  }
  for (const store::NoticeRow& notice : snapshot.notices) {
    const detail::NoticeKey key{notice.bot, notice.room, notice.person};
    if (notice.kind == "disclosure" && notice.version >= core.settings.notice_version) {
      core.directory.disclosed[key] = notice.at;
    } else if (notice.kind == "stop" && notice.version > 0) {
      core.directory.stopped.insert(key);
    }
  }
  std::vector<store::Platform> resend;
  for (const auto platform : {store::Platform::Telegram, store::Platform::Matrix}) {
    if (sends_again(platform, core.settings)) resend.push_back(platform);
  }
  CH_CO_TRY(auto outbox, co_await core.store.recover_outbox(std::move(resend)));
  sender.restore_freezes(snapshot.freezes);
  core.running = true;
  sender.restore(std::move(outbox));
  co_return Result<void>{};
}

rt::Task<Result<void>> Fleet::start() {
  Impl& self = *impl_;
  CH_CHECK(!self.core.running && !self.closed);
  CH_CO_TRY_VOID(co_await self.load());
  detail::Core& core = self.core;
  rt::spawn(core.scope, "inbox reader", &detail::Inbox::keep_reading, &self.inbox);
  rt::spawn(core.scope, "inbox ends", &detail::Inbox::keep_finishing, &self.inbox);
  rt::spawn(core.scope, "conversations", &detail::Admission::keep_time, &self.admission);
  rt::spawn(core.scope, "memory writer", &detail::Memories::keep_writing, &self.memories);
  rt::spawn(core.scope, "memory upkeep", &detail::Memories::keep_tidy, &self.memories);
  for (const auto& [id, bot] : core.directory.bots()) {
    if (bot->may_send()) rt::spawn(core.scope, "bot", &Impl::activate, &self, bot.get());
  }
  for (const auto& room : core.directory.rooms()) self.rooms.start_talking(*room);
  co_return Result<void>{};
}

void Fleet::Impl::started(Bot& bot) {
  if (!bot.may_send() || core.stopping || !receiving.insert(bot.row.id).second) return;
  if (watcher != nullptr) watcher->bot_started(bot.row, bot.next_offset);
}

void Fleet::Impl::stopped(BotId bot) {
  if (receiving.erase(bot) > 0 && watcher != nullptr) watcher->bot_stopped(bot);
}

/// Asks the platform who the bot is and keeps what it said.
rt::Task<Result<Identity>> Fleet::Impl::identify(Bot* bot) {
  auto identity = co_await rt::with_timeout(core.loop, core.settings.send_timeout,
                                            core.platform.identify(bot->access()));
  if (!identity) {
    if (identity.error().code == ErrorCode::Unauthenticated) {
      sender.mark_unauthorized(*bot, identity.error().message);
    }
    co_return identity;
  }
  sender.identified(*bot, *identity);
  co_return identity;
}

rt::Task<void> Fleet::Impl::activate(Impl* self, Bot* bot) {
  detail::Core& core = self->core;
  if (bot->row.founding && bot->row.state == store::BotState::Unverified) {
    // The founding scripts register whatever they like: the platform is asked at the first send.
    self->started(*bot);
    co_return;
  }
  Duration pause = std::chrono::seconds(1);
  while (bot->may_send() && !core.scope.stopping()) {
    const auto identity = co_await self->identify(bot);
    if (identity) break;
    if (identity.error().code == ErrorCode::Cancelled) co_return;
    if (identity.error().code == ErrorCode::Unauthenticated) co_return;
    log::warn("fleet", "bot {} ({}) cannot be identified now: {}", bot->row.id, bot->row.name,
              identity.error().message);
    if (!co_await rt::sleep_for(core.loop, pause)) co_return;
    pause = std::min<Duration>(pause * 2, std::chrono::seconds(60));
  }
  self->started(*bot);
  self->sender.wake(*bot);
  if (!core.settings.publish_profiles || !bot->may_send() ||
      !disclosure_is_on(core.settings, bot->sandbox)) {
    co_return;
  }
  ProfileTexts texts = profile_texts(bot->display_name, bot->persona.description);
  const auto published = co_await rt::with_timeout(
      core.loop, core.settings.send_timeout,
      core.platform.publish_profile(bot->access(), std::move(texts.description),
                                    std::move(texts.short_description)));
  if (!published) {
    log::warn("fleet", "the profile of bot {} could not be published: {}", bot->row.id,
              published.error().message);
  }
}

// ---------------------------------------------------------------------------------------- stop

rt::Task<void> Fleet::stop(Duration grace) {
  Impl& self = *impl_;
  detail::Core& core = self.core;
  if (!core.running) co_return;
  core.stopping = true;
  const std::vector<BotId> receiving(self.receiving.begin(), self.receiving.end());
  for (const BotId bot : receiving) self.stopped(bot);
  self.admission.begin_shutdown(grace);
  const MonoTime deadline = core.now() + grace;
  while (core.now() < deadline) {
    const bool quiet = self.turns.under_way() == 0 && self.turns.waiting() == 0 &&
                       (core.paused || self.sender.idle());
    if (quiet) break;
    if (!co_await rt::sleep_for(core.loop, std::chrono::milliseconds(10))) break;
  }
  co_await self.inbox.flush();
  co_await core.scope.close();
  if (const auto kept = co_await self.memories.flush(); !kept) {
    log::warn("fleet", "the newest memories could not be stored: {}", kept.error().message);
  }
  co_await core.reactions.close();
  core.running = false;
  self.closed = true;
}

// --------------------------------------------------------------------------------------- inbox

namespace {

rt::Task<Result<void>> refuse(Error error) {
  co_return std::unexpected(std::move(error));
}

}  // namespace

rt::Task<Result<void>> Fleet::accept(BotId bot, std::vector<IncomingUpdate> updates,
                                     std::optional<std::int64_t> next_offset) {
  detail::Core& core = impl_->core;
  if (!core.running || core.stopping) {
    return refuse(Error(ErrorCode::Unavailable, "the fleet is not taking updates in"));
  }
  Bot* known = core.directory.bot(bot);
  if (known == nullptr) return refuse(Error(ErrorCode::NotFound, "no such bot"));
  known->conflict.clear();
  return impl_->inbox.accept(known, std::move(updates), next_offset);
}

void Fleet::report_unauthorized(BotId bot, std::string why) {
  if (Bot* known = impl_->core.directory.bot(bot)) {
    impl_->sender.mark_unauthorized(*known, std::move(why));
  }
}

void Fleet::report_conflict(BotId bot, std::string why) {
  Bot* known = impl_->core.directory.bot(bot);
  if (known == nullptr) return;
  if (known->conflict.empty()) {
    log::warn("fleet",
              "bot {}: another program takes its updates ({}); stop it or give the bot a "
              "new token",
              bot, why);
  }
  known->conflict = std::move(why);
}

}  // namespace chorus::fleet
