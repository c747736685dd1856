// Many long-polling bots and one person: how long a message takes to reach each bot, from the
// moment at which it should have been sent. `sandbox_pollers TELEGRAM_URL CONTROL_URL BOTS
// MESSAGES`
#include "chorus/base/json.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using namespace chorus;

struct Run {
  rt::Loop& loop;
  net::Transport& transport;
  net::Url telegram;
  net::Url control;
  int bots;
  int messages;
  std::vector<MonoTime> intended;
  std::vector<double> latencies_ms;
  bool done = false;
};

constexpr auto kBetween = std::chrono::milliseconds(200);
constexpr auto kWarmUp = std::chrono::seconds(3);

rt::Task<net::Response> post(Run& run, net::Url base, std::string target, std::string body) {
  net::Request request;
  request.method = net::Method::Post;
  request.target = std::move(target);
  request.headers.add("Host", fmt::format("{}:{}", base.host, base.port));
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  net::CallOptions options;
  options.timeout = std::chrono::seconds(60);
  auto answer = co_await run.transport.call(std::move(base), std::move(request), options);
  if (!answer) co_return net::Response::text(599, answer.error().error.message);
  co_return std::move(*answer);
}

rt::Task<void> poll(Run* run, int bot) {
  const auto target =
      fmt::format("/bot{}:benchmark-secret-of-35-characters-0/getUpdates", 1000 + bot);
  std::int64_t offset = 0;
  while (!run->done) {
    const auto answer = co_await post(*run, run->telegram, target,
                                      fmt::format(R"({{"timeout":30,"offset":{}}})", offset));
    const auto now = run->loop.now();
    auto parsed = parse_json(answer.body);
    if (answer.status != 200 || !parsed) {
      std::fprintf(stderr, "bot %d: status %d\n", bot, answer.status);
      co_return;
    }
    for (const auto& update : parsed->at("result").as_array()) {
      offset = update.at("update_id").as_int64() + 1;
      const auto* message = update.as_object().if_contains("message");
      const auto* text = message != nullptr ? message->as_object().if_contains("text") : nullptr;
      if (text == nullptr) continue;
      const auto index = static_cast<std::size_t>(std::atoll(text->as_string().c_str()));
      if (index < run->intended.size()) {
        run->latencies_ms.push_back(to_millis(now - run->intended[index]));
      }
    }
  }
}

rt::Task<void> speak(Run* run) {
  (void)co_await rt::sleep_for(run->loop, kWarmUp);  // nothing cancels it
  auto next = run->loop.now();
  for (int i = 0; i < run->messages; ++i) {
    next += kBetween;
    (void)co_await rt::sleep_until(run->loop, next);
    run->intended.push_back(next);
    const auto answer =
        co_await post(*run, run->control, "/control/v1/messages",
                      fmt::format(R"({{"room":"default","from":"anna","text":"{}"}})", i));
    if (answer.status != 200) std::fprintf(stderr, "message %d: status %d\n", i, answer.status);
  }
  (void)co_await rt::sleep_for(run->loop, std::chrono::seconds(1));
  auto& all = run->latencies_ms;
  std::sort(all.begin(), all.end());
  const auto at = [&](double share) {
    return all.empty() ? 0.0
                       : all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  std::printf("%zu of %d delivered; p50 %.1f ms, p90 %.1f, p99 %.1f, max %.1f\n", all.size(),
              run->bots * run->messages, at(0.5), at(0.9), at(0.99), at(1));
  run->done = true;
  run->loop.stop();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: sandbox_pollers TELEGRAM_URL CONTROL_URL BOTS MESSAGES\n");
    return 2;
  }
  const auto telegram = net::Url::parse(argv[1]);
  const auto control = net::Url::parse(argv[2]);
  if (!telegram || !control) return 2;
  rt::Loop loop;
  net::SocketTransport::Options options;
  options.max_connections_per_origin = 2048;
  net::SocketTransport transport(loop, options);
  Run run{loop, transport, *telegram, *control, std::atoi(argv[3]), std::atoi(argv[4]), {}, {}};
  rt::TaskScope scope(loop);
  for (int bot = 0; bot < run.bots; ++bot) rt::spawn(scope, "poll", &poll, &run, bot);
  rt::spawn(scope, "speak", &speak, &run);
  loop.run();
  std::fflush(stdout);
  std::_Exit(0);  // polls are still held: there is nothing to wait for
}
