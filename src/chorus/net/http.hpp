#pragma once

#include "chorus/base/error.hpp"
#include "chorus/rt/task.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::net {

enum class Method : std::uint8_t { Get, Head, Post, Put, Patch, Delete, Options, Other };
std::string_view to_string(Method method) noexcept;

/// Header fields in order of arrival. Names compare without case.
class Headers {
 public:
  /// First value, or empty.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  /// True when the comma separated list in `name` holds `token` (no case).
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const;
  void add(std::string name, std::string value);
  /// Replaces all fields of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
    return fields_;
  }
  void clear() { fields_.clear(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// A complete request. `target` is origin-form as received (`/path?query`); the body is decoded
/// (chunked and gzip are undone by the server; their headers are left as they came).
struct Request {
  Method method = Method::Get;
  std::string target = "/";
  Headers headers;
  std::string body;
  std::string remote;  ///< `127.0.0.1:5123`, or `in-process`
  bool http10 = false;

  [[nodiscard]] std::string_view path() const;   ///< raw, still percent-encoded
  [[nodiscard]] std::string_view query() const;  ///< after '?', empty when none
  /// First value of a query parameter, percent-decoded with '+' as space.
  [[nodiscard]] std::optional<std::string> query_param(std::string_view name) const;
};

/// Where a streaming handler writes. Each `write` sends one chunk (chunked coding) at once.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  /// Errors: ConnectionClosed, Timeout (the peer does not read), Cancelled (server drains).
  virtual rt::Task<Result<void>> write(std::string chunk) = 0;
  /// True once the peer has gone or the server drains: a stream that waits for events should end.
  [[nodiscard]] virtual bool closed() const = 0;
};

struct Response;
/// Writes the rest of a streamed response; runs after the head was sent. When it ends the stream
/// ends (last chunk). `abort` in `Response` lets a sandbox cut it without the last chunk.
using StreamBody = std::function<rt::Task<Result<void>>(BodyWriter&)>;

struct Response {
  int status = 200;
  Headers headers;  ///< Content-Length, Connection and Date are the server's business
  std::string body;
  /// A body that several responses share (fan-out); sent after `body`.
  std::shared_ptr<const std::string> shared_body;
  StreamBody stream;  ///< when set, `body` must be empty and chunked coding is used
  /// Close the connection after this response.
  bool close = false;
  /// Fault injection of the sandbox: drop the connection without answering.
  bool drop = false;
  /// With `stream`: end by closing instead of the last chunk (a truncated stream).
  bool truncate = false;

  static Response json(int status, std::string body);
  static Response text(int status, std::string body);
  static Response html(std::string body);
  static Response empty(int status);
};

/// One front door or API: gets complete requests and answers each. Called on the loop's thread;
/// several calls are under way at once. The request belongs to the call. When the client goes away
/// during a long wait, the call is cancelled (its waits answer cancelled).
class Handler {
 public:
  virtual ~Handler() = default;
  virtual rt::Task<Response> handle(Request request) = 0;
};

/// `http://host:port/base`: what operators configure.
struct Url {
  bool tls = false;
  std::string host;
  std::uint16_t port = 80;
  std::string path;      ///< without a trailing slash, may be empty
  std::string userinfo;  ///< `user:password`, for basic auth of webhooks
  static Result<Url> parse(std::string_view text);
  [[nodiscard]] std::string origin() const;  ///< `http://host:port`
  [[nodiscard]] bool is_loopback() const;    ///< 127.0.0.0/8, ::1, localhost; no DNS is asked
};

/// `[HOST:]PORT`; host defaults to 127.0.0.1. Errors: ParseError with an example.
struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;
  static Result<Endpoint> parse(std::string_view text);
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] std::string to_string() const;
};

}  // namespace chorus::net
