#include "chorus/sandbox/files.hpp"

#include "chorus/base/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::sandbox {

namespace {

constexpr std::string_view kFileIdHead = "BQACAgIAAxkD";
constexpr std::uint64_t kIdSalt = 0x5eed'0f'f11e'1d;

/// What makes an id unforgeable enough for a sandbox: it belongs to one bot and one file.
std::uint64_t id_check(std::int64_t number, PlatformUserId bot) {
  return stable_hash(fmt::format("{}/{}", number, bot.value), kIdSalt);
}

std::uint32_t big_endian(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

std::optional<ImageSize> jpeg_size(std::string_view bytes) {
  std::size_t at = 2;
  while (at + 9 < bytes.size()) {
    if (static_cast<unsigned char>(bytes[at]) != 0xff) return std::nullopt;
    const auto marker = static_cast<unsigned char>(bytes[at + 1]);
    // Start of frame, in all its codings; C4, C8 and CC are other segments.
    if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
      return ImageSize{static_cast<std::int32_t>(big_endian(bytes, at + 7, 2)),
                       static_cast<std::int32_t>(big_endian(bytes, at + 5, 2))};
    }
    at += 2 + big_endian(bytes, at + 2, 2);
  }
  return std::nullopt;
}

}  // namespace

const StoredFile& FileStore::add(StoredFile file, std::string content) {
  file.number = next_++;
  file.size = static_cast<std::int64_t>(content.size());
  file.unique_id = fmt::format("AgAD{:012x}", stable_hash(content, kIdSalt) & 0xffff'ffff'ffff);
  bytes_ += content.size();
  file.content = std::move(content);
  order_.push_back(file.number);
  const auto number = file.number;
  files_.emplace(number, std::move(file));
  forget_old();
  return files_.at(number);
}

void FileStore::restore(StoredFile file) {
  next_ = std::max(next_, file.number + 1);
  if (file.content) bytes_ += file.content->size();
  order_.push_back(file.number);
  files_[file.number] = std::move(file);
  forget_old();
}

void FileStore::forget_old() {
  while (order_.size() > max_files_) {
    auto it = files_.find(order_.front());
    if (it->second.content) bytes_ -= it->second.content->size();
    files_.erase(it);
    order_.pop_front();
  }
  for (std::size_t i = 0; bytes_ > max_bytes_ && i + 1 < order_.size(); ++i) {
    auto& file = files_.at(order_[i]);
    if (!file.content) continue;
    bytes_ -= file.content->size();
    file.content.reset();
  }
}

void FileStore::clear() {
  files_.clear();
  order_.clear();
  bytes_ = 0;
}

const StoredFile* FileStore::find(std::int64_t number) const {
  auto it = files_.find(number);
  return it == files_.end() ? nullptr : &it->second;
}

std::string FileStore::file_id(const StoredFile& file, PlatformUserId bot) {
  return fmt::format("{}{:x}_{:016x}", kFileIdHead, file.number, id_check(file.number, bot));
}

const StoredFile* FileStore::find_by_file_id(std::string_view id, PlatformUserId bot) const {
  if (!id.starts_with(kFileIdHead)) return nullptr;
  const auto body = id.substr(kFileIdHead.size());
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(body.data(), body.data() + body.size(), number, 16);
  if (error != std::errc()) return nullptr;
  const auto* file = find(number);
  return file != nullptr && file_id(*file, bot) == id ? file : nullptr;
}

std::string FileStore::path(const StoredFile& file) {
  const auto dot = file.name.rfind('.');
  const auto suffix = dot == std::string::npos ? std::string() : file.name.substr(dot);
  const bool plain = std::ranges::all_of(suffix, [](unsigned char c) {
    return c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  const auto folder = file.form.empty() ? "documents" : file.form + "s";
  return fmt::format("{}/file_{}{}", file.is_photo ? "photos" : folder, file.number,
                     file.is_photo ? ".jpg" : (plain ? suffix : std::string()));
}

const StoredFile* FileStore::find_by_path(std::string_view path_text) const {
  const auto at = path_text.find("/file_");
  if (at == std::string_view::npos) return nullptr;
  std::int64_t number = 0;
  auto [end, error] =
      std::from_chars(path_text.data() + at + 6, path_text.data() + path_text.size(), number);
  if (error != std::errc()) return nullptr;
  const auto* file = find(number);
  return file != nullptr && path(*file) == path_text ? file : nullptr;
}

std::optional<ImageSize> image_size(std::string_view bytes) {
  if (bytes.size() >= 24 && bytes.starts_with("\x89PNG\r\n\x1a\n")) {
    return ImageSize{static_cast<std::int32_t>(big_endian(bytes, 16, 4)),
                     static_cast<std::int32_t>(big_endian(bytes, 20, 4))};
  }
  if (bytes.size() >= 10 && bytes.starts_with("GIF8")) {
    const auto little = [&](std::size_t at) {
      return static_cast<std::int32_t>(static_cast<unsigned char>(bytes[at]) |
                                       static_cast<unsigned char>(bytes[at + 1]) << 8);
    };
    return ImageSize{little(6), little(8)};
  }
  if (bytes.size() >= 4 && bytes.starts_with("\xff\xd8")) return jpeg_size(bytes);
  return std::nullopt;
}

}  // namespace chorus::sandbox
