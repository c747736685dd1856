#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/ports.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/sandbox.hpp"

#include <fmt/format.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::lab {

/// One call of a bot that has a part to play.
struct BotAct {
  Duration after{};  ///< since the act before
  std::string method;
  json::object body;         ///< `chat_id` is added
  bool of_previous = false;  ///< `message_id` is that of the message sent by the act before
};
/// What a bot does for a message, or for a pressed button (then `data` is its data).
using BotPart = std::function<std::vector<BotAct>(const json::object& message,
                                                  std::optional<std::string_view> data)>;

/// How the scripted bots behave, and misbehave.
struct BotScript {
  Duration delay = std::chrono::milliseconds(200);
  double sigma = 0;    ///< of the delay's logarithm; 0: always the same
  Duration service{};  ///< one worker for all bots needs that long for each answer
  bool linked = true;
  int drop_every = 0;       ///< never answer every n-th
  int duplicate_every = 0;  ///< answer every n-th twice
  int late_every = 0;       ///< answer every n-th after `late`
  Duration late = std::chrono::seconds(12);
  bool deaf = false;  ///< never polls
  std::optional<Duration> dies_after{};
  std::string at_start{};  ///< a method that each bot calls first
  bool chatty = false;     ///< answers everything, asked or not
  BotPart part{};          ///< in place of the answer to everything
  /// What it does with an answer of 429: nothing more, wait as told, or try again at once.
  enum class Limited { Forget, Obey, Insist } limited = Limited::Forget;
  std::optional<Duration> freezes_at{};  ///< after its start everything stands still
  Duration freezes_for = std::chrono::seconds(2);
  Duration retry_pause = std::chrono::seconds(1);  ///< after a poll that failed
};

/// Bots in this process that talk to the sandbox as strangers do: getUpdates and sendMessage, JSON
/// over an in-process transport.
class ScriptedTarget final : public Target {
 public:
  ScriptedTarget(rt::Loop& loop, BotScript script)
      : loop_(loop),
        script_(script),
        transport_(loop, Rng(11)),
        delays_(loop.rng().fork("scripted delays")) {}

  void connect(sandbox::Sandbox& sandbox) {
    transport_.route("http://telegram.test:80", sandbox.telegram_handler());
  }
  [[nodiscard]] std::string describe() const override { return "scripted bots"; }
  rt::Task<Result<void>> start(SandboxAddresses, std::vector<BotAccess> bots) override {
    bots_ = std::move(bots);
    started_ = loop_.now();
    if (!script_.deaf) run_bots();
    co_return Result<void>{};
  }
  rt::Task<void> stop(Duration) override {
    for (auto& process : processes_) co_await process->close();
  }
  [[nodiscard]] bool can_be_struck() const override { return strikable; }
  Result<void> kill() override {
    processes_.back()->cancel();
    ++kills;
    return {};
  }
  rt::Task<Result<void>> restart() override {
    run_bots();
    ++restarts;
    co_return Result<void>{};
  }
  Result<void> pause() override {
    paused_ = true;
    return {};
  }
  Result<void> resume() override {
    paused_ = false;
    return {};
  }
  [[nodiscard]] std::optional<std::string> exited() const override {
    if (script_.dies_after && loop_.now() >= started_ + *script_.dies_after) {
      return "bot exited with 1";
    }
    return std::nullopt;
  }
  rt::Task<TargetCounts> counts() override { co_return counts_; }
  TargetCounts counts_;
  bool strikable = true;
  int kills = 0;
  int restarts = 0;

 private:
  void run_bots() {
    processes_.push_back(std::make_unique<rt::TaskScope>(loop_));
    for (std::size_t i = 0; i < bots_.size(); ++i) {
      rt::spawn(*processes_.back(), "scripted bot", &ScriptedTarget::poll, this,
                processes_.back().get(), i);
    }
  }
  [[nodiscard]] bool stands_still() const {
    const bool frozen = script_.freezes_at && loop_.now() >= started_ + *script_.freezes_at &&
                        loop_.now() < started_ + *script_.freezes_at + script_.freezes_for;
    return paused_ || frozen;
  }

  rt::Task<std::optional<json::object>> call(std::size_t bot, std::string method,
                                             std::string body) {
    while (stands_still()) {
      if (!co_await rt::sleep_for(loop_, std::chrono::milliseconds(20))) co_return std::nullopt;
    }
    net::Request request;
    request.method = net::Method::Post;
    request.target = fmt::format("/bot{}/{}", bots_[bot].token, method);
    request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    net::CallOptions options;
    options.timeout = std::chrono::seconds(60);
    net::Url url = *net::Url::parse("http://telegram.test:80");
    const auto answer = co_await transport_.call(std::move(url), std::move(request), options);
    if (!answer || (answer->status != 200 && answer->status != 429)) co_return std::nullopt;
    auto parsed = parse_json(answer->body);
    if (!parsed || !parsed->is_object()) co_return std::nullopt;
    co_return parsed->as_object();
  }

  static rt::Task<void> poll(ScriptedTarget* self, rt::TaskScope* process, std::size_t bot) {
    std::int64_t offset = 0;
    if (!self->script_.at_start.empty()) {
      (void)co_await self->call(bot, self->script_.at_start, "{}");  // counted by the run
    }
    while (!process->stopping()) {
      const auto answer = co_await self->call(
          bot, "getUpdates", fmt::format(R"({{"offset":{},"timeout":20}})", offset));
      if (!answer) {
        if (!co_await rt::sleep_for(self->loop_, self->script_.retry_pause)) co_return;
        continue;
      }
      const auto* updates = find_array(*answer, "result");
      if (!updates) continue;
      for (const auto& update : *updates) {
        offset = *find_int(update.as_object(), "update_id") + 1;
        if (const auto* message = find_object(update.as_object(), "message")) {
          self->consider(*process, bot, *message);
        }
        const auto* press = find_object(update.as_object(), "callback_query");
        if (press != nullptr && self->script_.part) {
          auto acts = self->script_.part(*find_object(*press, "message"),
                                         find_string(*press, "data").value_or(""));
          acts.push_back(
              {{}, "answerCallbackQuery", {{"callback_query_id", *find_string(*press, "id")}}});
          rt::spawn(*process, "scripted part", &ScriptedTarget::play, self, bot,
                    *find_int(*find_object(*find_object(*press, "message"), "chat"), "id"),
                    std::move(acts));
        }
      }
    }
  }

  static rt::Task<void> play(ScriptedTarget* self, std::size_t bot, std::int64_t chat,
                             std::vector<BotAct> acts) {
    std::int64_t previous = 0;
    for (auto& act : acts) {
      if (!co_await rt::sleep_for(self->loop_, act.after)) co_return;
      act.body["chat_id"] = chat;
      if (act.of_previous) act.body["message_id"] = previous;
      const auto answer = co_await self->call(bot, act.method, json::serialize(act.body));
      if (!answer) continue;
      const auto* sent = find_object(*answer, "result");
      if (sent != nullptr) previous = find_int(*sent, "message_id").value_or(previous);
    }
  }

  void consider(rt::TaskScope& process, std::size_t bot, const json::object& message) {
    const auto text = std::string(find_string(message, "text").value_or(""));
    const auto chat = *find_int(*find_object(message, "chat"), "id");
    if (script_.part) {
      rt::spawn(process, "scripted part", &ScriptedTarget::play, this, bot, chat,
                script_.part(message, std::nullopt));
      return;
    }
    bool mine = chat > 0 || text.find("@" + bots_[bot].username) != std::string::npos;
    if (const auto* original = find_object(message, "reply_to_message")) {
      const auto* from = find_object(*original, "from");
      mine = mine || (from && find_int(*from, "id") == bots_[bot].id.value);
    }
    if (!mine && !script_.chatty) return;
    ++asked_;
    const auto nth = [&](int n) { return n > 0 && asked_ % n == 0; };
    if (nth(script_.drop_every)) return;
    const auto delay = nth(script_.late_every) ? script_.late : next_delay();
    rt::spawn(process, "scripted reply", &ScriptedTarget::reply, this, bot, chat,
              *find_int(message, "message_id"), "you said: " + text, delay,
              nth(script_.duplicate_every) ? 2 : 1);
  }

  Duration next_delay() {
    auto delay = script_.delay;
    if (script_.sigma > 0) {
      delay = from_seconds(delays_.lognormal(to_seconds(script_.delay), script_.sigma));
    }
    if (script_.service > Duration::zero()) {
      free_at_ = std::max(free_at_, loop_.now()) + script_.service;
      delay += free_at_ - loop_.now();
    }
    return delay;
  }

  static rt::Task<void> reply(ScriptedTarget* self, std::size_t bot, std::int64_t chat,
                              std::int64_t message, std::string text, Duration delay, int times) {
    if (!co_await rt::sleep_for(self->loop_, delay)) co_return;
    json::object body{{"chat_id", chat}, {"text", text}};
    if (self->script_.linked) body["reply_parameters"] = json::object{{"message_id", message}};
    for (int i = 0; i < times; ++i) {
      co_await say(self, bot, json::serialize(body));
    }
  }

  static rt::Task<void> say(ScriptedTarget* self, std::size_t bot, std::string body) {
    using Limited = BotScript::Limited;
    for (int tries = 0; tries < 50; ++tries) {
      const auto answer = co_await self->call(bot, "sendMessage", body);  // counted by the run
      const auto* parameters = answer ? find_object(*answer, "parameters") : nullptr;
      const auto wait = parameters ? find_int(*parameters, "retry_after") : std::nullopt;
      if (!wait || self->script_.limited == Limited::Forget) co_return;
      const bool obeys = self->script_.limited == Limited::Obey;
      const auto pause =
          obeys ? Duration(std::chrono::seconds(*wait)) : Duration(std::chrono::milliseconds(100));
      if (!co_await rt::sleep_for(self->loop_, pause)) co_return;
    }
  }

  rt::Loop& loop_;
  BotScript script_;
  net::InProcessTransport transport_;
  std::vector<std::unique_ptr<rt::TaskScope>> processes_;  ///< the running one last
  bool paused_ = false;
  std::vector<BotAccess> bots_;
  MonoTime started_{};
  MonoTime free_at_{};
  Rng delays_;
  int asked_ = 0;
};

}  // namespace chorus::lab
