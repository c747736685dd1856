#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace chorus::net::detail {

/// Bytes that came from a socket and were not consumed yet, contiguous. Small while a connection is
/// quiet, because thousands of held polls keep one each. `consume` moves nothing, so a read into
/// `space` may be under way meanwhile; only `space` may move bytes.
class ReadBuffer {
 public:
  [[nodiscard]] std::string_view view() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void consume(std::size_t n) { begin_ += n; }
  void commit(std::size_t n) {
    end_ += n;
    filled_ = end_ == capacity_;
  }
  /// Room for the next read. Grows when the last read filled it all, and gives memory back when
  /// nothing is left of a large one.
  std::span<char> space();

 private:
  void resize(std::size_t capacity);

  std::unique_ptr<char[]> data_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool filled_ = false;
};

}  // namespace chorus::net::detail
