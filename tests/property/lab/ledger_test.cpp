#include "chorus/lab/ledger.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace chorus::lab {
namespace {

struct World {
  MonoTime now{};
  std::vector<SentMessage> sent;
  std::int64_t bot_messages = 100'000;
};

RoomKey some_room(std::uint32_t n) {
  const std::int64_t bot = 500 + n % 3;
  return n % 2 == 0 ? RoomKey{-100 - static_cast<std::int64_t>(n % 5), 0}
                    : RoomKey{1000 + n % 4, bot};
}

SentMessage random_message(World& world, std::uint32_t a, std::uint32_t b) {
  SentMessage m;
  m.room = some_room(a);
  m.id = PlatformMessageId{static_cast<std::int64_t>(world.sent.size()) + 1};
  m.person = b % 7;
  m.intended = m.woke = m.accepted = world.now;
  m.measured = b % 5 != 0;
  m.expect.reply = static_cast<ReplyRule>(a % 3);
  m.expect.from_addressed = b % 2 == 0;
  m.expect.linked = b % 11 == 0;
  m.expect.max_count = b % 3;
  m.expect.within = std::chrono::seconds(1 + a % 20);
  if (m.room.bot != 0) {
    m.addressed = PlatformUserId{m.room.bot};
    m.recipients = {m.addressed};
  } else {
    m.addressed = PlatformUserId{500 + b % 4};  // 503 is in no room: never a recipient
    m.recipients = {PlatformUserId{500}, PlatformUserId{501}, PlatformUserId{502}};
  }
  if (b % 4 == 0) m.canary = Canary{m.person, static_cast<std::uint32_t>(world.sent.size())};
  return m;
}

void random_event(Ledger& ledger, World& world, std::uint32_t a, std::uint32_t b, std::uint32_t c) {
  world.now += std::chrono::milliseconds(c % 3000);
  const PlatformUserId bot{500 + b % 3};
  if (a % 8 < 3 || world.sent.empty()) {
    auto m = random_message(world, b, c);
    if (c % 17 == 0) {
      ledger.failed(m);
    } else {
      ledger.sent(m);
      world.sent.push_back(m);
    }
    return;
  }
  const auto& m = world.sent[b % world.sent.size()];
  const PlatformUserId who = m.room.bot != 0 ? PlatformUserId{m.room.bot} : bot;
  const PlatformChatId room{m.room.room};
  switch (a % 8) {
    case 3:
      ledger.taken(who, room, m.id, Duration{1}, world.now);
      break;
    case 4:
      ledger.dropped(who, room, m.id);
      break;
    case 5:
      ledger.advance(world.now);
      break;
    case 6:
      ledger.bot_edit(m.room, PlatformMessageId{world.bot_messages - c % 5}, world.now);
      break;
    default: {
      std::string text = c % 2 == 0 ? "same" : "text " + std::to_string(c);
      if (c % 3 == 0) text += canary_text(7, Canary{c % 7, c % 30});
      BotMessage message{.bot = who,
                         .room = m.room,
                         .id = PlatformMessageId{++world.bot_messages},
                         .text = text,
                         .reply_to = std::nullopt,
                         .at = world.now};
      if (c % 5 < 2) message.reply_to = m.id;
      ledger.bot_message(message);
    }
  }
}

RC_GTEST_PROP(LedgerProperty, IdentityHoldsUnderAnyOrderOfEvents, ()) {
  const auto events =
      *rc::gen::container<std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>>>(
          rc::gen::tuple(rc::gen::arbitrary<std::uint32_t>(), rc::gen::arbitrary<std::uint32_t>(),
                         rc::gen::arbitrary<std::uint32_t>()));
  Ledger ledger(Ledger::Options{.linger = std::chrono::seconds(5), .max_open = 40, .run_seed = 7});
  std::uint64_t closed = 0;
  std::uint64_t replies = 0;
  ledger.on_closed = [&](const LedgerRecord& r) { RC_ASSERT(r.sequence == closed++); };
  ledger.on_reply = [&](const LedgerRecord&) { ++replies; };
  World world;
  for (const auto& [a, b, c] : events) {
    random_event(ledger, world, a, b, c);
    RC_ASSERT(ledger.awaiting() <= 41U);
  }
  ledger.finish(world.now);
  const auto& counts = ledger.counts();
  RC_ASSERT(counts.identity_holds());
  RC_ASSERT(counts.sent == closed);
  RC_ASSERT(ledger.awaiting() == 0U);
  RC_ASSERT(replies == ledger.answered_so_far());
  std::uint64_t attributed = counts.unprompted;
  for (const auto n : counts.attributed) attributed += n;
  RC_ASSERT(attributed == counts.bot_messages);
  RC_ASSERT(counts.duplicated <= counts.bot_messages);
  RC_ASSERT(ledger.in_flight_seconds() >= -1e-6);
}

}  // namespace
}  // namespace chorus::lab
