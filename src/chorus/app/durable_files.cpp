#include "chorus/app/durable_files.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

std::string lock_path(const std::string& folder) {
  return folder + "/lab.lock";
}

Error unavailable(const std::string& what, const std::string& path) {
  return Error(ErrorCode::Unavailable,
               fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

/// A rename is on the disk when its folder is.
void sync_folder(const std::string& path) {
  const auto folder = fs::path(path).parent_path().string();
  const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  (void)fsync(fd);  // some file systems cannot: then the rename itself has to do
  ::close(fd);
}

}  // namespace

Result<RunLock> RunLock::take(const std::string& folder) {
  RunLock lock;
  lock.path_ = lock_path(folder);
  lock.fd_ = ::open(lock.path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock.fd_ < 0) return std::unexpected(unavailable("open", lock.path_));
  if (flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> pid{};
    const auto n = read(lock.fd_, pid.data(), pid.size() - 1);
    return fail(ErrorCode::Conflict,
                fmt::format("the lab of {} is still at work{}", folder,
                            n > 0 ? fmt::format(" (process {})", pid.data()) : std::string()));
  }
  const auto own = std::to_string(getpid());
  const bool written = ftruncate(lock.fd_, 0) == 0 && pwrite(lock.fd_, own.data(), own.size(), 0) ==
                                                          static_cast<ssize_t>(own.size());
  if (!written) return std::unexpected(unavailable("write", lock.path_));
  return lock;
}

bool RunLock::held(const std::string& folder) {
  const int fd = ::open(lock_path(folder).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool busy = flock(fd, LOCK_EX | LOCK_NB) != 0;
  ::close(fd);
  return busy;
}

RunLock::RunLock(RunLock&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

RunLock& RunLock::operator=(RunLock&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(fd_, other.fd_);
  return *this;
}

RunLock::~RunLock() {
  if (fd_ >= 0) ::close(fd_);
}

void RunLock::remove() {
  if (fd_ >= 0) (void)unlink(path_.c_str());  // one that stays behind is held by nobody
}

Result<void> write_durably(const std::string& path, std::string_view content, unsigned mode) {
  const auto fresh = path + ".new";
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
  if (fd < 0) return std::unexpected(unavailable("write", fresh));
  bool written = true;
  while (written && !content.empty()) {
    const auto n = write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    written = n > 0;
    if (written) content.remove_prefix(static_cast<std::size_t>(n));
  }
  written = written && fsync(fd) == 0;
  const auto why = errno;
  written = ::close(fd) == 0 && written;
  if (!written || rename(fresh.c_str(), path.c_str()) != 0) {
    if (!written) errno = why;
    auto error = unavailable("write", path);
    (void)unlink(fresh.c_str());  // what stays behind is a file without a use
    return std::unexpected(std::move(error));
  }
  sync_folder(path);
  return {};
}

RecordSpool::~RecordSpool() {
  close();
}

void RecordSpool::close() {
  if (file_ != nullptr && std::fclose(file_) != 0) failed_ = true;
  file_ = nullptr;
}

Result<void> RecordSpool::open(const std::string& path, std::uint64_t keep) {
  path_ = path;
  std::error_code error;
  if (keep > 0 && fs::file_size(path, error) >= keep && !error) {
    fs::resize_file(path, keep, error);
    if (!error) file_ = std::fopen(path.c_str(), "ab");
  } else if (keep == 0) {
    file_ = std::fopen(path.c_str(), "wb");
  } else {
    return fail(ErrorCode::Unavailable,
                fmt::format("{} is shorter than its checkpoint says", path));
  }
  if (file_ == nullptr) return std::unexpected(unavailable("write", path));
  return {};
}

void RecordSpool::add(std::string_view line) {
  if (file_ == nullptr) return;
  const bool whole = std::fwrite(line.data(), 1, line.size(), file_) == line.size() &&
                     std::fputc('\n', file_) != EOF;
  if (!whole) failed_ = true;
}

void RecordSpool::flush() {
  if (file_ == nullptr) return;
  if (std::fflush(file_) != 0 || fdatasync(fileno(file_)) != 0) failed_ = true;
}

Result<void> RecordSpool::copy_to(const std::string& path) {
  close();
  if (failed_) {
    return fail(ErrorCode::Unavailable, "the records could not all be written to " + path_);
  }
  std::ifstream in(path_, std::ios::binary);
  if (!in) return std::unexpected(unavailable("read", path_));
  const bool to_stdout = path.empty() || path == "-";
  if (!to_stdout) {
    std::error_code ignored;  // then it cannot be opened either
    const auto folder = fs::path(path).parent_path();
    if (!folder.empty()) fs::create_directories(folder, ignored);
  }
  std::FILE* out = to_stdout ? stdout : std::fopen(path.c_str(), "wb");
  if (out == nullptr) return std::unexpected(unavailable("write", path));
  std::array<char, 65536> part{};
  bool whole = true;
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    const auto n = static_cast<std::size_t>(in.gcount());
    whole = whole && std::fwrite(part.data(), 1, n, out) == n;
  }
  if (!to_stdout && std::fclose(out) != 0) whole = false;
  if (!whole) return std::unexpected(unavailable("write", to_stdout ? "standard output" : path));
  return {};
}

void RecordSpool::discard() {
  close();
  std::error_code ignored;  // it may be gone
  if (!path_.empty()) fs::remove(path_, ignored);
}

}  // namespace chorus::app
