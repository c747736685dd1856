#pragma once

#include "chorus/app/config.hpp"
#include "chorus/crypto/key_ring.hpp"
#include "chorus/rt/loop.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include <memory>
#include <string>

/// The files of an installation: data folder, store, key ring, admin key.
namespace chorus::app {

/// `sqlite:PATH` of DATABASE_URL, or `chorus.db` in the data folder.
std::string store_path(const ServeConfig& config);
/// The file that holds the admin key, beside the key ring.
std::string admin_key_path(const ServeConfig& config);

/// Makes the data folder (0700) and opens the key ring; a new key is announced with its path and
/// fingerprint. Errors: Misconfigured with one line that says what to do.
Result<crypto::KeyRing> open_keys(const ServeConfig& config);

Result<std::unique_ptr<store::SqliteStore>> open_store(rt::Loop& loop, const ServeConfig& config,
                                                       const crypto::KeyRing& keys,
                                                       metrics::Registry* metrics);

/// Without API_KEY: makes sure that a stored admin key exists and announces its file (never the
/// key).
rt::Task<Result<void>> ensure_admin_key(store::Store& store, ServeConfig config);

/// For commands that talk to a running `chorus serve`: API_KEY, or the admin key's file.
Result<Secret> read_admin_key(const ServeConfig& config);

}  // namespace chorus::app
