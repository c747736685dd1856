#pragma once

#include <span>
#include <string_view>

namespace chorus {

/// A file that was built into the binary (cmake/embed.cmake); lives as long as the program.
struct EmbeddedFile {
  std::string_view name;
  std::string_view bytes;
};

}  // namespace chorus
