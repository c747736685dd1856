#include "chorus/base/secret.hpp"
#include "chorus/crypto/key_ring.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace chorus::crypto {

namespace {

namespace fs = std::filesystem;

struct File {
  explicit File(int number) : fd(number) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd;
};

Error system_error(ErrorCode code, std::string_view what, const fs::path& path, int number) {
  return Error(code, fmt::format("{} {}: {}", what, path.string(),
                                 std::error_code(number, std::generic_category()).message()));
}

fs::path resolved(const fs::path& path) {
  std::error_code ignored;  // an unreadable parent is reported by the open that follows
  auto full = fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  if (full.empty()) full = path.lexically_normal();
  return full;
}

Result<void> refuse_inside(const fs::path& file, const fs::path& data_dir) {
  if (data_dir.empty()) return {};
  const fs::path inner = resolved(file);
  fs::path outer = resolved(data_dir);
  if (!outer.has_filename()) outer = outer.parent_path();
  const auto [outer_end, inner_at] =
      std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  if (outer_end != outer.end()) return {};
  return fail(ErrorCode::Misconfigured,
              fmt::format("the key ring {} lies inside the data directory {}: a copy of the data "
                          "would carry its key; move it elsewhere and pass --key-file",
                          file.string(), data_dir.string()));
}

Result<Secret> read_all(int fd, const fs::path& path) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return std::unexpected(system_error(ErrorCode::Misconfigured, "cannot read", path, errno));
    }
    if (n == 0) return Secret(std::move(text));
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > 64 * 1024) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("{}: too large for a key ring", path.string()));
    }
  }
}

Result<void> write_all(int fd, std::string_view text, const fs::path& path) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return std::unexpected(system_error(ErrorCode::Unavailable, "cannot write", path, errno));
    }
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  if (::fsync(fd) != 0) {
    return std::unexpected(system_error(ErrorCode::Unavailable, "cannot write", path, errno));
  }
  return {};
}

}  // namespace

Result<KeyRing> load_key_ring(const fs::path& file, const fs::path& data_dir) {
  if (auto inside = refuse_inside(file, data_dir); !inside) return std::unexpected(inside.error());
  const File opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (opened.fd < 0) {
    const int number = errno;
    const auto code = number == ENOENT ? ErrorCode::NotFound : ErrorCode::Misconfigured;
    return std::unexpected(system_error(code, "cannot open the key ring", file, number));
  }
  struct stat status{};
  if (::fstat(opened.fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    return fail(ErrorCode::Misconfigured, fmt::format("{}: not a plain file", file.string()));
  }
  if ((status.st_mode & 077) != 0) {
    return fail(
        ErrorCode::Misconfigured,
        fmt::format("the key ring {} can be read by others (mode {:04o}); run: chmod 600 "
                    "{}",
                    file.string(), static_cast<unsigned>(status.st_mode & 07777), file.string()));
  }
  CH_TRY(const Secret text, read_all(opened.fd, file));
  return KeyRing::parse(text.reveal(), file.string());
}

Result<void> save_key_ring(const KeyRing& ring, const fs::path& file, const fs::path& data_dir,
                           bool replace) {
  CH_TRY_VOID(refuse_inside(file, data_dir));
  std::error_code error;
  const fs::path folder = fs::absolute(file, error).parent_path();
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all, error);
  }
  if (error) {
    return std::unexpected(
        system_error(ErrorCode::Unavailable, "cannot make", folder, error.value()));
  }
  const fs::path draft = file.string() + ".new";
  ::unlink(draft.c_str());  // left by a crash; what it held was never in use
  {
    const File opened(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (opened.fd < 0) {
      return std::unexpected(system_error(ErrorCode::Unavailable, "cannot make", draft, errno));
    }
    if (auto written = write_all(opened.fd, ring.serialize().reveal(), draft); !written) {
      ::unlink(draft.c_str());
      return written;
    }
  }
  // link() refuses an existing name, so that two first starts cannot overwrite each other's key.
  const int failed =
      replace ? ::rename(draft.c_str(), file.c_str()) : ::link(draft.c_str(), file.c_str());
  const int number = errno;
  if (!replace || failed != 0) ::unlink(draft.c_str());
  if (failed != 0) {
    const auto code = number == EEXIST ? ErrorCode::Conflict : ErrorCode::Unavailable;
    return std::unexpected(system_error(code, "cannot make the key ring", file, number));
  }
  const File directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.fd < 0 || ::fsync(directory.fd) != 0) {
    return std::unexpected(system_error(ErrorCode::Unavailable, "cannot sync", folder, errno));
  }
  return {};
}

Result<OpenedKeyRing> open_key_ring(const KeyRingOptions& options, RandomSource& random) {
  auto from_file = load_key_ring(options.file, options.data_dir);
  const bool absent = !from_file && from_file.error().code == ErrorCode::NotFound;
  if (!from_file && !absent) return std::unexpected(from_file.error());

  if (options.environment_key) {
    CH_TRY(KeyRing ring, KeyRing::from_key_text(*options.environment_key, "TOKEN_ENCRYPTION_KEY"));
    if (from_file) ring.add_old_keys(*from_file);
    if (options.sealed_by && !ring.holds(*options.sealed_by)) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("the store is sealed by key {}, but TOKEN_ENCRYPTION_KEY is key {}; "
                              "set the value that belongs to this store",
                              *options.sealed_by, ring.fingerprint()));
    }
    return OpenedKeyRing{std::move(ring), false};
  }
  if (from_file) {
    if (options.sealed_by && !from_file->holds(*options.sealed_by)) {
      return fail(ErrorCode::Misconfigured,
                  fmt::format("the store is sealed by key {}, which {} does not hold (it holds "
                              "{}); pass the --key-file that belongs to this store",
                              *options.sealed_by, options.file.string(),
                              fmt::join(from_file->fingerprints(), ", ")));
    }
    return OpenedKeyRing{*std::move(from_file), false};
  }
  if (options.sealed_by) {
    return fail(
        ErrorCode::Misconfigured,
        fmt::format("the store is sealed by key {}, but there is no key ring at {}; restore "
                    "it from your backup or pass --key-file. No new key is made, because "
                    "it could not open what is stored",
                    *options.sealed_by, options.file.string()));
  }
  const KeyRing fresh = KeyRing::generate(random);
  CH_TRY_VOID(save_key_ring(fresh, options.file, options.data_dir, false));
  CH_TRY(KeyRing ring, load_key_ring(options.file, options.data_dir));
  return OpenedKeyRing{std::move(ring), true};
}

}  // namespace chorus::crypto
