#pragma once

#include "chorus/base/error.hpp"

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace chorus::net::detail {

/// Incremental decoder of gzip (RFC 1952, several members allowed) with a bound on its output, so
/// that a small body cannot unfold into a large one.
class Gunzip {
 public:
  explicit Gunzip(std::size_t max_output);
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// Appends what `in` decodes to. Errors: PayloadTooLarge, ParseError.
  Result<void> put(std::string_view in, std::string& out);
  /// True when the input ended at the end of a member: the body is complete.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  z_stream stream_{};
  std::size_t left_;
  bool ready_ = false;
  bool complete_ = false;
};

}  // namespace chorus::net::detail
