#pragma once

#include "chorus/base/error.hpp"

#include <string>

namespace chorus::store::detail {

/// Says that this process has the store: an flock on `<database>.lock`, whose text tells a person
/// who holds it. The kernel frees it when the process ends in whatever way. Movable.
class FileLock {
 public:
  /// Errors: Conflict naming the holder; Unavailable when the file cannot be made.
  static Result<FileLock> acquire(const std::string& database);
  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

}  // namespace chorus::store::detail
