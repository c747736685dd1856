#pragma once

#include "chorus/base/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::net {

struct SseEvent {
  std::string event;  ///< empty means `message`
  std::string data;
  std::string id;
};

/// Incremental decoder of text/event-stream (WHATWG HTML 9.2): any split of the input, CR, LF and
/// CRLF, comments, multi-line data, BOM. Memory is bounded: a record above `max_record` bytes is a
/// ParseError.
class SseParser {
 public:
  explicit SseParser(std::size_t max_record = 1024 * 1024) : max_record_(max_record) {}
  void feed(std::string_view bytes);
  /// Next complete event, nullopt when more bytes are needed.
  Result<std::optional<SseEvent>> next();

 private:
  std::size_t max_record_;
  std::string buffer_;
  std::size_t at_ = 0;
  bool started_ = false;
  bool skip_lf_ = false;
  SseEvent pending_;
  bool has_data_ = false;
};

/// `event: x\ndata: ...\n\n`, data split at newlines.
std::string encode_sse(const SseEvent& event);

}  // namespace chorus::net
