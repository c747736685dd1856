#pragma once

#include "chorus/net/detail/wire.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/sleep.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>

namespace chorus::net::detail {

/// Connections by origin. A caller holds a permit while it uses one, so that in use + idle never
/// exceeds the cap; without a permit it waits in FIFO order. Shared by the transport and by the
/// leases that are out: a stream may outlive the transport.
class ClientPool : public std::enable_shared_from_this<ClientPool> {
 private:
  struct Waiter {
    explicit Waiter(rt::Loop& loop) : notify(loop) {}
    rt::Notify notify;
    bool granted = false;
  };
  struct Idle {
    std::unique_ptr<Wire> wire;
    MonoTime until;
  };
  struct Origin {
    std::string key;
    std::deque<Idle> idle;  // oldest first
    std::list<Waiter*> waiters;
    std::size_t in_use = 0;
  };

 public:
  struct Options {
    std::size_t cap = 256;
    Duration keep_alive = std::chrono::seconds(50);
  };
  ClientPool(rt::Loop& loop, Options options);
  ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  /// The right to use one connection of an origin, and the connection when there is one.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&& other) noexcept {
      std::swap(wire, other.wire);
      std::swap(reused, other.reused);
      std::swap(pool_, other.pool_);
      std::swap(origin_, other.origin_);
      return *this;
    }
    ~Lease();
    std::unique_ptr<Wire> wire;  ///< null: the caller connects
    bool reused = false;
    /// Puts the connection back for others instead of closing it.
    void keep();

   private:
    friend class ClientPool;
    std::shared_ptr<ClientPool> pool_;
    Origin* origin_ = nullptr;
  };

  /// Errors: Timeout, Cancelled, QueueFull.
  rt::Task<Result<Lease>> acquire(std::string origin, MonoTime due);
  void close_idle();

 private:
  void release(Origin& origin);
  void forget_if_unused(Origin& origin);
  std::unique_ptr<Wire> take_idle(Origin& origin);
  void sweep();
  static void on_sweep(void* pool) noexcept { static_cast<ClientPool*>(pool)->sweep(); }

  rt::Loop& loop_;
  Options options_;
  std::map<std::string, std::unique_ptr<Origin>, std::less<>> origins_;
  rt::Deadline sweep_timer_;
  bool sweep_armed_ = false;
};

}  // namespace chorus::net::detail
