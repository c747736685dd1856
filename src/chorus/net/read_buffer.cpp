#include "chorus/net/detail/read_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace chorus::net::detail {

namespace {

constexpr std::size_t kSmall = 2 * 1024;
constexpr std::size_t kQuiet = 16 * 1024;
constexpr std::size_t kLarge = 64 * 1024;

}  // namespace

std::span<char> ReadBuffer::space() {
  if (begin_ == end_) begin_ = end_ = 0;
  const std::size_t held = size();
  if (capacity_ == 0 || (held == 0 && !filled_ && capacity_ > kQuiet)) {
    resize(kSmall);
  } else if (filled_ && capacity_ < kLarge) {
    resize(capacity_ * 2);
  } else if (capacity_ - end_ < kSmall / 2) {
    if (capacity_ - held >= capacity_ / 2) {
      std::memmove(data_.get(), data_.get() + begin_, held);
      begin_ = 0;
      end_ = held;
    } else {
      resize(capacity_ * 2);
    }
  }
  filled_ = false;
  return {data_.get() + end_, capacity_ - end_};
}

void ReadBuffer::resize(std::size_t capacity) {
  const std::size_t held = size();
  capacity = std::max(capacity, held);
  auto data = std::make_unique_for_overwrite<char[]>(capacity);
  if (held > 0) std::memcpy(data.get(), data_.get() + begin_, held);
  data_ = std::move(data);
  capacity_ = capacity;
  begin_ = 0;
  end_ = held;
}

}  // namespace chorus::net::detail
