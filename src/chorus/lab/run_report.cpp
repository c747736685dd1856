#include "chorus/base/units.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

// What a run collects for its report alone.
namespace chorus::lab {

namespace {
constexpr std::size_t kMaxExposition = 4 * 1024 * 1024;
}  // namespace

rt::Task<void> Run::Impl::scrape(Impl* self) {
  const auto url = net::Url::parse(self->metrics_url);
  if (!url) {
    self->scrape_log.failed("not an address: " + url.error().message);
    co_return;
  }
  auto due = self->loop.now();
  while (!self->watch_scope.stopping()) {
    net::Request request;
    request.target = url->path.empty() ? "/metrics" : url->path;
    request.headers.add("Accept", "text/plain;version=0.0.4");
    net::CallOptions options;
    options.timeout = std::chrono::seconds(2);
    options.max_body = kMaxExposition;
    const auto answer = co_await self->webhooks.call(*url, std::move(request), options);
    if (self->watch_scope.stopping()) co_return;
    if (!answer) {
      self->scrape_log.failed(answer.error().error.message);
    } else if (answer->status != 200) {
      self->scrape_log.failed(fmt::format("it answered {}", answer->status));
    } else {
      self->scrape_log.add(self->run_time(), answer->body);
    }
    due = std::max(due + self->scrape_log.interval(), self->loop.now());
    if (!co_await rt::sleep_until(self->loop, due)) co_return;
  }
}

}  // namespace chorus::lab
