#include "chorus/app/watch/watcher.hpp"

#include "chorus/base/units.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace chorus::app {

namespace {

/// How soon the end of a process is noticed: its status is known until its parent asks for it.
constexpr Duration kLook = std::chrono::milliseconds(100);
constexpr Duration kShow = std::chrono::milliseconds(250);
constexpr Duration kLastReading = std::chrono::seconds(1);
/// A reading that is due at the end has begun by then.
constexpr Duration kLateStart = std::chrono::milliseconds(50);

}  // namespace

std::string shown_address(const net::Url& url) {
  return url.origin() + url.path.substr(0, url.path.find('?'));
}

Watcher::Watcher(rt::Loop& loop, net::Transport& transport, WatchSources sources,
                 lab::Watch::Options options)
    : loop_(loop),
      transport_(transport),
      sources_(std::move(sources)),
      every_(options.every),
      total_(options.total),
      pool_(loop),
      scope_(loop),
      changed_(loop),
      watch_(std::move(options)),
      start_(loop.now()) {
  if (sources_.metrics) watch_.use(From::Metrics, shown_address(*sources_.metrics));
  if (sources_.sandbox) watch_.use(From::Sandbox, shown_address(*sources_.sandbox));
  if (sources_.pid) watch_.use(From::Process, fmt::format("process {}", *sources_.pid));
}

rt::Task<Result<std::string>> Watcher::get(const net::Url& url, std::string target) {
  net::Request request;
  request.target = std::move(target);
  request.headers.add("Accept", "text/plain;version=0.0.4, application/json;q=0.9, */*;q=0.1");
  net::CallOptions options;
  options.timeout = kAnswerWithin;
  options.max_body = kMaxBody;
  auto answer = co_await transport_.call(url, std::move(request), options);
  if (!answer) co_return std::unexpected(answer.error().error);
  if (answer->status != 200) {
    co_return fail(ErrorCode::Unavailable, fmt::format("it answered {}", answer->status));
  }
  co_return std::move(answer->body);
}

rt::Task<Result<void>> Watcher::read_process() {
  const auto process = process_;
  auto samples = co_await pool_.run([process] {
    const auto own = static_cast<int>(getpid());
    std::pair<lab::ProcessSample, lab::ProcessSample> out;
    out.second = lab::sample_processes({own}, "/proc", false);
    if (process) out.first = lab::sample_processes({process->pid});
    return out;
  });
  if (!samples) co_return std::unexpected(samples.error());
  if (process && samples->first.processes == 0) {
    co_return fail(ErrorCode::NotFound, "it is gone");
  }
  watch_.processes(elapsed(), samples->first, samples->second);
  co_return Result<void>{};
}

rt::Task<Result<void>> Watcher::read(From from) {
  if (from == From::Process) co_return co_await read_process();
  const bool metrics = from == From::Metrics;
  const auto url = metrics ? *sources_.metrics : *sources_.sandbox;
  auto body = co_await get(url, metrics ? url.path : url.path + "/control/v1/stats");
  if (!body) co_return std::unexpected(body.error());
  co_return metrics ? watch_.metrics(elapsed(), *body) : watch_.sandbox(elapsed(), *body);
}

rt::Task<Result<void>> Watcher::begin() {
  if (sources_.pid) {
    const int pid = *sources_.pid;
    auto found = co_await pool_.run([pid] { return find_process(pid); });
    if (!found) co_return std::unexpected(found.error());
    if (!*found) co_return std::unexpected(found->error());
    process_ = **found;
  }
  start_ = loop_.now();
  for (const auto from : {From::Metrics, From::Sandbox}) {
    if (!watch_.uses(from)) continue;
    const bool metrics = from == From::Metrics;
    const auto first = co_await read(from);
    if (first) continue;
    const auto address = shown_address(metrics ? *sources_.metrics : *sources_.sandbox);
    co_return fail(ErrorCode::Unavailable,
                   metrics
                       ? fmt::format("no metrics come from {}: {}", address, first.error().message)
                       : fmt::format("no sandbox answers at {}: {}; it is its control port "
                                     "that is wanted, 'control' of what chorus sandbox prints",
                                     address, first.error().message));
  }
  co_return co_await read_process();
}

rt::Task<void> Watcher::keep_reading(Watcher* self, From from) {
  auto due = self->start_ + self->every_;
  while (!self->scope_.stopping()) {
    if (!co_await rt::sleep_until(self->loop_, due)) co_return;
    if (self->end_) co_return;
    ++self->reading_;
    const auto read = co_await self->read(from);
    if (--self->reading_ == 0 && self->end_) self->changed_.notify_all();
    if (self->scope_.stopping()) co_return;
    // The end of the process is told by keep_looking; what watching costs is read in any case.
    if (!read && !self->end_) self->watch_.failed(from, self->elapsed(), read.error().message);
    // A reading that took longer than an interval leaves its successors out.
    const auto passed = self->loop_.now() - self->start_;
    due = self->start_ + self->every_ * (passed / self->every_ + 1);
  }
}

rt::Task<void> Watcher::keep_looking(Watcher* self) {
  while (!self->scope_.stopping()) {
    if (!co_await rt::sleep_for(self->loop_, kLook)) co_return;
    const auto process = *self->process_;
    auto ended = co_await self->pool_.run([process] { return how_it_ended(process); });
    if (!ended || !*ended) continue;
    if (!self->end_) self->end_ = {lab::RunEnd::TargetEnded, std::move(**ended)};
    self->changed_.notify_all();
    co_return;
  }
}

void Watcher::stop(std::string why) {
  if (!end_) {
    const bool early = total_ > Duration::zero();
    end_ = {early ? lab::RunEnd::Interrupted : lab::RunEnd::Complete, std::move(why)};
  }
  changed_.notify_all();
}

rt::Task<lab::WatchEnd> Watcher::follow(std::function<void(Duration at)> shown) {
  for (const auto from : {From::Metrics, From::Sandbox}) {
    if (watch_.uses(from)) rt::spawn(scope_, "watch source", &Watcher::keep_reading, this, from);
  }
  rt::spawn(scope_, "watch process", &Watcher::keep_reading, this, From::Process);
  if (process_) rt::spawn(scope_, "watch end", &Watcher::keep_looking, this);
  const auto until = total_ > Duration::zero() ? start_ + total_ + kLateStart : MonoTime::max();
  while (!end_) {
    if (shown) shown(elapsed());
    const auto now = loop_.now();
    if (now >= until) {
      end_ = {lab::RunEnd::Complete, "after " + format_duration_compact(total_)};
      break;
    }
    if (co_await changed_.wait_until(std::min(until, now + kShow)) ==
        rt::Notify::Woken::Cancelled) {
      end_ = {lab::RunEnd::Interrupted, "when it was told to"};
    }
  }
  // Readings under way are the last ones and belong to it; those that sleep are not waited for.
  const auto patience = loop_.now() + kLastReading;
  while (reading_ > 0 && loop_.now() < patience) {
    if (co_await changed_.wait_until(patience) == rt::Notify::Woken::Cancelled) break;
  }
  co_await scope_.close();
  co_return *end_;
}

}  // namespace chorus::app
