#pragma once

#include "support/store_conformance.hpp"

#include <string>
#include <utility>
#include <vector>

/// The part of the suite about the versions of personas.
namespace chorus::test {

inline store::PersonaRow sample_persona(std::int64_t bot, std::string document) {
  store::PersonaRow row;
  row.bot = BotId(bot);
  row.document = std::move(document);
  row.origin = "set";
  row.created_at = from_micros(1'700'000'000'000'777);
  return row;
}

inline void expect_same(const store::PersonaRow& a, const store::PersonaRow& b) {
  EXPECT_EQ(a.bot, b.bot);
  EXPECT_EQ(a.version, b.version);
  EXPECT_EQ(a.document, b.document);
  EXPECT_EQ(a.enabled, b.enabled);
  EXPECT_EQ(a.origin, b.origin);
  EXPECT_EQ(a.findings, b.findings);
  EXPECT_EQ(a.rewrite, b.rewrite);
  EXPECT_EQ(a.created_at, b.created_at);
}

TEST_P(StoreConformance, PersonaVersionsCountUpAndKeepEverything) {
  ok(store().put_bot(sample_bot(1)));  // brings version 1
  auto imported = sample_persona(1, R"({"name":"Bo"})");
  imported.enabled = false;
  imported.origin = "import";
  imported.findings = R"([{"rule":"human"}])";
  imported.rewrite = R"({"name":"Bo","rules":["open"]})";
  EXPECT_EQ(ok(store().add_persona(imported)), 2);
  EXPECT_EQ(ok(store().add_persona(sample_persona(1, R"({"name":"Cem"})"))), 3);
  const auto versions = ok(store().persona_versions(BotId(1), 10));
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions[0].version, 1);
  EXPECT_EQ(versions[0].document, sample_bot(1).persona);
  EXPECT_TRUE(versions[0].enabled);
  imported.version = 2;
  expect_same(versions[1], imported);
  EXPECT_EQ(versions[2].document, R"({"name":"Cem"})");
  const auto newest = ok(store().persona_versions(BotId(1), 2));
  ASSERT_EQ(newest.size(), 2U) << "the newest, oldest first";
  EXPECT_EQ(newest[0].version, 2);
  const auto found = ok(store().find_persona(BotId(1), 2));
  ASSERT_TRUE(found);
  expect_same(*found, imported);
  EXPECT_FALSE(ok(store().find_persona(BotId(1), 9)));
  EXPECT_FALSE(ok(store().find_persona(BotId(2), 1)));
}

TEST_P(StoreConformance, ABotLivesByTheNewestEnabledPersona) {
  ok(store().put_bot(sample_bot(1)));
  auto disabled = sample_persona(1, R"({"name":"Bo"})");
  disabled.enabled = false;
  ok(store().add_persona(disabled));
  EXPECT_EQ(ok(store().load()).bots.at(0).persona, sample_bot(1).persona);
  ok(store().put_bot(sample_bot(1)));
  EXPECT_EQ(ok(store().persona_versions(BotId(1), 10)).size(), 2U) << "nothing has changed";
  ok(store().add_persona(sample_persona(1, R"({"name":"Cem"})")));
  EXPECT_EQ(ok(store().load()).bots.at(0).persona, R"({"name":"Cem"})");
  auto changed = sample_bot(1);
  changed.persona = R"({"name":"Bo"})";  // what is disabled may come back by hand
  ok(store().put_bot(changed));
  EXPECT_EQ(ok(store().load()).bots.at(0).persona, R"({"name":"Bo"})");
  EXPECT_EQ(ok(store().persona_versions(BotId(1), 10)).back().version, 4);
}

TEST_P(StoreConformance, PersonaVersionsMayRepeatAndGoWithTheirBot) {
  EXPECT_EQ(code_of(store().add_persona(sample_persona(1, "{}"))), ErrorCode::NotFound);
  ok(store().put_bot(sample_bot(1)));
  ok(store().put_bot(sample_bot(2)));
  EXPECT_EQ(ok(store().add_persona(sample_persona(1, sample_bot(1).persona))), 2);
  EXPECT_EQ(ok(store().add_persona(sample_persona(2, "{}"))), 2) << "each bot counts for itself";
  ok(store().remove_bot(BotId(1)));
  EXPECT_TRUE(ok(store().persona_versions(BotId(1), 10)).empty());
  EXPECT_EQ(ok(store().persona_versions(BotId(2), 10)).size(), 2U);
}

}  // namespace chorus::test
