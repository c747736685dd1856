#include "chorus/store/sqlite/detail/queries.hpp"
#include "chorus/store/sqlite/detail/schema.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include "support/sqlite_under_test.hpp"
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <list>
#include <string>
#include <vector>

namespace chorus::store::detail {
namespace {

Result<std::unique_ptr<Database>> memory() {
  return Database::open(":memory:", Database::Access::ReadWrite);
}

TEST(Schema, VersionsCountUpWithoutGaps) {
  int expected = 1;
  for (const auto& step : migrations()) EXPECT_EQ(step.version, expected++);
}

TEST(Schema, EachStepAppliesOnTheOneBefore) {
  auto database = memory();
  ASSERT_TRUE(database);
  EXPECT_EQ(schema_version(**database).value(), 0);
  for (const auto& step : migrations()) {
    const auto done = migrate(**database, from_micros(1), step.version);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(schema_version(**database).value(), step.version);
  }
  EXPECT_TRUE(migrate(**database, from_micros(2))) << "nothing is left to do";
}

TEST(Schema, AFailingStepLeavesTheVersionBefore) {
  auto database = memory();
  ASSERT_TRUE(database);
  ASSERT_TRUE(migrate(**database, from_micros(1), 1));
  ASSERT_TRUE((*database)->exec("CREATE TABLE spend (x INTEGER)"));  // in the way of step 2
  const auto failed = migrate(**database, from_micros(1));
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("migration 2"), std::string::npos);
  EXPECT_EQ(schema_version(**database).value(), 1);
  ASSERT_TRUE((*database)->exec("DROP TABLE spend"));
  EXPECT_TRUE(migrate(**database, from_micros(1)));
}

TEST(Schema, EveryTableOfTheDesignExistsAndIsStrict) {
  auto database = memory();
  ASSERT_TRUE(database);
  ASSERT_TRUE(migrate(**database, from_micros(1)));
  for (const auto* name :
       {"bots",  "personas", "rooms",      "memberships", "people",   "inbox",         "messages",
        "turns", "outbox",   "freezes",    "leases",      "cursors",  "conversations", "memories",
        "spend", "budgets",  "settings",   "users",       "sessions", "api_tokens",    "audit",
        "runs",  "notices",  "store_keys", "reminders"}) {
    auto query = (*database)->run("SELECT strict FROM pragma_table_list WHERE name = ?");
    const auto found = query.bind_text(name).row();
    ASSERT_TRUE(found && *found) << name;
    EXPECT_EQ(query.integer(0), 1) << name;
  }
}

TEST(Schema, AnOlderFileIsBroughtForwardWithItsRows) {  // PB9
  test::SqliteUnderTest file(rt::Loop::Mode::Real, true);
  file.close();
  std::filesystem::remove(file.options().path);
  {
    auto database = Database::open(file.options().path, Database::Access::ReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE(migrate(**database, from_micros(1), 1));
    ASSERT_TRUE((*database)->exec("INSERT INTO settings VALUES ('kept', 'yes', 5)"));
  }
  file.open();
  const auto snapshot = test::drive(file.loop(), file.store().load());
  ASSERT_TRUE(snapshot);
  EXPECT_EQ(snapshot->settings, (std::vector{std::pair<std::string, std::string>("kept", "yes")}));
  file.close();
  EXPECT_EQ(check_sqlite(file.options().path, file.keys()).value().schema_version,
            migrations().back().version);
}

TEST(Schema, LinesOfBothKindsOfRoomAreFoundAfterTheIndexesWereSplit) {
  test::SqliteUnderTest file(rt::Loop::Mode::Real, true);
  file.close();
  const std::string keyed = file.options().path + ".keyed";
  std::filesystem::rename(file.options().path, keyed);
  {
    auto database = Database::open(file.options().path, Database::Access::ReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE(migrate(**database, from_micros(1), 10));
    // Rooms 1 (a supergroup) and 2 (a private chat of bot 7), messages 5 and its answer 6 in both.
    ASSERT_TRUE((*database)->exec(("ATTACH '" + keyed + "' AS keyed").c_str()));
    const auto done = (*database)->exec(
        "INSERT INTO store_keys SELECT * FROM keyed.store_keys;"
        "INSERT INTO messages (id, room, owner, bot, author, author_name, author_is_bot, message, "
        "reply_to, direction, body, date, created_at) VALUES "
        "(11, 1, 0, 0, 70, 'A', 0, 5, NULL, 1, x'', 100, 100),"
        "(12, 1, 0, 0, 70, 'A', 0, 6, 5, 1, x'', 200, 200),"
        "(21, 2, 7, 0, 70, 'A', 0, 5, NULL, 1, x'', 100, 100),"
        "(22, 2, 7, 0, 70, 'A', 0, 6, 5, 1, x'', 200, 200);"
        "INSERT INTO inbox (id, bot, update_id, room, message, kind, state, reason, payload, "
        "received_at) VALUES (1, 7, 1, 1, 11, 1, 1, '', x'', 100), (2, 7, 2, 1, 12, 1, 2, '', x'', "
        "200);"
        "INSERT INTO turns (id, room, bot, trigger_message, outcome, detail, at) VALUES "
        "(1, 1, 0, 11, 'quiet', '{}', 100)");
    ASSERT_TRUE(done) << done.error().message;
  }
  file.open();
  const auto run = [&](auto task) { return test::drive(file.loop(), std::move(task)).value(); };
  auto& store = file.store();
  EXPECT_EQ(run(store.find_message(RoomId(1), BotId(), PlatformMessageId(6)))->id.value, 12);
  EXPECT_EQ(run(store.find_message(RoomId(2), BotId(7), PlatformMessageId(6)))->id.value, 22);
  EXPECT_FALSE(run(store.find_message(RoomId(2), BotId(), PlatformMessageId(6))));
  for (const std::int64_t room : {1, 2}) {
    const auto chain = run(store.reply_chain(RoomId(room), PlatformMessageId(6), 9));
    ASSERT_EQ(chain.size(), 2U) << room;
    EXPECT_EQ(chain[0].id.value, room * 10 + 1);
    EXPECT_EQ(chain[1].id.value, room * 10 + 2);
  }
  EXPECT_EQ(run(store.read_inbox(InboxId(), 10)).size(), 1U);
  EXPECT_EQ(run(store.prune({}, 10)), 7U) << "all of it is older than it is kept";
  EXPECT_EQ(run(store.counts()).inbox_total, 0U);
  file.close();
  EXPECT_TRUE(check_sqlite(file.options().path, file.keys()).value().problems.empty());
}

TEST(Schema, ALineThatIsThereCannotBeWrittenTwice) {
  auto database = memory();
  ASSERT_TRUE(database);
  ASSERT_TRUE(migrate(**database, from_micros(1)));
  for (const std::int64_t owner : {0, 7}) {
    auto write = [&](std::int64_t id, std::int64_t message) {
      auto run = (*database)->run(
          "INSERT INTO messages (id, room, owner, bot, author, author_name, author_is_bot, "
          "message, direction, body, date, created_at) VALUES (?, 1, ?, 0, 70, '', 0, ?, 1, x'', "
          "100, 100)");
      return run.bind(id).bind(owner).bind(message).finish();
    };
    EXPECT_TRUE(write(10 + owner, 5));
    EXPECT_FALSE(write(20 + owner, 5));
    EXPECT_TRUE(write(30 + owner, 6));
  }
}

TEST(Schema, ANewerFileIsRefused) {  // PB9
  test::SqliteUnderTest file(rt::Loop::Mode::Real, true);
  file.close();
  {
    auto database = Database::open(file.options().path, Database::Access::ReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->exec("INSERT INTO schema_version VALUES (999, 'later', 1)"));
  }
  const auto opened = open_sqlite(file.loop(), file.options(), file.keys());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Misconfigured);
  EXPECT_NE(opened.error().message.find("newer Chorus"), std::string::npos);
}

TEST(Schema, AForeignFileIsLeftAlone) {
  test::SqliteUnderTest file(rt::Loop::Mode::Real, true);
  file.close();
  auto options = file.options();
  options.path = (file.dir() / "foreign.db").string();
  {
    auto database = Database::open(options.path, Database::Access::ReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE((*database)->exec("CREATE TABLE bots (id INTEGER)"));
  }
  auto opened = open_sqlite(file.loop(), options, file.keys());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Misconfigured);

  options.path = (file.dir() / "text.db").string();
  std::ofstream(options.path) << std::string(5000, 'x');
  opened = open_sqlite(file.loop(), options, file.keys());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Internal);
  EXPECT_NE(opened.error().message.find("not a database"), std::string::npos);
}

class QueryPlan : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = memory();
    ASSERT_TRUE(opened);
    database_ = *std::move(opened);
    ASSERT_TRUE(migrate(*database_, from_micros(1)));
  }
  std::string plan(const char* sql) {
    statements_.push_back(std::string("EXPLAIN QUERY PLAN ") + sql);
    auto query = database_->run(statements_.back().c_str());
    std::string out;
    while (true) {
      const auto more = query.row();
      EXPECT_TRUE(more) << sql;
      if (!more || !*more) return out;
      out += query.text(3) + "\n";
    }
  }
  void expect_uses(const char* sql, std::string_view index) {
    const auto steps = plan(sql);
    EXPECT_NE(steps.find(index), std::string::npos) << sql << "\n" << steps;
    EXPECT_EQ(steps.find("TEMP B-TREE"), std::string::npos) << sql << "\n" << steps;
    EXPECT_EQ(steps.find("SCAN messages\n"), std::string::npos) << steps;
  }
  std::list<std::string> statements_;  // the address is the key of the statement cache
  std::unique_ptr<Database> database_;
};

TEST_F(QueryPlan, TheFoundingIndexesOnMessagesAreUsed) {
  expect_uses(sql::kRecentByBot, "USING INDEX ix_messages_bot_created_at (bot=? AND created_at>?)");
  expect_uses(sql::kHistory, "USING INDEX ix_messages_chat_created_at (room=?)");
  expect_uses(sql::kThreadHistory, "USING INDEX ix_messages_thread (room=? AND thread=?)");
  expect_uses(sql::kFindMessage,
              "USING INDEX ix_messages_chat_telegram_msg (room=? AND message=?)");
  expect_uses(sql::kFindDuplicateMessage,
              "USING COVERING INDEX ix_messages_chat_telegram_msg (room=? AND message=? AND "
              "date=? AND owner=?)");
  expect_uses(sql::kFindMessageOfOwner,
              "USING INDEX ix_messages_reply_lookup (room=? AND message=? AND owner=?)");
  expect_uses(sql::kFindMessageOfAnyOwner,
              "USING INDEX ix_messages_reply_lookup (room=? AND message=?)");
  expect_uses(sql::kFindDuplicateOfOwner,
              "USING COVERING INDEX ix_messages_reply_lookup (room=? AND message=? AND owner=? AND "
              "date=?)");
  expect_uses(sql::kCountIncoming, "USING COVERING INDEX ix_messages_incoming");
  expect_uses(sql::kPruneIncoming, "USING COVERING INDEX ix_messages_incoming (created_at<?)");
  expect_uses(sql::kForgetMessages, "USING COVERING INDEX ix_messages_incoming");
}

TEST_F(QueryPlan, TheIncomingIndexIsPartial) {
  auto query = database_->run("SELECT sql FROM sqlite_schema WHERE name = 'ix_messages_incoming'");
  ASSERT_TRUE(query.row().value());
  EXPECT_NE(query.text(0).find("WHERE direction = 1"), std::string::npos);
}

TEST_F(QueryPlan, QueuesAndRetentionUseTheirIndexes) {
  expect_uses(sql::kReadInbox, "SEARCH i USING INDEX ix_inbox_new (state=? AND rowid>?)");
  expect_uses(sql::kReadInbox, "SEARCH m USING INTEGER PRIMARY KEY");
  expect_uses(sql::kFinishInbox, "USING INTEGER PRIMARY KEY");
  expect_uses(sql::kPruneInbox, "SEARCH inbox USING INTEGER PRIMARY KEY (rowid=?)");
  expect_uses(sql::kPruneOutgoing, "ix_messages_outgoing (created_at<?)");
  expect_uses(sql::kCountOutgoing, "ix_messages_outgoing");
  expect_uses(sql::kRecentTurns, "ix_turns_room_at (room=?)");
  expect_uses(sql::kPruneTurns, "SEARCH turns USING INTEGER PRIMARY KEY (rowid=?)");
  expect_uses(sql::kClaimOutbox, "USING INTEGER PRIMARY KEY");
  expect_uses(sql::kSettleOutbox, "USING INTEGER PRIMARY KEY");
  expect_uses(sql::kOutboxInState, "ix_outbox_state (state=?)");
  expect_uses(sql::kMarkUnknown, "ix_outbox_state (state=?)");
  expect_uses(sql::kPruneOutbox, "ix_outbox_state (state=? AND created_at<?)");
  expect_uses(sql::kCountOutbox, "ix_outbox_state");
  expect_uses(sql::kPruneSpend, "ix_spend_at (at<?)");
  EXPECT_NE(plan(sql::kSpendSince).find("ix_spend_at (at>?)"), std::string::npos);
}

TEST_F(QueryPlan, MemoriesUseTheirIndexes) {
  expect_uses(sql::kMemoriesOfBot, "ix_memories_bot_person (bot=?)");
  expect_uses(sql::kMemoriesOfPerson, "ix_memories_person (person=?)");
}

}  // namespace
}  // namespace chorus::store::detail
