#include "chorus/store/sqlite/detail/gathered_log.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace chorus::store::detail {

namespace {

// The engine's own file system takes less than 128 KiB with one call, and 128 KiB for nothing.
constexpr std::size_t kGather = std::size_t{120} * 1024;

/// The engine allocates `szOsFile` bytes for a file: this, and the system's own file behind it.
struct LogFile {
  sqlite3_file base;  // first: the engine sees only this
  sqlite3_file* system;
  std::unique_ptr<char[]> gathered;
  std::size_t size = 0;
  sqlite3_int64 offset = 0;  ///< where in the file the gathered bytes begin
};
constexpr std::size_t kSystemFileAt = (sizeof(LogFile) + 15) / 16 * 16;

LogFile& log_of(sqlite3_file* file) {
  return *reinterpret_cast<LogFile*>(file);
}

int write_out(LogFile& log) {
  if (log.size == 0) return SQLITE_OK;
  const int size = static_cast<int>(log.size);
  // Given up when it fails: the commit that wrote it fails too, and the next writes there again.
  log.size = 0;
  return log.system->pMethods->xWrite(log.system, log.gathered.get(), size, log.offset);
}

int close(sqlite3_file* file) {
  auto& log = log_of(file);
  const int written = write_out(log);
  const int closed = log.system->pMethods->xClose(log.system);
  log.~LogFile();
  return written != SQLITE_OK ? written : closed;
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  auto& log = log_of(file);
  // Pages of the open transaction are lost then; this error makes the engine undo it as a whole.
  if (write_out(log) != SQLITE_OK) return SQLITE_IOERR_READ;
  return log.system->pMethods->xRead(log.system, out, size, offset);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  auto& log = log_of(file);
  const auto more = static_cast<std::size_t>(size);
  const bool follows = offset == log.offset + static_cast<sqlite3_int64>(log.size);
  if (!follows || log.size + more > kGather) {
    if (const int written = write_out(log); written != SQLITE_OK) return written;
    log.offset = offset;
  }
  if (more > kGather) return log.system->pMethods->xWrite(log.system, bytes, size, offset);
  std::memcpy(log.gathered.get() + log.size, bytes, more);
  log.size += more;
  return SQLITE_OK;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  auto& log = log_of(file);
  if (const int written = write_out(log); written != SQLITE_OK) return written;
  return log.system->pMethods->xTruncate(log.system, size);
}

int sync(sqlite3_file* file, int flags) {
  auto& log = log_of(file);
  if (const int written = write_out(log); written != SQLITE_OK) return written;
  return log.system->pMethods->xSync(log.system, flags);
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  auto& log = log_of(file);
  if (const int written = write_out(log); written != SQLITE_OK) return written;
  return log.system->pMethods->xFileSize(log.system, size);
}

int lock(sqlite3_file* file, int level) {
  return log_of(file).system->pMethods->xLock(log_of(file).system, level);
}
int unlock(sqlite3_file* file, int level) {
  return log_of(file).system->pMethods->xUnlock(log_of(file).system, level);
}
int check_reserved_lock(sqlite3_file* file, int* out) {
  return log_of(file).system->pMethods->xCheckReservedLock(log_of(file).system, out);
}
int file_control(sqlite3_file* file, int what, void* argument) {
  return log_of(file).system->pMethods->xFileControl(log_of(file).system, what, argument);
}
int sector_size(sqlite3_file* file) {
  return log_of(file).system->pMethods->xSectorSize(log_of(file).system);
}
int device_characteristics(sqlite3_file* file) {
  return log_of(file).system->pMethods->xDeviceCharacteristics(log_of(file).system);
}

// Version 1: a log is neither mapped nor shared memory.
constexpr sqlite3_io_methods kLogMethods{.iVersion = 1,
                                         .xClose = close,
                                         .xRead = read,
                                         .xWrite = write,
                                         .xTruncate = truncate,
                                         .xSync = sync,
                                         .xFileSize = file_size,
                                         .xLock = lock,
                                         .xUnlock = unlock,
                                         .xCheckReservedLock = check_reserved_lock,
                                         .xFileControl = file_control,
                                         .xSectorSize = sector_size,
                                         .xDeviceCharacteristics = device_characteristics,
                                         .xShmMap = nullptr,
                                         .xShmLock = nullptr,
                                         .xShmBarrier = nullptr,
                                         .xShmUnmap = nullptr,
                                         .xFetch = nullptr,
                                         .xUnfetch = nullptr};

sqlite3_vfs* system_of(sqlite3_vfs* vfs) {
  return static_cast<sqlite3_vfs*>(vfs->pAppData);
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  sqlite3_vfs* system = system_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, out_flags);
  auto* behind = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + kSystemFileAt);
  file->pMethods = nullptr;  // nothing to close until it is open
  std::unique_ptr<char[]> gathered(new (std::nothrow) char[kGather]);
  if (gathered == nullptr) return SQLITE_NOMEM;
  const int code = system->xOpen(system, name, behind, flags, out_flags);
  if (code != SQLITE_OK) {
    if (behind->pMethods != nullptr) behind->pMethods->xClose(behind);
    return code;
  }
  new (file) LogFile{.base = {&kLogMethods}, .system = behind, .gathered = std::move(gathered)};
  return SQLITE_OK;
}

/// The system's, but for `open`; what is asked of it goes to the system's own, because its
/// functions look into `pAppData`.
sqlite3_vfs make_vfs(sqlite3_vfs* system) {
  sqlite3_vfs vfs = *system;
  vfs.szOsFile = system->szOsFile + static_cast<int>(kSystemFileAt);
  vfs.pNext = nullptr;
  vfs.zName = "chorus";
  vfs.pAppData = system;
  vfs.xOpen = open;
  vfs.xDelete = [](sqlite3_vfs* self, const char* name, int sync_folder) {
    return system_of(self)->xDelete(system_of(self), name, sync_folder);
  };
  vfs.xAccess = [](sqlite3_vfs* self, const char* name, int flags, int* out) {
    return system_of(self)->xAccess(system_of(self), name, flags, out);
  };
  vfs.xFullPathname = [](sqlite3_vfs* self, const char* name, int size, char* out) {
    return system_of(self)->xFullPathname(system_of(self), name, size, out);
  };
  return vfs;
}

}  // namespace

const char* gathered_log() {
  static const char* const name = []() -> const char* {
    sqlite3_vfs* system = sqlite3_vfs_find(nullptr);  // initialises the engine
    if (system == nullptr) return nullptr;
    static sqlite3_vfs vfs = make_vfs(system);
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? vfs.zName : nullptr;
  }();
  return name;
}

int write_gathered(sqlite3* connection) {
  sqlite3_file* file = nullptr;
  const int code = sqlite3_file_control(connection, "main", SQLITE_FCNTL_JOURNAL_POINTER,
                                        static_cast<void*>(&file));
  if (code != SQLITE_OK || file == nullptr || file->pMethods != &kLogMethods) return code;
  return write_out(log_of(file));
}

}  // namespace chorus::store::detail
