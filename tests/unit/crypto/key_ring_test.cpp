#include "chorus/crypto/key_ring.hpp"

#include "chorus/crypto/encoding.hpp"

#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>

namespace chorus::crypto {
namespace {

namespace fs = std::filesystem;

class KeyRingTest : public testing::Test {
 protected:
  KeyRingTest() { fs::create_directory(data_); }

  static void expect_misconfigured(const Error& error, std::string_view part) {
    EXPECT_EQ(error.code, ErrorCode::Misconfigured);
    EXPECT_NE(error.message.find(part), std::string::npos) << error.message;
    EXPECT_EQ(error.message.find('\n'), std::string::npos) << "one line for people";
  }

  test::TempDir dir_;
  fs::path data_ = dir_ / "data";
  fs::path file_ = dir_ / "config" / "keys";
  SystemRandom random_;
};

TEST_F(KeyRingTest, KeyTextTakesEveryForm) {
  const std::string bytes = [&] {
    std::string b(32, '\0');
    for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<char>(0xf8 + i);
    return b;
  }();
  const auto expected = KeyRing::from_key_text(Secret(to_hex(bytes)), "X").value().fingerprint();
  for (const auto& text : {to_base64(bytes), to_base64url(bytes), to_base64url(bytes) + "=",
                           "  " + to_base64(bytes) + "\n"}) {
    const auto ring = KeyRing::from_key_text(Secret(text), "X");
    ASSERT_TRUE(ring) << text.size();
    EXPECT_EQ(ring->fingerprint(), expected);
  }
}

TEST_F(KeyRingTest, WrongKeyTextIsNamedAndNotShown) {  // PB11
  for (const auto* text :
       {"", "secret-but-short", "AAAA", "not base64 at all, and rather long!!"}) {
    const auto ring = KeyRing::from_key_text(Secret(text), "TOKEN_ENCRYPTION_KEY");
    ASSERT_FALSE(ring);
    expect_misconfigured(ring.error(), "TOKEN_ENCRYPTION_KEY");
    if (*text != '\0') EXPECT_EQ(ring.error().message.find(text), std::string::npos);
  }
}

TEST_F(KeyRingTest, FileRoundTripsWithMode0600) {
  const auto ring = KeyRing::generate(random_);
  ASSERT_TRUE(save_key_ring(ring, file_, data_, false));
  struct stat status{};
  ASSERT_EQ(::stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600U);
  const auto read = load_key_ring(file_, data_);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->fingerprint(), ring.fingerprint());
  EXPECT_EQ(read->origin(), file_.string());
}

TEST_F(KeyRingTest, ExistingFileIsNeverOverwrittenUnasked) {
  const auto first = KeyRing::generate(random_);
  ASSERT_TRUE(save_key_ring(first, file_, data_, false));
  const auto refused = save_key_ring(KeyRing::generate(random_), file_, data_, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_EQ(load_key_ring(file_, data_).value().fingerprint(), first.fingerprint());
  const auto second = KeyRing::generate(random_);
  ASSERT_TRUE(save_key_ring(second, file_, data_, true));
  EXPECT_EQ(load_key_ring(file_, data_).value().fingerprint(), second.fingerprint());
}

TEST_F(KeyRingTest, RefusesAKeyInsideTheDataDirectory) {
  const auto ring = KeyRing::generate(random_);
  const fs::path inside = data_ / "sub" / "keys";
  auto saved = save_key_ring(ring, inside, data_, false);
  ASSERT_FALSE(saved);
  expect_misconfigured(saved.error(), "inside the data directory");

  // Through "..", a trailing slash and a symbolic link, it is still inside.
  EXPECT_FALSE(save_key_ring(ring, data_ / ".." / "data" / "keys", data_.string() + "/", false));
  fs::create_directory_symlink(data_, dir_ / "link");
  EXPECT_FALSE(save_key_ring(ring, dir_ / "link" / "keys", data_, false));

  std::ofstream(data_ / "keys") << ring.serialize().reveal();
  ASSERT_EQ(::chmod((data_ / "keys").c_str(), 0600), 0);
  auto loaded = load_key_ring(data_ / "keys", data_);
  ASSERT_FALSE(loaded);
  expect_misconfigured(loaded.error(), "inside the data directory");
  // A neighbour whose name starts the same way is outside.
  EXPECT_TRUE(save_key_ring(ring, dir_ / "data-keys", data_, false));
}

TEST_F(KeyRingTest, RefusesAFileThatOthersMayRead) {
  ASSERT_TRUE(save_key_ring(KeyRing::generate(random_), file_, data_, false));
  for (const mode_t mode : {0640U, 0604U, 0620U}) {
    ASSERT_EQ(::chmod(file_.c_str(), mode), 0);
    const auto ring = load_key_ring(file_, data_);
    ASSERT_FALSE(ring);
    expect_misconfigured(ring.error(), "chmod 600");
  }
}

TEST_F(KeyRingTest, RefusesAFolderAndReportsAMissingFile) {
  fs::create_directories(file_);
  const auto folder = load_key_ring(file_, data_);
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::Misconfigured);
  const auto missing = load_key_ring(dir_ / "nothing", data_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
}

TEST_F(KeyRingTest, DamagedTextNamesTheLine) {
  const std::string good(KeyRing::generate(random_).serialize().reveal());
  std::string changed = good;
  const auto at = changed.rfind('\n', changed.size() - 2) + 30;  // inside the key
  changed[at] = changed[at] == 'A' ? 'B' : 'A';
  auto ring = KeyRing::parse(changed, "keys");
  ASSERT_FALSE(ring);
  expect_misconfigured(ring.error(), "keys:4:");
  expect_misconfigured(KeyRing::parse("", "keys").error(), "holds no key");
  expect_misconfigured(KeyRing::parse("chorus-key-ring 2\n", "keys").error(), "keys:1:");
  expect_misconfigured(KeyRing::parse("chorus-key-ring 1\nnonsense\n", "keys").error(), "keys:2:");
  expect_misconfigured(KeyRing::parse("chorus-key-ring 1\n", "keys").error(), "holds no key");
}

TEST_F(KeyRingTest, WrapsAndOpensDataKeys) {
  auto ring = KeyRing::generate(random_);
  const auto data_key = Key::generate(random_);
  const auto wrapped = ring.wrap(data_key, random_);
  EXPECT_EQ(wrapped.fingerprint, ring.fingerprint());
  EXPECT_EQ(wrapped.sealed.find(data_key.reveal()), std::string::npos);
  EXPECT_EQ(ring.unwrap(wrapped).value().reveal(), data_key.reveal());

  const auto other = KeyRing::generate(random_).unwrap(wrapped);
  ASSERT_FALSE(other);
  expect_misconfigured(other.error(), wrapped.fingerprint);

  auto damaged = wrapped;
  damaged.sealed.back() = static_cast<char>(damaged.sealed.back() ^ 1);
  expect_misconfigured(ring.unwrap(damaged).error(), "damaged");
}

TEST_F(KeyRingTest, RotationKeepsTheOldKeysForOpening) {
  auto ring = KeyRing::generate(random_);
  const auto old = ring.fingerprint();
  const auto data_key = Key::generate(random_);
  const auto wrapped = ring.wrap(data_key, random_);
  ring.rotate(random_);
  EXPECT_NE(ring.fingerprint(), old);
  EXPECT_TRUE(ring.holds(old));
  EXPECT_EQ(ring.unwrap(wrapped).value().reveal(), data_key.reveal());
  const auto again = KeyRing::parse(ring.serialize().reveal(), "keys");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->fingerprints(), ring.fingerprints());
}

TEST_F(KeyRingTest, FirstStartMakesARingSecondStartReadsIt) {
  const auto first = open_key_ring({.file = file_, .data_dir = data_}, random_);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_TRUE(first->created);
  const auto second = open_key_ring(
      {.file = file_, .data_dir = data_, .sealed_by = first->ring.fingerprint()}, random_);
  ASSERT_TRUE(second);
  EXPECT_FALSE(second->created);
  EXPECT_EQ(second->ring.fingerprint(), first->ring.fingerprint());
}

TEST_F(KeyRingTest, NeverMakesAKeyForAStoreThatIsSealed) {  // PB11
  const KeyRingOptions options{
      .file = file_, .data_dir = data_, .sealed_by = "0000-1111-2222-3333"};
  const auto lost = open_key_ring(options, random_);
  ASSERT_FALSE(lost);
  expect_misconfigured(lost.error(), "0000-1111-2222-3333");
  EXPECT_FALSE(fs::exists(file_));

  ASSERT_TRUE(save_key_ring(KeyRing::generate(random_), file_, data_, false));
  const auto wrong = open_key_ring(options, random_);
  ASSERT_FALSE(wrong);
  expect_misconfigured(wrong.error(), "does not hold");
}

TEST_F(KeyRingTest, EnvironmentKeyIsPrimaryAndFileKeysStillOpen) {
  ASSERT_TRUE(save_key_ring(KeyRing::generate(random_), file_, data_, false));
  const auto in_file = load_key_ring(file_, data_).value().fingerprint();
  KeyRingOptions options{.file = file_,
                         .data_dir = data_,
                         .environment_key = Secret(std::string(64, 'a')),
                         .sealed_by = in_file};
  const auto both = open_key_ring(options, random_);
  ASSERT_TRUE(both) << both.error().message;
  EXPECT_NE(both->ring.fingerprint(), in_file);
  EXPECT_TRUE(both->ring.holds(in_file));

  options.sealed_by = "0000-1111-2222-3333";
  const auto wrong = open_key_ring(options, random_);
  ASSERT_FALSE(wrong);
  expect_misconfigured(wrong.error(), "TOKEN_ENCRYPTION_KEY");
}

}  // namespace
}  // namespace chorus::crypto
