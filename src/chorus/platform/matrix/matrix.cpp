#include "chorus/platform/matrix/matrix.hpp"

#include "chorus/base/log.hpp"
#include "chorus/platform/matrix/app_service.hpp"
#include "chorus/platform/matrix/client.hpp"
#include "chorus/platform/matrix/intake.hpp"
#include "chorus/platform/matrix/rooms.hpp"
#include "chorus/platform/matrix/sync.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace chorus::platform {

namespace {

/// Where a bot does not sync itself, its invitations are looked for so often.
constexpr Duration kLookAgain = std::chrono::minutes(3);

}  // namespace

struct MatrixPlatform::Impl {
  Impl(Parts p, MatrixOptions o)
      : parts(std::move(p)),
        options(std::move(o)),
        client({parts.loop, parts.transport, parts.store, rooms, parts.metrics,
                parts.rng.fork("client")},
               options),
        intake({parts.loop, parts.transport, parts.store, parts.inbox, rooms, client, parts.metrics,
                parts.rng.fork("intake")},
               options),
        sync({parts.loop, parts.transport, parts.store, parts.inbox, rooms, client, intake,
              parts.metrics},
             options),
        service(intake, parts.metrics, options.hs_token),
        scope(parts.loop) {}

  /// Whether the bot asks for its updates itself.
  [[nodiscard]] bool syncs_itself() const { return options.mode == MatrixMode::Sync; }
  static rt::Task<void> enter(Impl* self, fleet::BotAccess bot);

  Parts parts;
  MatrixOptions options;
  MatrixRooms rooms;
  MatrixClient client;
  MatrixIntake intake;
  MatrixSync sync;
  MatrixAppService service;
  std::map<BotId, rt::TaskScope::Handle> entering;
  rt::TaskScope scope;
};

/// A bot whose updates come by others: who it is, where it is, who invites it.
rt::Task<void> MatrixPlatform::Impl::enter(Impl* self, fleet::BotAccess bot) {
  Duration pause = self->options.min_pause;
  bool known = false;
  while (!self->scope.stopping()) {
    if (!known) {
      if (const auto user = co_await self->client.user_of(bot)) {
        self->intake.add(bot, *user);
        known = true;
      }
    }
    Duration wait = pause;
    if (known && co_await self->intake.look_around(bot.id)) {
      // The homeserver pushes invitations to its services; a listener does not hear those of
      // others.
      if (self->options.mode == MatrixMode::AppService) co_return;
      wait = kLookAgain;
      pause = self->options.min_pause;
    } else {
      pause = std::min(pause * 2, self->options.max_pause);
    }
    if (!co_await rt::sleep_for(self->parts.loop, wait)) co_return;
  }
}

MatrixPlatform::MatrixPlatform(Parts parts, MatrixOptions options)
    : impl_(std::make_unique<Impl>(std::move(parts), std::move(options))) {}

MatrixPlatform::~MatrixPlatform() = default;

rt::Task<Result<void>> MatrixPlatform::restore(std::vector<fleet::BotAccess> bots) {
  CH_CO_TRY_VOID(co_await impl_->intake.restore(std::move(bots)));
  if (impl_->options.mode == MatrixMode::Listener) {
    impl_->sync.start({BotId(), impl_->options.listener_token, {}, store::Platform::Matrix});
  }
  co_return Result<void>{};
}

void MatrixPlatform::start(fleet::BotAccess bot) {
  if (impl_->syncs_itself()) {
    impl_->sync.start(std::move(bot));
    return;
  }
  const BotId id = bot.id;
  if (const auto under_way = impl_->entering.find(id); under_way != impl_->entering.end()) {
    under_way->second.cancel();
  }
  impl_->entering[id] =
      rt::spawn(impl_->scope, "matrix bot", &Impl::enter, impl_.get(), std::move(bot));
}

void MatrixPlatform::stop(BotId bot) {
  if (const auto under_way = impl_->entering.find(bot); under_way != impl_->entering.end()) {
    under_way->second.cancel();
    impl_->entering.erase(under_way);
  }
  impl_->sync.stop(bot);
  impl_->intake.remove(bot);
}

void MatrixPlatform::join(BotId bot, std::string room) {
  impl_->intake.want(bot, std::move(room));
}

rt::Task<void> MatrixPlatform::close() {
  co_await impl_->sync.close();
  co_await impl_->scope.close();
  co_await impl_->intake.close();
}

fleet::MessagingPort& MatrixPlatform::port() {
  return impl_->client;
}
net::Handler& MatrixPlatform::http() {
  return impl_->service;
}
std::uint64_t MatrixPlatform::echoes() const {
  return impl_->intake.echoes();
}

std::uint64_t MatrixPlatform::memberships() const {
  return impl_->intake.memberships();
}

std::vector<std::string> MatrixPlatform::encrypted_rooms() const {
  return impl_->rooms.encrypted_rooms();
}

}  // namespace chorus::platform
