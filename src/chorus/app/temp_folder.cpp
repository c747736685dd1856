#include "chorus/app/temp_folder.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <system_error>

namespace chorus::app {

namespace fs = std::filesystem;

Result<TempFolder> TempFolder::make(std::string_view purpose) {
  std::error_code error;
  const fs::path root = fs::temp_directory_path(error);
  std::string path = (root / fmt::format("chorus-{}-XXXXXX", purpose)).string();
  if (error || mkdtemp(path.data()) == nullptr) {
    return fail(ErrorCode::Unavailable, fmt::format("cannot make a folder in {}", root.string()));
  }
  return TempFolder(std::move(path));
}

TempFolder::~TempFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // it may be gone already
  fs::remove_all(path_, ignored);
}

}  // namespace chorus::app
