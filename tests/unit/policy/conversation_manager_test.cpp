#include "chorus/policy/conversation_manager.hpp"

#include "unit/policy/conversations.hpp"
#include <gtest/gtest.h>

#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ConversationAction::Kind;
using Start = StartOutcome::Kind;

// --- the founding expectations (conversations.md 1) ----------------------------------------------

TEST(ConversationConformance, WithinTheLimitsItStartsActive) {
  Conversations c(founding(10, 3));
  const StartOutcome out = c.start(1);
  ASSERT_EQ(out.kind, Start::Admitted);
  EXPECT_EQ(c.manager.find(out.id, c.now)->state, ConversationState::Working);
}

TEST(ConversationConformance, OverTheGlobalLimitIsRefused) {
  Conversations c(founding(2, 3));
  c.start(1);
  c.start(2);
  const StartOutcome out = c.start(3);
  EXPECT_EQ(out.kind, Start::Refused);
  EXPECT_EQ(out.reason, RefusalReason::GlobalLimit);
}

TEST(ConversationConformance, OverTheUserLimitIsRefusedWhileOthersStart) {
  Conversations c(founding(10, 2));
  c.start(1);
  c.start(1);
  const StartOutcome out = c.start(1);
  EXPECT_EQ(out.kind, Start::Refused);
  EXPECT_EQ(out.reason, RefusalReason::UserLimit);
  EXPECT_EQ(c.start(2).kind, Start::Admitted);
}

TEST(ConversationConformance, EndFreesTheSlotAtOnce) {
  Conversations c(founding(1, 1));
  const StartOutcome first = c.start(1);
  EXPECT_EQ(c.start(2).kind, Start::Refused);
  EXPECT_TRUE(c.end(first.id));
  EXPECT_EQ(c.start(2).kind, Start::Admitted);
}

TEST(ConversationConformance, FiveStartsOfOneUserWithLimitTwoGiveTwoAndThree) {
  Conversations c(founding(10, 2));
  int admitted = 0;
  for (int i = 0; i < 5; ++i) admitted += c.start(1).kind == Start::Admitted ? 1 : 0;
  EXPECT_EQ(admitted, 2);
  EXPECT_EQ(c.manager.counters().refused[static_cast<std::size_t>(RefusalReason::UserLimit)], 3U);
}

TEST(ConversationConformance, UnknownIdsAreFalse) {
  Conversations c(founding(10, 3));
  EXPECT_FALSE(c.end(ConversationId(99)));
  EXPECT_FALSE(c.manager.touch(ConversationId(99), c.now));
  EXPECT_FALSE(c.manager.wait_for_user(ConversationId(99), c.now));
  EXPECT_FALSE(c.manager.cancel(ConversationId(99), EndStatus::Cancelled, c.now));
  EXPECT_FALSE(c.manager.position(ConversationId(99)));
  EXPECT_EQ(c.manager.resume(ConversationId(99), c.now).reason, RefusalReason::NotFound);
  const StartOutcome out = c.start(1);
  EXPECT_TRUE(c.end(out.id));
  EXPECT_FALSE(c.end(out.id)) << "ended already";
}

TEST(ConversationConformance, TwentyQuickRoundsLeaveNothing) {
  Conversations c(founding(10, 3));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(c.end(c.start(1).id));
  EXPECT_EQ(c.manager.stats().live, 0U);
  EXPECT_EQ(c.manager.stats().users, 0U);
  EXPECT_EQ(c.manager.counters().ended[0], 20U);
}

TEST(ConversationConformance, FiveUsersWithSeveralMessagesEachAllFinish) {
  Conversations c(founding(20, 5));
  std::vector<ConversationId> ids;
  for (int user = 1; user <= 5; ++user) ids.push_back(c.start(user).id);
  for (int message = 0; message < 5; ++message) {
    EXPECT_TRUE(c.run(milliseconds(50)).empty());
    for (const ConversationId id : ids) EXPECT_TRUE(c.manager.touch(id, c.now));
  }
  for (const ConversationId id : ids) EXPECT_TRUE(c.end(id));
  EXPECT_EQ(c.manager.stats().live, 0U);
}

TEST(ConversationConformance, UsersAndRoomsAreApart) {
  Conversations c(founding(20, 5));
  const ConversationId a = c.start(1, 10, 7).id;
  const ConversationId b = c.start(2, 10, 7).id;
  const ConversationId d = c.start(1, 11, 7).id;
  EXPECT_NE(a, b);
  EXPECT_NE(a, d);
  const auto own = c.manager.list(PersonId(1), c.now);
  ASSERT_EQ(own.size(), 2U);
  EXPECT_EQ(own[0].id, d) << "the newest first";
  EXPECT_EQ(own[0].room, RoomId(11));
  EXPECT_EQ(own[1].id, a);
  EXPECT_EQ(c.manager.list(PersonId(3), c.now).size(), 0U);
}

TEST(ConversationConformance, FiftyUsersAtLimitTwentySplitTwentyThirty) {
  Conversations c(founding(20, 5));
  for (int user = 1; user <= 50; ++user) c.start(user);
  EXPECT_EQ(c.manager.stats().live, 20U);
  EXPECT_EQ(c.manager.counters().refused[static_cast<std::size_t>(RefusalReason::GlobalLimit)],
            30U);
}

TEST(ConversationConformance, ALimitOfZeroRefusesEvenWithAQueue) {
  ConversationLimits none = queued(0, 3);
  EXPECT_EQ(Conversations(none).start(1).reason, RefusalReason::GlobalLimit);
  none = queued(3, 0);
  EXPECT_EQ(Conversations(none).start(1).reason, RefusalReason::UserLimit);
}

// --- time ----------------------------------------------------------------------------------------

TEST(ConversationTime, IdleCancelsTheWorkAndTheSlotIsHeldUntilItStops) {
  Conversations c(founding(1, 1));
  const ConversationId id = c.start(1).id;
  const auto actions = c.run(seconds(300));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].kind, Kind::Cancel);
  EXPECT_EQ(actions[0].id, id);
  EXPECT_EQ(actions[0].why, EndStatus::Idle);
  EXPECT_EQ(actions[0].service, Duration(seconds(300)));
  EXPECT_EQ(c.manager.stats().live, 1U);
  EXPECT_EQ(c.start(2).kind, Start::Refused);
  EXPECT_FALSE(c.manager.touch(id, c.now)) << "told to stop";
  c.now += seconds(2);
  const auto ended = c.manager.end(id, EndStatus::Completed, c.now);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->status, EndStatus::Idle) << "the reason for the stop is the end";
  EXPECT_EQ(ended->service, Duration(seconds(302)));
  EXPECT_FALSE(ended->hard_cut);
  EXPECT_EQ(c.start(2).kind, Start::Admitted);
}

TEST(ConversationTime, ActivityPostponesIdleUntilTheMaximumDuration) {
  Conversations c(founding(1, 1));
  const ConversationId id = c.start(1).id;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(c.run(seconds(100)).empty());
    EXPECT_TRUE(c.manager.touch(id, c.now));
  }
  EXPECT_TRUE(c.run(milliseconds(99'999)).empty());
  const auto actions = c.run(milliseconds(1));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].why, EndStatus::TimedOut);
}

TEST(ConversationTime, IdleWinsWhenBothAreDueAtOnce) {
  ConversationLimits limits = founding(1, 1);
  limits.idle = limits.maximum = seconds(10);
  Conversations c(limits);
  c.start(1);
  EXPECT_EQ(c.run(seconds(10)).at(0).why, EndStatus::Idle);
}

TEST(ConversationTime, WorkThatDoesNotStopIsCutAfterTheGrace) {
  Conversations c(founding(1, 1));
  const ConversationId id = c.start(1).id;
  const auto actions = c.run(seconds(305));
  ASSERT_EQ(actions.size(), 2U);
  EXPECT_EQ(actions[1].kind, Kind::HardCut);
  EXPECT_EQ(actions[1].why, EndStatus::Idle);
  EXPECT_EQ(actions[1].service, Duration(seconds(305)));
  EXPECT_EQ(c.manager.stats().live, 0U);
  EXPECT_FALSE(c.end(id));
  EXPECT_EQ(c.manager.counters().hard_cuts, 1U);
  EXPECT_TRUE(c.manager.recently_ended().at(0).hard_cut);
}

TEST(ConversationTime, CancelIsAnExpiryOnDemand) {
  Conversations c(founding(1, 1));
  const ConversationId id = c.start(1).id;
  c.now += seconds(3);
  const auto action = c.manager.cancel(id, EndStatus::Cancelled, c.now);
  ASSERT_TRUE(action);
  EXPECT_EQ(action->kind, Kind::Cancel);
  EXPECT_EQ(action->service, Duration(seconds(3)));
  EXPECT_FALSE(c.manager.cancel(id, EndStatus::Cancelled, c.now)) << "told already";
  EXPECT_EQ(c.run(seconds(5)).at(0).kind, Kind::HardCut);
}

TEST(ConversationTime, AdvanceWorksInBatches) {
  Conversations c(founding(1000, 1));
  for (int user = 1; user <= 1000; ++user) c.start(user);
  c.now += seconds(300);
  std::vector<ConversationAction> actions;
  int calls = 1;
  while (c.manager.advance(c.now, 64, actions)) {
    ++calls;
    ASSERT_LE(actions.size(), 64U * static_cast<std::size_t>(calls));
  }
  EXPECT_EQ(actions.size(), 1000U);
  EXPECT_EQ(calls, 16);
}

// --- the queue -----------------------------------------------------------------------------------

TEST(ConversationQueue, WaitsWithATruePositionAndIsAdmittedInOrder) {
  Conversations c(queued(1, 1));
  const ConversationId first = c.start(1).id;
  const StartOutcome second = c.start(2);
  const StartOutcome third = c.start(3);
  EXPECT_EQ(second.kind, Start::Queued);
  EXPECT_EQ(second.position, 1U);
  EXPECT_EQ(third.position, 2U);
  EXPECT_FALSE(second.estimate) << "nothing has ended yet";
  EXPECT_TRUE(c.run(seconds(4)).empty());
  c.end(first);
  EXPECT_EQ(c.manager.next_due(), c.now) << "a free slot is to be given out at once";
  const auto actions = c.run({});
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].kind, Kind::AdmittedFromQueue);
  EXPECT_EQ(actions[0].id, second.id);
  EXPECT_EQ(actions[0].waited, Duration(seconds(4)));
  EXPECT_EQ(c.manager.position(third.id), 1U);
  EXPECT_EQ(c.manager.estimate(2), Duration(seconds(8)));
  const auto ended = c.manager.end(second.id, EndStatus::Completed, c.now + seconds(1));
  EXPECT_EQ(ended->waited, Duration(seconds(4)));
  EXPECT_EQ(ended->service, Duration(seconds(1)));
  EXPECT_EQ(ended->total, Duration(seconds(5)));
}

TEST(ConversationQueue, ANewcomerDoesNotOvertakeAWaiterInTheGap) {
  Conversations c(queued(1, 1));
  const ConversationId first = c.start(1).id;
  const ConversationId waiter = c.start(2).id;
  c.end(first);
  EXPECT_EQ(c.start(3).kind, Start::Queued);
  EXPECT_EQ(c.run({}).at(0).id, waiter);
}

TEST(ConversationQueue, RoundRobinOverUsersFirstInFirstOutWithinOne) {
  ConversationLimits limits = queued(1, 3);
  limits.queue_per_user = 10;
  Conversations c(limits);
  ConversationId current = c.start(9).id;
  std::vector<ConversationId> a;
  for (int i = 0; i < 3; ++i) a.push_back(c.start(1).id);
  const ConversationId b = c.start(2).id;
  const ConversationId d = c.start(3).id;
  EXPECT_EQ(c.manager.position(a[1]), 4U) << "users 2 and 3 have their turn first";
  std::vector<ConversationId> order;
  for (int i = 0; i < 5; ++i) {
    const std::uint32_t said = *c.manager.position(i == 4 ? a[2] : (i == 0 ? a[0] : a[2]));
    EXPECT_EQ(said, i == 0 ? 1U : 5U - static_cast<std::uint32_t>(i));
    c.end(current);
    const auto actions = c.run({});
    ASSERT_EQ(actions.size(), 1U);
    current = actions[0].id;
    order.push_back(current);
  }
  EXPECT_EQ(order, (std::vector{a[0], b, d, a[1], a[2]}));
}

TEST(ConversationQueue, AUserAtTheirOwnLimitIsPassedOver) {
  Conversations c(queued(3, 1));
  const ConversationId own = c.start(1).id;
  const ConversationId other = c.start(2).id;
  c.start(4);
  const StartOutcome parked = c.start(1);
  const StartOutcome eligible = c.start(3);
  EXPECT_EQ(parked.position, 1U);
  EXPECT_EQ(eligible.position, 1U);
  EXPECT_EQ(c.manager.position(parked.id), 2U) << "behind who can be admitted";
  c.end(other);
  EXPECT_EQ(c.run({}).at(0).id, eligible.id);
  EXPECT_FALSE(c.manager.next_due() == c.now);
  c.end(own);
  EXPECT_EQ(c.run({}).at(0).id, parked.id);
}

TEST(ConversationQueue, AParkedWaiterDoesNotHoldUpNewcomers) {
  Conversations c(queued(3, 1));
  c.start(1);
  EXPECT_EQ(c.start(1).kind, Start::Queued);
  EXPECT_EQ(c.start(2).kind, Start::Admitted);
}

TEST(ConversationQueue, EachWaiterHasADeadline) {
  Conversations c(queued(1, 1));
  c.start(1);
  ConversationRequest brief = c.request(2);
  brief.queue_deadline = seconds(5);
  ASSERT_EQ(c.manager.start(brief, c.now).kind, Start::Queued);
  const ConversationId patient = c.start(3).id;
  const auto first = c.run(seconds(5));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].kind, Kind::QueueTimeout);
  EXPECT_EQ(first[0].id, brief.id);
  EXPECT_EQ(first[0].waited, Duration(seconds(5)));
  EXPECT_EQ(c.manager.position(patient), 1U);
  EXPECT_EQ(c.run(seconds(25)).at(0).id, patient);
  EXPECT_EQ(c.manager.counters().queue_timeouts, 2U);
  EXPECT_EQ(c.manager.stats().queued, 0U);
}

TEST(ConversationQueue, IsBoundedInAllAndPerUser) {
  ConversationLimits limits = queued(1, 1);
  limits.queue = 3;
  limits.queue_per_user = 2;
  Conversations c(limits);
  c.start(1);
  EXPECT_EQ(c.start(2).kind, Start::Queued);
  EXPECT_EQ(c.start(2).kind, Start::Queued);
  EXPECT_EQ(c.start(2).reason, RefusalReason::UserQueueFull);
  EXPECT_EQ(c.start(3).kind, Start::Queued);
  EXPECT_EQ(c.start(4).reason, RefusalReason::QueueFull);
}

TEST(ConversationQueue, MayRefuseUsersOverTheirOwnLimit) {
  ConversationLimits limits = queued(5, 1);
  limits.queue_over_user_limit = false;
  Conversations c(limits);
  c.start(1);
  EXPECT_EQ(c.start(1).reason, RefusalReason::UserLimit);
}

TEST(ConversationQueue, AWaiterCanWithdraw) {
  Conversations c(queued(1, 1));
  const ConversationId first = c.start(1).id;
  const ConversationId waiter = c.start(2).id;
  const auto ended = c.manager.end(waiter, EndStatus::Cancelled, c.now);
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->admitted);
  EXPECT_EQ(c.manager.counters().queue_withdrawn, 1U);
  c.end(first);
  EXPECT_TRUE(c.run(seconds(1000)).empty());
}

TEST(ConversationQueue, AnIdIsUsedOnce) {
  Conversations c(queued(2, 2));
  const ConversationRequest request = c.request(1);
  EXPECT_EQ(c.manager.start(request, c.now).kind, Start::Admitted);
  EXPECT_EQ(c.manager.start(request, c.now).reason, RefusalReason::DuplicateId);
  EXPECT_EQ(c.manager.stats().live, 1U);
}

}  // namespace
}  // namespace chorus::policy
