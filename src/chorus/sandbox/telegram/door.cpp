#include "chorus/sandbox/telegram/door.hpp"

#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/token.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/fault_response.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr std::string_view kBotPath = "/bot";
constexpr std::string_view kFilePath = "/file/bot";
constexpr std::string_view kTestPath = "test/";
/// Bots of the test environment have ids of their own in the one world: far above those of real
/// tokens, and still exact in a double, which is what many clients read ids into.
constexpr std::int64_t kTestIds = 500'000'000'000'000;
constexpr const char* kMark = "X-Chorus-Sandbox";
constexpr Duration kStopCheck = std::chrono::milliseconds(5);

net::Response envelope(int status, std::string body, std::int64_t retry_after) {
  auto response = net::Response::json(status, std::move(body));
  response.headers.add(kMark, "1");
  if (retry_after > 0) response.headers.add("Retry-After", fmt::format("{}", retry_after));
  return response;
}

net::Response failure(int status, std::string_view text) {
  auto answer = Answer::error(status, text);
  return envelope(status, std::move(answer.body), 0);
}

/// What the server says before any envelope: a bare status.
net::Response bare(int status) {
  auto response = net::Response::empty(status);
  response.headers.add(kMark, "1");
  response.close = true;
  return response;
}

/// Counts a call of a bot while it is under way.
class ActiveCall {
 public:
  explicit ActiveCall(BotState& state) : state_(state) { ++state_.active_calls; }
  ~ActiveCall() { --state_.active_calls; }
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;

 private:
  BotState& state_;
};

}  // namespace

TelegramDoor::TelegramDoor(Parts parts, Options options)
    : parts_(parts),
      options_(options),
      dialect_(parts.world),
      scope_(parts.loop),
      rng_(parts.loop.rng().fork("telegram door")),
      calls_(parts.metrics.counter("chorus_sandbox_calls_total", "API calls of bots")),
      validated_(parts.metrics.counter("chorus_sandbox_validated_only_total",
                                       "Calls that were checked and answered without effect")) {
  parts_.world.set_dialect(Platform::Telegram, dialect_);
  parts_.world.on_new_account(Platform::Telegram, [this](Account& account) {
    if (account.queue) account.queue->set_listener(state_of(account).get());
  });
  parts_.world.on_removed_account(Platform::Telegram, [this](Account& account) {
    parts_.limits.forget(account.id);
    auto it = states_.find(account.id);
    if (it == states_.end()) return;
    if (it->second->webhook) it->second->webhook->stop();
    it->second->end_poll(HeldPoll::Fate::BotGone);
    ++it->second->webhook_attempt;
    if (account.queue) account.queue->set_listener(nullptr);
    states_.erase(it);
  });
}

TelegramDoor::~TelegramDoor() {
  for (auto* account : parts_.world.accounts()) {
    if (account->queue && account->platform == Platform::Telegram) {
      account->queue->set_listener(nullptr);
    }
  }
  parts_.world.on_new_account(Platform::Telegram, {});
  parts_.world.on_removed_account(Platform::Telegram, {});
}

rt::Task<void> TelegramDoor::stop(Duration grace) {
  for (auto& [id, state] : states_) {
    if (state->webhook) state->webhook->stop();
    state->end_poll(HeldPoll::Fate::Shutdown);
  }
  // A delivery under way may have reached its bot: cut, it would be repeated after a restart.
  const auto deadline = parts_.loop.now() + grace;
  const auto busy = [&] {
    return std::ranges::any_of(states_, [](const auto& entry) {
      return entry.second->webhook && entry.second->webhook->active() > 0;
    });
  };
  while (busy() && parts_.loop.now() < deadline) {
    if (!co_await rt::sleep_for(parts_.loop, kStopCheck)) break;
  }
  co_await scope_.close();
}

TelegramDoor::StatePtr TelegramDoor::state_of(const Account& bot) {
  auto& state = states_[bot.id];
  if (!state) state = std::make_shared<BotState>(parts_.loop, bot.id);
  return state;
}

bool TelegramDoor::is_connected(const Account& bot) const {
  const auto it = states_.find(bot.id);
  return it != states_.end() && (it->second->told_ready || it->second->webhook != nullptr);
}

Step<Account*> TelegramDoor::authenticate(std::string_view token, bool test) {
  const auto number = tg::check_token(token);
  if (!number) {
    Answer answer;
    answer.status = 401;
    tg::append_error(answer.body, 401, tg::description(number.error()));
    return std::unexpected(std::move(answer));
  }
  const PlatformUserId id(test ? kTestIds + *number : *number);
  auto* account = parts_.world.find_account(id);
  if (account != nullptr) {
    if (account->removed || !account->is_bot || account->platform != Platform::Telegram ||
        account->token != token) {
      return std::unexpected(Answer::error(401, ""));
    }
    return account;
  }
  if (!options_.self_register) return std::unexpected(Answer::error(401, ""));
  if (parts_.limits.options().profile == LimitsProfile::Strict) {
    if (const auto wait = server_limits_.first_contact(parts_.loop.now()); wait > 0) {
      return std::unexpected(Answer::flood(wait));
    }
  }
  BotSpec spec;
  spec.id = id;
  spec.token = std::string(token);
  auto added = parts_.world.self_register(std::move(spec), Platform::Telegram, RoomType::Supergroup,
                                          Standing::Member);
  if (!added) return std::unexpected(Answer::error(401, ""));
  return *added;
}

rt::Task<net::Response> TelegramDoor::handle(net::Request request) {
  const std::string_view target = request.target;
  if (!target.starts_with('/')) {
    co_return failure(404, "absolute URI is specified in the Request-Line");
  }
  if (request.method != net::Method::Get && request.method != net::Method::Post) {
    co_return bare(501);
  }
  const auto path = request.path();
  if (path.starts_with(kFilePath)) co_return download(path.substr(kFilePath.size()));
  if (!path.starts_with(kBotPath) || path.find('/', kBotPath.size()) == std::string_view::npos) {
    co_return failure(404, "");
  }
  co_return co_await answer_bot_call(request, path.substr(kBotPath.size()));
}

rt::Task<net::Response> TelegramDoor::answer_bot_call(net::Request& request,
                                                      std::string_view rest) {
  auto params =
      tg::decode_params(request.query(), request.headers.get("Content-Type"), request.body);
  if (!params) co_return bare(params.error().code == ErrorCode::PayloadTooLarge ? 413 : 400);
  const auto slash = rest.find('/');
  auto token = std::string_view(rest).substr(0, slash);
  const auto decoded =
      token.find('%') == std::string_view::npos ? std::string() : percent_decode(token, false);
  if (!decoded.empty()) token = decoded;
  auto method_text = rest.substr(slash + 1);
  const bool test = method_text.starts_with(kTestPath);
  if (test) method_text.remove_prefix(kTestPath.size());
  auto bot = authenticate(token, test);
  if (!bot) {
    auto& answer = bot.error();
    parts_.world.counters().statuses[answer.status]++;
    parts_.world.tell([&](Observer& o) {
      if (answer.status == 401) o.on_unauthorized(stable_hash(token));
    });
    co_return envelope(answer.status, std::move(answer.body), answer.retry_after);
  }
  const auto method = ascii_lower(method_text.empty() ? params->get("method") : method_text);
  Call call{parts_.world, dialect_, parts_.limits, *bot, (*bot)->id, *params, method, {}};
  call.begun = parts_.loop.now();
  if (parts_.world.observed()) {
    const PlatformChatId room(params->find_int("chat_id").value_or(0));
    parts_.world.tell([&](Observer& o) { o.on_call_begun(call.bot_id, call.method, room); });
  }
  auto state = state_of(**bot);
  const ActiveCall active(*state);
  if (parts_.limits.options().profile == LimitsProfile::Strict &&
      state->active_calls > ServerLimits::kActiveCalls + state->updates_per_minute()) {
    co_return co_await busy(call);
  }
  if (!parts_.faults.empty()) {
    const auto room = params->find_int("chat_id").value_or(0);
    const auto fault = parts_.faults.hit({"telegram", method, (*bot)->id, PlatformChatId(room)},
                                         parts_.loop.now());
    if (fault) {
      call.room = PlatformChatId(room);
      co_return co_await with_fault(*fault, state, call);
    }
  }
  // Most methods answer at once: they need no frame of their own.
  if (const auto function = find_method(call.method)) co_return respond(call, function(call));
  auto answer = co_await perform(state, call);
  co_return respond(call, std::move(answer));
}

rt::Task<net::Response> TelegramDoor::busy(Call& call) {
  if (!co_await rt::sleep_for(parts_.loop, ServerLimits::kBusyHold)) co_return bare(499);
  co_return respond(call, Answer::flood(ServerLimits::kBusyRetryAfter));
}

rt::Task<net::Response> TelegramDoor::with_fault(FaultAction fault, StatePtr state, Call& call) {
  if (fault.latency && !co_await rt::sleep_for(parts_.loop, parts_.faults.draw(*fault.latency))) {
    co_return bare(499);
  }
  if (fault.drop == FaultAction::Drop::Before) {
    auto response = bare(500);
    response.drop = true;
    co_return response;
  }
  if (fault.loss == FaultAction::Loss::Request) co_return co_await never_answer(&parts_.loop);
  if (fault.status != 0) {
    auto answer = fault.status == 429 ? Answer::flood(std::max<std::int64_t>(1, fault.retry_after))
                                      : Answer::error(fault.status, "");
    if (!fault.description.empty()) {
      answer.body.clear();
      tg::ResponseParameters parameters;
      if (fault.retry_after > 0) parameters.retry_after = fault.retry_after;
      tg::append_error(answer.body, fault.status, fault.description, parameters);
    }
    answer.retry_after =
        fault.status == 429 ? std::max<std::int64_t>(1, fault.retry_after) : fault.retry_after;
    co_return respond(call, std::move(answer));
  }
  // The account may have gone during the latency.
  call.bot = parts_.world.find_account(state->id);
  if (call.bot == nullptr || call.bot->removed) co_return failure(401, "");
  call.duplicate = fault.duplicate;
  auto answer = co_await perform(std::move(state), call);
  auto response = respond(call, std::move(answer));
  if (fault.loss == FaultAction::Loss::Answer) co_return co_await never_answer(&parts_.loop);
  spoil(response, fault, parts_.loop);
  co_return response;
}

rt::Task<Answer> TelegramDoor::perform(StatePtr state, Call& call) {
  if (const auto function = find_method(call.method)) co_return function(call);
  if (call.method == "getupdates") co_return co_await get_updates(std::move(state), call);
  if (call.method == "setwebhook") co_return co_await set_webhook(std::move(state), call);
  if (call.method == "deletewebhook") co_return delete_webhook(std::move(state), call);
  if (call.method == "getwebhookinfo") co_return webhook_info(state, call);
  if (dialect_.facts().method(call.method) != nullptr) {
    validated_.add();
    co_return answer_validated(call);
  }
  co_return Answer::error(404, "method not found");
}

void TelegramDoor::count(const Call& call, const Answer& answer) {
  calls_.add();
  auto& counters = call.world.counters();
  ++counters.calls;
  ++counters.statuses[answer.status];
  counters.by_method.add("telegram", call.method, answer.status, call.now() - call.begun);
  call.world.tell([&](Observer& o) {
    o.on_call(call.bot_id, call.method, answer.status, call.room,
              static_cast<int>(answer.status == 429 ? answer.retry_after : 0));
    if (!call.method.starts_with("send")) return;
    auto said = call.params.get("text");
    if (said.empty()) said = call.params.get("caption");
    if (!said.empty()) o.on_send(call.bot_id, call.room, stable_hash(said), answer.status);
  });
}

net::Response TelegramDoor::respond(Call& call, Answer answer) {
  if (answer.counted) count(call, answer);
  return envelope(answer.status, std::move(answer.body), answer.retry_after);
}

net::Response TelegramDoor::download(std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return failure(404, "");
  const auto token = percent_decode(rest.substr(0, slash), false);
  auto path_text = rest.substr(slash + 1);
  const bool test = path_text.starts_with(kTestPath);
  if (test) path_text.remove_prefix(kTestPath.size());
  auto bot = authenticate(token, test);
  if (!bot) return envelope(bot.error().status, std::move(bot.error().body), 0);
  const auto* file = parts_.world.files().find_by_path(percent_decode(path_text, false));
  if (file == nullptr || !file->content) return failure(404, "");
  net::Response response;
  response.headers.add("Content-Type",
                       file->mime.empty() ? "application/octet-stream" : file->mime);
  response.headers.add(kMark, "1");
  response.body = *file->content;
  return response;
}

}  // namespace chorus::sandbox::telegram
