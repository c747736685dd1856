#include "chorus/app/notify/notice_targets.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>

namespace chorus::app {

std::string notice_json(const Notice& notice) {
  return json::serialize(json::object{{"source", "chorus"},
                                      {"event", notice.recovered ? "recovered" : "raised"},
                                      {"key", notice.key},
                                      {"text", notice_text(notice)},
                                      {"at", to_iso8601(notice.at)}});
}

std::string notice_text(const Notice& notice) {
  return (notice.recovered ? "chorus: over: " : "chorus: ") + notice.text;
}

rt::Task<Result<void>> post_notice(net::Transport* transport, Secret url, Notice notice) {
  const auto base = net::Url::parse(url.reveal());
  if (!base) co_return fail(ErrorCode::InvalidArgument, "the address is none");
  net::Request request;
  request.method = net::Method::Post;
  request.target = base->path.empty() ? "/" : base->path;
  request.headers.add("Content-Type", "application/json");
  request.body = notice_json(notice);
  const auto answer = co_await transport->call(*base, std::move(request), {});
  if (!answer) {
    // Its message may repeat the address.
    const ErrorCode code = answer.error().error.code;
    co_return fail(is_retryable(code) ? code : ErrorCode::Unavailable, "it cannot be reached");
  }
  const int status = answer->status;
  if (status >= 200 && status < 300) co_return Result<void>{};
  const bool later = status == 408 || status == 429 || status >= 500;
  co_return fail(later ? ErrorCode::Unavailable : ErrorCode::InvalidArgument,
                 "it answered " + std::to_string(status));
}

rt::Task<Result<void>> write_notice(const fleet::Fleet* fleet, fleet::MessagingPort* platform,
                                    std::string bot, std::string chat, Notice notice) {
  const auto rows = fleet->bots();
  const auto row = std::ranges::find(rows, bot, &store::BotRow::name);
  const auto number = as_int(json::value(json::string(chat)));
  const bool able = row != rows.end() && (row->state == store::BotState::Active ||
                                          row->state == store::BotState::Unverified);
  if (!able || !number) {
    co_return fail(ErrorCode::NotFound, "no bot of that name may write to that chat");
  }
  fleet::OutgoingMessage message;
  message.chat = PlatformChatId(*number);
  message.text = std::string(truncate_code_points(notice_text(notice), 1000));
  const auto outcome =
      co_await platform->send_message({row->id, row->token, row->username}, std::move(message));
  if (std::holds_alternative<fleet::SendOk>(outcome)) co_return Result<void>{};
  if (const auto* refused = std::get_if<fleet::SendRefused>(&outcome)) {
    const bool later = refused->status == 429 || refused->status >= 500 || refused->status == 0;
    co_return fail(later ? ErrorCode::Unavailable : ErrorCode::InvalidArgument,
                   "the platform refused it", refused->retry_after);
  }
  co_return fail(ErrorCode::Unavailable, "nobody knows whether it arrived");
}

}  // namespace chorus::app
