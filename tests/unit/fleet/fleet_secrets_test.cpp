#include "chorus/base/log.hpp"
#include "chorus/fleet/fleet.hpp"

#include "support/fleet_rig.hpp"
#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using test::FleetRig;

constexpr std::string_view kToken = "4711:AAHcanaryCanaryCANARYcanary";

std::string file_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The token, and the part of it that is the secret.
void expect_no_token(std::string_view text, std::string_view where) {
  EXPECT_EQ(text.find(kToken), std::string_view::npos) << where;
  EXPECT_EQ(text.find(kToken.substr(5)), std::string_view::npos) << where;
}

BotId add_canary(FleetRig& rig) {
  fleet::NewBot bot;
  bot.name = "canary";
  bot.token = Secret(std::string(kToken));
  const auto id = test::drive(rig.loop, rig.fleet->add_bot(std::move(bot)));
  EXPECT_TRUE(id);
  rig.platform->names[*id] = "canary";
  rig.run_for(50ms);
  return *id;
}

/// The founding queue carried the token in every row, beside a column that sealed it.
TEST(FleetSecrets, NoTokenIsInAnyQueueFileLogOrMetric) {  // PB10
  const test::TempDir folder;
  log::start({.level = log::Level::Debug, .file = (folder / "fleet.log").string()});
  {
    FleetRig rig(FleetRig::quick(), {.path = (folder / "chorus.db").string()});
    int call = 0;
    rig.platform->script = [&](const fleet::BotAccess&,
                               const fleet::OutgoingMessage&) -> std::optional<fleet::SendOutcome> {
      switch (++call % 5) {
        case 0:
          return fleet::SendUnknown{"timeout"};
        case 1:
          return fleet::SendRefused{400, "Bad Request: chat not found", {}, {}, false};
        case 2:
          return fleet::SendRefused{429, "Too Many Requests", 30min, {}, false};
        default:
          return std::nullopt;
      }
    };
    rig.start();
    const BotId bot = add_canary(rig);
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(rig.accept(bot, rig.private_message(100 + i, "hello")));
      rig.run_for(1s);
    }
    // The rows as a program reads them: what sealing hides in the file shows here.
    std::size_t rows = 0;
    for (const auto state : {store::OutboxState::Ready, store::OutboxState::Sent,
                             store::OutboxState::Unknown, store::OutboxState::Dead}) {
      const auto found = rig.outbox_in(state);
      EXPECT_FALSE(found.empty()) << static_cast<int>(state);
      rows += found.size();
      for (const auto& row : found) {
        EXPECT_EQ(row.bot, bot);
        for (const std::string* field : {&row.text, &row.options, &row.idem_key, &row.error}) {
          expect_no_token(*field, "outbox");
        }
      }
    }
    EXPECT_EQ(rows, 20U);
    for (const auto& room : rig.fleet->rooms()) {
      for (const auto& turn : rig.turns(room.id)) expect_no_token(turn.detail, "turns");
    }
    rig.platform->bad_tokens = {std::string(kToken)};
    ASSERT_TRUE(rig.accept(bot, rig.private_message(500, "hello")));
    rig.run_for(1s);
    EXPECT_EQ(rig.metric("chorus_unauthorized_total"), 1);
    expect_no_token(rig.fleet->find_bot(bot)->state_reason, "state_reason");
    expect_no_token(rig.metrics_text(), "metrics");
    expect_no_token(file_text(folder / "chorus.db-wal"), "the database's log while it runs");
  }
  log::shutdown();
  std::size_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder.path())) {
    const std::string text = file_text(entry.path());
    bytes += text.size();
    expect_no_token(text, entry.path().string());
  }
  EXPECT_GT(bytes, 50'000U) << "there was something to search";
  EXPECT_NE(file_text(folder / "fleet.log").find("switched off"), std::string::npos)
      << "the log that was searched is the one that was written";
}

}  // namespace
}  // namespace chorus
