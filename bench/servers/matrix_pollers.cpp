// Many syncing bots in one Matrix room and one person: how long a message takes to reach each bot,
// from the moment at which it should have been sent. `matrix_pollers MATRIX_URL CONTROL_URL BOTS
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
  net::Url matrix;
  net::Url control;
  int bots;
  int messages;
  std::vector<MonoTime> intended{};
  std::vector<double> latencies_ms{};
  rt::TaskScope* scope = nullptr;
  std::vector<std::string> tokens{};
  bool done = false;
};

constexpr auto kBetween = std::chrono::milliseconds(200);
constexpr auto kWarmUp = std::chrono::seconds(3);

rt::Task<net::Response> call(Run& run, net::Method method, net::Url base, std::string target,
                             std::string body, std::string token) {
  net::Request request;
  request.method = method;
  request.target = std::move(target);
  request.headers.add("Host", fmt::format("{}:{}", base.host, base.port));
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
  request.body = std::move(body);
  net::CallOptions options;
  options.timeout = std::chrono::seconds(60);
  auto answer = co_await run.transport.call(std::move(base), std::move(request), options);
  if (!answer) co_return net::Response::text(599, answer.error().error.message);
  co_return std::move(*answer);
}

void note(Run& run, const json::value& sync, MonoTime now) {
  const auto* rooms = find_object(sync.as_object(), "rooms");
  const auto* join = rooms == nullptr ? nullptr : find_object(*rooms, "join");
  if (join == nullptr) return;
  for (const auto& [id, room] : *join) {
    for (const auto& event : room.at("timeline").at("events").as_array()) {
      if (event.at("type") != "m.room.message") continue;
      const auto index =
          static_cast<std::size_t>(std::atoll(event.at("content").at("body").as_string().c_str()));
      if (index < run.intended.size()) {
        run.latencies_ms.push_back(to_millis(now - run.intended[index]));
      }
    }
  }
}

rt::Task<void> poll(Run* run, std::string token) {
  std::string since;
  while (!run->done) {
    auto target = std::string("/_matrix/client/v3/sync?timeout=30000");
    if (!since.empty()) target += "&since=" + since;
    const auto answer =
        co_await call(*run, net::Method::Get, run->matrix, std::move(target), {}, token);
    const auto now = run->loop.now();
    const auto parsed = parse_json(answer.body);
    if (answer.status != 200 || !parsed) {
      std::fprintf(stderr, "sync: status %d\n", answer.status);
      co_return;
    }
    since = parsed->at("next_batch").as_string().c_str();
    note(*run, *parsed, now);
  }
}

rt::Task<void> speak(Run* run) {
  std::string names;
  for (int i = 0; i < run->bots; ++i) {
    const auto made =
        co_await call(*run, net::Method::Post, run->control, "/control/v1/bots",
                      fmt::format(R"({{"platform":"matrix","username":"b{}"}})", i), {});
    const auto bot = parse_json(made.body);
    if (made.status != 200 || !bot) {
      std::fprintf(stderr, "bot %d: status %d\n", i, made.status);
      std::_Exit(1);
    }
    run->tokens.emplace_back(bot->at("token").as_string().c_str());
    names += fmt::format(R"({}"b{}")", i == 0 ? "" : ",", i);
  }
  const auto room = co_await call(
      *run, net::Method::Post, run->control, "/control/v1/rooms",
      fmt::format(R"({{"platform":"matrix","title":"Hall","people":["anna"],"bots":[{}]}})", names),
      {});
  if (room.status != 200) std::_Exit(1);
  for (const auto& token : run->tokens) rt::spawn(*run->scope, "poll", &poll, run, token);
  (void)co_await rt::sleep_for(run->loop, kWarmUp);  // nothing cancels it
  auto next = run->loop.now();
  for (int i = 0; i < run->messages; ++i) {
    next += kBetween;
    (void)co_await rt::sleep_until(run->loop, next);
    run->intended.push_back(next);
    const auto answer =
        co_await call(*run, net::Method::Post, run->control, "/control/v1/messages",
                      fmt::format(R"({{"room":"Hall","from":"anna","text":"{}"}})", i), {});
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
    std::fprintf(stderr, "usage: matrix_pollers MATRIX_URL CONTROL_URL BOTS MESSAGES\n");
    return 2;
  }
  const auto matrix = net::Url::parse(argv[1]);
  const auto control = net::Url::parse(argv[2]);
  if (!matrix || !control) return 2;
  rt::Loop loop;
  net::SocketTransport::Options options;
  options.max_connections_per_origin = 2048;
  net::SocketTransport transport(loop, options);
  Run run{loop, transport, *matrix, *control, std::atoi(argv[3]), std::atoi(argv[4]), {}, {}};
  rt::TaskScope scope(loop);
  run.scope = &scope;
  rt::spawn(scope, "speak", &speak, &run);
  loop.run();
  std::fflush(stdout);
  std::_Exit(0);  // polls are still held: there is nothing to wait for
}
