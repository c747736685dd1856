#include "chorus/fleet/outbox.hpp"

#include "chorus/fleet/send_decision.hpp"

#include <gtest/gtest.h>

#include <map>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using policy::Priority;

struct Queue {
  SendQueue queue{5s};
  MonoTime now{};
  std::map<PlatformChatId, MonoTime> permitted;

  void push(std::int64_t id, std::int64_t chat, Priority priority = Priority::Direct,
            Duration wait = {}) {
    queue.push({OutboxId(id), PlatformChatId(chat), priority, now, now + wait});
  }
  std::int64_t take() {
    const auto item = queue.take(now, [&](PlatformChatId chat) {
      const auto it = permitted.find(chat);
      return it == permitted.end() ? now : std::max(it->second, now);
    });
    return item ? item->id.value : 0;
  }
};

TEST(SendQueue, OneChatHasOneSendUnderWayAndKeepsItsOrder) {
  Queue q;
  q.push(1, 7);
  q.push(2, 7);
  q.push(3, 8);
  EXPECT_EQ(q.take(), 1);
  EXPECT_EQ(q.take(), 3) << "another chat is not held up";
  EXPECT_EQ(q.take(), 0);
  q.queue.release(PlatformChatId(7));
  EXPECT_EQ(q.take(), 2);
  EXPECT_TRUE(q.queue.empty());
}

TEST(SendQueue, TheMoreUrgentClassGoesFirstUntilTheOtherHasWaited) {
  Queue q;
  q.push(1, 7, Priority::SelfStarted);
  q.push(2, 8, Priority::Direct);
  EXPECT_EQ(q.take(), 2);
  EXPECT_EQ(q.take(), 1);
  q.push(3, 9, Priority::SelfStarted);
  q.now += 16s;
  q.push(4, 10, Priority::Direct);
  EXPECT_EQ(q.take(), 3) << "three steps of five seconds have passed";
}

TEST(SendQueue, AWaitingHeadHoldsUpItsChatOnly) {
  Queue q;
  q.push(1, 7, Priority::Direct, 10s);
  q.push(2, 7);
  q.push(3, 8);
  EXPECT_EQ(q.take(), 3);
  EXPECT_EQ(q.take(), 0);
  EXPECT_EQ(q.queue.next_due(), q.now + 10s);
  q.now += 10s;
  EXPECT_EQ(q.take(), 1);
}

TEST(SendQueue, ALimitMakesItWaitAndIsCountedOnce) {
  Queue q;
  q.push(1, 7);
  q.permitted[PlatformChatId(7)] = q.now + 3s;
  EXPECT_EQ(q.take(), 0);
  EXPECT_EQ(q.take(), 0);
  EXPECT_EQ(q.queue.next_due(), q.now + 3s);
  EXPECT_EQ(q.queue.limit_waits(), 1U);
  q.now += 3s;
  EXPECT_EQ(q.take(), 1);
}

TEST(SendQueue, ARetryStaysInFront) {
  Queue q;
  q.push(1, 7);
  q.push(2, 7);
  EXPECT_EQ(q.take(), 1);
  q.queue.push_front({OutboxId(1), PlatformChatId(7), Priority::Direct, q.now, q.now + 1s});
  q.queue.release(PlatformChatId(7));
  EXPECT_EQ(q.take(), 0) << "the second does not overtake the first";
  q.now += 1s;
  EXPECT_EQ(q.take(), 1);
}

TEST(SendQueue, CancelTakesOutWhatHasNotLeft) {
  Queue q;
  q.push(1, 7);
  q.push(2, 7);
  EXPECT_TRUE(q.queue.cancel(OutboxId(1), PlatformChatId(7)));
  EXPECT_FALSE(q.queue.cancel(OutboxId(1), PlatformChatId(7)));
  EXPECT_EQ(q.take(), 2);
  EXPECT_EQ(q.queue.size(), 0U);
}

TEST(SendQueue, AMigratedChatKeepsItsMessagesAndIsReleasedUnderItsOldName) {
  Queue q;
  q.push(1, 7);
  q.push(2, 7);
  EXPECT_EQ(q.take(), 1);
  q.queue.migrate(PlatformChatId(7), PlatformChatId(70));
  EXPECT_EQ(q.take(), 0);
  q.queue.release(PlatformChatId(7));
  const auto item = q.queue.take(q.now, [&](PlatformChatId) { return q.now; });
  ASSERT_TRUE(item);
  EXPECT_EQ(item->chat, PlatformChatId(70));
}

SendDecision decide(SendOutcome outcome, bool reply = false, OnUnknown policy = OnUnknown::None) {
  return decide_send(outcome, reply, policy, 1, 4);
}

TEST(SendDecision, EachAnswerHasItsConsequence) {
  EXPECT_EQ(decide(SendOk{}).action, SendAction::Settle);
  EXPECT_EQ(decide(SendUnknown{"x"}).action, SendAction::Unknown);
  EXPECT_EQ(decide(SendUnknown{"x"}, false, OnUnknown::Resend).action, SendAction::Resend);
  EXPECT_EQ(decide(SendRefused{400, "Bad Request", {}, {}, false}).action, SendAction::Dead);
  EXPECT_EQ(decide(SendRefused{403, "kicked", {}, {}, false}).action, SendAction::Dead);
  EXPECT_TRUE(decide(SendRefused{403, "kicked", {}, {}, false}).member_left);
  EXPECT_EQ(decide(SendRefused{404, "x", {}, {}, false}).action, SendAction::Dead);
  EXPECT_EQ(decide(SendRefused{413, "x", {}, {}, false}).action, SendAction::Dead);
  EXPECT_EQ(decide(SendRefused{401, "x", {}, {}, false}).action, SendAction::Unauthorized);
  EXPECT_EQ(decide(SendRefused{409, "x", {}, {}, false}).action, SendAction::Hold);
  EXPECT_EQ(decide(SendRefused{502, "x", {}, {}, false}).action, SendAction::Retry);
  EXPECT_EQ(decide(SendRefused{0, "refused", {}, {}, true}).action, SendAction::Retry);
  EXPECT_EQ(decide(SendRefused{400, "x", {}, PlatformChatId(-100), false}).action,
            SendAction::Migrate);
  const SendRefused gone{400, "Bad Request: message to be replied not found", {}, {}, false};
  EXPECT_EQ(decide(gone, true).action, SendAction::WithoutReply);
  EXPECT_EQ(decide(gone, false).action, SendAction::Dead);
}

TEST(SendDecision, RetryAfterIsTakenInFull) {
  const auto decision = decide(SendRefused{429, "Too Many Requests", 10'072'000ms, {}, false});
  EXPECT_EQ(decision.action, SendAction::Freeze);
  EXPECT_EQ(decision.wait, 10'072s);
}

TEST(SendDecision, OnlyTransportAnd5xxCountAgainstABreaker) {
  using H = policy::CallHealth;
  for (const int status : {400, 401, 403, 404, 409, 429}) {
    EXPECT_EQ(decide(SendRefused{status, "x", {}, {}, false}).health, H::Alive) << status;
  }
  EXPECT_EQ(decide(SendRefused{503, "x", {}, {}, false}).health, H::ServerError);
  EXPECT_EQ(decide(SendRefused{0, "x", {}, {}, true}).health, H::Transport);
  EXPECT_EQ(decide(SendUnknown{"x"}).health, H::Timeout);
}

}  // namespace
}  // namespace chorus::fleet
