#include "chorus/lab/selftest.hpp"

#include "chorus/base/units.hpp"
#include "chorus/metrics/histogram.hpp"
#include "chorus/net/server.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

namespace chorus::lab {

namespace {

constexpr Duration kLead = std::chrono::milliseconds(200);
constexpr std::size_t kConnections = 64;

struct Recorded {
  metrics::Histogram response{3, 1000, 3'600'000'000'000};
  metrics::Histogram late{3, 1000, 3'600'000'000'000};
  std::uint64_t failed = 0;
};

std::uint64_t ns(Duration d) {
  return static_cast<std::uint64_t>(std::max<Duration::rep>(0, d.count()));
}

rt::Task<void> send_one(rt::Loop* loop, net::Transport* transport, net::Url url, MonoTime intended,
                        Recorded* out) {
  net::Request request;
  request.target = "/";
  net::CallOptions options;
  const auto answer = co_await transport->call(std::move(url), std::move(request), options);
  if (!answer || answer->status != 200) {
    ++out->failed;
    co_return;
  }
  out->response.record(ns(loop->now() - intended));
}

double ms(std::uint64_t value) {
  return static_cast<double>(value) / 1e6;
}

/// The p99 that the schedule and the stall dictate: requests due within the stall wait for its end,
/// the others wait for nothing.
double dictated_p99_ms(const SelftestOptions& options, double service_ms) {
  std::vector<double> waits;
  const auto n = static_cast<std::size_t>(to_seconds(options.length) * options.rate);
  for (std::size_t k = 0; k < n; ++k) {
    const auto at = from_seconds(static_cast<double>(k) / options.rate);
    const bool stalled = at >= options.stall_at && at < options.stall_at + options.stall;
    waits.push_back(stalled ? to_millis(options.stall_at + options.stall - at) : 0);
  }
  std::ranges::sort(waits);
  const auto rank = static_cast<std::size_t>(std::ceil(0.99 * static_cast<double>(n)));
  return waits[std::max<std::size_t>(rank, 1) - 1] + service_ms;
}

}  // namespace

rt::Task<net::Response> StallingServer::handle(net::Request) {
  if (loop_.now() >= from_ && loop_.now() < to_) {
    (void)co_await rt::sleep_until(loop_, to_);  // cancelled or not, the answer is the same
  }
  co_return net::Response::text(200, "ok");
}

rt::Task<SelftestReport> run_selftest(rt::Loop& loop, net::Transport& transport, net::Url url,
                                      MonoTime begin, SelftestOptions options) {
  Recorded recorded;
  rt::TaskScope scope(loop);
  SelftestReport out;
  const auto n = static_cast<std::uint64_t>(to_seconds(options.length) * options.rate);
  for (std::uint64_t k = 0; k < n; ++k) {
    const auto intended = begin + from_seconds(static_cast<double>(k) / options.rate);
    if (!co_await rt::sleep_until(loop, intended)) break;
    recorded.late.record(ns(loop.now() - intended));
    ++out.requests;
    rt::spawn(scope, "selftest request", &send_one, &loop, &transport, url, intended, &recorded);
  }
  co_await scope.join();
  out.failed = recorded.failed;
  out.p50_ms = ms(recorded.response.percentile(50));
  out.p90_ms = ms(recorded.response.percentile(90));
  out.p95_ms = ms(recorded.response.percentile(95));
  out.p99_ms = ms(recorded.response.percentile(99));
  out.max_ms = ms(recorded.response.max());
  out.late_p50_ms = ms(recorded.late.percentile(50));
  out.late_p99_ms = ms(recorded.late.percentile(99));
  out.late_max_ms = ms(recorded.late.max());
  out.true_p99_ms = dictated_p99_ms(options, out.p50_ms);
  out.ratio = out.true_p99_ms > 0 ? out.p99_ms / out.true_p99_ms : 0;
  out.ok = out.failed == 0 && out.ratio >= 0.98 && out.ratio <= 1.02;
  co_return out;
}

rt::Task<Result<SelftestReport>> selftest_on_loopback(rt::Loop& loop, SelftestOptions options) {
  const auto begin = loop.now() + kLead;
  StallingServer handler(loop, begin + options.stall_at, begin + options.stall_at + options.stall);
  net::Server server(loop, handler, net::Server::Options{});
  CH_CO_TRY_VOID(server.listen(net::Endpoint{}));
  CH_CO_TRY(const auto url, net::Url::parse(server.address()));
  net::SocketTransport::Options pool;
  pool.max_connections_per_origin = kConnections;
  pool.loopback_only = true;
  net::SocketTransport transport(loop, std::move(pool));
  const auto report = co_await run_selftest(loop, transport, url, begin, options);
  transport.close_idle();
  co_await server.drain(std::chrono::seconds(1));
  co_return report;
}

std::string selftest_text(const SelftestReport& r) {
  const auto t = [](double value) { return format_duration(from_seconds(value / 1000)); };
  return fmt::format(
      "Stall self-test: {} requests on an absolute schedule, one stall of the server\n"
      "  reported   p50 {}, p90 {}, p95 {}, p99 {}, max {}\n"
      "  true p99   {}   reported / true {:.3f}   (0.98 to 1.02 is honest)\n"
      "  schedule   woke late p50 {}, p99 {}, max {}\n"
      "  failed     {}\n"
      "{}\n",
      r.requests, t(r.p50_ms), t(r.p90_ms), t(r.p95_ms), t(r.p99_ms), t(r.max_ms), t(r.true_p99_ms),
      r.ratio, t(r.late_p50_ms), t(r.late_p99_ms), t(r.late_max_ms), r.failed,
      r.ok ? "OK: what this machine reports is what happened"
           : "NOT OK: the numbers of this machine cannot be trusted now; is it overloaded?");
}

}  // namespace chorus::lab
