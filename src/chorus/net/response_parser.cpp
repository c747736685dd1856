#include "chorus/net/detail/response_parser.hpp"

#include "chorus/base/text.hpp"
#include "chorus/net/detail/gzip.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <utility>

namespace chorus::net::detail {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

namespace {

constexpr std::size_t kMinChunkFrame = 5;  // see request_parser.cpp

class ResponseSink final : public http::basic_parser<false> {
 public:
  explicit ResponseSink(std::size_t max_body) : max_body_(max_body) {}
  Headers headers;
  std::string body;
  std::optional<Error> refused;
  int status = 0;
  bool head_done = false;
  bool finished = false;
  std::uint64_t chunk_left = 0;

  [[nodiscard]] bool gzip_complete() const { return !gunzip_ || gunzip_->complete() || !fed_; }

 private:
  void on_request_impl(http::verb, BeastView, BeastView, int, BeastError&) override {}
  void on_response_impl(int code, BeastView, int, BeastError&) override { status = code; }
  void on_field_impl(http::field name, BeastView text, BeastView value,
                     BeastError& error) override {
    if (head_done) return;  // a trailer must not pass for a header
    const std::string_view content(value.data(), value.size());
    if (name == http::field::transfer_encoding && !iequals_ascii(content, "chunked")) {
      refuse(Error(ErrorCode::ProtocolError, "the peer uses an unknown transfer coding"), error);
    } else if (name == http::field::content_encoding) {
      if (iequals_ascii(content, "gzip") || iequals_ascii(content, "x-gzip")) {
        gunzip_.emplace(max_body_);
      } else if (!content.empty() && !iequals_ascii(content, "identity")) {
        refuse(Error(ErrorCode::ProtocolError, "the peer uses an unknown content coding"), error);
      }
    }
    headers.add(std::string(text.data(), text.size()), std::string(content));
  }
  void on_header_impl(BeastError&) override { head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastView piece, BeastError& error) override {
    append(piece, error);
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t size, BeastView, BeastError&) override {
    chunk_left = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView piece, BeastError& error) override {
    append(piece, error);
    chunk_left -= piece.size();
    return piece.size();
  }
  void on_finish_impl(BeastError&) override { finished = true; }

  void append(BeastView piece, BeastError& error) {
    if (!gunzip_) {
      body.append(piece.data(), piece.size());
      return;
    }
    fed_ = true;
    auto result = gunzip_->put({piece.data(), piece.size()}, body);
    if (result) return;
    const auto code = result.error().code;
    refuse(Error(code == ErrorCode::ParseError ? ErrorCode::ProtocolError : code,
                 result.error().message),
           error);
  }
  void refuse(Error why, BeastError& error) {
    refused = std::move(why);
    error = http::error::bad_value;
  }

  std::size_t max_body_;
  std::optional<Gunzip> gunzip_;
  bool fed_ = false;
};

}  // namespace

struct ResponseParser::Impl {
  Impl(Limits l, bool head) : limits(l), head_request(head) {}
  Limits limits;
  bool head_request;
  std::optional<ResponseSink> sink;
  std::size_t header_bytes = 0;
  bool done = false;
  bool keep_alive = false;

  void start() {
    sink.emplace(limits.max_body);
    sink->eager(true);
    sink->header_limit(
        static_cast<std::uint32_t>(std::min<std::size_t>(limits.max_header, UINT32_MAX)));
    sink->body_limit(limits.max_body);
    if (head_request) sink->skip(true);
  }

  Result<void> finish() {
    if (sink->status / 100 == 1 && sink->status != 101) {
      start();  // an interim answer; the real one follows
      return {};
    }
    if (!head_request && !sink->gzip_complete()) {
      return fail(ErrorCode::ProtocolError, "the gzip body of the peer is cut");
    }
    done = true;
    keep_alive = sink->keep_alive();
    return {};
  }
};

ResponseParser::ResponseParser(Limits limits, bool head_request)
    : impl_(std::make_unique<Impl>(limits, head_request)) {
  impl_->start();
}

ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::put(std::string_view bytes) {
  std::size_t used = 0;
  while (!impl_->done && used < bytes.size()) {
    auto& sink = *impl_->sink;
    const std::size_t left = bytes.size() - used;
    if (sink.head_done && sink.chunked() && sink.chunk_left == 0 && left < kMinChunkFrame) break;
    const bool in_head = !sink.head_done;
    BeastError error;
    const std::size_t n = sink.put({bytes.data() + used, left}, error);
    used += n;
    if (in_head && !sink.head_done) impl_->header_bytes += n;
    if (sink.is_done() && !error) {
      CH_TRY_VOID(impl_->finish());
    } else if (error == http::error::need_more) {
      break;
    } else if (error == http::error::body_limit) {
      return fail(ErrorCode::PayloadTooLarge, "the answer is larger than the limit of the call");
    } else if (error) {
      if (sink.refused) return std::unexpected(*sink.refused);
      return fail(ErrorCode::ProtocolError, "the peer's answer is not HTTP: " + error.message());
    } else if (n == 0) {
      break;
    }
  }
  const bool head_too_large =
      !impl_->sink->head_done && impl_->header_bytes > impl_->limits.max_header;
  if (!impl_->done && (head_too_large || bytes.size() - used > impl_->limits.max_header)) {
    return fail(ErrorCode::ProtocolError, "the head of the peer's answer is too large");
  }
  return used;
}

Result<void> ResponseParser::put_eof() {
  if (impl_->done) return {};
  auto& sink = *impl_->sink;
  const auto cut = [] {
    return fail(ErrorCode::ConnectionClosed, "the peer closed before its answer was complete");
  };
  if (!sink.got_some()) return cut();
  BeastError error;
  sink.put_eof(error);
  if (error || !sink.finished) return cut();
  return impl_->finish();
}

bool ResponseParser::head_done() const {
  const auto& sink = *impl_->sink;
  return sink.head_done && (sink.status / 100 != 1 || sink.status == 101);
}
bool ResponseParser::done() const {
  return impl_->done;
}
bool ResponseParser::keep_alive() const {
  return impl_->keep_alive;
}
int ResponseParser::status() const {
  return impl_->sink->status;
}
Headers& ResponseParser::headers() {
  return impl_->sink->headers;
}
std::string ResponseParser::take_body() {
  return std::exchange(impl_->sink->body, {});
}

}  // namespace chorus::net::detail
