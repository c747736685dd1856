#include "chorus/platform/telegram/client.hpp"

#include "chorus/base/text.hpp"
#include "chorus/platform/detail/platform_time.hpp"
#include "chorus/platform/telegram/detail/api_call.hpp"
#include "chorus/proto/telegram/params.hpp"
#include "chorus/proto/telegram/reactions.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace chorus::platform {

namespace telegram = proto::telegram;

namespace {

constexpr std::size_t kMaxDescription = 512;  // code points
constexpr std::size_t kMaxShortDescription = 120;
constexpr std::size_t kMaxCallbackText = 200;

/// Members of `OutgoingMessage::options` that sendMessage and editMessageText understand.
constexpr std::string_view kSendOptions[] = {
    "parse_mode",      "entities",          "reply_markup",        "link_preview_options",
    "protect_content", "message_thread_id", "disable_notification"};
constexpr std::string_view kEditOptions[] = {"parse_mode", "entities", "reply_markup",
                                             "link_preview_options"};

template <std::size_t N>
void add_options(telegram::CallBody& body, const std::string& options,
                 const std::string_view (&known)[N]) {
  if (options.empty()) return;
  const auto value = parse_json(options);
  if (!value || !value->is_object()) return;
  for (const auto name : known) {
    if (const auto* member = find(value->get_object(), name)) {
      body.add_json(name, json::serialize(*member));
    }
  }
}

fleet::SendOutcome outcome_of(const detail::ApiFailure& failure) {
  if (failure.status >= 400 && failure.status < 500) {
    return fleet::SendRefused{.status = failure.status,
                              .description = failure.error.message,
                              .retry_after = failure.error.retry_after,
                              .migrate_to = std::nullopt,
                              .never_sent = false};
  }
  if (failure.sent == net::Sent::No) {
    return fleet::SendRefused{.status = 0,
                              .description = failure.error.message,
                              .retry_after = std::nullopt,
                              .migrate_to = std::nullopt,
                              .never_sent = true};
  }
  return fleet::SendUnknown{
      fmt::format("{}: {}", to_string(failure.error.code), failure.error.message)};
}

fleet::SendRefused refusal_of(const detail::ApiAnswer& answer, const Secret& token) {
  const Error error = detail::error_of(answer, token);
  fleet::SendRefused refused;
  refused.status = answer.status;
  refused.description = error.message;
  refused.retry_after = error.retry_after;
  if (const auto chat = answer.envelope.parameters.migrate_to_chat_id) {
    refused.migrate_to = PlatformChatId(*chat);
  }
  return refused;
}

bool not_offered(const Error& error) {
  return error.message.find("not simulated") != std::string::npos ||
         error.message.find("method not found") != std::string::npos;
}

}  // namespace

struct TelegramClient::Impl {
  Impl(net::Transport& t, metrics::Registry& m, Options o)
      : transport(t), metrics(m), options(std::move(o)) {}

  void count(const std::string& method, std::string status) {
    auto& counter = counters[{method, status}];
    if (counter == nullptr) {
      counter =
          &metrics.counter("chorus_platform_calls_total", "Calls to the platform by result",
                           {{"platform", "telegram"}, {"method", method}, {"status", status}});
    }
    counter->add();
  }

  static rt::Task<detail::ApiResult> call(Impl* self, Secret token, std::string method,
                                          std::string body) {
    detail::ApiRequest request{.token = std::move(token),
                               .method = method,
                               .body = std::move(body),
                               .timeout = self->options.timeout};
    auto result =
        co_await detail::call_api(self->transport, self->options.base, std::move(request));
    self->count(method, result ? std::to_string(result->status)
                               : std::string(to_string(result.error().error.code)));
    co_return result;
  }

  /// A call whose result is a Message or True.
  static rt::Task<fleet::SendOutcome> send(Impl* self, Secret token, std::string method,
                                           std::string body, PlatformMessageId target) {
    const auto result = co_await call(self, token, std::move(method), std::move(body));
    if (!result) co_return outcome_of(result.error());
    if (!result->envelope.ok) co_return refusal_of(*result, token);
    if (result->envelope.result.is_bool()) co_return fleet::SendOk{target, WallTime{}};
    const auto message = telegram::decode_message(result->envelope.result);
    if (!message) {
      co_return fleet::SendUnknown{"sent, but its message id could not be read: " +
                                   message.error().message};
    }
    co_return fleet::SendOk{PlatformMessageId(message->message_id),
                            detail::platform_time(std::chrono::seconds(message->date))};
  }

  /// A call whose result is looked at by the caller.
  static rt::Task<Result<detail::ApiAnswer>> ask(Impl* self, Secret token, std::string method,
                                                 std::string body) {
    auto result = co_await call(self, token, std::move(method), std::move(body));
    if (!result) co_return std::unexpected(std::move(result).error().error);
    if (!result->envelope.ok) co_return std::unexpected(detail::error_of(*result, token));
    co_return *std::move(result);
  }

  net::Transport& transport;
  metrics::Registry& metrics;
  Options options;
  std::map<std::pair<std::string, std::string>, metrics::Counter*> counters;
};

TelegramClient::TelegramClient(net::Transport& transport, metrics::Registry& metrics,
                               Options options)
    : impl_(std::make_unique<Impl>(transport, metrics, std::move(options))) {}

TelegramClient::~TelegramClient() = default;

rt::Task<Result<fleet::Identity>> TelegramClient::identify(fleet::BotAccess bot) {
  CH_CO_TRY(const auto answer, co_await Impl::ask(impl_.get(), bot.token, "getMe", "{}"));
  const auto user = telegram::decode_user(answer.envelope.result);
  if (!user) {
    co_return fail(ErrorCode::ProtocolError, "getMe: " + user.error().message);
  }
  fleet::Identity identity;
  identity.user_id = PlatformUserId(user->id);
  identity.username = user->username;
  identity.name = user->first_name;
  identity.reads_all_group_messages = user->can_read_all_group_messages.value_or(false);
  identity.sandbox = answer.sandbox;
  co_return identity;
}

rt::Task<fleet::SendOutcome> TelegramClient::send_message(fleet::BotAccess bot,
                                                          fleet::OutgoingMessage message) {
  telegram::CallBody body;
  body.add("chat_id", message.chat.value).add("text", message.text);
  if (message.reply_to) {
    telegram::CallBody reply;
    reply.add("message_id", message.reply_to->value).add("allow_sending_without_reply", true);
    body.add_json("reply_parameters", reply.finish());
  }
  if (message.thread) body.add("message_thread_id", message.thread->value);
  add_options(body, message.options, kSendOptions);
  co_return co_await Impl::send(impl_.get(), bot.token, "sendMessage", body.finish(), {});
}

rt::Task<fleet::SendOutcome> TelegramClient::edit_message(fleet::BotAccess bot,
                                                          PlatformMessageId target,
                                                          fleet::OutgoingMessage message) {
  telegram::CallBody body;
  body.add("chat_id", message.chat.value).add("message_id", target.value).add("text", message.text);
  add_options(body, message.options, kEditOptions);
  auto outcome =
      co_await Impl::send(impl_.get(), bot.token, "editMessageText", body.finish(), target);
  if (const auto* refused = std::get_if<fleet::SendRefused>(&outcome)) {
    if (refused->status == 400 &&
        refused->description.find("message is not modified") != std::string::npos) {
      co_return fleet::SendOk{target, WallTime{}};
    }
  }
  co_return outcome;
}

rt::Task<fleet::SendOutcome> TelegramClient::set_reaction(fleet::BotAccess bot, PlatformChatId chat,
                                                          PlatformMessageId message,
                                                          std::string emoji) {
  if (!emoji.empty() && !telegram::is_allowed_reaction(emoji)) {
    const auto bare = telegram::normalise_reaction(emoji);
    if (bare.empty()) {
      fleet::SendRefused refused;
      refused.status = 400;
      refused.description = "REACTION_INVALID: not an emoji that the platform allows as a reaction";
      co_return refused;
    }
    emoji = bare;
  }
  telegram::CallBody body;
  body.add("chat_id", chat.value)
      .add("message_id", message.value)
      .add_json("reaction", telegram::reaction_parameter(emoji));
  co_return co_await Impl::send(impl_.get(), bot.token, "setMessageReaction", body.finish(),
                                message);
}

rt::Task<fleet::SendOutcome> TelegramClient::answer_callback(fleet::BotAccess bot,
                                                             std::string callback_id,
                                                             std::string text) {
  telegram::CallBody body;
  body.add("callback_query_id", callback_id);
  if (!text.empty()) body.add("text", truncate_code_points(text, kMaxCallbackText));
  co_return co_await Impl::send(impl_.get(), bot.token, "answerCallbackQuery", body.finish(), {});
}

rt::Task<void> TelegramClient::send_typing(fleet::BotAccess bot, PlatformChatId chat,
                                           std::optional<PlatformMessageId> thread) {
  telegram::CallBody body;
  body.add("chat_id", chat.value).add("action", "typing");
  if (thread) body.add("message_thread_id", thread->value);
  // Best effort: a reader who misses the hint misses nothing else.
  (void)co_await Impl::call(impl_.get(), bot.token, "sendChatAction", body.finish());
}

rt::Task<Result<void>> TelegramClient::send_draft(fleet::BotAccess bot, PlatformChatId chat,
                                                  std::int64_t draft, std::string text) {
  telegram::CallBody body;
  body.add("chat_id", chat.value).add("draft_id", draft).add("text", text);
  const auto answer = co_await Impl::ask(impl_.get(), bot.token, "sendMessageDraft", body.finish());
  if (!answer) co_return std::unexpected(answer.error());
  co_return Result<void>{};
}

rt::Task<Result<std::optional<std::vector<std::string>>>> TelegramClient::allowed_reactions(
    fleet::BotAccess bot, PlatformChatId chat) {
  telegram::CallBody body;
  body.add("chat_id", chat.value);
  CH_CO_TRY(const auto answer,
            co_await Impl::ask(impl_.get(), bot.token, "getChat", body.finish()));
  const auto* info = answer.envelope.result.if_object();
  if (info == nullptr) co_return fail(ErrorCode::ProtocolError, "getChat: the result is no object");
  const auto* list = find_array(*info, "available_reactions");
  if (list == nullptr) co_return std::optional<std::vector<std::string>>();
  std::vector<std::string> emoji;
  for (const auto& element : *list) {
    const auto* reaction = element.if_object();
    if (reaction == nullptr) continue;
    if (const auto text = find_string(*reaction, "emoji")) emoji.emplace_back(*text);
  }
  co_return std::optional(std::move(emoji));
}

rt::Task<Result<void>> TelegramClient::publish_profile(fleet::BotAccess bot,
                                                       std::string description,
                                                       std::string short_description) {
  telegram::CallBody full;
  full.add("description", truncate_code_points(description, kMaxDescription));
  auto answer = co_await Impl::ask(impl_.get(), bot.token, "setMyDescription", full.finish());
  if (!answer && !not_offered(answer.error())) co_return std::unexpected(answer.error());
  telegram::CallBody brief;
  brief.add("short_description", truncate_code_points(short_description, kMaxShortDescription));
  answer = co_await Impl::ask(impl_.get(), bot.token, "setMyShortDescription", brief.finish());
  if (!answer && !not_offered(answer.error())) co_return std::unexpected(answer.error());
  co_return Result<void>{};
}

rt::Task<Result<void>> TelegramClient::set_webhook(fleet::BotAccess bot, std::string url,
                                                   Secret secret, int connections) {
  telegram::CallBody body;
  body.add("url", url).add("secret_token", std::string(secret.reveal()));
  body.add("max_connections", std::int64_t{connections});
  body.add_json("allowed_updates", R"(["message","edited_message","callback_query",)"
                                   R"("my_chat_member","chat_member","message_reaction"])");
  CH_CO_TRY_VOID(co_await Impl::ask(impl_.get(), bot.token, "setWebhook", body.finish()));
  co_return Result<void>{};
}

rt::Task<Result<void>> TelegramClient::delete_webhook(fleet::BotAccess bot) {
  CH_CO_TRY_VOID(co_await Impl::ask(impl_.get(), bot.token, "deleteWebhook", "{}"));
  co_return Result<void>{};
}

}  // namespace chorus::platform
