#pragma once

// What the pollers of both platforms share: one person speaks in a room with many bots, and each
// bot notes how long a message took to reach it, from the moment at which it should have been sent.
#include "chorus/base/json.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace chorus::bench {

struct FanOut {
  rt::Loop& loop;
  net::Transport& transport;
  rt::TaskScope& scope;
  net::Url platform;
  net::Url control;
  int bots;
  int messages;
  std::vector<MonoTime> intended{};
  std::vector<double> latencies_ms{};
  bool done = false;

  /// 599 with the reason for an exchange that did not come about.
  rt::Task<net::Response> call(net::Method method, net::Url base, std::string target,
                               std::string body = {}, std::string token = {}) {
    net::Request request;
    request.method = method;
    request.target = std::move(target);
    request.headers.add("Host", fmt::format("{}:{}", base.host, base.port));
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    if (!token.empty()) request.headers.add("Authorization", "Bearer " + token);
    request.body = std::move(body);
    net::CallOptions options;
    options.timeout = std::chrono::seconds(60);
    auto answer = co_await transport.call(std::move(base), std::move(request), options);
    if (!answer) co_return net::Response::text(599, answer.error().error.message);
    co_return std::move(*answer);
  }

  /// A bot got the text of message `index`; other texts are none of ours.
  void note(const std::string& text, MonoTime now) {
    const auto index = static_cast<std::size_t>(std::atoll(text.c_str()));
    if (index < intended.size()) latencies_ms.push_back(to_millis(now - intended[index]));
  }

  /// Lets the bots connect, says every message at its time, prints the latencies and stops the
  /// loop.
  rt::Task<void> speak(std::string room) {
    (void)co_await rt::sleep_for(loop, std::chrono::seconds(3));  // nothing cancels it
    auto next = loop.now();
    for (int i = 0; i < messages; ++i) {
      next += std::chrono::milliseconds(200);
      (void)co_await rt::sleep_until(loop, next);
      intended.push_back(next);
      const auto answer =
          co_await call(net::Method::Post, control, "/control/v1/messages",
                        fmt::format(R"({{"room":"{}","from":"anna","text":"{}"}})", room, i));
      if (answer.status != 200) std::fprintf(stderr, "message %d: status %d\n", i, answer.status);
    }
    (void)co_await rt::sleep_for(loop, std::chrono::seconds(1));
    std::ranges::sort(latencies_ms);
    const auto at = [&](double share) {
      const auto last = static_cast<double>(latencies_ms.size() - 1);
      return latencies_ms.empty() ? 0.0 : latencies_ms[static_cast<std::size_t>(share * last)];
    };
    std::printf("%zu of %d delivered; p50 %.1f ms, p90 %.1f, p99 %.1f, max %.1f\n",
                latencies_ms.size(), bots * messages, at(0.5), at(0.9), at(0.99), at(1));
    done = true;
    loop.stop();
  }
};

/// `NAME PLATFORM_URL CONTROL_URL BOTS MESSAGES`: runs `begin`, which starts the bots and the
/// person.
inline int run_fan_out(int argc, char** argv, rt::Task<void> (*begin)(FanOut*)) {
  const auto platform = argc == 5 ? net::Url::parse(argv[1]) : fail(ErrorCode::InvalidArgument, "");
  const auto control = argc == 5 ? net::Url::parse(argv[2]) : fail(ErrorCode::InvalidArgument, "");
  if (!platform || !control) {
    std::fprintf(stderr, "usage: %s PLATFORM_URL CONTROL_URL BOTS MESSAGES\n", argv[0]);
    return 2;
  }
  rt::Loop loop;
  net::SocketTransport::Options options;
  options.max_connections_per_origin = 2048;
  net::SocketTransport transport(loop, options);
  rt::TaskScope scope(loop);
  FanOut run{loop, transport, scope, *platform, *control, std::atoi(argv[3]), std::atoi(argv[4])};
  rt::spawn(scope, "begin", begin, &run);
  loop.run();
  std::fflush(stdout);
  std::_Exit(0);  // polls are still held: there is nothing to wait for
}

}  // namespace chorus::bench
