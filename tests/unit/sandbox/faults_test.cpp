#include "chorus/sandbox/faults.hpp"

#include "sandbox_testing.hpp"
#include "support/drive.hpp"

#include <algorithm>

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Result<FaultSpec> parse(std::string_view text) {
  return parse_fault(json::parse(text).as_object());
}

TEST(FaultJson, ReadsEverything) {
  const auto spec =
      parse(R"({"match":{"platform":"telegram","method":"sendMessage","bot":7,"room":-5},)"
            R"x("fault":{"latency":"uniform(1s, 2s)","status":502,"description":"Bad Gateway",)x"
            R"("retry_after":3,"drop":"after","duplicate":true,"slow_body":100},)"
            R"("times":2,"for":"30s","rate":0.5})");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->match.method, "sendMessage");
  EXPECT_EQ(spec->match.bot, PlatformUserId(7));
  EXPECT_EQ(spec->match.room, PlatformChatId(-5));
  EXPECT_EQ(spec->action.latency->kind, DelaySpec::Kind::Uniform);
  EXPECT_EQ(spec->action.latency->b, seconds(2));
  EXPECT_EQ(spec->action.status, 502);
  EXPECT_EQ(spec->action.drop, FaultAction::Drop::After);
  EXPECT_EQ(spec->times, 2);
  EXPECT_EQ(spec->lasts, seconds(30));
  EXPECT_EQ(spec->rate, 0.5);
}

TEST(FaultJson, NamesWhatIsWrong) {
  const auto message = [](std::string_view text) { return parse(text).error().message; };
  EXPECT_EQ(message(R"({"macth":{}})"),
            "fault: 'macth' is unknown: match, fault, times, for, rate");
  EXPECT_EQ(message(R"({"fault":{"drop":"maybe"}})"),
            R"(fault: 'drop' must be "before", "middle" or "after")");
  EXPECT_EQ(message(R"({"fault":{"status":200}})"), "fault: 'status' must be 400 to 599");
  EXPECT_FALSE(parse(R"({"fault":{"latency":"soon"}})"));
  Faults faults(Rng(1));
  EXPECT_FALSE(faults.add({}, MonoTime{})) << "a fault that does nothing";
}

TEST(Faults, TimesRateAndDuration) {
  Faults faults(Rng(1));
  FaultSpec spec;
  spec.action.status = 500;
  spec.times = 2;
  ASSERT_TRUE(faults.add(spec, MonoTime{}));
  const Faults::Call call{"telegram", "getMe", PlatformUserId(1), {}};
  EXPECT_TRUE(faults.hit(call, MonoTime{}));
  EXPECT_TRUE(faults.hit(call, MonoTime{}));
  EXPECT_FALSE(faults.hit(call, MonoTime{}));
  EXPECT_TRUE(faults.empty());
  spec.times = 0;
  spec.lasts = seconds(10);
  ASSERT_TRUE(faults.add(spec, MonoTime{}));
  EXPECT_TRUE(faults.hit(call, MonoTime(seconds(9))));
  EXPECT_FALSE(faults.hit(call, MonoTime(seconds(10))));
  faults.clear();
  spec.lasts = {};
  spec.rate = 0.3;
  ASSERT_TRUE(faults.add(spec, MonoTime{}));
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) hits += faults.hit(call, MonoTime{}) ? 1 : 0;
  EXPECT_NEAR(hits, 3000, 200);
}

TEST(Faults, Matching) {
  Faults faults(Rng(1));
  FaultSpec spec;
  spec.match.method = "SENDMESSAGE";
  spec.match.bot = PlatformUserId(1);
  spec.match.room = PlatformChatId(-5);
  spec.action.status = 500;
  ASSERT_TRUE(faults.add(spec, MonoTime{}));
  const auto hit = [&](std::string_view method, std::int64_t bot, std::int64_t room) {
    return faults.hit({"telegram", method, PlatformUserId(bot), PlatformChatId(room)}, MonoTime{})
        .has_value();
  };
  EXPECT_TRUE(hit("sendmessage", 1, -5));
  EXPECT_FALSE(hit("getme", 1, -5));
  EXPECT_FALSE(hit("sendmessage", 2, -5));
  EXPECT_FALSE(hit("sendmessage", 1, -6));
}

TEST(FaultJson, ReadsLossStallAndQuota) {
  const auto spec = parse(R"({"fault":{"loss":"answer","stall":"10s","quota":"daily"}})");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->action.loss, FaultAction::Loss::Answer);
  EXPECT_EQ(spec->action.stall, seconds(10));
  EXPECT_EQ(spec->action.status, 429);
  EXPECT_EQ(spec->action.code, "tokens_per_day");
  EXPECT_FALSE(parse(R"({"fault":{"loss":"update"}})")) << "no platform loses an update";
  EXPECT_FALSE(parse(R"({"fault":{"stall":"0s"}})"));
}

TEST(FaultJson, KnowsTheEndpointsOfTheHomeserver) {
  EXPECT_TRUE(parse(R"({"match":{"platform":"matrix","method":"sync"},"fault":{"status":502}})"));
  EXPECT_TRUE(
      parse(R"({"match":{"platform":"matrix","method":"transactions"},"fault":{"status":502}})"));
  EXPECT_FALSE(
      parse(R"({"match":{"platform":"matrix","method":"getUpdates"},"fault":{"status":502}})"));
}

TEST(Faults, MeetTheSameActOnBothPlatformsUnlessTheyNameOne) {
  const auto meets = [](std::string_view match, std::string_view platform,
                        std::string_view method) {
    Faults faults(Rng(1));
    const auto text = R"({"match":)" + std::string(match) + R"(,"fault":{"status":502}})";
    EXPECT_TRUE(faults.add(*parse(text), MonoTime{}));
    return faults.hit({platform, method, PlatformUserId(1), {}}, MonoTime{}).has_value();
  };
  EXPECT_TRUE(meets(R"({"method":"sendMessage"})", "telegram", "sendmessage"));
  EXPECT_TRUE(meets(R"({"method":"sendMessage"})", "matrix", "send"));
  EXPECT_TRUE(meets(R"({"method":"webhook"})", "matrix", "transactions"));
  EXPECT_TRUE(meets(R"({"method":"getUpdates"})", "matrix", "sync"));
  EXPECT_FALSE(meets(R"({"method":"sendMessage"})", "matrix", "sync"));
  EXPECT_FALSE(meets(R"({"platform":"telegram","method":"sendMessage"})", "matrix", "send"));
  EXPECT_FALSE(meets(R"({"platform":"matrix","method":"send"})", "telegram", "sendMessage"));
}

TEST(Faults, TellWhatBecameOfThem) {
  Faults faults(Rng(1));
  FaultSpec spec;
  spec.action.status = 500;
  spec.times = 2;
  const auto counted = *faults.add(spec, MonoTime{});
  spec.times = 0;
  spec.lasts = seconds(10);
  const auto timed = *faults.add(spec, MonoTime{});
  const Faults::Call call{"telegram", "getMe", PlatformUserId(1), {}};
  faults.hit(call, MonoTime(seconds(1)));
  EXPECT_TRUE(faults.state(counted, MonoTime(seconds(1)))->active);
  faults.hit(call, MonoTime(seconds(2)));
  const auto over = faults.state(counted, MonoTime(seconds(2)));
  EXPECT_FALSE(over->active);
  EXPECT_EQ(over->hits, 2);
  EXPECT_EQ(over->last_hit, MonoTime(seconds(2)));
  faults.hit(call, MonoTime(seconds(3)));
  EXPECT_TRUE(faults.state(timed, MonoTime(seconds(9)))->active);
  EXPECT_FALSE(faults.state(timed, MonoTime(seconds(10)))->active);
  EXPECT_EQ(faults.state(timed, MonoTime(seconds(10)))->hits, 1);
  EXPECT_FALSE(faults.state(77, MonoTime{}));
}

class FaultyDoor : public SandboxTest {
 protected:
  FaultyDoor() {
    transport.route("http://127.0.0.1:9000", hook);
    echo = bot("echo_bot");
    ann = person("anna");
    group = room(RoomType::Supergroup, {echo.id}, {ann.id});
  }
  void fault(std::string_view text) {
    const auto spec = parse(text);
    ASSERT_TRUE(spec) << spec.error().message;
    ASSERT_TRUE(box->add_fault(*spec));
  }
  PendingPtr send_message() {
    auto pending = start(echo.token, "sendMessage",
                         fmt::format(R"({{"chat_id":{},"text":"x"}})", group.id.value));
    step_until([&] { return pending->done(); });
    return pending;
  }
  std::uint64_t sent() { return box->world().counters().bot_messages; }

  Hook hook{loop};
  BotInfo echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(FaultyDoor, Latency) {
  fault(R"({"match":{"method":"sendMessage"},"fault":{"latency":"300ms"}})");
  const auto began = loop.now();
  EXPECT_EQ(send_message()->status(), 200);
  EXPECT_GE(loop.now() - began, milliseconds(300));
}

TEST_F(FaultyDoor, Errors) {
  fault(R"({"fault":{"status":502,"description":"Bad Gateway"},"times":1})");
  const auto answer = send_message();
  EXPECT_EQ(answer->status(), 502);
  EXPECT_EQ(answer->body(), R"({"ok":false,"error_code":502,"description":"Bad Gateway"})");
  EXPECT_EQ(sent(), 0u);
  EXPECT_EQ(send_message()->status(), 200);
}

TEST_F(FaultyDoor, FloodStorm) {
  fault(R"({"fault":{"retry_after":17},"times":1})");
  const auto answer = send_message();
  EXPECT_EQ(answer->status(), 429);
  EXPECT_EQ(answer->response->headers.get("Retry-After"), "17");
  EXPECT_NE(answer->body().find(R"("parameters":{"retry_after":17})"), std::string::npos);
}

TEST_F(FaultyDoor, DropsBeforeAndAfterTheEffect) {
  fault(R"({"fault":{"drop":"before"},"times":1})");
  EXPECT_TRUE(send_message()->response->drop);
  EXPECT_EQ(sent(), 0u);
  fault(R"({"fault":{"drop":"after"},"times":1})");
  EXPECT_TRUE(send_message()->response->drop);
  EXPECT_EQ(sent(), 1u);
}

TEST_F(FaultyDoor, DuplicatesInAPollAndAWebhook) {
  say(ann.id, group.id, "x");
  fault(R"({"match":{"method":"getUpdates"},"fault":{"duplicate":true},"times":1})");
  const auto ids = update_ids(echo.token);
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_EQ(ids[0], ids[1]);
  fault(R"({"match":{"method":"webhook"},"fault":{"duplicate":true},"times":1})");
  call(echo.token, "setWebhook", R"({"url":"http://127.0.0.1:9000/"})");
  advance(milliseconds(20));
  ASSERT_EQ(hook.bodies.size(), 2u);
  EXPECT_EQ(hook.bodies[0], hook.bodies[1]);
}

TEST_F(FaultyDoor, SlowBody) {
  class Sink final : public net::BodyWriter {
   public:
    rt::Task<Result<void>> write(std::string chunk) override {
      text += chunk;
      co_return Result<void>{};
    }
    [[nodiscard]] bool closed() const override { return false; }
    std::string text;
  };
  fault(R"({"fault":{"slow_body":100},"times":1})");
  const auto answer = send_message();
  ASSERT_TRUE(answer->response->stream);
  EXPECT_TRUE(answer->response->body.empty());
  Sink sink;
  bool done = false;
  const auto drain = [](net::StreamBody stream, Sink* to, bool* ended) -> rt::Task<void> {
    *ended = (co_await stream(*to)).has_value();
  };
  const auto began = loop.now();
  rt::spawn(scope, "drain", +drain, answer->response->stream, &sink, &done);
  step_until([&] { return done; });
  EXPECT_TRUE(sink.text.starts_with(R"({"ok":true)"));
  const auto expected = from_seconds(static_cast<double>(sink.text.size()) / 100);
  EXPECT_GE(loop.now() - began, expected - milliseconds(200));
}

TEST_F(FaultyDoor, ALostRequestHasNoEffectAndALostAnswerHas) {
  const auto waits = [&](std::string_view text) {
    fault(text);
    auto pending = start(echo.token, "sendMessage",
                         fmt::format(R"({{"chat_id":{},"text":"x"}})", group.id.value));
    advance(seconds(300));
    EXPECT_FALSE(pending->done()) << "no answer comes while anybody would wait";
    step_until([&] { return pending->done(); }, kLossHold);
    return pending->response->drop;
  };
  EXPECT_TRUE(waits(R"({"fault":{"loss":"request"},"times":1})"));
  EXPECT_EQ(sent(), 0u);
  EXPECT_TRUE(waits(R"({"fault":{"loss":"answer"},"times":1})"));
  EXPECT_EQ(sent(), 1u);
}

TEST_F(FaultyDoor, AWebhookThatIsLostIsTriedAgainAfterTheSendersPatience) {
  fault(R"({"match":{"method":"webhook"},"fault":{"loss":"request"},"times":1})");
  call(echo.token, "setWebhook", R"({"url":"http://127.0.0.1:9000/"})");
  say(ann.id, group.id, "x");
  advance(seconds(50));
  EXPECT_EQ(hook.bodies.size(), 0u);
  advance(seconds(20));
  EXPECT_EQ(hook.bodies.size(), 1u);
}

TEST_F(FaultyDoor, ObserversHearOfSendsAndOfTokensThatOpenNothing) {
  struct Heard final : Observer {
    void on_send(PlatformUserId, PlatformChatId room, std::uint64_t content, int status) override {
      sends.emplace_back(room.value, content, status);
    }
    void on_unauthorized(std::uint64_t token) override { tokens.push_back(token); }
    std::vector<std::tuple<std::int64_t, std::uint64_t, int>> sends;
    std::vector<std::uint64_t> tokens;
  } heard;
  box->add_observer(heard);
  fault(R"({"fault":{"retry_after":3},"times":1})");
  send_message();
  send_message();
  box->remove_bot(echo.id);
  call(echo.token, "getMe", "{}");
  call(echo.token, "getMe", "{}");
  box->remove_observer(heard);
  ASSERT_EQ(heard.sends.size(), 2u);
  EXPECT_EQ(std::get<0>(heard.sends[0]), group.id.value);
  EXPECT_EQ(std::get<1>(heard.sends[0]), std::get<1>(heard.sends[1]));
  EXPECT_EQ(std::get<2>(heard.sends[0]), 429);
  EXPECT_EQ(std::get<2>(heard.sends[1]), 200);
  ASSERT_EQ(heard.tokens.size(), 2u);
  EXPECT_EQ(heard.tokens[0], heard.tokens[1]);
}

TEST_F(FaultyDoor, AnAnswerStopsInItsMiddle) {
  fault(R"({"fault":{"drop":"middle"},"times":1})");
  const auto answer = send_message();
  EXPECT_EQ(answer->status(), 200);
  EXPECT_TRUE(answer->response->truncate);
  EXPECT_FALSE(answer->response->drop);
  EXPECT_EQ(sent(), 1u) << "the call had its effect";
}

TEST_F(FaultyDoor, TheLlmDoorHasTheSameFaults) {
  fault(R"({"match":{"method":"llm"},"fault":{"status":503},"times":1})");
  EXPECT_EQ(send_message()->status(), 200) << "it is not for bots";
  const auto ask = [&] {
    net::Request request;
    request.method = net::Method::Post;
    request.target = "/v1/chat/completions";
    request.body = R"({"model":"sandbox-small","messages":[{"role":"user","content":"x"}]})";
    return chorus::test::drive(loop, box->llm_handler().handle(std::move(request))).status;
  };
  EXPECT_EQ(ask(), 503);
  EXPECT_EQ(ask(), 200);
}

TEST_F(FaultyDoor, WebhookThatNeverArrives) {
  fault(R"({"match":{"method":"webhook"},"fault":{"drop":"before"},"times":1})");
  call(echo.token, "setWebhook", R"({"url":"http://127.0.0.1:9000/"})");
  say(ann.id, group.id, "x");
  advance(seconds(1));
  EXPECT_EQ(hook.bodies.size(), 1u) << "the next try arrives";
}

}  // namespace
}  // namespace chorus::sandbox::testing
