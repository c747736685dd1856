#include "chorus/store/sqlite/detail/file_lock.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace chorus::store::detail {

namespace {

std::string why(int number) {
  return std::error_code(number, std::generic_category()).message();
}

std::string holder(int fd) {
  std::array<char, 128> text{};
  const ssize_t n = ::pread(fd, text.data(), text.size(), 0);
  std::string_view line(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  line = line.substr(0, line.find('\n'));
  return line.empty() ? "another process" : std::string(line);
}

}  // namespace

Result<FileLock> FileLock::acquire(const std::string& database) {
  const std::string path = database + ".lock";
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock.fd_ < 0) {
    return fail(ErrorCode::Unavailable, fmt::format("cannot open {}: {}", path, why(errno)));
  }
  if (::flock(lock.fd_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) {
      return fail(ErrorCode::Unavailable, fmt::format("cannot lock {}: {}", path, why(errno)));
    }
    return fail(ErrorCode::Conflict,
                fmt::format("the store {} is in use by {}; stop it or choose another data "
                            "directory",
                            database, holder(lock.fd_)));
  }
  const std::string text = fmt::format("process {}\n", ::getpid());
  // The text only serves messages; the lock itself holds without it.
  if (::ftruncate(lock.fd_, 0) == 0) {
    (void)!::pwrite(lock.fd_, text.data(), text.size(), 0);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace chorus::store::detail
