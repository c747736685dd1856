#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/matrix/app_services.hpp"
#include "chorus/sandbox/matrix/taken.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

/// Pushing transactions. Source: reference matrix.md 1.6.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

namespace {

constexpr int kLongestBackOff = 9;  // 2^9 = 512 s
constexpr Duration kAnswerWithin = std::chrono::seconds(60);
constexpr Duration kStopCheck = std::chrono::milliseconds(5);
constexpr std::string_view kMethod = "transactions";

}  // namespace

std::string pushed_event(const RoomLog& log, const LogEvent& event, std::int64_t now_ms) {
  std::string out;
  out.reserve(event.wire.size() + log.id().size() + 64);
  out += event.wire;
  out += R"(,"room_id":)";
  append_json_string(out, log.id());
  out += fmt::format(R"(,"unsigned":{{"age":{}}}}})", std::max<std::int64_t>(0, now_ms - event.ts));
  return out;
}

void AppServices::spawn_lane(AppService& service) {
  if (service.registration_.url.empty() || std::exchange(service.has_lane_, true)) return;
  rt::spawn(scope_, "application service", &AppServices::run, this,
            std::string(service.registration_.id));
}

rt::Task<void> AppServices::run(AppServices* self, std::string id) {
  const auto found = self->services_.find(id);
  if (found == self->services_.end()) co_return;
  auto* service = found->second.get();  // kept until the scope has ended
  while (!service->stopped_) {
    if (service->queue_.empty()) {
      if (!co_await service->wake_.wait()) co_return;
      continue;
    }
    // The batch is what has gathered; one that was on its way before a restart is the same again.
    auto count = std::min(service->queue_.size(), mx::kMaxTransactionEvents);
    if (service->under_way_ > 0) {
      std::size_t same = 0;
      while (same < count && service->queue_[same].event->position <= service->under_way_) ++same;
      if (same > 0) count = same;
    }
    const auto now_ms = to_micros(self->loop_.wall_now()) / 1000;
    std::vector<std::string> events;
    events.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& item = service->queue_[i];
      events.push_back(pushed_event(*item.log, *item.event, now_ms));
    }
    std::string body;
    mx::append_transaction(body, events, {});
    const auto txn = std::to_string(service->next_txn_);
    service->under_way_ = service->queue_[count - 1].event->position;
    self->hub_.record(fmt::format(R"({{"k":"push","service":{},"txn":{},"upto":{}}})",
                                  json::serialize(json::string(id)), service->next_txn_,
                                  service->under_way_));
    for (int attempt = 1; !service->stopped_; ++attempt) {
      if (co_await self->push(service, txn, body, count)) break;
      ++service->failures_;
      const auto pause = std::chrono::seconds(1LL << std::min(attempt, kLongestBackOff));
      if (!co_await rt::sleep_for(self->loop_, pause)) co_return;
    }
  }
}

rt::Task<bool> AppServices::push(AppService* service, std::string txn, std::string body,
                                 std::size_t count) {
  std::optional<FaultAction> fault;
  if (!faults_.empty()) {
    const auto* sender = service->sender_;
    const auto bot = sender != nullptr ? sender->account->id : PlatformUserId(0);
    fault = faults_.hit({"matrix", kMethod, bot, {}}, loop_.now());
  }
  if (fault && fault->latency) {
    if (!co_await rt::sleep_for(loop_, faults_.draw(*fault->latency))) co_return false;
  }
  if (fault && (fault->drop == FaultAction::Drop::Before || fault->status != 0)) co_return false;
  const auto url = net::Url::parse(service->registration_.url);
  if (!url) co_return false;
  const auto sent = loop_.now();
  bool taken = false;
  for (int copy = 0; copy < (fault && fault->duplicate ? 2 : 1); ++copy) {
    net::Request request;
    request.method = net::Method::Put;
    request.target = fmt::format("{}/_matrix/app/v1/transactions/{}", url->path, txn);
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Authorization", "Bearer " + service->registration_.hs_token);
    request.body = body;
    net::CallOptions options;
    options.timeout = kAnswerWithin;
    ++active_;
    const auto answer = co_await transport_.call(*url, std::move(request), options);
    --active_;
    taken = answer.has_value() && answer->status == 200;
  }
  if (service->stopped_) co_return false;
  if (fault && fault->drop == FaultAction::Drop::After) co_return false;
  if (!taken) co_return false;
  const auto exchange = loop_.now() - sent;
  service->failures_ = 0;
  // Each bot of the service that waited for one of these has it now.
  MessageKeys messages;
  std::set<std::int64_t> rooms;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& item = service->queue_[i];
    if (!item.event->message) continue;
    messages.emplace(item.log->room().id, item.event->message);
    rooms.insert(item.log->room().serial);
  }
  std::set<Account*> bots;
  for (const auto serial : rooms) {
    if (const auto* room = hub_.world().find_serial(serial)) {
      bots.insert(room->bots.begin(), room->bots.end());
    }
  }
  for (auto* bot : bots) {
    if (hub_.user_of(*bot).service != service || !bot->queue || bot->queue->empty()) continue;
    take_from_queue(hub_.world(), *bot, messages, exchange, true);
  }
  confirm(*service, count);
  co_return true;
}

void AppServices::confirm(AppService& service, std::size_t count) {
  service.confirmed_ = service.queue_[count - 1].event->position;
  service.queue_.erase(service.queue_.begin(),
                       service.queue_.begin() + static_cast<std::ptrdiff_t>(count));
  service.under_way_ = 0;
  ++service.next_txn_;
  hub_.record(fmt::format(R"({{"k":"pushed","service":{},"txn":{},"upto":{}}})",
                          json::serialize(json::string(service.registration_.id)),
                          service.next_txn_, service.confirmed_));
}

rt::Task<int> AppServices::ping(AppService* service, std::string transaction) {
  const auto url = net::Url::parse(service->registration_.url);
  if (!url) co_return 0;
  net::Request request;
  request.method = net::Method::Post;
  request.target = url->path + "/_matrix/app/v1/ping";
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Authorization", "Bearer " + service->registration_.hs_token);
  JsonWriter(request.body).begin_object().field("transaction_id", transaction).end_object();
  const auto answer = co_await transport_.call(*url, std::move(request), net::CallOptions());
  co_return answer ? answer->status : 0;
}

rt::Task<void> AppServices::stop(Duration grace) {
  started_ = false;
  for (auto& [id, service] : services_) service->wake_.notify_all();
  // A transaction under way may have arrived: cut, it would be repeated after a restart.
  const auto deadline = loop_.now() + grace;
  while (active_ > 0 && loop_.now() < deadline) {
    if (!co_await rt::sleep_for(loop_, kStopCheck)) break;
  }
  co_await scope_.close();
}

}  // namespace chorus::sandbox::matrix
