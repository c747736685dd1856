#include "chorus/store/sqlite/sqlite_store.hpp"

#include "chorus/store/sqlite/detail/database.hpp"

#include "support/sqlite_under_test.hpp"
#include "support/store_samples.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace chorus::store {
namespace {

namespace fs = std::filesystem;
using test::drive;
using test::SqliteUnderTest;

class SqliteStoreTest : public testing::Test {
 protected:
  template <class T>
  Result<T> run(rt::Task<Result<T>> task) {
    return drive(file_.loop(), std::move(task));
  }
  template <class T>
  T ok(rt::Task<Result<T>> task) {
    auto result = run(std::move(task));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
  SqliteStore& store() { return file_.sqlite(); }
  WallTime now() { return file_.loop().wall_now(); }
  std::string path() { return file_.options().path; }
  InboundUpdate update(std::int64_t id) {
    return test::sample_update(id, BotId(1), test::sample_message(id, RoomId(9), now()));
  }
  Result<std::unique_ptr<SqliteStore>> open_again() {
    return open_sqlite(file_.loop(), file_.options(), file_.keys());
  }
  void write_sql(const char* sql) {
    auto database = detail::Database::open(path(), detail::Database::Access::ReadWrite);
    ASSERT_TRUE(database);
    const auto done = (*database)->exec(sql);
    ASSERT_TRUE(done) << done.error().message;
  }

  SqliteUnderTest file_{rt::Loop::Mode::Real, true};
};

TEST_F(SqliteStoreTest, NothingPrivateStandsInTheFile) {  // PB10
  auto bot = test::sample_bot(1);
  bot.token = Secret("4711:canary-token");
  bot.webhook_secret = Secret("canary-webhook-secret");
  bot.persona = R"({"prompt":"canary-persona"})";
  ok(store().put_bot(bot));
  store::PersonaRow persona;
  persona.bot = bot.id;
  persona.document = R"({"prompt":"canary-version"})";
  persona.findings = R"([{"excerpt":"canary-finding"}])";
  persona.rewrite = R"({"prompt":"canary-rewrite"})";
  ok(store().add_persona(persona));
  auto one = update(1);
  one.message->text = "canary-body";
  one.inbox.payload = "canary-payload";
  ok(store().accept_updates({one}, std::nullopt));
  auto send = test::sample_send(1, RoomId(9), now());
  send.text = "canary-answer";
  send.options = R"({"button":"canary-option"})";
  ok(store().append_turn(test::sample_turn(1, RoomId(9), now()), {send}, {}));
  EXPECT_EQ(ok(store().load()).bots.at(0).token.reveal(), "4711:canary-token");

  const auto scan = [&](const char* suffix) {
    std::ifstream in(path() + suffix, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    EXPECT_EQ(bytes.find("canary"), std::string::npos) << suffix;
    return bytes.size();
  };
  EXPECT_GT(scan("-wal"), 0U) << "the rows are still in the log";
  file_.close();
  EXPECT_GT(scan(""), 0U);
}

TEST_F(SqliteStoreTest, FilesAreForTheirOwnerOnly) {
  ok(store().set_setting("a", "b"));
  for (const char* suffix : {"", "-wal", ".lock"}) {
    struct stat status{};
    ASSERT_EQ(::stat((path() + suffix).c_str(), &status), 0) << suffix;
    EXPECT_EQ(status.st_mode & 0777, 0600U) << suffix;
  }
}

TEST_F(SqliteStoreTest, SecondOpenSaysWhoHoldsIt) {
  const auto second = open_again();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_NE(second.error().message.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().message;
  EXPECT_EQ(sealed_by(path()).error().code, ErrorCode::Conflict);
  ok(store().set_setting("still", "here"));
  file_.close();
  EXPECT_TRUE(open_again());
}

TEST_F(SqliteStoreTest, AnotherProgramThatHasTheDatabaseOpenIsToldApart) {
  file_.close();
  auto other = detail::Database::open(path(), detail::Database::Access::ReadWrite);
  ASSERT_TRUE(other);
  ASSERT_TRUE((*other)->exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE"));
  const auto refused = open_again();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Conflict);
  EXPECT_NE(refused.error().message.find("another program"), std::string::npos);
}

TEST_F(SqliteStoreTest, FullDiskAcknowledgesNothingAndRecovers) {
  ok(store().accept_updates({update(1)}, std::nullopt));
  file_.close();
  file_.options().max_pages = 1;  // the engine keeps at least what the file has already
  file_.open();
  std::int64_t next = 2;
  std::int64_t acknowledged = 1;
  std::optional<Error> seen;
  for (; next < 2000 && !seen; ++next) {
    auto one = update(next);
    one.message->text = std::string(3000, 'x');
    const auto done = run(store().accept_updates({one}, Cursor{BotId(1), next + 1}));
    if (done) {
      ++acknowledged;
    } else {
      seen = done.error();
    }
  }
  ASSERT_TRUE(seen) << "the limit was never met";
  EXPECT_EQ(seen->code, ErrorCode::Unavailable);
  EXPECT_NE(seen->message.find("full"), std::string::npos) << seen->message;
  EXPECT_EQ(seen->message.find("xxx"), std::string::npos);
  auto another = update(5000);
  another.message->text = std::string(3000, 'x');
  EXPECT_EQ(run(store().accept_updates({another}, std::nullopt)).error().code,
            ErrorCode::Unavailable);

  // Reading goes on, and nothing of the refused calls is there.
  EXPECT_EQ(ok(store().counts()).inbox_total, static_cast<std::uint64_t>(acknowledged));

  file_.close();
  file_.options().max_pages = 0;
  file_.open();
  EXPECT_EQ(ok(store().counts()).inbox_total, static_cast<std::uint64_t>(acknowledged));
  ok(store().accept_updates({update(6000)}, std::nullopt));
  file_.close();
  EXPECT_TRUE(check_sqlite(path(), file_.keys()).value().problems.empty());
}

TEST_F(SqliteStoreTest, FullQueueRefusesAtOnce) {
  SqliteOptions options;
  options.queue = 3;
  SqliteUnderTest small(rt::Loop::Mode::Virtual, false, options);
  rt::TaskScope scope(small.loop());
  std::vector<ErrorCode> codes;
  int stored = 0;
  for (int i = 0; i < 5; ++i) {
    scope.start("caller",
                [](Store& s, int n, std::vector<ErrorCode>& refused, int& yes) -> rt::Task<void> {
                  const auto done = co_await s.set_setting("key" + std::to_string(n), "value");
                  if (done) {
                    ++yes;
                  } else {
                    refused.push_back(done.error().code);
                  }
                }(small.store(), i, codes, stored));
  }
  drive(small.loop(), scope.join());
  EXPECT_EQ(stored, 3);
  EXPECT_EQ(codes, (std::vector{ErrorCode::QueueFull, ErrorCode::QueueFull}));
}

TEST_F(SqliteStoreTest, CommitTakesItsModelledTimeOnAVirtualLoop) {
  SqliteUnderTest sim(rt::Loop::Mode::Virtual, false);
  const auto before = sim.loop().now();
  ASSERT_TRUE(drive(sim.loop(), sim.store().set_setting("a", "b")));
  EXPECT_EQ(sim.loop().now() - before, sim.options().modelled_delay);
}

TEST_F(SqliteStoreTest, SimulationIsByteIdentical) {
  const auto run_once = [](const std::string& file) {
    rt::Loop loop(test::loop_options(rt::Loop::Mode::Virtual));
    const auto keys = crypto::KeyRing::from_key_text(Secret(std::string(64, 'a')), "test").value();
    auto store = open_sqlite(loop, {.path = file}, keys);
    EXPECT_TRUE(store) << store.error().message;
    for (std::int64_t id = 1; id <= 20; ++id) {
      auto one =
          test::sample_update(id, BotId(1), test::sample_message(id, RoomId(9), loop.wall_now()));
      EXPECT_TRUE(drive(loop, (*store)->accept_updates({one}, std::nullopt)));
    }
    drive(loop, (*store)->close());
    std::ifstream in(file, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  const auto first = run_once((file_.dir() / "one.db").string());
  const auto second = run_once((file_.dir() / "two.db").string());
  EXPECT_GT(first.size(), 4096U);
  EXPECT_TRUE(first == second);
}

TEST_F(SqliteStoreTest, AStoreSealedByAnotherKeyIsRefused) {  // PB11
  const auto expected = file_.keys().fingerprint();
  file_.close();
  EXPECT_EQ(sealed_by(path()).value(), expected);
  const auto opened = open_sqlite(file_.loop(), file_.options(), test::fresh_key_ring());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Misconfigured);
  EXPECT_NE(opened.error().message.find(expected), std::string::npos);
  EXPECT_EQ(sealed_by(path()).value(), expected) << "the refused start changed nothing";
}

TEST_F(SqliteStoreTest, NewKeyIsNeverMadeForAStoreThatHoldsRows) {  // PB11
  ok(store().put_bot(test::sample_bot(1)));
  file_.close();
  write_sql("DELETE FROM store_keys");
  const auto opened = open_again();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Misconfigured);
  EXPECT_NE(opened.error().message.find("key record is missing"), std::string::npos);
}

TEST_F(SqliteStoreTest, RotationRewrapsTheDataKey) {
  ok(store().put_bot(test::sample_bot(1)));
  file_.close();
  crypto::SystemRandom random;
  auto rotated = file_.keys();
  rotated.rotate(random);
  {
    auto opened = open_sqlite(file_.loop(), file_.options(), rotated);
    ASSERT_TRUE(opened) << opened.error().message;
    const auto snapshot = drive(file_.loop(), (*opened)->load());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->bots.at(0).token.reveal(), test::sample_bot(1).token.reveal());
    drive(file_.loop(), (*opened)->close());
  }
  EXPECT_EQ(sealed_by(path()).value(), rotated.fingerprint());
  EXPECT_FALSE(open_again()) << "the old ring does not hold the new key";
}

TEST_F(SqliteStoreTest, SealedByOfNothingIsNothing) {
  EXPECT_EQ(sealed_by((file_.dir() / "none.db").string()).value(), std::nullopt);
  EXPECT_FALSE(fs::exists(file_.dir() / "none.db"));
  EXPECT_FALSE(fs::exists(file_.dir() / "none.db.lock"));
}

TEST_F(SqliteStoreTest, CheckFindsDamageOfASealedValue) {
  ok(store().put_bot(test::sample_bot(1)));
  ok(store().accept_updates({update(1), update(2)}, std::nullopt));
  file_.close();
  auto report = check_sqlite(path(), file_.keys());
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->problems.empty());
  EXPECT_EQ(report->sealed_values, 3U + 2U + 2U + 2U) << "bot, bodies, names, payloads";
  EXPECT_GE(report->schema_version, 3);
  // A sealed value copied to another row is damage, even though its bytes are whole.
  write_sql("UPDATE messages SET body = (SELECT body FROM messages WHERE id = 1) WHERE id = 2");
  report = check_sqlite(path(), file_.keys());
  ASSERT_TRUE(report);
  ASSERT_EQ(report->problems.size(), 1U);
  EXPECT_NE(report->problems[0].find("messages.body of row 2"), std::string::npos);
  file_.open();
  EXPECT_EQ(run(store().history(RoomId(9), 5)).error().code, ErrorCode::Internal);
}

TEST_F(SqliteStoreTest, BackupOfARunningStoreOpensElsewhere) {
  for (std::int64_t id = 1; id <= 50; ++id) {
    auto one = update(id);
    one.message->text = std::string(60'000, 'x');  // more than one step of the copy
    ok(store().accept_updates({one}, std::nullopt));
  }
  const std::string copy = (file_.dir() / "copy.db").string();
  rt::TaskScope scope(file_.loop());
  bool copied = false;
  int during = 0;
  scope.start("backup", [](SqliteStore& s, std::string to, bool& done) -> rt::Task<void> {
    const auto result = co_await s.backup(std::move(to));
    EXPECT_TRUE(result) << result.error().message;
    done = true;
  }(store(), copy, copied));
  scope.start("writer", [](SqliteStore& s, bool& done, int& count) -> rt::Task<void> {
    while (!done) {
      EXPECT_TRUE(co_await s.set_setting("n", std::to_string(++count)));
    }
  }(store(), copied, during));
  drive(file_.loop(), scope.join());
  EXPECT_GT(during, 3) << "writers went on meanwhile";
  EXPECT_EQ(run(store().backup(copy)).error().code, ErrorCode::Conflict) << "never overwritten";
  EXPECT_FALSE(fs::exists(copy + ".part"));

  auto options = file_.options();
  options.path = copy;
  auto opened = open_sqlite(file_.loop(), options, file_.keys());
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(drive(file_.loop(), (*opened)->counts())->inbox_total, 50U);
  drive(file_.loop(), (*opened)->close());
  EXPECT_TRUE(check_sqlite(copy, file_.keys()).value().problems.empty());
}

TEST_F(SqliteStoreTest, BackupOfAClosedStore) {
  ok(store().put_bot(test::sample_bot(1)));
  const std::string copy = (file_.dir() / "copy.db").string();
  EXPECT_EQ(backup_sqlite(path(), copy).error().code, ErrorCode::Conflict) << "it is open";
  file_.close();
  ASSERT_TRUE(backup_sqlite(path(), copy));
  EXPECT_EQ(check_sqlite(copy, file_.keys()).value().sealed_values, 3U);
  EXPECT_EQ(backup_sqlite((file_.dir() / "none.db").string(), copy + "2").error().code,
            ErrorCode::NotFound);
}

TEST_F(SqliteStoreTest, MetricsCountCommitsAndBatches) {
  metrics::Registry registry;
  SqliteOptions options;
  options.metrics = &registry;
  SqliteUnderTest sim(rt::Loop::Mode::Virtual, false, options);
  rt::TaskScope scope(sim.loop());
  for (int i = 0; i < 7; ++i) {
    scope.start("caller", [](Store& s, int n) -> rt::Task<void> {
      EXPECT_TRUE(co_await s.set_setting(std::to_string(n), "x"));
    }(sim.store(), i));
  }
  drive(sim.loop(), scope.join());
  EXPECT_EQ(registry.value("chorus_store_commits_total"), 1) << "seven callers, one commit";
  EXPECT_EQ(registry.value("chorus_store_operations_total"), 7);
  EXPECT_EQ(registry.value("chorus_store_batch_size"), 7);
  EXPECT_EQ(registry.value("chorus_store_queue"), 0);
  EXPECT_EQ(registry.histogram("chorus_store_commit_seconds", "").count(), 1U);
  sim.close();
}

TEST_F(SqliteStoreTest, NothingIsAcknowledgedOnceTheLogCannotBeSynced) {
  ok(store().accept_updates({update(1)}, std::nullopt));
  // The descriptor that is synced was opened last; a pipe in its place cannot be synced.
  int synced = -1;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code gone;
    if (fs::read_symlink(entry.path(), gone) == path() + "-wal") {
      synced = std::max(synced, std::stoi(entry.path().filename().string()));
    }
  }
  ASSERT_GE(synced, 0);
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  ASSERT_EQ(::dup2(ends[1], synced), synced);
  for (const std::int64_t id : {2, 3}) {
    const auto refused = run(store().accept_updates({update(id)}, std::nullopt));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  }
  EXPECT_FALSE(run(store().counts())) << "it would tell of what may be lost";
  ::close(ends[0]);
  ::close(ends[1]);
  file_.close();
  file_.open();
  const auto rows = ok(store().read_inbox(InboxId(), 10));
  ASSERT_FALSE(rows.empty());
  EXPECT_EQ(rows.front().inbox.update_id, 1) << "what was acknowledged is there";
  ok(store().accept_updates({update(4)}, std::nullopt));
}

}  // namespace
}  // namespace chorus::store
