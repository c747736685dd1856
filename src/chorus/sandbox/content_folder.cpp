#include "chorus/sandbox/content_folder.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

namespace chorus::sandbox {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> failed(const std::string& path, std::string_view why) {
  return fail(ErrorCode::Unavailable, fmt::format("{}: {}", path, why));
}

std::optional<std::int64_t> number_of(const std::string& name) {
  std::int64_t number = 0;
  const auto* const end = name.data() + name.size();
  const auto [at, error] = std::from_chars(name.data(), end, number);
  return error == std::errc() && at == end ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string ContentFolder::file_of(std::int64_t number) const {
  return fmt::format("{}/{}", path_, number);
}

Result<void> ContentFolder::put(std::int64_t number, std::string_view content) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) return failed(path_, error.message());
  fs::permissions(path_, fs::perms::owner_all, error);
  const auto path = file_of(number);
  const auto fresh = path + ".new";
  std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) {
    fs::remove(fresh, error);
    return failed(fresh, "cannot be written");
  }
  fs::rename(fresh, path, error);
  if (error) return failed(path, error.message());
  return {};
}

std::optional<std::string> ContentFolder::get(std::int64_t number, std::int64_t size) const {
  const auto path = file_of(number);
  std::error_code error;
  const auto found = fs::file_size(path, error);
  if (error || size < 0 || found != static_cast<std::uintmax_t>(size)) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  std::string content(static_cast<std::size_t>(size), '\0');
  in.read(content.data(), static_cast<std::streamsize>(size));
  if (!in) return std::nullopt;
  return content;
}

void ContentFolder::sweep(const FileStore& files) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::directory_iterator it(path_, error), end; !error && it != end; it.increment(error)) {
    const auto number = number_of(it->path().filename().string());
    const auto* file = number ? files.find(*number) : nullptr;
    if (file == nullptr || !file->content) stale.push_back(it->path());
  }
  // A file that cannot be removed is tried again at the next sweep.
  for (const auto& path : stale) fs::remove(path, error);
}

}  // namespace chorus::sandbox
