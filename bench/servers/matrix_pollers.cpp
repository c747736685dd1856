// Many syncing bots in one Matrix room and one person: how long a message takes to reach each bot.
// `matrix_pollers MATRIX_URL CONTROL_URL BOTS MESSAGES`
#include "fan_out.hpp"

namespace {

using namespace chorus;

void note(bench::FanOut& run, const json::value& sync, MonoTime now) {
  const auto* rooms = find_object(sync.as_object(), "rooms");
  const auto* join = rooms == nullptr ? nullptr : find_object(*rooms, "join");
  if (join == nullptr) return;
  for (const auto& [id, room] : *join) {
    for (const auto& event : room.at("timeline").at("events").as_array()) {
      if (event.at("type") != "m.room.message") continue;
      run.note(event.at("content").at("body").as_string().c_str(), now);
    }
  }
}

rt::Task<void> poll(bench::FanOut* run, std::string token) {
  std::string since;
  while (!run->done) {
    auto target = std::string("/_matrix/client/v3/sync?timeout=30000");
    if (!since.empty()) target += "&since=" + since;
    const auto answer =
        co_await run->call(net::Method::Get, run->platform, std::move(target), {}, token);
    const auto now = run->loop.now();
    const auto parsed = parse_json(answer.body);
    if (answer.status != 200 || !parsed) {
      std::fprintf(stderr, "sync: status %d\n", answer.status);
      co_return;
    }
    since = parsed->at("next_batch").as_string().c_str();
    note(*run, *parsed, now);
  }
}

rt::Task<void> begin(bench::FanOut* run) {
  std::vector<std::string> tokens;
  std::string names;
  for (int i = 0; i < run->bots; ++i) {
    const auto made =
        co_await run->call(net::Method::Post, run->control, "/control/v1/bots",
                           fmt::format(R"({{"platform":"matrix","username":"b{}"}})", i));
    const auto bot = parse_json(made.body);
    if (made.status != 200 || !bot) {
      std::fprintf(stderr, "bot %d: status %d\n", i, made.status);
      std::_Exit(1);
    }
    tokens.emplace_back(bot->at("token").as_string().c_str());
    names += fmt::format(R"({}"b{}")", i == 0 ? "" : ",", i);
  }
  const auto room = co_await run->call(
      net::Method::Post, run->control, "/control/v1/rooms",
      fmt::format(R"({{"platform":"matrix","title":"Hall","people":["anna"],"bots":[{}]}})",
                  names));
  if (room.status != 200) std::_Exit(1);
  for (const auto& token : tokens) rt::spawn(run->scope, "poll", &poll, run, token);
  co_await run->speak("Hall");
}

}  // namespace

int main(int argc, char** argv) {
  return chorus::bench::run_fan_out(argc, argv, &begin);
}
