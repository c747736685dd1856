// Many long-polling Telegram bots and one person: how long a message takes to reach each bot.
// `sandbox_pollers TELEGRAM_URL CONTROL_URL BOTS MESSAGES`
#include "fan_out.hpp"

namespace {

using namespace chorus;

rt::Task<void> poll(bench::FanOut* run, int bot) {
  const auto target =
      fmt::format("/bot{}:benchmark-secret-of-35-characters-0/getUpdates", 1000 + bot);
  std::int64_t offset = 0;
  while (!run->done) {
    const auto answer = co_await run->call(net::Method::Post, run->platform, target,
                                           fmt::format(R"({{"timeout":30,"offset":{}}})", offset));
    const auto now = run->loop.now();
    const auto parsed = parse_json(answer.body);
    if (answer.status != 200 || !parsed) {
      std::fprintf(stderr, "bot %d: status %d\n", bot, answer.status);
      co_return;
    }
    for (const auto& update : parsed->at("result").as_array()) {
      offset = update.at("update_id").as_int64() + 1;
      const auto* message = update.as_object().if_contains("message");
      const auto* text = message != nullptr ? message->as_object().if_contains("text") : nullptr;
      if (text != nullptr) run->note(text->as_string().c_str(), now);
    }
  }
}

rt::Task<void> begin(bench::FanOut* run) {
  for (int bot = 0; bot < run->bots; ++bot) rt::spawn(run->scope, "poll", &poll, run, bot);
  co_await run->speak("default");
}

}  // namespace

int main(int argc, char** argv) {
  return chorus::bench::run_fan_out(argc, argv, &begin);
}
