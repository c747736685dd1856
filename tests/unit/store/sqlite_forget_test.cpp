#include "chorus/store/sqlite/detail/database.hpp"

#include "support/drive.hpp"
#include "support/sqlite_under_test.hpp"
#include "support/store_samples.hpp"
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chorus::store {
namespace {

/// R22: a person's data in every table, then forgotten: nothing of it in the file, its log, or a
/// backup made afterwards; neither the words nor the sealed bytes that held them.
class ForgetTest : public testing::Test {
 protected:
  static constexpr PlatformUserId kPerson{424242};
  static constexpr RoomId kGroup{9}, kPrivate{3};

  ForgetTest() {
    auto room = test::sample_room(kPrivate.value);
    room.kind = ChatKind::Private;
    room.chat = PlatformChatId(kPerson.value);
    room.owner = BotId(1);
    room.title = "Zerrin Canary";
    ok(store().put_room(room));
    for (std::int64_t id = 1; id <= 40; ++id) say(id, kPerson, "Zerrin Canary", "canary-word");
    for (std::int64_t id = 41; id <= 80; ++id) say(id, PlatformUserId(7), "Grace", "stays");
    InboundUpdate edit = test::sample_update(81, BotId(1), {});
    edit.message.reset();
    edit.inbox.kind = InboxKind::EditedMessage;
    edit.inbox.person = kPerson;
    edit.inbox.payload = R"({"text":"canary-edited"})";
    ok(store().accept_updates({edit}, std::nullopt));
    auto send = test::sample_send(1, kPrivate, now());
    send.text = "canary-answer";
    ok(store().append_turn(test::sample_turn(1, kPrivate, now()), {send}, {}));
    auto memory = test::sample_memory(1, BotId(1), kPerson);
    memory.text = "canary-memory";
    ok(store().put_memories({memory, test::sample_memory(2, BotId(1), PlatformUserId(7))}, {}));
    auto reminder = test::sample_reminder(1, BotId(1), kPerson);
    reminder.text = "canary-reminder";
    ok(store().put_reminder(reminder, {}));
    ok(store().put_notice({BotId(1), kGroup, kPerson, "disclosure", 1, now()}));
    ok(store().put_conversations(
        {{ConversationId(1), kGroup, BotId(1), kPerson, "working", now(), now()}}, {}));
  }
  void say(std::int64_t id, PlatformUserId who, std::string name, const std::string& word) {
    auto message = test::sample_message(id, id % 2 == 0 ? kGroup : kPrivate, now());
    if (who != kPerson) message.room = kGroup;
    message.author = who;
    message.author_name = std::move(name);
    message.text = word + " " + std::to_string(id);
    auto update = test::sample_update(id, BotId(1), message);
    update.inbox.person = who;
    update.inbox.payload = fmt::format(R"({{"username":"{}"}})", word);
    ok(store().accept_updates({update}, std::nullopt));
  }

  SqliteStore& store() { return file_.sqlite(); }
  WallTime now() { return file_.loop().wall_now(); }
  std::string path() const { return (file_.dir() / "chorus.db").string(); }
  template <class T>
  T ok(rt::Task<Result<T>> task) {
    auto result = test::drive(file_.loop(), std::move(task));
    EXPECT_TRUE(result.has_value()) << result.error().message;
    if constexpr (!std::is_void_v<T>) return *std::move(result);
  }
  static std::string bytes_of(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static std::unique_ptr<detail::Database> raw(const std::string& file) {
    return detail::Database::open(file, detail::Database::Access::ReadWrite).value();
  }
  /// What `sql` gives in its first column. The store must be closed.
  std::vector<std::string> blobs(const char* sql) const {
    auto database = raw(path());
    auto query = database->run(sql);
    std::vector<std::string> out;
    while (query.row().value()) out.emplace_back(query.blob(0));
    return out;
  }

  test::SqliteUnderTest file_{rt::Loop::Mode::Real, true};
};

TEST_F(ForgetTest, NeitherWordsNorSealedBytesStayInTheFiles) {
  file_.close();
  std::vector<std::string> sealed = blobs("SELECT text FROM memories WHERE person = 424242");
  for (const char* sql :
       {"SELECT body FROM messages WHERE author = 424242",
        "SELECT name FROM messages WHERE author = 424242",
        "SELECT payload FROM inbox WHERE person = 424242", "SELECT text FROM outbox WHERE room = 3",
        "SELECT text FROM reminders WHERE person = 424242"}) {
    for (auto& blob : blobs(sql)) sealed.push_back(std::move(blob));
  }
  ASSERT_EQ(sealed.size(), 1U + 40 + 40 + 41 + 1 + 1) << "the search has something to find";
  for (const auto& blob : sealed) ASSERT_GT(blob.size(), 24U);
  const std::string before = bytes_of(path());
  for (const auto& blob : sealed) ASSERT_NE(before.find(blob), std::string::npos);
  file_.open();

  ok(store().forget_person(kPerson));
  const std::string copy = (file_.dir() / "copy.db").string();
  ok(store().backup(copy));
  const auto scan = [&](const std::string& file, const char* when) {
    const std::string bytes = bytes_of(file);
    for (const char* word : {"canary", "Canary", "Zerrin"}) {
      EXPECT_EQ(bytes.find(word), std::string::npos) << word << " " << file << " " << when;
    }
    std::size_t found = 0;
    for (const auto& blob : sealed) found += bytes.find(blob) != std::string::npos ? 1 : 0;
    EXPECT_EQ(found, 0U) << file << " " << when;
  };
  scan(path(), "open");
  scan(path() + "-wal", "open");
  scan(copy, "backup");
  file_.close();
  scan(path(), "closed");
}

TEST_F(ForgetTest, NoRowNamesThePersonAndOthersStay) {
  ok(store().forget_person(kPerson));
  file_.close();
  auto database = raw(path());
  // Every column that can name a person, in whatever table a later migration adds.
  const std::set<std::string> columns{"author", "person", "platform_user"};
  const std::set<std::string> keeps{"inbox"};  // the mark that an update came, without its payload
  std::vector<std::pair<std::string, std::string>> found;
  {
    auto query = database->run(
        "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c "
        "WHERE t.type = 'table'");
    while (query.row().value()) {
      if (columns.contains(query.text(1)) && !keeps.contains(query.text(0))) {
        found.emplace_back(query.text(0), query.text(1));
      }
    }
  }
  ASSERT_GE(found.size(), 6U) << "messages, people, memories, notices, conversations, reminders";
  std::vector<std::string> statements;  // the statement cache goes by address
  for (const auto& [table, column] : found) {
    statements.push_back(
        fmt::format("SELECT count(*) FROM {} WHERE {} = {}", table, column, kPerson.value));
  }
  statements.push_back(fmt::format(
      "SELECT count(*) FROM inbox WHERE person = {} AND length(payload) > 0", kPerson.value));
  for (const auto& statement : statements) {
    auto query = database->run(statement.c_str());
    ASSERT_TRUE(query.row().value());
    EXPECT_EQ(query.integer(0), 0) << statement;
  }
  auto others =
      database->run("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM memories)");
  ASSERT_TRUE(others.row().value());
  EXPECT_EQ(others.integer(0), 40);
  EXPECT_EQ(others.integer(1), 1);
}

}  // namespace
}  // namespace chorus::store
