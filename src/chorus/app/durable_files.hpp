#pragma once

#include "chorus/base/error.hpp"

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace chorus::app {

/// Says that a lab works in the folder of a run, for as long as this object lives: a lab that died
/// holds it no more, whatever killed it.
class RunLock {
 public:
  /// Errors: Conflict, naming the process that holds it; Unavailable.
  static Result<RunLock> take(const std::string& folder);
  /// Whether a lab works there now.
  static bool held(const std::string& folder);
  RunLock() = default;
  RunLock(RunLock&& other) noexcept;
  RunLock& operator=(RunLock&& other) noexcept;
  ~RunLock();
  /// The run is over: removes the file as well.
  void remove();

 private:
  std::string path_;
  int fd_ = -1;
};

/// Writes a file so that after a crash there is the old one or the new one, never half of it.
/// `mode` as chmod's. Errors: Unavailable with path and cause. Blocking.
Result<void> write_durably(const std::string& path, std::string_view content, unsigned mode = 0644);

/// The lines of `-o ndjson` while a run goes: on disk, so that no length of a run fills the memory.
/// `flush` may be called from another thread.
class RecordSpool {
 public:
  RecordSpool() = default;
  ~RecordSpool();
  RecordSpool(const RecordSpool&) = delete;
  RecordSpool& operator=(const RecordSpool&) = delete;
  /// Begins, or goes on after so many bytes of an earlier process. Errors: Unavailable.
  Result<void> open(const std::string& path, std::uint64_t keep = 0);
  void add(std::string_view line);
  /// What was added is on the disk.
  void flush();
  /// Ends it and copies it to a path, or standard output (empty or `-`). Errors: Unavailable.
  Result<void> copy_to(const std::string& path);
  /// Ends it and removes it.
  void discard();

 private:
  void close();
  std::string path_;
  std::FILE* file_ = nullptr;
  std::atomic<bool> failed_ = false;
};

}  // namespace chorus::app
