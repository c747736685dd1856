#pragma once

#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/sandbox/faults.hpp"
#include "chorus/sandbox/matrix/app_services.hpp"
#include "chorus/sandbox/matrix/call.hpp"
#include "chorus/sandbox/matrix/dialect.hpp"
#include "chorus/sandbox/matrix/hub.hpp"
#include "chorus/sandbox/matrix/rate_limits.hpp"
#include "chorus/sandbox/matrix/routes.hpp"
#include "chorus/sandbox/world.hpp"

#include <string>

namespace chorus::sandbox::matrix {

/// The Matrix homeserver of the sandbox: the client-server API below `/_matrix/client` and
/// `/_matrix/media`, and pushes to application services. Statuses, error codes and timing follow
/// Synapse (reference matrix.md); what is not simulated says so. One loop; `stop` must be awaited
/// before the destruction.
class MatrixDoor final : public net::Handler {
 public:
  struct Options {
    std::string server_name = "sandbox";
    RateProfile profile = RateProfile::Off;
    /// How long a 429 is held back, to damp tight loops.
    Duration limited_pause = std::chrono::milliseconds(500);
  };
  struct Parts {
    rt::Loop& loop;
    World& world;
    Faults& faults;
    net::Transport& services;
    metrics::Registry& metrics;
  };
  MatrixDoor(Parts parts, Options options);
  ~MatrixDoor() override;

  rt::Task<net::Response> handle(net::Request request) override;
  /// Begins to push to the application services that the world remembers.
  void start() { services_.start(); }
  /// Ends held syncs at once, and pushes when those under way have their answer, or after `grace`.
  rt::Task<void> stop(Duration grace);

  /// Whether the bot has synced, or its application service has answered.
  [[nodiscard]] bool is_connected(const Account& bot) const;
  void set_profile(RateProfile profile) { limits_.set_profile(profile); }
  [[nodiscard]] RateProfile profile() const { return limits_.profile(); }

  Hub& hub() { return hub_; }
  AppServices& services() { return services_; }

 private:
  Step<void> authenticate(Call& call, Auth auth);
  Step<void> masquerade(Call& call, AppService& service);
  rt::Task<Reply> perform(const Route& route, Call& call);
  rt::Task<net::Response> with_fault(FaultAction fault, const Route& route, Call& call);
  rt::Task<net::Response> finish(Call& call, Reply reply);
  net::Response respond(Call& call, Reply reply);
  void note_ready(Call& call);
  rt::Task<Reply> sync(Call& call);
  rt::Task<Reply> ping(Call& call);
  void sweep_typing_later();
  static rt::Task<void> sweep_typing(MatrixDoor* door);

  Parts parts_;
  Options options_;
  Hub hub_;
  MatrixDialect dialect_;
  AppServices services_;
  RateLimits limits_;
  rt::TaskScope scope_;
  bool sweeping_ = false;
  bool stopping_ = false;
  metrics::Counter& calls_;
};

}  // namespace chorus::sandbox::matrix
