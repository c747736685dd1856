#pragma once

#include "chorus/admin/operations_ports.hpp"
#include "chorus/admin/persona_ports.hpp"
#include "chorus/admin/ports.hpp"
#include "chorus/admin/settings_ports.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/net/router.hpp"

#include <memory>

namespace chorus::admin {

/// The HTTP side of `chorus serve`: the founding routes (POST /bots, POST /chats, GET /queue/stats,
/// POST /webhook/telegram/{token}, GET /healthz, GET /metrics, header X-API-Key), and /api/v1 for
/// `chorus status|pause|resume|stop|personas` and what comes after it. Always answers JSON, except
/// /metrics.
///
/// `/healthz` and `/queue/stats` need no key (counts only); `/metrics` none on loopback; webhooks
/// carry their own secret; everything else needs the key. References must outlive the API.
class Api final : public net::Handler {
 public:
  struct Options {
    bool loopback = true;  ///< the listener: decides about /metrics
    // Without one there are no routes of it; each outlives the API.
    PersonaService* personas = nullptr;
    SettingsService* settings = nullptr;
    OperationsService* operations = nullptr;
  };
  /// `webhooks` gets everything below /webhook/.
  Api(FleetService& fleet, KeyCheck& keys, net::Handler& webhooks, metrics::Registry& metrics,
      Options options);
  ~Api() override;
  rt::Task<net::Response> handle(net::Request request) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace chorus::admin
