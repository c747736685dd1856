#pragma once

#include "chorus/lab/run.hpp"
#include "chorus/net/router.hpp"

namespace chorus::lab {

/// Live control of a run over HTTP, on the sandbox's control port:
///
///     GET  /control/v1/lab                                  {name, phase, paused, factor, people?,
///     ...} POST /control/v1/lab/pause | /resume | /stop          the same, after it POST
///     /control/v1/lab/scale  {factor} or {people}
///
/// Errors as the sandbox's control API gives them: 400, and 409 for what is so already. POSTs are
/// JSON (an empty body will do where nothing is to be said). One thread, the run's.
class LiveControl final : public net::Handler {
 public:
  /// `run` must outlive it.
  explicit LiveControl(Run& run);
  rt::Task<net::Response> handle(net::Request request) override;

 private:
  Result<SteerCommand> scale(const net::Request& request) const;
  net::Response steer(const Result<SteerCommand>& command);
  [[nodiscard]] net::Response status() const;
  Run& run_;
  net::Router router_;
};

}  // namespace chorus::lab
