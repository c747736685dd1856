#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace chorus::proto::telegram::detail {

struct FoundUrl {
  std::size_t begin = 0;  ///< bytes
  std::size_t end = 0;
  bool is_email = false;
};

/// `example.com/path`, `https://host:1/x`, `a@b.org`, `tg://resolve?x`; growing and not overlapping
/// within a kind. Without a protocol the last part of the host must be a known top-level domain.
std::vector<FoundUrl> find_urls(std::string_view text);

}  // namespace chorus::proto::telegram::detail
