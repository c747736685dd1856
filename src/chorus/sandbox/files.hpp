#pragma once

#include "chorus/base/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace chorus::sandbox {

/// A stored upload. `content` may have been forgotten (bounded store); its description stays.
struct StoredFile {
  std::int64_t number = 0;
  std::string name;
  std::string mime;
  std::string unique_id;  ///< the same for every account
  std::int64_t size = 0;
  std::int32_t width = 0;  ///< photos
  std::int32_t height = 0;
  bool is_photo = false;
  std::string form;   ///< `video`, `sticker`, ...; empty for photos and plain documents
  std::string facts;  ///< the dialect's members of such a file (`"duration":3`), the same for all
  std::optional<std::string> content;
};

/// Uploads of the world. The bytes kept are bounded: the oldest contents are forgotten first.
/// One thread.
class FileStore {
 public:
  explicit FileStore(std::size_t max_bytes = 64 * 1024 * 1024, std::size_t max_files = 100'000)
      : max_bytes_(max_bytes), max_files_(max_files) {}

  const StoredFile& add(StoredFile file, std::string content);
  [[nodiscard]] const StoredFile* find(std::int64_t number) const;
  /// Brings an upload back with the number it had, and with its content if that was kept.
  void restore(StoredFile file);
  void clear();
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const std::deque<std::int64_t>& order() const { return order_; }

  // Ids that bots see: `file_id` is of one bot, so another bot's is refused.
  [[nodiscard]] static std::string file_id(const StoredFile& file, PlatformUserId bot);
  /// The file of an id that `file_id` made for this bot; nullptr for every other text.
  [[nodiscard]] const StoredFile* find_by_file_id(std::string_view id, PlatformUserId bot) const;
  [[nodiscard]] static std::string path(const StoredFile& file);
  [[nodiscard]] const StoredFile* find_by_path(std::string_view path) const;

 private:
  void forget_old();

  std::size_t max_bytes_;
  std::size_t max_files_;
  std::size_t bytes_ = 0;
  std::int64_t next_ = 1;
  std::unordered_map<std::int64_t, StoredFile> files_;
  std::deque<std::int64_t> order_;
};

/// Width and height of a PNG, JPEG or GIF; nullopt when the bytes are none of them.
struct ImageSize {
  std::int32_t width = 0;
  std::int32_t height = 0;
};
std::optional<ImageSize> image_size(std::string_view bytes);

}  // namespace chorus::sandbox
