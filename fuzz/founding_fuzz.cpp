// Cells of the founding database, one per line of the input, as rows of every table. Whatever they
// hold, each row is accounted for once, and no plan writes a bot that is switched on.
#include "chorus/app/founding/import_plan.hpp"
#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace {

using chorus::json::object;

constexpr std::array<const char*, 7> kTables = {
    "bots", "chats", "messages", "bot_memories", "bot_stances", "bot_holdings", "settings"};
constexpr std::array<const char*, 16> kTexts = {"name",
                                                "token",
                                                "is_enabled",
                                                "speed_profile",
                                                "active_hours",
                                                "persona_profile",
                                                "emotion_profile",
                                                "created_at",
                                                "chat_id",
                                                "topics",
                                                "msg_metadata",
                                                "text",
                                                "content",
                                                "memory_type",
                                                "key",
                                                "value"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text = chorus::to_valid_utf8(
      {reinterpret_cast<const char*>(data), std::min<std::size_t>(size, 8192)});
  const auto lines = chorus::split(text, '\n');
  object row{{"id", 1}, {"bot_id", 1}, {"chat_db_id", 1}, {"telegram_message_id", 7}};
  for (std::size_t i = 0; i < kTexts.size() && i < lines.size(); ++i) {
    row[kTexts[i]] = chorus::json::string(lines[i]);
  }
  chorus::app::FoundingTables tables;
  for (const auto* table : kTables) {
    tables.rows[table] = {row, row};
    tables.totals[table] = 2;
  }
  chorus::app::ImportOptions options;
  options.key = *chorus::crypto::FernetKey::from_text("passphrase of the old system");
  options.now = chorus::WallTime{std::chrono::hours(24 * 365 * 56)};
  chorus::ManualClock clock(options.now);
  chorus::IdSource ids(clock, chorus::Rng(1));
  const auto plan = chorus::app::plan_import(tables, {}, options, ids);
  for (const auto& [table, count] : plan.tally.counts()) {
    CH_CHECK(count.taken + count.present + count.left == count.in_file);
  }
  for (const auto& bot : plan.bots) CH_CHECK(bot.state == chorus::store::BotState::Disabled);
  (void)plan.tally.to_text();
  return 0;
}
