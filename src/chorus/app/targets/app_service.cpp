#include "chorus/app/targets/app_service.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

namespace chorus::app {

rt::Task<Result<void>> register_app_service(net::Transport& transport, std::string control,
                                            std::string registration) {
  CH_CO_TRY(net::Url base, net::Url::parse(control));
  net::Request request;
  request.method = net::Method::Post;
  request.target = "/control/v1/appservices";
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(registration);
  net::CallOptions options;
  options.timeout = std::chrono::seconds(10);
  const auto answer = co_await transport.call(std::move(base), std::move(request), options);
  if (answer && answer->status == 200) co_return Result<void>{};
  co_return fail(ErrorCode::Unavailable,
                 fmt::format("the sandbox does not take the fleet's application service: {}",
                             answer ? answer->body : answer.error().error.message));
}

}  // namespace chorus::app
