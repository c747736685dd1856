// An application service that takes transactions and counts: the first one is answered when
// `EVENTS` messages wait behind it, then the clock runs until all of them have come.
// `matrix_service PORT CONTROL_URL EVENTS`
#include "chorus/base/json.hpp"
#include "chorus/net/server.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace chorus;

class Service final : public net::Handler {
 public:
  Service(rt::Loop& loop, net::Transport& transport, net::Url control, std::size_t events)
      : loop_(loop), transport_(transport), control_(std::move(control)), wanted_(events) {}

  rt::Task<net::Response> handle(net::Request request) override {
    if (began_ == MonoTime{}) {
      while (co_await waiting() < wanted_) {
        (void)co_await rt::sleep_for(loop_, std::chrono::milliseconds(50));  // nothing cancels it
      }
      began_ = loop_.now();
    }
    // What a bridge does at least: find where the events are.
    std::size_t count = 0;
    for (auto at = request.body.find("\"event_id\":"); at != std::string::npos;
         at = request.body.find("\"event_id\":", at + 1)) {
      ++count;
    }
    seen_ += count;
    if (seen_ >= wanted_) {
      const auto took = to_seconds(loop_.now() - began_);
      std::printf("%zu events in %.2f s: %.0f per second\n", seen_, took,
                  static_cast<double>(seen_) / took);
      std::fflush(stdout);
      std::_Exit(0);
    }
    co_return net::Response::json(200, "{}");
  }

 private:
  rt::Task<std::size_t> waiting() {
    net::Request request;
    request.target = "/control/v1/appservices";
    request.headers.add("Host", fmt::format("{}:{}", control_.host, control_.port));
    const auto answer = co_await transport_.call(control_, std::move(request), {});
    if (!answer) co_return 0;
    const auto parsed = parse_json(answer->body);
    if (!parsed || !parsed->is_array() || parsed->get_array().empty()) co_return 0;
    co_return static_cast<std::size_t>(
        find_int(parsed->get_array()[0].as_object(), "waiting").value_or(0));
  }

  rt::Loop& loop_;
  net::Transport& transport_;
  net::Url control_;
  std::size_t wanted_;
  std::size_t seen_ = 0;
  MonoTime began_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: matrix_service PORT CONTROL_URL EVENTS\n");
    return 2;
  }
  const auto endpoint = net::Endpoint::parse(argv[1]);
  const auto control = net::Url::parse(argv[2]);
  if (!endpoint || !control) return 2;
  rt::Loop loop;
  net::SocketTransport transport(loop, {});
  Service service(loop, transport, *control, static_cast<std::size_t>(std::atoll(argv[3])));
  net::Server::Options options;
  options.max_body = 16 * 1024 * 1024;
  net::Server server(loop, service, options);
  if (const auto listening = server.listen(*endpoint); !listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return 1;
  }
  loop.run();
  return 0;
}
