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

// --- threads, people, shutdown -------------------------------------------------------------------

TEST(ConversationThread, TheSameThreadIsTheSameConversation) {
  Conversations c(queued(1, 1));
  const ConversationId first = c.start(1, 5, 77).id;
  c.now += seconds(200);
  const StartOutcome again = c.start(1, 5, 77);
  EXPECT_EQ(again.kind, Start::Admitted);
  EXPECT_EQ(again.id, first);
  EXPECT_TRUE(again.reused);
  EXPECT_TRUE(c.run(seconds(250)).empty()) << "a new message is activity";
  const StartOutcome waiter = c.start(2, 5, 77);
  const StartOutcome waiter_again = c.start(2, 5, 77);
  EXPECT_EQ(waiter_again.kind, Start::Queued);
  EXPECT_EQ(waiter_again.id, waiter.id);
  EXPECT_EQ(waiter_again.position, 1U);
  EXPECT_EQ(c.manager.stats().queued, 1U);
  EXPECT_EQ(c.manager.counters().reused, 2U);
}

TEST(ConversationThread, AConversationToldToStopIsNotReused) {
  Conversations c(queued(2, 2));
  const ConversationId first = c.start(1, 5, 77).id;
  ASSERT_EQ(c.run(seconds(300)).size(), 1U);
  const StartOutcome next = c.start(1, 5, 77);
  EXPECT_EQ(next.kind, Start::Admitted);
  EXPECT_NE(next.id, first);
  c.end(first);
  EXPECT_EQ(c.start(1, 5, 77).id, next.id);
}

TEST(ConversationPerson, WaitingForAPersonHoldsNoSlot) {
  Conversations c(queued(1, 1));
  const ConversationId asking = c.start(1, 5, 77).id;
  c.now += seconds(10);
  ASSERT_TRUE(c.manager.wait_for_user(asking, c.now));
  EXPECT_EQ(c.manager.stats().live, 0U);
  EXPECT_EQ(c.manager.stats().waiting_for_user, 1U);
  EXPECT_TRUE(c.run(seconds(1000)).empty()) << "neither idle nor maximum counts";
  const ConversationId other = c.start(2).id;
  const StartOutcome back = c.start(1, 5, 77);
  EXPECT_EQ(back.kind, Start::Queued);
  EXPECT_EQ(back.id, asking);
  EXPECT_EQ(c.manager.stats().resuming, 1U);
  c.end(other);
  const auto actions = c.run({});
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].id, asking);
  EXPECT_EQ(actions[0].service, Duration(seconds(10)));
  // 590 s of the maximum are left; activity keeps idle away.
  c.run(seconds(295));
  EXPECT_TRUE(c.manager.touch(asking, c.now));
  EXPECT_TRUE(c.run(milliseconds(294'999)).empty());
  EXPECT_EQ(c.run(milliseconds(1)).at(0).why, EndStatus::TimedOut);
  EXPECT_EQ(c.manager.counters().begun, 2U);
  EXPECT_EQ(c.manager.counters().resumed, 1U);
}

TEST(ConversationPerson, ThePauseBetweenTurnsHasATimeOfItsOwn) {
  Conversations c(queued(1, 1));
  const ConversationId talking = c.start(1).id;
  ASSERT_TRUE(c.manager.wait_for_user(talking, c.now, seconds(20)));
  EXPECT_TRUE(c.run(milliseconds(19'999)).empty());
  EXPECT_EQ(c.run(milliseconds(1)).at(0).kind, Kind::Ended);
}

TEST(ConversationPerson, OneOfAnEarlierProcessWaitsForTheRestOfItsTime) {
  ConversationLimits limits = queued(1, 1);
  limits.waiting_for_user = 2;
  Conversations c(limits);
  const ConversationId working = c.start(2).id;
  ConversationRequest request;
  request.id = ConversationId(900);
  request.user = PersonId(1);
  request.room = RoomId(5);
  ASSERT_TRUE(c.manager.restore(request, seconds(20), c.now)) << "it needs no slot";
  EXPECT_FALSE(c.manager.restore(request, seconds(20), c.now)) << "the id is in use";
  request.id = ConversationId(901);
  EXPECT_FALSE(c.manager.restore(request, seconds(0), c.now)) << "its time is over";
  ASSERT_TRUE(c.manager.restore(request, seconds(50), c.now));
  request.id = ConversationId(902);
  EXPECT_FALSE(c.manager.restore(request, seconds(50), c.now)) << "too many wait already";
  EXPECT_EQ(c.manager.stats().waiting_for_user, 2U);
  const auto ended = c.run(seconds(20));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].id, ConversationId(900));
  c.end(working);
  EXPECT_EQ(c.manager.resume(ConversationId(901), c.now).kind, Start::Admitted);
  EXPECT_EQ(c.manager.counters().begun, 3U);
}

TEST(ConversationPerson, NoAnswerEndsItWithoutWork) {
  Conversations c(queued(1, 1));
  const ConversationId asking = c.start(1).id;
  ASSERT_TRUE(c.manager.wait_for_user(asking, c.now));
  EXPECT_FALSE(c.manager.wait_for_user(asking, c.now));
  const auto actions = c.run(seconds(3600));
  ASSERT_EQ(actions.size(), 1U);
  EXPECT_EQ(actions[0].kind, Kind::Ended);
  EXPECT_EQ(actions[0].why, EndStatus::NoAnswer);
  EXPECT_EQ(c.manager.stats().users, 0U);
}

TEST(ConversationPerson, AnAnswerThatGetsNoSlotInTimeEndsTheConversation) {
  Conversations c(queued(1, 1));
  const ConversationId asking = c.start(1).id;
  ASSERT_TRUE(c.manager.wait_for_user(asking, c.now));
  c.start(2);
  ASSERT_EQ(c.manager.resume(asking, c.now).kind, Start::Queued);
  EXPECT_EQ(c.run(seconds(30)).at(0).kind, Kind::QueueTimeout);
  EXPECT_EQ(c.manager.counters().ended[static_cast<std::size_t>(EndStatus::QueueTimeout)], 1U);
  EXPECT_EQ(c.manager.stats().resuming, 0U);
}

TEST(ConversationPerson, ARefusedAnswerKeepsWaitingAndWaitersAreBounded) {
  ConversationLimits limits = founding(1, 1);
  limits.waiting_for_user = 1;
  Conversations c(limits);
  const ConversationId asking = c.start(1).id;
  ASSERT_TRUE(c.manager.wait_for_user(asking, c.now));
  const ConversationId working = c.start(2).id;
  EXPECT_FALSE(c.manager.wait_for_user(working, c.now)) << "too many wait already";
  EXPECT_EQ(c.manager.resume(asking, c.now).reason, RefusalReason::GlobalLimit);
  EXPECT_EQ(c.manager.find(asking, c.now)->state, ConversationState::WaitingForUser);
  c.end(working);
  EXPECT_EQ(c.manager.resume(asking, c.now).kind, Start::Admitted);
}

TEST(ConversationShutdown, EmptiesTheQueueDrainsAndThenCancels) {
  ConversationLimits limits = queued(3, 1);
  Conversations c(limits);
  const ConversationId quick = c.start(1).id;
  const ConversationId slow = c.start(2).id;
  const ConversationId asking = c.start(3).id;
  c.manager.wait_for_user(asking, c.now);
  c.start(4);
  const ConversationId waiter = c.start(5).id;
  c.manager.begin_shutdown(c.now, seconds(10));
  EXPECT_EQ(c.start(6).reason, RefusalReason::ShuttingDown);
  EXPECT_EQ(c.manager.resume(asking, c.now).reason, RefusalReason::ShuttingDown);
  const auto first = c.run(seconds(1));
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].kind, Kind::QueueShutdown);
  EXPECT_EQ(first[0].id, waiter);
  c.end(quick);
  const auto later = c.run(seconds(9));
  ASSERT_EQ(later.size(), 3U);
  EXPECT_EQ(later[0].kind, Kind::Cancel);
  EXPECT_EQ(later[0].id, slow);
  EXPECT_EQ(later[0].why, EndStatus::Shutdown);
  EXPECT_EQ(later[1].kind, Kind::Ended);
  EXPECT_EQ(later[1].id, asking);
  const auto cut = c.run(seconds(5));
  ASSERT_EQ(cut.size(), 2U);
  EXPECT_EQ(cut[0].kind, Kind::HardCut);
  EXPECT_FALSE(c.manager.next_due());
  EXPECT_EQ(c.manager.stats().live, 0U);
  EXPECT_TRUE(c.manager.stats().shutting_down);
}

TEST(ConversationHistory, KeepsTheLastEndedNewestFirst) {
  ConversationLimits limits = founding(1, 1);
  limits.ended_kept = 3;
  Conversations c(limits);
  for (int i = 0; i < 5; ++i) c.end(c.start(1).id, EndStatus::Error);
  const auto recent = c.manager.recently_ended();
  ASSERT_EQ(recent.size(), 3U);
  EXPECT_EQ(recent[0].id, ConversationId(5));
  EXPECT_EQ(recent[2].id, ConversationId(3));
  EXPECT_EQ(recent[0].status, EndStatus::Error);
  EXPECT_EQ(c.manager.counters().ended[static_cast<std::size_t>(EndStatus::Error)], 5U);
}

TEST(ConversationNames, AreStable) {
  EXPECT_EQ(to_string(RefusalReason::UserQueueFull), "user_queue_full");
  EXPECT_EQ(to_string(EndStatus::TimedOut), "timed_out");
  EXPECT_EQ(to_string(ConversationState::WaitingForUser), "waiting_for_user");
}

}  // namespace
}  // namespace chorus::policy
