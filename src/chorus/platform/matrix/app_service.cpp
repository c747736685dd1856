#include "chorus/platform/matrix/app_service.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/crypto/hash.hpp"
#include "chorus/net/router.hpp"
#include "chorus/proto/matrix/appservice.hpp"
#include "chorus/proto/matrix/errors.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr std::string_view kComponent = "matrix service";
constexpr std::string_view kRoot = "/_matrix/app/v1/";

net::Response refusal(int status, std::string errcode, std::string why) {
  matrix::ApiError error;
  error.status = status;
  error.errcode = std::move(errcode);
  error.error = std::move(why);
  std::string body;
  matrix::append_error(body, error);
  return net::Response::json(status, std::move(body));
}

std::string token_of(const net::Request& request) {
  constexpr std::string_view kBearer = "Bearer ";
  const auto header = request.headers.get("Authorization");
  if (header.starts_with(kBearer)) return std::string(header.substr(kBearer.size()));
  return request.query_param("access_token").value_or("");  // servers before version 1.4
}

}  // namespace

MatrixAppService::MatrixAppService(MatrixIntake& intake, metrics::Registry& metrics,
                                   Secret hs_token)
    : intake_(intake),
      hs_token_(std::move(hs_token)),
      transactions_(metrics.counter("chorus_matrix_transactions_total",
                                    "Transactions of the homeserver that were taken in")),
      malformed_(metrics.counter("chorus_matrix_malformed_transactions_total",
                                 "Transactions that could not be read")),
      refused_(metrics.counter("chorus_matrix_transactions_refused_total",
                               "Transactions answered 503 because the inbox could not take "
                               "them")) {}

rt::Task<net::Response> MatrixAppService::handle(net::Request request) {
  const auto token = token_of(request);
  if (token.empty()) return net::ready(refusal(401, "M_MISSING_TOKEN", "the token is missing"));
  if (hs_token_.empty() || !crypto::constant_time_equal(token, hs_token_.reveal())) {
    log::warn(kComponent, "a request had a wrong hs_token: compare the registration file");
    return net::ready(refusal(403, "M_FORBIDDEN", "wrong hs_token"));
  }
  auto path = request.path();
  if (path.starts_with(kRoot)) {
    path.remove_prefix(kRoot.size());
    if (path.starts_with("transactions/") && request.method == net::Method::Put) {
      std::string id(path.substr(std::string_view("transactions/").size()));
      return take(std::move(id), std::move(request.body));
    }
    if (path.starts_with("users/") && request.method == net::Method::Get) {
      return net::ready(about_user(percent_decode(path.substr(6), false)));
    }
    if (path == "ping" && request.method == net::Method::Post) {
      return net::ready(net::Response::json(200, "{}"));
    }
    if (path.starts_with("rooms/")) {
      return net::ready(refusal(404, "M_NOT_FOUND", "no such alias here"));
    }
  }
  return net::ready(refusal(404, "M_UNRECOGNIZED", "unknown endpoint"));
}

net::Response MatrixAppService::about_user(std::string_view user_id) const {
  if (intake_.knows_user(user_id)) return net::Response::json(200, "{}");
  return refusal(404, "M_NOT_FOUND", "no such bot here");
}

rt::Task<net::Response> MatrixAppService::take(std::string id, std::string body) {
  if (!intake_.ready()) {
    refused_.add();
    co_return refusal(503, "M_UNKNOWN", "the fleet is starting, send it again");
  }
  // Not by the id alone: a homeserver that was set up anew begins with the first one again.
  auto identity = std::pair(std::move(id), crypto::blake2b(body));
  if (identity == last_taken_) co_return net::Response::json(200, "{}");
  auto transaction = matrix::decode_transaction(body);
  if (!transaction) {
    // The same text would come again for ever, and hold up everything behind it.
    malformed_.add();
    log::error(kComponent, "a transaction cannot be read and is left out: {}",
               transaction.error().message);
    co_return net::Response::json(200, "{}");
  }
  malformed_.add(transaction->malformed);
  const auto taken = co_await intake_.take(std::move(transaction->events), std::nullopt);
  if (taken) {
    transactions_.add();
    last_taken_ = std::move(identity);
    co_return net::Response::json(200, "{}");
  }
  refused_.add();
  co_return refusal(503, "M_UNKNOWN", "the inbox cannot take this now, send it again");
}

}  // namespace chorus::platform
