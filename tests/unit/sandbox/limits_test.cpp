#include "chorus/sandbox/limits.hpp"

#include "sandbox_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr PlatformUserId kBot(1);

SendLimits documented() {
  SendLimits::Options options;
  options.profile = LimitsProfile::Documented;
  return SendLimits(options);
}

MonoTime at(Duration d) {
  return MonoTime(d);
}

TEST(SendLimits, OffAdmitsEverything) {
  SendLimits limits({});
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(0))), 0);
  }
}

TEST(SendLimits, ThirtyPerSecondOverAllChats) {
  auto limits = documented();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(limits.admit(kBot, i, true, SendLimits::Kind::Send, at(milliseconds(10 * i))), 0);
  }
  EXPECT_EQ(limits.admit(kBot, 99, true, SendLimits::Kind::Send, at(milliseconds(900))), 1);
  EXPECT_EQ(
      limits.admit(PlatformUserId(2), 99, true, SendLimits::Kind::Send, at(milliseconds(900))), 0)
      << "another bot has its own";
}

TEST(SendLimits, TwentyPerMinuteInAGroup) {
  auto limits = documented();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(i))), 0);
  }
  EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(20))), 40);
  EXPECT_EQ(limits.admit(kBot, 6, true, SendLimits::Kind::Send, at(seconds(20))), 0)
      << "other rooms go on";
  EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(60))), 0);
}

TEST(SendLimits, EditsShareTheGroupsBucketOnly) {
  auto limits = documented();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Edit, at(seconds(i))), 0);
  }
  EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(20))), 40);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(limits.admit(kBot, 9, false, SendLimits::Kind::Edit, at(seconds(20))), 0);
  }
}

TEST(SendLimits, PrivateChatBurstOfThreeThenOnePerSecond) {
  auto limits = documented();
  const auto send = [&](Duration when) {
    return limits.admit(kBot, 5, false, SendLimits::Kind::Send, at(when));
  };
  EXPECT_EQ(send(seconds(0)), 0);
  EXPECT_EQ(send(seconds(0)), 0);
  EXPECT_EQ(send(seconds(0)), 0);
  EXPECT_EQ(send(milliseconds(100)), 1);
  EXPECT_EQ(send(milliseconds(1100)), 0);
  EXPECT_EQ(send(milliseconds(2000)), 0);
  EXPECT_EQ(send(seconds(10)), 0);
  EXPECT_EQ(send(seconds(10)), 0);
  EXPECT_EQ(send(seconds(10)), 0);
  EXPECT_EQ(send(seconds(10)), 1);
}

TEST(SendLimits, CallsDuringThePenaltyMakeItLonger) {
  auto limits = documented();
  for (int i = 0; i < 20; ++i) limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(0)));
  const auto send = [&](Duration when) {
    return limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(when));
  };
  EXPECT_EQ(send(seconds(20)), 40);
  EXPECT_EQ(send(seconds(20) + milliseconds(400)), 40) << "it was on its way already";
  EXPECT_EQ(send(seconds(30)), 60) << "30 s were left";
  EXPECT_EQ(send(seconds(40)), 100);
  std::int64_t wait = 0;
  for (int i = 0; i < 20; ++i) wait = send(seconds(41 + i));
  EXPECT_EQ(wait, 10'000) << "it grows to thousands and no further";
}

TEST(SendLimits, PenaltyScopeOfTheBot) {
  SendLimits::Options options;
  options.profile = LimitsProfile::Documented;
  options.penalty_scope = SendLimits::PenaltyScope::Bot;
  SendLimits limits(options);
  for (int i = 0; i < 20; ++i) limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(i)));
  EXPECT_EQ(limits.admit(kBot, 5, true, SendLimits::Kind::Send, at(seconds(20))), 40);
  EXPECT_GT(limits.admit(kBot, 6, true, SendLimits::Kind::Send, at(seconds(21))), 0);
}

TEST(ServerLimits, FirstContact) {
  ServerLimits limits;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(limits.first_contact(at(seconds(i))), 0);
  EXPECT_EQ(limits.first_contact(at(seconds(30))), 30);
  EXPECT_EQ(limits.first_contact(at(seconds(60))), 0);
}

class Flood : public SandboxTest {};

TEST_F(Flood, AnswerOf429) {
  close();
  Sandbox::Options options;
  options.profile = LimitsProfile::Documented;
  open(options);
  const auto echo = bot("echo_bot");
  const auto group = room(RoomType::Supergroup, {echo.id}, {});
  const auto body = fmt::format(R"({{"chat_id":{},"text":"x"}})", group.id.value);
  for (int i = 0; i < 20; ++i) {
    result(echo.token, "sendMessage", body);
    advance(milliseconds(100));
  }
  auto pending = start(echo.token, "sendMessage", body);
  step_until([&] { return pending->done(); });
  EXPECT_EQ(pending->status(), 429);
  EXPECT_EQ(pending->body(),
            R"({"ok":false,"error_code":429,"description":"Too Many Requests: retry after 58",)"
            R"("parameters":{"retry_after":58}})");
  EXPECT_EQ(pending->response->headers.get("Retry-After"), "58");
  EXPECT_EQ(box->world().counters().bot_messages, 20u);
}

TEST_F(Flood, StrictLimitsFirstContact) {
  close();
  Sandbox::Options options;
  options.profile = LimitsProfile::Strict;
  open(options);
  const std::string secret(35, 'A');
  for (int i = 1; i <= 20; ++i) result(fmt::format("{}:{}", i, secret), "getMe");
  EXPECT_EQ(error("21:" + secret, "getMe"), "Too Many Requests: retry after 60");
  EXPECT_EQ(result("5:" + secret, "getMe").at("id").as_int64(), 5) << "known ones go on";
}

TEST_F(Flood, StrictHoldsABotWithTooManyCalls) {
  close();
  Sandbox::Options options;
  options.profile = LimitsProfile::Strict;
  open(options);
  FaultSpec slow;
  slow.match.method = "getMe";
  slow.action.latency = DelaySpec{DelaySpec::Kind::Constant, seconds(10), {}, 0};
  ASSERT_TRUE(box->add_fault(slow));
  result(kToken, "getChat", R"({"chat_id":"@default"})");
  std::vector<PendingPtr> held;
  for (int i = 0; i < 1000; ++i) held.push_back(start(kToken, "getMe"));
  advance(milliseconds(1));
  const auto began = loop.now();
  EXPECT_EQ(error(kToken, "getMe"), "Too Many Requests: retry after 60");
  EXPECT_GE(loop.now() - began, seconds(3));
  advance(seconds(20));
}

}  // namespace
}  // namespace chorus::sandbox::testing
