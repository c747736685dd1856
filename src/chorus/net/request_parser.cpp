#include "chorus/net/detail/request_parser.hpp"

#include "chorus/base/text.hpp"
#include "chorus/net/detail/gzip.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace chorus::net::detail {

namespace http = boost::beast::http;
using BeastError = boost::beast::error_code;
using BeastView = boost::beast::string_view;

namespace {

/// Beast asserts that the end of a chunked body is offered with at least this many bytes; a chunked
/// message always has that many to come outside of a chunk's data.
constexpr std::size_t kMinChunkFrame = 5;

Method to_method(http::verb verb) {
  switch (verb) {
    case http::verb::get:
      return Method::Get;
    case http::verb::head:
      return Method::Head;
    case http::verb::post:
      return Method::Post;
    case http::verb::put:
      return Method::Put;
    case http::verb::patch:
      return Method::Patch;
    case http::verb::delete_:
      return Method::Delete;
    case http::verb::options:
      return Method::Options;
    default:
      return Method::Other;
  }
}

/// Fills our own request while Beast parses.
class RequestSink final : public http::basic_parser<true> {
 public:
  Request request;
  int refused = 0;  ///< status of a head that is well formed but not served
  bool head_done = false;
  bool gzip = false;
  bool has_transfer_encoding = false;
  std::uint64_t chunk_left = 0;

 private:
  void on_request_impl(http::verb method, BeastView, BeastView target, int version,
                       BeastError&) override {
    request.method = to_method(method);
    request.target.assign(target.data(), target.size());
    request.http10 = version == 10;
  }
  void on_response_impl(int, BeastView, int, BeastError&) override {}

  void on_field_impl(http::field name, BeastView text, BeastView value,
                     BeastError& error) override {
    if (head_done) return;  // a trailer must not pass for a header
    if (name == http::field::transfer_encoding) {
      // Anything but one plain `chunked` would need a decoder that we do not have, and a second
      // reading of the message's end is how requests are smuggled.
      if (has_transfer_encoding ||
          !iequals_ascii(std::string_view(value.data(), value.size()), "chunked")) {
        refuse(501, error);
      }
      has_transfer_encoding = true;
    } else if (name == http::field::content_encoding) {
      const std::string_view coding = trim(std::string_view(value.data(), value.size()));
      if (!gzip && (iequals_ascii(coding, "gzip") || iequals_ascii(coding, "x-gzip"))) {
        gzip = true;
      } else if (!coding.empty() && !iequals_ascii(coding, "identity")) {
        refuse(415, error);
      }
    }
    request.headers.add(std::string(text.data(), text.size()),
                        std::string(value.data(), value.size()));
  }
  void on_header_impl(BeastError&) override { head_done = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, BeastError&) override {}
  std::size_t on_body_impl(BeastView piece, BeastError&) override {
    request.body.append(piece.data(), piece.size());
    return piece.size();
  }
  void on_chunk_header_impl(std::uint64_t size, BeastView, BeastError&) override {
    chunk_left = size;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, BeastView piece, BeastError&) override {
    request.body.append(piece.data(), piece.size());
    chunk_left -= piece.size();
    return piece.size();
  }
  void on_finish_impl(BeastError&) override {}

  void refuse(int status, BeastError& error) {
    refused = status;
    error = http::error::bad_value;
  }
};

}  // namespace

/// A parser of Beast serves one message, so each request gets a new one in the same place.
struct RequestParser::Impl {
  std::optional<RequestSink> sink;
};

RequestParser::RequestParser(Limits limits) : limits_(limits), impl_(std::make_unique<Impl>()) {
  impl_->sink.emplace();
}

RequestParser::~RequestParser() = default;

std::size_t RequestParser::put(std::string_view bytes) {
  std::size_t used = 0;
  if (!started_) {
    // An empty line before a request is ignored (RFC 9112 2.2).
    while (used < bytes.size() && (bytes[used] == '\r' || bytes[used] == '\n')) ++used;
    if (used == bytes.size()) return used;
    started_ = true;
    auto& sink = *impl_->sink;
    sink.eager(true);
    sink.header_limit(
        static_cast<std::uint32_t>(std::min<std::size_t>(limits_.max_header, UINT32_MAX)));
    sink.body_limit(limits_.max_body);
  }
  auto& sink = *impl_->sink;
  while (state_ == State::NeedMore && used < bytes.size()) {
    const std::size_t left = bytes.size() - used;
    if (sink.head_done && sink.chunked() && sink.chunk_left == 0 && left < kMinChunkFrame) break;
    const bool in_head = !sink.head_done;
    BeastError error;
    const std::size_t n = sink.put({bytes.data() + used, left}, error);
    used += n;
    // With eager parsing the count may include body bytes; a head that is done was within bounds
    // before them, so only what came while it was open is added up.
    if (in_head && !sink.head_done) header_bytes_ += n;
    if (sink.is_done() && !error) {
      finish();
    } else if (error == http::error::need_more) {
      break;
    } else if (error == http::error::header_limit) {
      fail_with(431);
    } else if (error == http::error::body_limit) {
      fail_with(413);
    } else if (error) {
      fail_with(sink.refused != 0 ? sink.refused : 400);
    } else if (n == 0) {
      break;
    }
  }
  // Beast consumes field by field, and its limit counts only what is left: the sum is ours. The
  // second test bounds chunk extensions and trailers.
  if (state_ == State::NeedMore && ((!sink.head_done && header_bytes_ > limits_.max_header) ||
                                    bytes.size() - used > limits_.max_header)) {
    fail_with(431);
  }
  return used;
}

bool RequestParser::expects_continue() const {
  const auto& sink = *impl_->sink;
  return state_ == State::NeedMore && sink.head_done && !sink.request.http10 &&
         sink.request.headers.has_token("Expect", "100-continue");
}

Request RequestParser::take() {
  Request request = std::move(impl_->sink->request);
  impl_->sink.emplace();
  header_bytes_ = 0;
  state_ = State::NeedMore;
  error_status_ = 0;
  started_ = false;
  return request;
}

void RequestParser::fail_with(int status) {
  state_ = State::Bad;
  error_status_ = status;
}

void RequestParser::finish() {
  auto& sink = *impl_->sink;
  // A transfer coding in HTTP/1.0 is faulty framing: what follows cannot be trusted.
  keep_alive_ = sink.keep_alive() && !(sink.request.http10 && sink.has_transfer_encoding);
  if (sink.gzip && !sink.request.body.empty()) {
    Gunzip gunzip(limits_.max_body);
    std::string decoded;
    const auto result = gunzip.put(sink.request.body, decoded);
    if (!result) return fail_with(result.error().code == ErrorCode::PayloadTooLarge ? 413 : 400);
    if (!gunzip.complete()) return fail_with(400);
    sink.request.body = std::move(decoded);
  }
  state_ = State::Done;
}

}  // namespace chorus::net::detail
