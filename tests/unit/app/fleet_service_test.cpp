#include "chorus/app/fleet_service.hpp"

#include "support/drive.hpp"
#include "support/sqlite_under_test.hpp"
#include "support/store_with_faults.hpp"
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;

/// A fleet without bots on virtual time: what operators ask it for.
class Service : public ::testing::Test {
 protected:
  Service() { chain_.add_builtin(); }
  ~Service() override { test::drive(loop(), service_.stop(1s)); }

  rt::Loop& loop() { return engine_.loop(); }
  void start() { ASSERT_TRUE(test::drive(loop(), service_.start())); }
  void run_for(Duration d) { loop().run_until(loop().now() + d); }
  net::Response call(net::Method method, std::string target, std::string body = {}) {
    net::Request request;
    request.method = method;
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers.add("X-API-Key", "right");
    return test::drive(loop(), service_.http().handle(std::move(request)));
  }
  static FleetService::Options options() {
    FleetService::Options out;
    out.telegram_base = *net::Url::parse("http://127.0.0.1:8081");
    out.api_key = Secret("right");
    return out;
  }

  test::SqliteUnderTest engine_{rt::Loop::Mode::Virtual, false};
  test::StoreWithFaults store_{loop(), engine_.store()};
  net::InProcessTransport transport_{loop(), Rng(1)};
  metrics::Registry metrics_;
  platform::ProviderChain chain_{loop(), metrics_};
  FleetService service_{loop(), store_, transport_, chain_, metrics_, options(), Rng(2)};
};

/// The founding workers showed the health of the API beside them.
TEST_F(Service, HealthIsThatOfTheProcessThatIsAsked) {  // PB8
  EXPECT_EQ(call(net::Method::Get, "/healthz").status, 503) << "its fleet does not run yet";
  store_.failing = {"read_inbox", "next_reminders"};
  start();
  run_for(1s);
  const auto ill = call(net::Method::Get, "/healthz");
  EXPECT_EQ(ill.status, 503);
  EXPECT_NE(ill.body.find(R"("store":{"ok":false})"), std::string::npos) << ill.body;
  store_.failing.clear();
  run_for(5s);
  const auto well = call(net::Method::Get, "/healthz");
  EXPECT_EQ(well.status, 200) << well.body;
  service_.pause();
  EXPECT_EQ(call(net::Method::Get, "/healthz").status, 200) << "paused is not ill";
}

TEST_F(Service, ASettingCountsAtOnceAndIsWrittenBeforeItIsAnswered) {
  start();
  EXPECT_EQ(call(net::Method::Put, "/api/v1/settings/max_tokens", R"({"value":77})").status, 200);
  EXPECT_EQ(service_.fleet().settings().max_tokens, 77);
  store_.failing = {"set_setting"};
  EXPECT_EQ(call(net::Method::Put, "/api/v1/settings/max_tokens", R"({"value":78})").status, 503);
  EXPECT_EQ(service_.fleet().settings().max_tokens, 77) << "what is not kept does not count";
  store_.failing.clear();
  const auto rows = test::drive(loop(), store_.settings());
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (std::vector{std::pair<std::string, std::string>("setting.max_tokens", "77")}));
}

TEST_F(Service, ASpeedProfileIsTakenChangedAndRefused) {
  start();
  const auto made = call(net::Method::Post, "/bots",
                         R"({"name":"a","token":"1:x","is_enabled":false,"persona_hint":"calm",
                             "speed_profile":{"base_delay":5}})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string id = std::to_string(service_.bots().at(0).id.value);
  const auto changed =
      call(net::Method::Patch, "/bots/" + id, R"({"speed_profile":{"base_delay":7}})");
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_NE(changed.body.find(R"("speed_profile":{"base_delay":7})"), std::string::npos);
  EXPECT_NE(changed.body.find(R"("persona_hint":"calm")"), std::string::npos);
  const auto refused =
      call(net::Method::Patch, "/bots/" + id, R"({"speed_profile":{"base_delay":"slow"}})");
  EXPECT_EQ(refused.status, 400);
  EXPECT_NE(refused.body.find("speed_profile.base_delay: must be a number from 0 to 180"),
            std::string::npos)
      << refused.body;
  EXPECT_EQ(call(net::Method::Post, "/bots",
                 R"({"name":"b","token":"2:x","speed_profile":{"delay":{"min_seconds":-1}}})")
                .status,
            400);
  EXPECT_EQ(service_.bots().size(), 1U);
}

}  // namespace
}  // namespace chorus::app
