#include "chorus/app/http_call.hpp"

#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"

#include <optional>

namespace chorus::app {

namespace {

using Answer = std::expected<net::Response, net::TransportError>;

rt::Task<void> exchange(rt::Loop& loop, net::Transport& transport, net::Url base,
                        net::Request request, Duration timeout, std::optional<Answer>& out) {
  net::CallOptions options;
  options.timeout = timeout;
  out = co_await transport.call(std::move(base), std::move(request), options);
  loop.stop();
}

}  // namespace

Result<net::Response> http_call(net::Method method, const net::Url& base, const std::string& path,
                                const std::string& body, const Secret& api_key, Duration timeout) {
  net::Request request;
  request.method = method;
  request.target = base.path + path;
  request.body = body;
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  if (!api_key.empty()) request.headers.add("X-API-Key", std::string(api_key.reveal()));
  return http_send(base, std::move(request), timeout);
}

Result<net::Response> http_send(const net::Url& base, net::Request request, Duration timeout) {
  std::optional<Answer> answer;
  rt::Loop loop;
  {
    net::SocketTransport transport(loop, {});
    rt::TaskScope scope(loop);
    rt::spawn(scope, "http_call", &exchange, std::ref(loop), std::ref(transport), base,
              std::move(request), timeout, std::ref(answer));
    loop.run();
  }
  if (!answer->has_value()) return std::unexpected(answer->error().error);
  return std::move(**answer);
}

}  // namespace chorus::app
