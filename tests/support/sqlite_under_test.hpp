#pragma once

#include "chorus/crypto/key_ring.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include "support/drive.hpp"
#include "support/store_engine.hpp"
#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace chorus::test {

inline rt::Loop::Options loop_options(rt::Loop::Mode mode) {
  rt::Loop::Options options;
  options.mode = mode;
  return options;
}

inline crypto::KeyRing fresh_key_ring() {
  crypto::SystemRandom random;
  return crypto::KeyRing::generate(random);
}

/// The SQLite store with its loop: a file in a folder of its own, or memory.
class SqliteUnderTest final : public StoreUnderTest {
 public:
  SqliteUnderTest(rt::Loop::Mode mode, bool in_file, store::SqliteOptions options = {})
      : loop_(loop_options(mode)), in_file_(in_file), options_(std::move(options)) {
    if (in_file_) options_.path = (dir_ / "chorus.db").string();
    open();
  }
  ~SqliteUnderTest() override { close(); }

  rt::Loop& loop() override { return loop_; }
  store::Store& store() override { return *store_; }
  store::SqliteStore& sqlite() { return *store_; }
  bool reopen() override {
    if (!in_file_) return false;
    close();
    open();
    return true;
  }
  store::SqliteOptions& options() { return options_; }
  [[nodiscard]] const crypto::KeyRing& keys() const { return keys_; }
  [[nodiscard]] const TempDir& dir() const { return dir_; }

  void close() {
    if (store_) drive(loop_, store_->close());
    store_.reset();
  }
  void open() {
    auto opened = store::open_sqlite(loop_, options_, keys_);
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    store_ = *std::move(opened);
  }

 private:
  TempDir dir_;
  rt::Loop loop_;
  bool in_file_;
  crypto::KeyRing keys_ = fresh_key_ring();
  store::SqliteOptions options_;
  std::unique_ptr<store::SqliteStore> store_;
};

inline StoreEngine sqlite_file_engine() {
  return {"File", [] { return std::make_unique<SqliteUnderTest>(rt::Loop::Mode::Real, true); }};
}
inline StoreEngine sqlite_memory_engine() {
  return {"Memory", [] { return std::make_unique<SqliteUnderTest>(rt::Loop::Mode::Real, false); }};
}
inline StoreEngine sqlite_virtual_memory_engine() {
  return {"MemoryVirtual",
          [] { return std::make_unique<SqliteUnderTest>(rt::Loop::Mode::Virtual, false); }};
}

}  // namespace chorus::test
