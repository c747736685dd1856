#pragma once

#include "chorus/base/secret.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/http.hpp"
#include "chorus/platform/matrix/intake.hpp"

#include <string>
#include <utility>

namespace chorus::platform {

/// Takes what a homeserver pushes to an application service, below `/_matrix/app/`: transactions,
/// questions about users and rooms, pings. A transaction is answered 200 only when its events are
/// in the inbox of every bot concerned; 503 when the inbox cannot take them now, and the homeserver
/// sends the same transaction again. One whose answer was lost comes again too: it is answered, and
/// read no second time. Events that came before, in whatever transaction, are known by
/// their ids. 401 without a token, 403 with a wrong one; no answer and no log line holds either.
/// Source: application service API; legacy paths without the prefix are not served.
///
/// One loop; references must outlive the receiver.
class MatrixAppService final : public net::Handler {
 public:
  MatrixAppService(MatrixIntake& intake, metrics::Registry& metrics, Secret hs_token);
  rt::Task<net::Response> handle(net::Request request) override;

 private:
  rt::Task<net::Response> take(std::string id, std::string body);
  [[nodiscard]] net::Response about_user(std::string_view user_id) const;

  MatrixIntake& intake_;
  Secret hs_token_;
  /// Of the last one that was taken in: its id and the digest of its body.
  std::pair<std::string, std::string> last_taken_;
  metrics::Counter& transactions_;
  metrics::Counter& malformed_;
  metrics::Counter& refused_;
};

}  // namespace chorus::platform
