#include "chorus/base/log.hpp"
#include "chorus/fleet/detail/fleet_impl.hpp"
#include "chorus/fleet/detail/persona_versions.hpp"
#include "chorus/fleet/settings_table.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>

// What operators do to a running fleet.
namespace chorus::fleet {

using detail::Bot;

namespace {

std::unexpected<Error> no_bot() {
  return fail(ErrorCode::NotFound, "no such bot");
}
std::unexpected<Error> no_room() {
  return fail(ErrorCode::NotFound, "no such room");
}

}  // namespace

rt::Task<Result<BotId>> Fleet::add_bot(NewBot bot) {
  detail::Core& core = impl_->core;
  store::BotRow row;
  row.id = core.ids.next<BotId>();
  row.name = std::move(bot.name);
  row.platform = bot.platform;
  row.token = std::move(bot.token);
  row.persona = std::move(bot.persona);
  row.state = bot.enabled ? store::BotState::Unverified : store::BotState::Disabled;
  row.webhook_path = std::move(bot.webhook_path);
  row.webhook_secret = std::move(bot.webhook_secret);
  row.founding = bot.founding;
  row.extra = std::move(bot.extra);
  row.created_at = core.loop.wall_now();
  if (row.token.empty()) co_return fail(ErrorCode::InvalidArgument, "a bot needs a token");
  if (const auto speed = speed_profile_of(row.extra); !speed) {
    co_return std::unexpected(speed.error());
  }
  CH_CO_TRY(row.persona, detail::checked_persona(row.persona, core.settings.zones));
  CH_CO_TRY_VOID(co_await core.store.put_bot(row));
  Bot& added =
      core.directory.add_bot(std::make_unique<Bot>(core.loop, std::move(row), core.settings));
  if (core.running && added.may_send()) {
    rt::spawn(core.scope, "bot", &Impl::activate, impl_.get(), &added);
  }
  co_return added.row.id;
}

rt::Task<Result<void>> Fleet::remove_bot(BotId id) {
  detail::Core& core = impl_->core;
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  CH_CO_TRY_VOID(co_await core.store.remove_bot(id));
  bot->removed = true;
  impl_->memories.drop(id);
  for (const auto& room : core.directory.rooms()) core.directory.set_member(*room, id, false);
  impl_->sender.forget(*bot);
  impl_->stopped(id);
  co_return Result<void>{};
}

rt::Task<Result<void>> Fleet::set_bot_enabled(BotId id, bool enabled) {
  detail::Core& core = impl_->core;
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  store::BotRow row = bot->row;
  if (enabled == bot->may_send()) co_return Result<void>{};
  row.state = !enabled      ? store::BotState::Disabled
              : row.user_id ? store::BotState::Active
                            : store::BotState::Unverified;
  row.state_reason = enabled ? "" : "switched off by an operator";
  CH_CO_TRY_VOID(co_await core.store.put_bot(row));
  bot->row.state = row.state;
  bot->row.state_reason = row.state_reason;
  if (enabled && core.running) {
    rt::spawn(core.scope, "bot", &Impl::activate, impl_.get(), bot);
  } else {
    impl_->stopped(id);
  }
  co_return Result<void>{};
}

rt::Task<Result<void>> Fleet::rename_bot(BotId id, std::string name) {
  detail::Core& core = impl_->core;
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  if (name.empty()) co_return fail(ErrorCode::InvalidArgument, "a bot needs a name");
  store::BotRow row = bot->row;
  row.name = name;
  CH_CO_TRY_VOID(co_await core.store.put_bot(std::move(row)));
  bot->row.name = std::move(name);
  co_return Result<void>{};
}

rt::Task<Result<void>> Fleet::replace_token(BotId id, Secret token) {
  detail::Core& core = impl_->core;
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  if (token.empty()) co_return fail(ErrorCode::InvalidArgument, "a bot needs a token");
  store::BotRow row = bot->row;
  row.token = std::move(token);
  if (row.state == store::BotState::Unauthorized) row.state = store::BotState::Unverified;
  row.state_reason.clear();
  CH_CO_TRY_VOID(co_await core.store.put_bot(row));
  bot->row.token = row.token;
  bot->row.state = row.state;
  bot->row.state_reason.clear();
  bot->identified = false;
  impl_->stopped(id);
  if (core.running && bot->may_send()) {
    rt::spawn(core.scope, "bot", &Impl::activate, impl_.get(), bot);
  }
  co_return Result<void>{};
}

rt::Task<Result<void>> Fleet::set_extra(BotId id, std::string extra) {
  detail::Core& core = impl_->core;
  Bot* bot = core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  if (const auto speed = speed_profile_of(extra); !speed) {
    co_return std::unexpected(speed.error());
  }
  store::BotRow row = bot->row;
  row.extra = std::move(extra);
  CH_CO_TRY_VOID(co_await core.store.put_bot(row));
  co_return bot->set_extra(std::move(row.extra));
}

rt::Task<Result<Identity>> Fleet::verify_bot(BotId id) {
  Bot* bot = impl_->core.directory.bot(id);
  if (bot == nullptr) co_return no_bot();
  co_return co_await impl_->identify(bot);
}

rt::Task<Result<store::RoomRow>> Fleet::ensure_room(store::RoomRow row) {
  detail::Core& core = impl_->core;
  if (!row.id) row.id = core.ids.next<RoomId>();
  if (to_micros(row.created_at) == 0) row.created_at = core.loop.wall_now();
  row.kind = detail::effective_kind(row.platform, row.chat, row.kind);
  CH_CO_TRY(store::RoomRow stored, co_await core.store.ensure_room(std::move(row)));
  impl_->rooms.add(stored);
  co_return stored;
}

rt::Task<Result<void>> Fleet::set_room_enabled(RoomId id, bool enabled) {
  detail::Core& core = impl_->core;
  detail::Room* room = core.directory.room(id);
  if (room == nullptr) co_return no_room();
  for (std::size_t i = 0; i < room->faces.size(); ++i) {
    store::RoomRow row = room->faces[i];
    row.enabled = enabled;
    CH_CO_TRY_VOID(co_await core.store.put_room(row));
    room->faces[i].enabled = enabled;
  }
  co_return Result<void>{};
}

rt::Task<Result<void>> Fleet::set_membership(RoomId id, BotId bot, bool member) {
  detail::Core& core = impl_->core;
  detail::Room* room = core.directory.room(id);
  if (room == nullptr) co_return no_room();
  if (core.directory.bot(bot) == nullptr) co_return no_bot();
  CH_CO_TRY_VOID(co_await core.store.set_membership(room->face_of(bot).id, bot, member));
  core.directory.set_member(*room, bot, member);
  if (member) {
    room->told_not_member = false;
    impl_->rooms.start_talking(*room);
  }
  co_return Result<void>{};
}

void Fleet::pause() {
  impl_->core.paused = true;
}

void Fleet::resume() {
  impl_->core.paused = false;
  impl_->sender.wake_all();
}

void Fleet::set_settings(const FleetSettings& settings) {
  detail::Core& core = impl_->core;
  const Duration talked_each = core.settings.talk_interval;
  for (const auto& row : settings_table().rows()) {
    if (row.setting.takes == config::Takes::AtOnce) row.put(row.get(settings), core.settings);
  }
  if (core.settings.talk_interval != talked_each) impl_->rooms.talk_interval_changed();
  impl_->sender.wake_all();
}

std::vector<Fleet::BreakerStatus> Fleet::breakers() const {
  const MonoTime now = impl_->core.now();
  std::vector<BreakerStatus> out;
  const auto host = [&](store::Platform platform, const char* name) {
    out.push_back({BotId(), name, impl_->sender.host_breaker(platform).snapshot(now)});
  };
  host(store::Platform::Telegram, "");
  const auto& bots = impl_->core.directory.bots();
  if (std::ranges::any_of(bots, [](const auto& entry) {
        return entry.second->row.platform == store::Platform::Matrix;
      })) {
    host(store::Platform::Matrix, "matrix");
  }
  for (const auto& [id, bot] : impl_->core.directory.bots()) {
    if (!bot->removed) out.push_back({id, bot->row.name, bot->breaker.snapshot(now)});
  }
  return out;
}

void Fleet::reset_breaker(BotId bot) {
  impl_->sender.reset_breakers(bot ? impl_->core.directory.bot(bot) : nullptr);
}

// -------------------------------------------------------------------------------------- picture

Fleet::Shares Fleet::shares(Duration window) const {
  const auto& core = impl_->core;
  return {core.metrics.tick_shares.tally(window, core.now()),
          core.metrics.send_shares.tally(window, core.now())};
}

FleetStatus Fleet::status() const {
  const Impl& self = *impl_;
  const detail::Core& core = self.core;
  FleetStatus out;
  out.running = core.running && !core.stopping;
  out.paused = core.paused;
  out.store_ok = core.store_ok;
  out.rooms = core.directory.rooms().size();
  out.inbox_in_memory = self.inbox.in_memory();
  out.inbox_backlog = self.inbox.has_backlog();
  out.turns_under_way = self.turns.under_way();
  out.turns_waiting = self.turns.waiting();
  out.caches.push_back(core.reactions.status());
  out.outbox_in_flight = self.sender.in_flight();
  for (const auto& [id, bot] : core.directory.bots()) {
    if (bot->removed) continue;
    BotStatus b;
    b.id = id;
    b.name = bot->row.name;
    b.username = bot->row.username;
    b.state = bot->row.state;
    b.state_reason = bot->row.state_reason;
    b.conflict = bot->conflict;
    b.sandbox = bot->sandbox;
    b.disclosure = disclosure_is_on(core.settings, bot->sandbox);
    b.queued = bot->queue.size();
    b.in_flight = bot->in_flight;
    if (const auto frozen = self.sender.frozen_until(*bot)) b.frozen_until = core.wall(*frozen);
    b.breaker = bot->breaker.state();
    out.outbox_queued += b.queued;
    for (std::size_t c = 0; c < policy::kPriorities; ++c) {
      out.outbox_by_class[c] += bot->queue.size(static_cast<policy::Priority>(c));
    }
    out.oldest_queued = std::max(out.oldest_queued, bot->queue.oldest_wait(core.now()));
    out.limit_waits += bot->queue.limit_waits();
    out.bots.push_back(std::move(b));
  }
  const Shares hour = shares(policy::ShareWindow::kLongest);
  out.ticks = hour.ticks;
  out.sends = hour.sends;
  out.sent = self.sender.sent;
  out.unknown = self.sender.unknown;
  out.dead = self.sender.dead;
  out.cancelled = self.sender.cancelled;
  out.too_many_requests = self.sender.too_many;
  out.recovered_unknown = self.sender.recovered_unknown;
  out.host_breaker = self.sender.host_state();
  const auto& manager = self.admission.manager();
  out.conversations = manager.stats();
  out.conversation_counters = manager.counters();
  out.conversation_limit = manager.limits().global;
  return out;
}

std::vector<store::BotRow> Fleet::bots() const {
  std::vector<store::BotRow> out;
  for (const auto& [id, bot] : impl_->core.directory.bots()) {
    if (!bot->removed) out.push_back(bot->row);
  }
  return out;
}

std::vector<store::RoomRow> Fleet::rooms() const {
  std::vector<store::RoomRow> out;
  for (const auto& room : impl_->core.directory.rooms()) {
    out.insert(out.end(), room->faces.begin(), room->faces.end());
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

std::optional<store::BotRow> Fleet::find_bot(BotId bot) const {
  const Bot* found = impl_->core.directory.bot(bot);
  return found == nullptr ? std::nullopt : std::optional(found->row);
}

const FleetSettings& Fleet::settings() const {
  return impl_->core.settings;
}

}  // namespace chorus::fleet
