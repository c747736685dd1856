#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chorus::policy::detail {

/// Mixes a key into 64 well spread bits (splitmix64's finaliser).
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// Hash index from a key that lives elsewhere (a slab) to the slot it lives in: open addressing
/// with linear probing, 8 bytes per cell, at most 3/4 full, no tombstones (erase shifts back). The
/// caller says whether a slot holds the key. Grows by doubling, never shrinks.
class FlatIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffU;

  explicit FlatIndex(std::size_t expected = 0) { rebuild(cells_for(expected)); }

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t bytes() const { return cells_.capacity() * sizeof(Cell); }

  /// Slot of the key with this hash for which `same(slot)` holds, or kNone.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same&& same) const {
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t i = tag & mask_;; i = (i + 1) & mask_) {
      const Cell& cell = cells_[i];
      if (cell.slot == kNone) return kNone;
      if (cell.tag == tag && same(cell.slot)) return cell.slot;
    }
  }

  /// The key must not be in the index.
  void insert(std::uint64_t hash, std::uint32_t slot) {
    if ((size_ + 1) * 4 > cells_.size() * 3) rebuild(cells_.size() * 2);
    place(static_cast<std::uint32_t>(hash), slot);
    ++size_;
  }

  /// Removes the cell that points at `slot`; `hash` is the hash it was inserted with.
  void erase(std::uint64_t hash, std::uint32_t slot) {
    std::size_t hole = static_cast<std::uint32_t>(hash) & mask_;
    while (cells_[hole].slot != slot) {
      if (cells_[hole].slot == kNone) return;
      hole = (hole + 1) & mask_;
    }
    for (std::size_t i = (hole + 1) & mask_; cells_[i].slot != kNone; i = (i + 1) & mask_) {
      const std::size_t home = cells_[i].tag & mask_;
      if (((i - home) & mask_) >= ((i - hole) & mask_)) {
        cells_[hole] = cells_[i];
        hole = i;
      }
    }
    cells_[hole] = Cell{};
    --size_;
  }

 private:
  struct Cell {
    std::uint32_t tag = 0;
    std::uint32_t slot = kNone;
  };

  static std::size_t cells_for(std::size_t expected) {
    return std::bit_ceil(expected + expected / 2 < 16 ? std::size_t{16} : expected + expected / 2);
  }
  void place(std::uint32_t tag, std::uint32_t slot) {
    std::size_t i = tag & mask_;
    while (cells_[i].slot != kNone) i = (i + 1) & mask_;
    cells_[i] = Cell{tag, slot};
  }
  void rebuild(std::size_t cells) {
    std::vector<Cell> old(cells);
    old.swap(cells_);
    mask_ = cells - 1;
    for (const Cell& cell : old) {
      if (cell.slot != kNone) place(cell.tag, cell.slot);
    }
  }

  std::vector<Cell> cells_;
  std::size_t mask_ = 0;
  std::size_t size_ = 0;
};

}  // namespace chorus::policy::detail
