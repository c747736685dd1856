#pragma once

#include "chorus/base/error.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace chorus::app {

/// A folder below the system's temporary one that is there as long as this object, with everything
/// in it. Only its owner may look into it (0700).
class TempFolder {
 public:
  /// `purpose` stands in its name. Errors: Unavailable, naming where it could not be made.
  static Result<TempFolder> make(std::string_view purpose);
  TempFolder(TempFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TempFolder& operator=(TempFolder&&) = delete;
  ~TempFolder();

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  explicit TempFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace chorus::app
