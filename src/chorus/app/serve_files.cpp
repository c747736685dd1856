#include "chorus/app/serve_files.hpp"

#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"
#include "chorus/crypto/hash.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <unistd.h>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

Result<std::string> read_secret_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::NotFound, fmt::format("cannot read {}", path));
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  return std::string(trim(text));
}

Result<void> write_secret_file(const std::string& path, std::string_view text) {
  std::error_code ignored;  // the open below tells what is wrong
  fs::create_directories(fs::path(path).parent_path(), ignored);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool synced = fsync(fd) == 0;
  close(fd);
  if (!written || !synced) {
    unlink(path.c_str());
    return fail(ErrorCode::Unavailable, fmt::format("cannot write {}: disk full?", path));
  }
  return {};
}

}  // namespace

std::string store_path(const ServeConfig& config) {
  if (config.database_url.starts_with("sqlite:")) {
    std::string path = config.database_url.substr(7);
    // Both `sqlite:chorus.db` and the founding `sqlite:///./chorus.db` name a path.
    if (path.starts_with("///")) path = path.substr(3);
    return path;
  }
  return (fs::path(config.data) / "chorus.db").string();
}

std::string admin_key_path(const ServeConfig& config) {
  return (fs::path(config.key_file).parent_path() / "admin.key").string();
}

Result<crypto::KeyRing> open_keys(const ServeConfig& config) {
  std::error_code error;
  fs::create_directories(config.data, error);
  if (!error) fs::permissions(config.data, fs::perms::owner_all, error);
  if (error) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("cannot use the data folder {}: {} (--data chooses another)",
                            config.data, error.message()));
  }
  crypto::KeyRingOptions options;
  options.file = config.key_file;
  options.data_dir = config.data;
  if (!config.token_encryption_key.empty()) options.environment_key = config.token_encryption_key;
  CH_TRY(options.sealed_by, store::sealed_by(store_path(config)));
  crypto::SystemRandom random;
  CH_TRY(auto opened, crypto::open_key_ring(options, random));
  if (opened.created) {
    complain(
        fmt::format("made a key ring: {} (fingerprint {}). Back it up: without it the data "
                    "cannot be read",
                    config.key_file, opened.ring.fingerprint()));
  }
  return std::move(opened.ring);
}

Result<std::unique_ptr<store::SqliteStore>> open_store(rt::Loop& loop, const ServeConfig& config,
                                                       const crypto::KeyRing& keys,
                                                       metrics::Registry* metrics) {
  store::SqliteOptions options;
  options.path = store_path(config);
  options.metrics = metrics;
  return store::open_sqlite(loop, options, keys);
}

rt::Task<Result<void>> ensure_admin_key(store::Store& store, ServeConfig config) {
  if (!config.api_key.empty()) co_return Result<void>{};
  const std::string path = admin_key_path(config);
  Secret key;
  if (auto existing = read_secret_file(path)) {
    key = Secret(std::move(*existing));
  } else {
    crypto::SystemRandom random;
    key = Secret(crypto::random_token(random, 24));
    CH_CO_TRY_VOID(write_secret_file(path, key.reveal()));
    complain(fmt::format("made an admin key: it is in {}", path));
  }
  const std::string hash = crypto::hash_api_token(key);
  CH_CO_TRY(const auto role, co_await store.find_api_token(hash));
  if (role) co_return Result<void>{};
  co_return co_await store.put_api_token("admin", hash, "admin");
}

Result<Secret> read_admin_key(const ServeConfig& config) {
  if (!config.api_key.empty()) return config.api_key;
  auto text = read_secret_file(admin_key_path(config));
  if (!text) {
    return fail(ErrorCode::Misconfigured,
                fmt::format("no admin key: set API_KEY, or run where {} can be read",
                            admin_key_path(config)));
  }
  return Secret(std::move(*text));
}

}  // namespace chorus::app
