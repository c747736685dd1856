#include "chorus/sandbox/sandbox.hpp"

#include "chorus/base/log.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/control/control_api.hpp"
#include "chorus/sandbox/journal.hpp"
#include "chorus/sandbox/limits.hpp"
#include "chorus/sandbox/llm/llm_server.hpp"
#include "chorus/sandbox/matrix/door.hpp"
#include "chorus/sandbox/telegram/door.hpp"
#include "chorus/sandbox/world.hpp"

#include <algorithm>
#include <utility>

namespace chorus::sandbox {

namespace {

constexpr std::size_t kMaxUpload = 60 * 1024 * 1024;
constexpr std::size_t kMaxLlmBody = 16 * 1024 * 1024;
constexpr std::size_t kMaxControlBody = 64 * 1024 * 1024;

SendLimits::Options limits_of(LimitsProfile profile) {
  SendLimits::Options options;
  options.profile = profile;
  return options;
}

matrix::MatrixDoor::Options matrix_options(const Sandbox::Options& options) {
  matrix::MatrixDoor::Options made;
  made.profile =
      matrix::rate_profile_from(options.matrix_profile).value_or(matrix::RateProfile::Off);
  return made;
}

World::Options world_options(const Sandbox::Options& options) {
  World::Options world;
  world.seed = options.seed;
  return world;
}

BotInfo info_of(const World& world, const Account& bot) {
  return {bot.id, bot.first_name, bot.username, bot.token,
          world.dialect(bot.platform).mention_of(bot)};
}

/// Without a seed two sandboxes must not give the same ids: the wall clock makes the difference.
Rng root_rng(const rt::Loop& loop, const Sandbox::Options& options) {
  if (options.seed) return Rng(*options.seed).fork("sandbox");
  return Rng(stable_hash("sandbox", static_cast<std::uint64_t>(to_micros(loop.wall_now()))));
}

}  // namespace

struct Sandbox::Impl {
  Impl(rt::Loop& l, Options o, net::Transport& webhooks, metrics::Registry& m)
      : loop(l),
        options(std::move(o)),
        metrics(m),
        rng(root_rng(l, options)),
        world(l, rng.fork("world"), world_options(options)),
        limits(limits_of(options.profile)),
        faults(rng.fork("faults")),
        door({l, world, limits, faults, webhooks, m}, {}),
        matrix({l, world, faults, webhooks, m}, matrix_options(options)),
        llm(l, options.llm_script, rng.fork("llm"), faults, m),
        control(l, world, faults, control_options()) {
    llm.set_observer_sink([this](const LlmCall& call) {
      world.counters().by_method.add("llm", "chat/completions", call.status, call.total);
      world.tell([&](Observer& observer) {
        observer.on_llm_call(call.status, call.time_to_first_token, call.total, call.prompt_tokens,
                             call.completion_tokens);
      });
    });
    m.gauge_callback("chorus_sandbox_pending_updates", "Updates that no bot has taken yet", {},
                     [this] { return static_cast<double>(pending()); });
  }

  ControlApi::Options control_options() {
    ControlApi::Options made;
    made.ready = [this] { return ready; };
    made.is_connected = [this](const Account& bot) {
      return bot.platform == Platform::Telegram ? door.is_connected(bot) : matrix.is_connected(bot);
    };
    made.add_service = [this](const json::object& registration) {
      return matrix.services().register_from(registration);
    };
    made.list_services = [this] { return matrix.services().list(); };
    return made;
  }

  [[nodiscard]] std::size_t pending() const {
    std::size_t sum = 0;
    for (const auto* account : world.accounts()) {
      if (account->queue) sum += account->queue->size();
    }
    return sum;
  }

  Result<void> listen(std::unique_ptr<net::Server>& server, const std::optional<net::Endpoint>& at,
                      net::Handler& handler, net::Server::Options server_options) {
    if (!at) return {};
    server_options.metrics = &metrics;
    server = std::make_unique<net::Server>(loop, handler, std::move(server_options));
    return server->listen(*at);
  }

  rt::Loop& loop;
  Options options;
  metrics::Registry& metrics;
  Rng rng;
  World world;
  SendLimits limits;
  Faults faults;
  telegram::TelegramDoor door;
  matrix::MatrixDoor matrix;
  LlmServer llm;
  ControlApi control;
  bool ready = false;
  std::unique_ptr<WorldJournal> journal;
  std::unique_ptr<net::Server> telegram_server;
  std::unique_ptr<net::Server> matrix_server;
  std::unique_ptr<net::Server> llm_server;
  std::unique_ptr<net::Server> control_server;
};

Sandbox::Sandbox(rt::Loop& loop, Options options, net::Transport& webhooks,
                 metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(loop, std::move(options), webhooks, metrics)) {}

Sandbox::~Sandbox() {
  impl_->metrics.gauge_callback("chorus_sandbox_pending_updates",
                                "Updates that no bot has taken yet", {}, [] { return 0.0; });
}

rt::Task<Result<void>> Sandbox::start() {
  auto opened = co_await open();
  if (opened) co_return opened;
  // Doors that opened before the one that could not are closed again: nothing of a failed start
  // runs on.
  co_await stop(Duration{});
  impl_->telegram_server.reset();
  impl_->matrix_server.reset();
  impl_->llm_server.reset();
  impl_->control_server.reset();
  co_await rt::yield(impl_->loop);
  co_return opened;
}

rt::Task<Result<void>> Sandbox::open() {
  auto& impl = *impl_;
  if (!impl.options.data.empty()) {
    auto journal = std::make_unique<WorldJournal>(impl.world, impl.options.data);
    CH_CO_TRY_VOID(journal->open());
    impl.journal = std::move(journal);
  }
  net::Server::Options telegram;
  telegram.name = "sandbox_telegram";
  telegram.max_body = kMaxUpload;
  telegram.bare_errors = true;
  CH_CO_TRY_VOID(
      impl.listen(impl.telegram_server, impl.options.telegram, impl.door, std::move(telegram)));
  net::Server::Options matrix;
  matrix.name = "sandbox_matrix";
  matrix.max_body = kMaxUpload;
  CH_CO_TRY_VOID(
      impl.listen(impl.matrix_server, impl.options.matrix, impl.matrix, std::move(matrix)));
  net::Server::Options llm;
  llm.name = "sandbox_llm";
  llm.max_body = kMaxLlmBody;
  CH_CO_TRY_VOID(impl.listen(impl.llm_server, impl.options.llm, impl.llm, std::move(llm)));
  net::Server::Options control;
  control.name = "sandbox_control";
  control.max_body = kMaxControlBody;
  control.require_loopback_host = true;
  CH_CO_TRY_VOID(
      impl.listen(impl.control_server, impl.options.control, impl.control, std::move(control)));
  impl.control.set_addresses({telegram_address(), matrix_address(), llm_address()});
  impl.door.resume_webhooks();
  impl.matrix.start();
  impl.ready = true;
  co_return Result<void>{};
}

rt::Task<void> Sandbox::stop(Duration grace) {
  auto& impl = *impl_;
  impl.ready = false;
  // Held polls end first: a drain would wait for them.
  co_await impl.door.stop(grace);
  co_await impl.matrix.stop(grace);
  for (auto* server : {impl.telegram_server.get(), impl.matrix_server.get(), impl.llm_server.get(),
                       impl.control_server.get()}) {
    if (server != nullptr) co_await server->drain(grace);
  }
  if (impl.journal) {
    if (const auto closed = impl.journal->close(); !closed) {
      log::error("sandbox", "{}", closed.error().message);
    }
    impl.journal.reset();
  }
}

std::string Sandbox::telegram_address() const {
  if (impl_->telegram_server) return impl_->telegram_server->address();
  return impl_->options.public_telegram_origin;
}

std::string Sandbox::matrix_address() const {
  return impl_->matrix_server ? impl_->matrix_server->address() : std::string();
}

std::string Sandbox::llm_address() const {
  return impl_->llm_server ? impl_->llm_server->address() + "/v1" : std::string();
}

std::string Sandbox::control_address() const {
  return impl_->control_server ? impl_->control_server->address() : std::string();
}

net::Handler& Sandbox::telegram_handler() {
  return impl_->door;
}
net::Handler& Sandbox::matrix_handler() {
  return impl_->matrix;
}
net::Handler& Sandbox::llm_handler() {
  return impl_->llm;
}
net::Handler& Sandbox::control_handler() {
  return impl_->control;
}
void Sandbox::mount_control(std::string_view prefix, net::Handler& handler) {
  impl_->control.mount(prefix, handler);
}

Result<BotInfo> Sandbox::create_bot(BotSpec spec, Platform platform) {
  CH_TRY(const auto* bot, impl_->world.add_bot(std::move(spec), platform));
  return info_of(impl_->world, *bot);
}

Result<PersonInfo> Sandbox::create_person(PersonSpec spec, Platform platform) {
  CH_TRY(const auto* person, impl_->world.add_person(std::move(spec), platform));
  return PersonInfo{person->id, person->username};
}

Result<RoomInfo> Sandbox::create_room(RoomSpec spec, Platform platform) {
  CH_TRY(const auto* room, impl_->world.add_room(std::move(spec), platform));
  const bool matrix = platform == Platform::Matrix;
  return RoomInfo{room->id, room->name, matrix ? room->wire : std::to_string(room->id.value)};
}

Result<void> Sandbox::remove_bot(PlatformUserId bot) {
  const auto* account = impl_->world.find_account(bot);
  if (account == nullptr || !account->is_bot) return fail(ErrorCode::NotFound, "no such bot");
  return impl_->world.remove_account(bot);
}

Result<PlatformMessageId> Sandbox::post(PersonMessage message) {
  CH_TRY(const auto* posted, impl_->world.person_says(message));
  return posted->id;
}

Result<void> Sandbox::react(PlatformUserId person, PlatformChatId room, PlatformMessageId message,
                            std::string emoji) {
  auto* who = impl_->world.find_account(person);
  if (who == nullptr || who->is_bot) return fail(ErrorCode::NotFound, "no such person");
  auto* where = room.value < 0 ? impl_->world.find_room(room)
                               : impl_->world.find_private(PlatformUserId(room.value), person);
  if (where == nullptr) return fail(ErrorCode::NotFound, "no such room");
  return impl_->world.person_reacts(*who, *where, message, std::move(emoji));
}

namespace {

std::optional<MessageView> newest_of_bot(const World& world, const Room* room) {
  if (room == nullptr) return std::nullopt;
  for (auto it = room->messages.rbegin(); it != room->messages.rend(); ++it) {
    if (it->from->is_bot && !it->deleted && it->kind != MessageKind::Service) {
      return world.view(*room, *it);
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<MessageView> Sandbox::last_bot_message(PlatformChatId room) const {
  return newest_of_bot(impl_->world, impl_->world.find_room(room));
}

std::optional<MessageView> Sandbox::last_bot_message_private(PlatformUserId person,
                                                             PlatformUserId bot) const {
  return newest_of_bot(impl_->world, impl_->world.find_private(bot, person));
}

std::size_t Sandbox::pending_updates() const {
  return impl_->pending();
}

std::size_t Sandbox::max_pending_of_a_bot() const {
  std::size_t most = 0;
  for (const auto* account : impl_->world.accounts()) {
    if (account->queue) most = std::max(most, account->queue->size());
  }
  return most;
}

std::optional<BotInfo> Sandbox::find_bot(PlatformUserId bot) const {
  const auto* account = impl_->world.find_account(bot);
  if (account == nullptr || !account->is_bot || account->removed) return std::nullopt;
  return info_of(impl_->world, *account);
}

void Sandbox::add_observer(Observer& observer) {
  impl_->world.add_observer(observer);
}
void Sandbox::remove_observer(Observer& observer) {
  impl_->world.remove_observer(observer);
}

Result<std::int64_t> Sandbox::add_fault(FaultSpec fault) {
  return impl_->faults.add(std::move(fault), impl_->loop.now());
}
bool Sandbox::remove_fault(std::int64_t id) {
  return impl_->faults.remove(id);
}
std::optional<FaultState> Sandbox::fault_state(std::int64_t id) const {
  return impl_->faults.state(id, impl_->loop.now());
}
void Sandbox::set_profile(LimitsProfile profile) {
  impl_->limits.set_profile(profile);
}

World& Sandbox::world() {
  return impl_->world;
}

}  // namespace chorus::sandbox
