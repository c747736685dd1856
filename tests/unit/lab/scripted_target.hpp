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
};

/// Bots in this process that talk to the sandbox as strangers do: getUpdates and sendMessage, JSON
/// over an in-process transport.
class ScriptedTarget final : public Target {
 public:
  ScriptedTarget(rt::Loop& loop, BotScript script)
      : loop_(loop),
        script_(script),
        transport_(loop, Rng(11)),
        scope_(loop),
        delays_(loop.rng().fork("scripted delays")) {}

  void connect(sandbox::Sandbox& sandbox) {
    transport_.route("http://telegram.test:80", sandbox.telegram_handler());
  }
  [[nodiscard]] std::string describe() const override { return "scripted bots"; }
  rt::Task<Result<void>> start(SandboxAddresses, std::vector<BotAccess> bots) override {
    bots_ = std::move(bots);
    started_ = loop_.now();
    if (script_.deaf) co_return Result<void>{};
    for (std::size_t i = 0; i < bots_.size(); ++i) {
      rt::spawn(scope_, "scripted bot", &ScriptedTarget::poll, this, i);
    }
    co_return Result<void>{};
  }
  rt::Task<void> stop(Duration) override { co_await scope_.close(); }
  [[nodiscard]] std::optional<std::string> exited() const override {
    if (script_.dies_after && loop_.now() >= started_ + *script_.dies_after) {
      return "bot exited with 1";
    }
    return std::nullopt;
  }
  rt::Task<TargetCounts> counts() override { co_return counts_; }
  TargetCounts counts_;

 private:
  rt::Task<std::optional<json::object>> call(std::size_t bot, std::string method,
                                             std::string body) {
    net::Request request;
    request.method = net::Method::Post;
    request.target = fmt::format("/bot{}/{}", bots_[bot].token, method);
    request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    net::CallOptions options;
    options.timeout = std::chrono::seconds(60);
    net::Url url = *net::Url::parse("http://telegram.test:80");
    const auto answer = co_await transport_.call(std::move(url), std::move(request), options);
    if (!answer || answer->status != 200) co_return std::nullopt;
    auto parsed = parse_json(answer->body);
    if (!parsed || !parsed->is_object()) co_return std::nullopt;
    co_return parsed->as_object();
  }

  static rt::Task<void> poll(ScriptedTarget* self, std::size_t bot) {
    std::int64_t offset = 0;
    if (!self->script_.at_start.empty()) {
      (void)co_await self->call(bot, self->script_.at_start, "{}");  // counted by the run
    }
    while (!self->scope_.stopping()) {
      const auto answer = co_await self->call(
          bot, "getUpdates", fmt::format(R"({{"offset":{},"timeout":20}})", offset));
      if (!answer) {
        if (!co_await rt::sleep_for(self->loop_, std::chrono::seconds(1))) co_return;
        continue;
      }
      const auto* updates = find_array(*answer, "result");
      if (!updates) continue;
      for (const auto& update : *updates) {
        offset = *find_int(update.as_object(), "update_id") + 1;
        if (const auto* message = find_object(update.as_object(), "message")) {
          self->consider(bot, *message);
        }
        const auto* press = find_object(update.as_object(), "callback_query");
        if (press != nullptr && self->script_.part) {
          auto acts = self->script_.part(*find_object(*press, "message"),
                                         find_string(*press, "data").value_or(""));
          acts.push_back(
              {{}, "answerCallbackQuery", {{"callback_query_id", *find_string(*press, "id")}}});
          rt::spawn(self->scope_, "scripted part", &ScriptedTarget::play, self, bot,
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

  void consider(std::size_t bot, const json::object& message) {
    const auto text = std::string(find_string(message, "text").value_or(""));
    const auto chat = *find_int(*find_object(message, "chat"), "id");
    if (script_.part) {
      rt::spawn(scope_, "scripted part", &ScriptedTarget::play, this, bot, chat,
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
    rt::spawn(scope_, "scripted reply", &ScriptedTarget::reply, this, bot, chat,
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
      (void)co_await self->call(bot, "sendMessage", json::serialize(body));  // counted by the run
    }
  }

  rt::Loop& loop_;
  BotScript script_;
  net::InProcessTransport transport_;
  rt::TaskScope scope_;
  std::vector<BotAccess> bots_;
  MonoTime started_{};
  MonoTime free_at_{};
  Rng delays_;
  int asked_ = 0;
};

}  // namespace chorus::lab
