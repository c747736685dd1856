#include "chorus/sandbox/llm/refusals.hpp"

#include "chorus/proto/openai/codec.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace chorus::sandbox {

namespace openai = proto::openai;

namespace {

constexpr std::string_view kQuotaCode = "insufficient_quota";
constexpr std::string_view kDayCode = "tokens_per_day";
/// Until the day's window gives something back, unless the fault says otherwise.
constexpr std::int64_t kDayWait = 3600;

/// Source: Groq's answer when the tokens of a day (TPD) are used up.
net::Response out_of_tokens_today(const FaultAction& fault) {
  const auto wait = fault.retry_after > 0 ? fault.retry_after : kDayWait;
  openai::ApiError error{
      fmt::format("Rate limit reached on tokens per day (TPD): Limit 100000, Used 100000. Please "
                  "try again in {}.",
                  openai::format_go_duration(std::chrono::seconds(wait))),
      "tokens", "", "rate_limit_exceeded"};
  if (!fault.description.empty()) error.message = fault.description;
  auto response = refuse(429, std::move(error));
  response.headers.add("retry-after", fmt::format("{}", wait));
  return response;
}

/// The error that a provider sends with a status.
openai::ApiError usual_error(int status, std::int64_t retry_after) {
  switch (status) {
    case 401:
      return {"Incorrect API key provided.", "invalid_request_error", "", "invalid_api_key"};
    case 429:
      return {fmt::format("Rate limit reached. Please try again in {}s.", retry_after), "requests",
              "", "rate_limit_exceeded"};
    case 503:
      return {"The engine is currently overloaded, please try again later.", "server_error", "",
              ""};
    default:
      if (status >= 500) {
        return {"The server had an error while processing your request.", "server_error", "", ""};
      }
      return {"The request was refused.", "invalid_request_error", "", ""};
  }
}

}  // namespace

net::Response refuse(int status, openai::ApiError error) {
  return net::Response::json(status, openai::encode_error(error));
}

net::Response out_of_quota() {
  return refuse(429, {"You exceeded your current quota, please check your plan and billing.",
                      std::string(kQuotaCode), "", std::string(kQuotaCode)});
}

std::optional<net::Response> answer_of(const FaultAction& fault) {
  if (fault.status == 0) return std::nullopt;
  const bool broke = fault.code == kQuotaCode;
  if (broke && fault.description.empty() && fault.retry_after == 0 && fault.status == 429) {
    return out_of_quota();
  }
  if (fault.code == kDayCode && fault.status == 429) return out_of_tokens_today(fault);
  const bool wait_helps = fault.status == 429 && !broke;
  const auto wait = wait_helps ? std::max<std::int64_t>(1, fault.retry_after) : fault.retry_after;
  auto error = usual_error(fault.status, wait);
  if (!fault.code.empty()) error.code = fault.code;
  if (broke) error.type = fault.code;
  if (!fault.description.empty()) error.message = fault.description;
  auto response = refuse(fault.status, std::move(error));
  if (wait > 0) response.headers.add("retry-after", fmt::format("{}", wait));
  return response;
}

}  // namespace chorus::sandbox
