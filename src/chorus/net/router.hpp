#pragma once

#include "chorus/net/http.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::net {

/// Values of `{name}` parts of a route, percent-decoded.
using PathParams = std::map<std::string, std::string, std::less<>>;

/// Routes by method and path pattern: `/control/v1/messages`, `/bots/{id}`, `/files/{rest...}`.
/// Unknown path: 404; known path, wrong method: 405 with Allow; both with a JSON error
/// `{"error":{"code","message"}}`. HEAD falls back to GET. Look-up is a walk over segments.
class Router final : public Handler {
 public:
  using Function = std::function<rt::Task<Response>(Request, PathParams)>;
  Router();
  ~Router() override;
  /// Checked: the same method and pattern twice is a bug.
  void add(Method method, std::string_view pattern, Function function);
  /// Everything below `prefix` goes to `handler` (which must outlive the router), target unchanged.
  void mount(std::string_view prefix, Handler& handler);
  /// Answers instead of 404.
  void fallback(Function function);
  rt::Task<Response> handle(Request request) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An answer that needs no work, from a handler that is no coroutine.
rt::Task<Response> ready(Response response);

/// `{"error":{"code":"not_found","message":"..."}}` with the status of the code.
Response error_response(const Error& error);

}  // namespace chorus::net
