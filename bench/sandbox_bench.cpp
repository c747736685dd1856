// What the sandbox costs without sockets: one sendMessage through its door, one message to 500
// bots.
#include "chorus/metrics/registry.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/sandbox.hpp"
#include "chorus/sandbox/world.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>

namespace chorus::sandbox {
namespace {

struct Bench {
  explicit Bench(LimitsProfile profile) {
    Sandbox::Options options;
    options.seed = 1;
    options.profile = profile;
    box = std::make_unique<Sandbox>(loop, options, transport, metrics);
  }

  metrics::Registry metrics;
  rt::Loop loop{rt::Loop::Options{.mode = rt::Loop::Mode::Virtual}};
  net::InProcessTransport transport{loop, Rng(1)};
  std::unique_ptr<Sandbox> box;
};

rt::Task<void> send_many(net::Handler* door, std::string target, std::string body,
                         std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    net::Request request;
    request.method = net::Method::Post;
    request.target = target;
    request.headers.add("Host", "127.0.0.1:8081");
    request.headers.add("Content-Type", "application/json");
    request.body = body;
    const auto answer = co_await door->handle(std::move(request));
    benchmark::DoNotOptimize(answer.body.data());
  }
}

void send_message(benchmark::State& state) {
  Bench bench(LimitsProfile::Off);
  const auto bot = bench.box->create_bot({}).value();
  RoomSpec spec;
  spec.bots = {bot.id};
  const auto room = bench.box->create_room(spec).value();
  const auto target = fmt::format("/bot{}/sendMessage", bot.token);
  const auto body = fmt::format(
      R"({{"chat_id":{},"text":"hello there, how are you today","disable_notification":true}})",
      room.id.value);
  constexpr std::int64_t kBatch = 1000;
  rt::TaskScope scope(bench.loop);
  for (auto _ : state) {
    rt::spawn(scope, "send", &send_many, &bench.box->telegram_handler(), target, body, kBatch);
    bench.loop.run();
  }
  state.SetItemsProcessed(state.iterations() * kBatch);
}
BENCHMARK(send_message)->Unit(benchmark::kMillisecond);

/// A person's message into the queues of so many bots.
void fan_out(benchmark::State& state) {
  Bench bench(LimitsProfile::Off);
  auto& world = bench.box->world();
  RoomSpec spec;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    spec.bots.push_back(bench.box->create_bot({}).value().id);
  }
  const auto person = bench.box->create_person({}).value();
  spec.people = {person.id};
  const auto room = bench.box->create_room(spec).value();
  PersonMessage message;
  message.from = person.id;
  message.room = room.id;
  message.text = "hello to all of you";
  for (auto _ : state) {
    benchmark::DoNotOptimize(bench.box->post(message));
    state.PauseTiming();
    for (const auto id : spec.bots) {
      auto* account = world.find_account(id);
      world.confirm_below(*account, account->queue->tail());
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(fan_out)->Arg(1)->Arg(50)->Arg(500);

}  // namespace
}  // namespace chorus::sandbox
BENCHMARK_MAIN();
