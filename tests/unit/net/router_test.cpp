#include "chorus/net/router.hpp"

#include "net_testing.hpp"
#include <gtest/gtest.h>

namespace chorus::net {
namespace {

rt::Task<Response> describe(Request request, PathParams params) {
  std::string body = std::string(to_string(request.method)) + " " + request.target;
  for (const auto& [name, value] : params) body.append(" ").append(name + "=" + value);
  co_return Response::text(200, std::move(body));
}

class Mounted final : public Handler {
 public:
  rt::Task<Response> handle(Request request) override {
    co_return Response::text(200, "mounted " + request.target);
  }
};

struct Routes {
  Routes() : loop(rt::Loop::Options{.mode = rt::Loop::Mode::Virtual}) {
    router.add(Method::Get, "/", &describe);
    router.add(Method::Get, "/bots", &describe);
    router.add(Method::Post, "/bots", &describe);
    router.add(Method::Get, "/bots/{id}", &describe);
    router.add(Method::Get, "/bots/all", &describe);
    router.add(Method::Get, "/bots/{id}/rooms/{room}", &describe);
    router.add(Method::Delete, "/bots/all/rooms", &describe);
    router.add(Method::Get, "/files/{rest...}", &describe);
    router.mount("/api", mounted);
  }
  Response call(Method method, std::string target) {
    Response response;
    Request request;
    request.method = method;
    request.target = std::move(target);
    testing::run(loop, [](Router* r, Request q, Response* out) -> rt::Task<void> {
      *out = co_await r->handle(std::move(q));
    }(&router, std::move(request), &response));
    return response;
  }
  rt::Loop loop;
  Mounted mounted;
  Router router;
};

TEST(Router, TheMostExactRouteWins) {
  Routes r;
  EXPECT_EQ(r.call(Method::Get, "/").body, "GET /");
  EXPECT_EQ(r.call(Method::Post, "/bots?x=1").body, "POST /bots?x=1");
  EXPECT_EQ(r.call(Method::Get, "/bots/all").body, "GET /bots/all");
  EXPECT_EQ(r.call(Method::Get, "/bots/a%2Fb").body, "GET /bots/a%2Fb id=a/b");
  EXPECT_EQ(r.call(Method::Get, "/bots/all/rooms/7").body, "GET /bots/all/rooms/7 id=all room=7")
      << "a literal branch that leads nowhere is left again";
  EXPECT_EQ(r.call(Method::Get, "/files/a/b.txt").body, "GET /files/a/b.txt rest=a/b.txt");
  EXPECT_EQ(r.call(Method::Head, "/bots").status, 200);
}

TEST(Router, MountsTakeEverythingBelowTheirPrefix) {
  Routes r;
  EXPECT_EQ(r.call(Method::Put, "/api/x?y").body, "mounted /api/x?y");
  EXPECT_EQ(r.call(Method::Get, "/api").body, "mounted /api");
  EXPECT_EQ(r.call(Method::Get, "/apix").status, 404);
}

TEST(Router, UnknownPathsAndMethodsAreJsonErrors) {
  Routes r;
  const Response missing = r.call(Method::Get, "/nowhere");
  EXPECT_EQ(missing.status, 404);
  EXPECT_TRUE(missing.body.starts_with(R"({"error":{"code":"not_found","message":")"));
  EXPECT_EQ(r.call(Method::Get, "/bots/").status, 404);
  const Response method = r.call(Method::Delete, "/bots");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.get("Allow"), "GET, HEAD, POST");
  r.router.fallback(&describe);
  EXPECT_EQ(r.call(Method::Get, "/nowhere").body, "GET /nowhere");
}

TEST(Router, ErrorsCarryTheirRetryTime) {
  const Response response = error_response(
      Error(ErrorCode::RateLimited, "slow \"down\"", std::chrono::milliseconds(1200)));
  EXPECT_EQ(response.status, 429);
  EXPECT_EQ(response.headers.get("Retry-After"), "2");
  EXPECT_EQ(response.body,
            R"({"error":{"code":"rate_limited","message":"slow \"down\"","retry_after_ms":1200}})");
}

}  // namespace
}  // namespace chorus::net
