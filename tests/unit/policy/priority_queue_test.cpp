#include "chorus/policy/priority_queue.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace chorus::policy {
namespace {

using std::chrono::seconds;
using Queue = AgeingQueue<std::string>;

MonoTime at(Duration d) {
  return MonoTime(d);
}

std::string drain(Queue& queue, MonoTime now) {
  std::string order;
  while (auto popped = queue.pop(now)) order += popped->item;
  return order;
}

TEST(AgeingQueue, ServesByClassAndThenFirstInFirstOut) {
  Queue queue(10, seconds(10));
  EXPECT_FALSE(queue.push("s", Priority::SelfStarted, at({})));
  EXPECT_FALSE(queue.push("m", Priority::Mention, at({})));
  EXPECT_FALSE(queue.push("d", Priority::Direct, at(seconds(1))));
  EXPECT_FALSE(queue.push("D", Priority::Direct, at(seconds(2))));
  EXPECT_FALSE(queue.push("M", Priority::Mention, at(seconds(2))));
  ASSERT_NE(queue.peek(), nullptr);
  EXPECT_EQ(*queue.peek(), "d");
  EXPECT_EQ(drain(queue, at(seconds(3))), "dDmMs");
  EXPECT_EQ(queue.peek(), nullptr);
}

TEST(AgeingQueue, WaitingRaisesAnItemByOneClassPerStep) {
  Queue queue(10, seconds(10));
  EXPECT_FALSE(queue.push("s", Priority::SelfStarted, at({})));
  EXPECT_FALSE(queue.push("d", Priority::Direct, at(seconds(29))));
  EXPECT_FALSE(queue.push("D", Priority::Direct, at(seconds(31))));
  EXPECT_EQ(drain(queue, at(seconds(31))), "dsD");
}

TEST(AgeingQueue, FullRefusesTheLeastUrgentNewest) {
  Queue queue(3, seconds(10));
  EXPECT_FALSE(queue.push("s", Priority::SelfStarted, at({})));
  EXPECT_FALSE(queue.push("S", Priority::SelfStarted, at({})));
  EXPECT_FALSE(queue.push("m", Priority::Mention, at({})));
  const auto evicted = queue.push("d", Priority::Direct, at(seconds(4)));
  ASSERT_TRUE(evicted);
  EXPECT_EQ(evicted->item, "S");
  EXPECT_EQ(evicted->reason, Queue::DropReason::Evicted);
  EXPECT_EQ(evicted->priority, Priority::SelfStarted);
  EXPECT_EQ(evicted->queued_at, at({}));
  const auto refused = queue.push("x", Priority::SelfStarted, at(seconds(4)));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->item, "x");
  EXPECT_EQ(refused->reason, Queue::DropReason::Refused);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.size(Priority::Direct), 1U);
  EXPECT_EQ(drain(queue, at(seconds(4))), "dms");
}

TEST(AgeingQueue, TellsWaitsAndTakesMoveOnlyItems) {
  AgeingQueue<std::unique_ptr<int>> queue(2, seconds(1));
  EXPECT_EQ(queue.oldest_wait(at(seconds(5))), Duration::zero());
  EXPECT_FALSE(queue.push(std::make_unique<int>(7), Priority::Ambient, at(seconds(1))));
  EXPECT_EQ(queue.oldest_wait(at(seconds(5))), Duration(seconds(4)));
  const auto popped = queue.pop(at(seconds(6)));
  ASSERT_TRUE(popped);
  EXPECT_EQ(*popped->item, 7);
  EXPECT_EQ(popped->waited, Duration(seconds(5)));
  EXPECT_TRUE(queue.empty());
}

TEST(AgeingQueue, TakesOutWhoeverLeft) {
  AgeingQueue<int> queue(4, seconds(1));
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(queue.push(i, i % 2 == 0 ? Priority::Direct : Priority::SelfStarted, at({})));
  }
  EXPECT_EQ(queue.erase_if([](int item) { return item == 0 || item == 3; }), 2U);
  EXPECT_EQ(queue.size(), 2U);
  EXPECT_EQ(queue.pop(at({}))->item, 2);
  EXPECT_EQ(queue.pop(at({}))->item, 1);
  EXPECT_TRUE(queue.empty());
}

}  // namespace
}  // namespace chorus::policy
