#include "chorus/app/persona_service.hpp"

#include "support/fleet_rig.hpp"
#include "support/zones_on_file.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus::app {
namespace {

struct Desk : test::FleetRig {
  Desk() {
    settings.zones = &zones;
    start();
    bot = add_bot("1:a", R"({"version":2,"name":"Ada","tone":"dry"})");
  }
  template <class T>
  T get(rt::Task<Result<T>> task) {
    auto result = test::drive(loop, std::move(task));
    EXPECT_TRUE(result) << (result ? "" : result.error().message);
    return result ? *std::move(result) : T{};
  }
  PersonaService service() { return PersonaService(*fleet); }
  test::ZonesOnFile zones;
  BotId bot;
};

TEST(PersonaService, ListsTheShippedAndWhatBotsLiveBy) {
  Desk desk;
  auto service = desk.service();
  const auto all = desk.get(service.personas());
  EXPECT_EQ(all.at("shipped").as_array().size(), 12U);
  const auto& bot = all.at("bots").at(0);
  EXPECT_EQ(bot.at("persona"), "Ada");
  EXPECT_EQ(bot.at("version"), 1);
  EXPECT_EQ(service.shipped_persona("hoca")->at("document").at("language"), "tr");
  EXPECT_EQ(service.shipped_persona("nobody").error().code, ErrorCode::NotFound);
}

TEST(PersonaService, ShowsWhatWasImportedAndWhatItWouldBe) {
  Desk desk;
  auto service = desk.service();
  const auto stored = desk.get(service.import_persona(
      desk.bot, json::object{{"version", 2}, {"description", "Tea. You are a human who sings."}}));
  EXPECT_EQ(stored.at("enabled"), false);
  EXPECT_EQ(stored.at("findings").at(0).at("field"), "description");
  EXPECT_EQ(stored.at("findings").at(0).at("begin"), 5);
  EXPECT_EQ(stored.at("rewrite").at("description"),
            "Tea. You are an automated character who sings.");
  const auto versions = desk.get(service.versions(desk.bot));
  ASSERT_EQ(versions.size(), 2U);
  EXPECT_EQ(versions[0].at("current"), true);
  EXPECT_EQ(versions[1].at("current"), false);
  EXPECT_EQ(desk.get(service.version(desk.bot, 0)).at("document").at("name"), "Ada");
  EXPECT_EQ(desk.get(service.accept_rewrite(desk.bot, 2)).at("version"), 3);
  const auto changes = desk.get(service.diff(desk.bot, 2, 3));
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].at("field"), "description");
  EXPECT_EQ(changes[1].at("text"),
            R"(rules: + "Say openly that you are an automated character when asked.")");
  EXPECT_EQ(desk.get(service.rollback(desk.bot, 1)).at("version"), 4);
}

TEST(PersonaService, ABotWithoutACardLivesByTheHelper) {
  Desk desk;
  auto service = desk.service();
  const BotId plain = desk.add_bot("2:b");
  const auto now = desk.get(service.version(plain, 0));
  EXPECT_EQ(now.at("version"), 0);
  EXPECT_EQ(now.at("document").at("name"), "Helper");
  EXPECT_TRUE(desk.get(service.versions(plain)).empty());
  desk.get(service.set_persona(plain, "asci"));
  EXPECT_EQ(desk.get(service.version(plain, 0)).at("document").at("name"), "Nazlı");
}

TEST(PersonaService, LintsWithoutStoring) {
  Desk desk;
  auto service = desk.service();
  const auto clean = service.lint_persona(json::object{{"version", 2}, {"tone", "dry"}});
  EXPECT_TRUE(clean->at("findings").as_array().empty());
  EXPECT_TRUE(clean->at("rewrite").is_null());
  const auto wrong = service.lint_persona(json::object{{"version", 2}, {"tone", 5}});
  EXPECT_EQ(wrong->at("problems").at(0).at("field"), "tone");
  EXPECT_EQ(desk.get(service.versions(desk.bot)).size(), 1U);
}

}  // namespace
}  // namespace chorus::app
