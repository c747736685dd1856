#include "chorus/store/sqlite/detail/backup.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace chorus::store::detail {

namespace {

std::string draft_of(const std::string& file) {
  return file + ".part";
}

Error cannot(std::string_view what, const std::string& file, int number) {
  return Error(number == EEXIST ? ErrorCode::Conflict : ErrorCode::Unavailable,
               fmt::format("cannot {} {}: {}", what, file,
                           std::error_code(number, std::generic_category()).message()));
}

}  // namespace

Result<Backup> Backup::start(Database& source, std::string file) {
  if (::access(file.c_str(), F_OK) == 0) {
    return fail(ErrorCode::Conflict, fmt::format("{} exists; choose another name", file));
  }
  const std::string draft = draft_of(file);
  ::unlink(draft.c_str());  // left by an interrupted backup
  const int fd = ::open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(cannot("make", draft, errno));
  ::close(fd);
  CH_TRY(auto target, Database::open(draft, Database::Access::ReadWrite));
  sqlite3_backup* handle = sqlite3_backup_init(target->handle(), "main", source.handle(), "main");
  if (handle == nullptr) {
    return std::unexpected(target->error_of(sqlite3_errcode(target->handle())));
  }
  return Backup(std::move(target), handle, std::move(file));
}

Backup::Backup(std::unique_ptr<Database> target, sqlite3_backup* handle, std::string file)
    : target_(std::move(target)), handle_(handle), file_(std::move(file)) {}

Backup::Backup(Backup&& other) noexcept
    : target_(std::move(other.target_)),
      handle_(std::exchange(other.handle_, nullptr)),
      file_(std::move(other.file_)) {}

Backup& Backup::operator=(Backup&& other) noexcept {
  std::swap(target_, other.target_);
  std::swap(handle_, other.handle_);
  std::swap(file_, other.file_);
  return *this;
}

Backup::~Backup() {
  if (handle_ == nullptr) return;
  (void)sqlite3_backup_finish(handle_);  // given up: the draft goes
  target_.reset();
  ::unlink(draft_of(file_).c_str());
}

Result<bool> Backup::step(int pages) {
  const int code = sqlite3_backup_step(handle_, pages);
  if (code == SQLITE_OK) return false;
  if (code != SQLITE_DONE) return std::unexpected(target_->error_of(code));
  const int finished = sqlite3_backup_finish(std::exchange(handle_, nullptr));
  if (finished != SQLITE_OK) return std::unexpected(target_->error_of(finished));
  CH_TRY_VOID(publish());
  return true;
}

Result<void> Backup::publish() {
  // The copy carries WAL mode in its header; as a single file it stands without a WAL beside it.
  const auto plain = target_->exec("PRAGMA journal_mode = DELETE");
  target_.reset();
  const std::string draft = draft_of(file_);
  // link() refuses to replace a file that came up meanwhile.
  const bool linked = plain && ::link(draft.c_str(), file_.c_str()) == 0;
  const int number = errno;
  ::unlink(draft.c_str());
  if (!plain) return std::unexpected(plain.error());
  if (!linked) return std::unexpected(cannot("make", file_, number));
  return {};
}

}  // namespace chorus::store::detail
