#pragma once

#include "chorus/base/error.hpp"
#include "chorus/sandbox/files.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chorus::sandbox {

/// Contents of uploads in a folder, one file each, named by the upload's number. What the file
/// store has forgotten is removed by `sweep`, so that the folder is bounded as the store is.
/// One thread; the calls write to the disk.
class ContentFolder {
 public:
  explicit ContentFolder(std::string path) : path_(std::move(path)) {}

  /// Whole or not at all: a killed process leaves no half content. Errors: Unavailable.
  Result<void> put(std::int64_t number, std::string_view content);
  /// nullopt when it is not there or has not the size that the upload had.
  [[nodiscard]] std::optional<std::string> get(std::int64_t number, std::int64_t size) const;
  /// Removes whatever `files` holds no content for.
  void sweep(const FileStore& files);

 private:
  [[nodiscard]] std::string file_of(std::int64_t number) const;
  std::string path_;
};

}  // namespace chorus::sandbox
