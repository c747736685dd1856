// The subject of net_echo.sh: net::Server with its deadlines, limits and metrics on; a handler that
// reads a JSON body and writes a JSON answer of the size of a sendMessage result.
#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/net/server.hpp"

#include <csignal>
#include <cstdio>
#include <string>

namespace {

using namespace chorus;

/// Empty when the body is not what the handler expects.
std::string answer_to(std::string_view body, long message_id) {
  unsigned char memory[2048];
  json::monotonic_resource resource(memory, sizeof memory);
  const auto parsed = parse_json(body, &resource);
  if (!parsed || !parsed->is_object()) return {};
  const auto chat = find_int(parsed->get_object(), "chat_id");
  const auto text = find_string(parsed->get_object(), "text");
  if (!chat || !text) return {};
  std::string out;
  out.reserve(320);
  JsonWriter writer(out);
  writer.begin_object().field("ok", true).key("result").begin_object();
  writer.field("message_id", message_id);
  writer.key("from").begin_object().field("id", 1).field("is_bot", true);
  writer.field("first_name", "Bot").field("username", "echo_bot").end_object();
  writer.key("chat").begin_object().field("id", *chat);
  writer.field("type", "private").field("first_name", "Ann").end_object();
  writer.field("date", 1767614400).field("text", *text);
  writer.end_object().end_object();
  return out;
}

class EchoHandler final : public net::Handler {
 public:
  rt::Task<net::Response> handle(net::Request request) override {
    std::string answer = answer_to(request.body, ++message_id_);
    if (answer.empty()) co_return net::Response::empty(400);
    co_return net::Response::json(200, std::move(answer));
  }

 private:
  long message_id_ = 0;
};

}  // namespace

int main() {
  std::signal(SIGTERM, [](int) { std::_Exit(0); });
  metrics::Registry metrics;
  rt::Loop loop;
  EchoHandler handler;
  net::Server server(loop, handler, net::Server::Options{.metrics = &metrics});
  const auto listening = server.listen({"127.0.0.1", 0});
  if (!listening) {
    std::fprintf(stderr, "%s\n", listening.error().message.c_str());
    return 1;
  }
  std::printf("%d\n", server.port());
  std::fflush(stdout);
  loop.run();
}
