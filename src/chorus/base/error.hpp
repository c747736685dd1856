#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace chorus {

/// Every reason for which an operation of the product can fail. `http_status` and `is_retryable`
/// below state what each value means at a border.
enum class ErrorCode : std::uint8_t {
  InvalidArgument,     ///< the caller's input is wrong (400), never retried
  Unauthenticated,     ///< credentials missing or refused (401)
  Forbidden,           ///< credentials fine, not allowed (403)
  NotFound,            ///< the named thing does not exist (404)
  Conflict,            ///< state changed or is held by another (409)
  PayloadTooLarge,     ///< a size limit was met (413)
  RateLimited,         ///< try again after `retry_after` (429), retryable
  Cancelled,           ///< the caller or its scope ended the work (499)
  Internal,            ///< a bug or an unexpected state of ours (500)
  NotSupported,        ///< known, but not offered here (501)
  Unavailable,         ///< a peer or the store cannot be reached (503), retryable
  Timeout,             ///< the deadline passed (504), retryable
  ConnectionClosed,    ///< the peer closed before the answer was complete, retryable
  ProtocolError,       ///< the peer sent something that is not its protocol (502)
  QueueFull,           ///< a bound was met and the item was rejected (503), retryable
  ParseError,          ///< foreign bytes could not be decoded (400)
  BudgetExceeded,      ///< a money or token ceiling refuses the work (402)
  Misconfigured,       ///< a file, variable or setting does not validate (exit code 104)
};

/// HTTP status that a front door answers for `code`.
int http_status(ErrorCode code) noexcept;

/// True when the same operation may succeed later without a change of its input.
bool is_retryable(ErrorCode code) noexcept;

/// Stable snake_case name, for logs, metrics labels and JSON (`rate_limited`).
std::string_view to_string(ErrorCode code) noexcept;

/// A failure as a value. `message` is for people: what, where, what to do. It never holds a token,
/// a prompt or message text.
struct Error {
  explicit Error(ErrorCode c, std::string m = {},
                 std::optional<std::chrono::milliseconds> after = std::nullopt)
      : code(c), message(std::move(m)), retry_after(after) {}

  ErrorCode code;
  std::string message;
  std::optional<std::chrono::milliseconds> retry_after;

  friend bool operator==(const Error&, const Error&) = default;
};

template <class T = void>
using Result = std::expected<T, Error>;

/// Shorthand for `return fail(ErrorCode::NotFound, "...")`.
inline std::unexpected<Error> fail(ErrorCode code, std::string message = {},
                                   std::optional<std::chrono::milliseconds> after = std::nullopt) {
  return std::unexpected<Error>(Error(code, std::move(message), after));
}

}  // namespace chorus

#define CH_CONCAT_INNER(a, b) a##b
#define CH_CONCAT(a, b) CH_CONCAT_INNER(a, b)

/// `CH_TRY(auto x, f());` binds the value or returns the error. A statement, for plain functions.
#define CH_TRY(decl, expr) CH_TRY_IMPL(CH_CONCAT(ch_try_, __COUNTER__), decl, expr, return)
/// The same inside coroutines: `CH_CO_TRY(auto x, co_await f());`.
#define CH_CO_TRY(decl, expr) CH_TRY_IMPL(CH_CONCAT(ch_try_, __COUNTER__), decl, expr, co_return)
#define CH_TRY_IMPL(tmp, decl, expr, ret)                    \
  auto tmp = (expr);                                         \
  if (!tmp) ret std::unexpected(std::move(tmp).error());     \
  decl = *std::move(tmp)

/// For `Result<void>`: `CH_TRY_VOID(f());` returns the error, nothing to bind.
#define CH_TRY_VOID(expr) CH_TRY_VOID_IMPL(CH_CONCAT(ch_try_, __COUNTER__), expr, return)
#define CH_CO_TRY_VOID(expr) CH_TRY_VOID_IMPL(CH_CONCAT(ch_try_, __COUNTER__), expr, co_return)
#define CH_TRY_VOID_IMPL(tmp, expr, ret) \
  if (auto tmp = (expr); !tmp) ret std::unexpected(std::move(tmp).error())
