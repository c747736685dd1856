#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace chorus::policy::detail {

/// Records addressed by a 32-bit slot, in chunks that never move, so growing copies nothing. Freed
/// slots are handed out again, the last freed first. Never shrinks.
template <class T>
class Slab {
 public:
  T& operator[](std::uint32_t slot) { return chunks_[slot / kChunk][slot % kChunk]; }
  const T& operator[](std::uint32_t slot) const { return chunks_[slot / kChunk][slot % kChunk]; }

  /// A slot whose record is as left by `release`, or freshly made.
  std::uint32_t claim() {
    if (!free_.empty()) {
      const std::uint32_t slot = free_.back();
      free_.pop_back();
      return slot;
    }
    if (used_ % kChunk == 0) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return used_++;
  }
  void release(std::uint32_t slot) { free_.push_back(slot); }

  /// Slots ever handed out: 0 .. extent() - 1 may be looked at.
  [[nodiscard]] std::uint32_t extent() const { return used_; }
  [[nodiscard]] std::size_t size() const { return used_ - free_.size(); }
  [[nodiscard]] std::size_t bytes() const {
    return chunks_.size() * kChunk * sizeof(T) + free_.capacity() * sizeof(std::uint32_t) +
           chunks_.capacity() * sizeof(chunks_[0]);
  }

 private:
  static constexpr std::uint32_t kChunk = 64;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace chorus::policy::detail
