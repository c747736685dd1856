#include "chorus/net/detail/client_pool.hpp"

#include <optional>
#include <utility>

namespace chorus::net::detail {

namespace {

constexpr std::size_t kMaxWaiters = 64 * 1024;

}  // namespace

ClientPool::ClientPool(rt::Loop& loop, Options options)
    : loop_(loop), options_(options), sweep_timer_(loop, &ClientPool::on_sweep, this) {}

ClientPool::~ClientPool() = default;

ClientPool::Lease::~Lease() {
  if (!pool_) return;
  wire.reset();
  pool_->release(*origin_);
}

void ClientPool::Lease::keep() {
  if (!pool_) return;
  ClientPool& pool = *pool_;
  const MonoTime until = pool.loop_.now() + pool.options_.keep_alive;
  origin_->idle.push_back({std::move(wire), until});
  if (!pool.sweep_armed_) {
    pool.sweep_armed_ = true;
    pool.sweep_timer_.arm(until);
  }
  const auto alive = std::exchange(pool_, nullptr);
  alive->release(*origin_);
}

rt::Task<Result<ClientPool::Lease>> ClientPool::acquire(std::string key, MonoTime due) {
  auto& slot = origins_[key];
  if (!slot) {
    slot = std::make_unique<Origin>();
    slot->key = key;
  }
  // An origin stays while it has waiters, users or idle connections, so it outlives this call.
  Origin& origin = *slot;
  if (origin.in_use < options_.cap && origin.waiters.empty()) {
    ++origin.in_use;
  } else {
    if (origin.waiters.size() >= kMaxWaiters) {
      co_return fail(ErrorCode::QueueFull, "too many calls wait for a connection to " + key);
    }
    Waiter waiter(loop_);
    const auto place = origin.waiters.insert(origin.waiters.end(), &waiter);
    auto woken = rt::Notify::Woken::Notified;
    while (!waiter.granted && woken == rt::Notify::Woken::Notified) {
      woken = co_await waiter.notify.wait_until(due);
    }
    if (!waiter.granted) {
      origin.waiters.erase(place);
      if (woken == rt::Notify::Woken::Cancelled) co_return fail(ErrorCode::Cancelled);
      co_return fail(ErrorCode::Timeout, "no free connection to " + key + " in time");
    }
  }
  Lease lease;
  lease.pool_ = shared_from_this();
  lease.origin_ = &origin;
  lease.wire = take_idle(origin);
  lease.reused = lease.wire != nullptr;
  co_return std::move(lease);
}

/// The most recently used one: it is the least likely to have been closed by the server.
std::unique_ptr<Wire> ClientPool::take_idle(Origin& origin) {
  while (!origin.idle.empty()) {
    Idle idle = std::move(origin.idle.back());
    origin.idle.pop_back();
    if (idle.until > loop_.now() && !idle.wire->stale()) return std::move(idle.wire);
  }
  return nullptr;
}

void ClientPool::release(Origin& origin) {
  if (!origin.waiters.empty()) {
    Waiter* next = origin.waiters.front();
    origin.waiters.pop_front();
    next->granted = true;  // the permit passes over; nobody can come between
    next->notify.notify_one();
    return;
  }
  --origin.in_use;
  forget_if_unused(origin);
}

void ClientPool::forget_if_unused(Origin& origin) {
  if (origin.in_use > 0 || !origin.idle.empty() || !origin.waiters.empty()) return;
  origins_.erase(origins_.find(origin.key));
}

void ClientPool::close_idle() {
  for (auto it = origins_.begin(); it != origins_.end();) {
    Origin& origin = *(it++)->second;
    origin.idle.clear();
    forget_if_unused(origin);
  }
}

void ClientPool::sweep() {
  sweep_armed_ = false;
  const MonoTime now = loop_.now();
  std::optional<MonoTime> next;
  for (auto it = origins_.begin(); it != origins_.end();) {
    Origin& origin = *(it++)->second;
    while (!origin.idle.empty() && origin.idle.front().until <= now) origin.idle.pop_front();
    if (!origin.idle.empty() && (!next || origin.idle.front().until < *next)) {
      next = origin.idle.front().until;
    }
    forget_if_unused(origin);
  }
  if (!next) return;
  sweep_armed_ = true;
  sweep_timer_.arm(*next);
}

}  // namespace chorus::net::detail
