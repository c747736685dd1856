#include "chorus/crypto/key_ring.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/fleet/guard.hpp"
#include "chorus/fleet/prompt.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

namespace chorus {
namespace {

/// Answers at once: what remains is the fleet's own work and the store's.
class InstantPlatform final : public fleet::MessagingPort {
 public:
  std::uint64_t sent = 0;
  rt::Task<Result<fleet::Identity>> identify(fleet::BotAccess bot) override {
    fleet::Identity identity;
    identity.user_id = PlatformUserId(bot.id.value);
    identity.username = "bench_bot";
    identity.sandbox = true;
    co_return identity;
  }
  rt::Task<fleet::SendOutcome> send_message(fleet::BotAccess, fleet::OutgoingMessage) override {
    co_return fleet::SendOk{PlatformMessageId(static_cast<std::int64_t>(++sent)), {}};
  }
  rt::Task<fleet::SendOutcome> edit_message(fleet::BotAccess, PlatformMessageId,
                                            fleet::OutgoingMessage) override {
    co_return fleet::SendOk{};
  }
  rt::Task<fleet::SendOutcome> set_reaction(fleet::BotAccess, PlatformChatId, PlatformMessageId,
                                            std::string) override {
    co_return fleet::SendOk{};
  }
  rt::Task<fleet::SendOutcome> answer_callback(fleet::BotAccess, std::string,
                                               std::string) override {
    co_return fleet::SendOk{};
  }
  rt::Task<void> send_typing(fleet::BotAccess, PlatformChatId,
                             std::optional<PlatformMessageId>) override {
    co_return;
  }
  rt::Task<Result<std::optional<std::vector<std::string>>>> allowed_reactions(
      fleet::BotAccess, PlatformChatId) override {
    co_return std::nullopt;
  }
  rt::Task<Result<void>> publish_profile(fleet::BotAccess, std::string, std::string) override {
    co_return Result<void>{};
  }
};

class InstantGenerator final : public fleet::GeneratorPort {
 public:
  rt::Task<Result<fleet::Generated>> generate(fleet::GenerationRequest) override {
    fleet::Generated out;
    out.text = "That is a good question, and the river in the morning has an answer of its own.";
    co_return out;
  }
};

rt::Task<void> feed(fleet::Fleet* fleet, rt::Loop* loop, BotId bot, std::int64_t* next,
                    std::int64_t people, int count) {
  for (int i = 0; i < count; ++i) {
    fleet::IncomingUpdate update;
    update.update_id = ++*next;
    update.kind = store::InboxKind::Message;
    fleet::IncomingMessage m;
    m.message = PlatformMessageId(*next);
    const std::int64_t person = 1000 + *next % people;
    m.chat = PlatformChatId(person);
    m.chat_kind = store::ChatKind::Private;
    m.from = PlatformUserId(person);
    m.from_name = "Somebody";
    m.text = "what do you think about the weather today, and will it rain?";
    m.date = loop->wall_now();
    update.message = std::move(m);
    std::vector<fleet::IncomingUpdate> updates;
    updates.push_back(std::move(update));
    (void)co_await fleet->accept(bot, std::move(updates), std::nullopt);
  }
}

rt::Task<void> begin(fleet::Fleet* fleet, std::vector<BotId>* bots, int count) {
  (void)co_await fleet->start();
  for (int i = 0; i < count; ++i) {
    fleet::NewBot bot;
    bot.name = "bot" + std::to_string(i);
    bot.token = Secret("token" + std::to_string(i));
    bots->push_back(*co_await fleet->add_bot(std::move(bot)));
  }
}

/// Private messages in, answers out, limits off, store in memory: turns per second of one core.
void fleet_turns(benchmark::State& state) {
  rt::Loop loop;
  const auto keys = crypto::KeyRing::from_key_text(Secret(std::string(64, 'a')), "bench").value();
  auto store = store::open_sqlite(loop, {}, keys).value();
  InstantPlatform platform;
  InstantGenerator generator;
  metrics::Registry registry;
  fleet::FleetSettings settings;
  settings.pacing = fleet::Pacing::None;
  settings.disclosure = false;
  settings.endpoints_are_loopback = true;
  settings.send_profile = policy::SendProfile::Off;
  settings.publish_profiles = false;
  settings.conversations.global = 4096;
  settings.conversations.queue = 100'000;
  auto fleet =
      std::make_unique<fleet::Fleet>(loop, *store, platform, generator, registry, settings, Rng(1));
  std::vector<BotId> bots;
  rt::TaskScope scope(loop);
  const auto settle = [&](std::uint64_t target) {
    while (platform.sent < target) {
      loop.context().restart();
      loop.context().run_one();
    }
  };
  rt::spawn(scope, "begin", &begin, fleet.get(), &bots, 50);
  while (bots.size() < 50) loop.context().run_one();
  std::int64_t next = 0;
  constexpr int kFeeders = 50;
  constexpr int kEach = 40;
  for (auto _ : state) {
    const std::uint64_t target = platform.sent + kFeeders * kEach;
    for (int i = 0; i < kFeeders; ++i) {
      rt::spawn(scope, "feed", &feed, fleet.get(), &loop, bots[static_cast<std::size_t>(i)], &next,
                std::int64_t{500}, kEach);
    }
    settle(target);
  }
  state.SetItemsProcessed(state.iterations() * kFeeders * kEach);
  bool stopped = false;
  struct Stop {
    static rt::Task<void> run(fleet::Fleet* f, store::Store* s, bool* done) {
      co_await f->stop(std::chrono::seconds(5));
      co_await s->close();
      *done = true;
    }
  };
  rt::spawn(scope, "stop", &Stop::run, fleet.get(), static_cast<store::Store*>(store.get()),
            &stopped);
  while (!stopped || scope.size() > 0) loop.context().run_one();
}
BENCHMARK(fleet_turns)->Unit(benchmark::kMillisecond)->UseRealTime();

void guard_check(benchmark::State& state) {
  const fleet::Guard guard;
  const std::string text =
      "That is a good question, and markets were nervous after the news, what did you notice "
      "today?";
  for (auto _ : state) benchmark::DoNotOptimize(guard.check({text, {}, {}, {}}));
}
BENCHMARK(guard_check);

void prompt_build(benchmark::State& state) {
  const auto persona = fleet::parse_persona("").value();
  const std::vector<fleet::PromptLine> history(
      30, {"Somebody", "what do you think about the weather today, and will it rain?", false});
  fleet::PromptInput input;
  input.persona = &persona;
  input.bot_name = "Ada";
  input.history = history;
  Rng rng(1);
  for (auto _ : state) benchmark::DoNotOptimize(fleet::build_prompt(input, rng));
}
BENCHMARK(prompt_build);

}  // namespace
}  // namespace chorus

BENCHMARK_MAIN();
