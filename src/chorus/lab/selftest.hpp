#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/time.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/task.hpp"

#include <cstdint>
#include <string>

namespace chorus::lab {

struct SelftestOptions {
  double rate = 1000;  ///< requests per second
  Duration length = std::chrono::seconds(12);
  Duration stall_at = std::chrono::milliseconds(6500);
  Duration stall = std::chrono::seconds(2);
};

/// What the stall test found.
struct SelftestReport {
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  double p50_ms = 0;
  double p90_ms = 0;
  double p95_ms = 0;
  double p99_ms = 0;  ///< as a run would report it, from the intended time
  double max_ms = 0;
  double true_p99_ms = 0;  ///< from the schedule and the stall alone
  double ratio = 0;        ///< p99_ms / true_p99_ms
  double late_p50_ms = 0;  ///< how late the lab woke, outside the stall and within
  double late_p99_ms = 0;
  double late_max_ms = 0;
  bool ok = false;  ///< ratio within 0.98 to 1.02, nothing failed
};

/// A server that stops answering once, for a while. Real servers do it when they collect garbage.
class StallingServer final : public net::Handler {
 public:
  StallingServer(rt::Loop& loop, MonoTime from, MonoTime to) : loop_(loop), from_(from), to_(to) {}
  rt::Task<net::Response> handle(net::Request request) override;

 private:
  rt::Loop& loop_;
  MonoTime from_;
  MonoTime to_;
};

/// Proves on this machine that the lab's numbers are honest: it sends on an absolute schedule to a
/// server that stalls once, and compares the p99 it reports with the p99 that the stall dictates.
/// `transport` must lead to a StallingServer at `url` made with the times
/// `begin + stall_at .. begin + stall_at + stall`. Takes `length` and the stall.
rt::Task<SelftestReport> run_selftest(rt::Loop& loop, net::Transport& transport, net::Url url,
                                      MonoTime begin, SelftestOptions options);

/// The whole test with a server and sockets of its own on loopback. Errors: those of listening.
rt::Task<Result<SelftestReport>> selftest_on_loopback(rt::Loop& loop, SelftestOptions options);

/// For a terminal: the numbers, what they mean, and OK or not.
std::string selftest_text(const SelftestReport& report);

}  // namespace chorus::lab
