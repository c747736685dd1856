// gtest stands before rapidcheck: its printers need to be known first.
#include "store_model.hpp"

#include "support/drive.hpp"
#include "support/sqlite_under_test.hpp"
#include "support/store_samples.hpp"
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace chorus::test {
namespace {

/// Small ranges on purpose: commands must meet each other's rows, and collide.
struct Command {
  int kind = 0;
  std::array<int, 6> n{};
};

void showValue(const Command& c, std::ostream& out) {
  out << c.kind << " [" << fmt::format("{}", fmt::join(c.n, " ")) << "]";
}

constexpr int kKinds = 18;

rc::Gen<Command> command() {
  return rc::gen::build<Command>(
      rc::gen::set(&Command::kind, rc::gen::inRange(0, kKinds)),
      rc::gen::set(&Command::n, rc::gen::container<std::array<int, 6>>(rc::gen::inRange(0, 60))));
}

constexpr WallTime kStart = rt::kSimulationStart;
/// Half a day off the borders that `prune` draws, because each command takes a little time.
WallTime day(int n) {
  return kStart + std::chrono::hours(12) - std::chrono::hours(24 * n);
}

store::MessageRow message_of(const Command& c, std::int64_t id) {
  auto m = sample_message(id, RoomId(c.n[1] % 2 + 1), day(c.n[2] % 50));
  m.owner = BotId(c.n[3] % 2);
  m.author = PlatformUserId(c.n[3] % 3 + 70);
  m.message = PlatformMessageId(c.n[4] % 8);
  m.date = day(c.n[5] % 2);
  m.text = fmt::format("text {}", c.n[0]);
  return m;
}

/// Row ids: made from a counter as in life, now and then one that may be taken.
std::int64_t row_id(const Command& c, std::int64_t serial) {
  return c.n[5] % 7 == 0 ? 1 + c.n[0] % 5 : 1000 + serial;
}

std::vector<store::InboundUpdate> updates_of(const Command& c, std::int64_t serial) {
  std::vector<store::InboundUpdate> out;
  for (int i = 0; i <= c.n[0] % 3; ++i) {
    auto shifted = c;
    shifted.n[4] += i;
    auto update = sample_update(serial * 10 + i, BotId(c.n[2] % 2 + 1),
                                message_of(shifted, row_id(c, serial * 10 + i)));
    update.inbox.update_id = (c.n[0] + i) % 30;
    if (c.n[1] % 5 == 0) update.message.reset();
    if (c.n[1] % 5 == 1) update.inbox.kind = store::InboxKind::EditedMessage;
    out.push_back(std::move(update));
  }
  return out;
}

std::vector<store::OutboxRow> sends_of(const Command& c, std::int64_t serial) {
  std::vector<store::OutboxRow> out;
  for (int i = 0; i < c.n[1] % 3; ++i) {
    auto row = sample_send(serial * 10 + i, RoomId(1), day(c.n[2] % 20));
    row.idem_key = fmt::format("key {}", (c.n[3] + i) % 12);
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<store::MemoryRow> memories_from(const Command& c) {
  std::vector<store::MemoryRow> out;
  for (int i = 0; i < c.n[0] % 3; ++i) {
    auto row = sample_memory((c.n[1] + i) % 8 + 1, BotId(c.n[2] % 2 + 1),
                             PlatformUserId(c.n[3] % 3 + 70));
    row.text = fmt::format("memory {}", c.n[4]);
    out.push_back(std::move(row));
  }
  return out;
}
std::vector<MemoryId> gone_from(const Command& c) {
  if (c.n[5] % 2 == 0) return {};
  return {MemoryId(c.n[5] % 8 + 1)};
}

store::TurnRow turn_of(const Command& c, std::int64_t serial) {
  return sample_turn(row_id(c, serial), RoomId(1), day(c.n[2] % 50));
}

std::vector<store::InboxDone> done_of(const Command& c, std::int64_t serial) {
  return {{InboxId((serial - c.n[1] % 10) * 10),
           c.n[0] % 2 == 0 ? store::InboxState::Done : store::InboxState::Skipped, "why"}};
}

OutboxId some_send(const Command& c, std::int64_t serial) {
  return OutboxId((serial - c.n[0] % 10) * 10 + c.n[4] % 2);
}

store::Settlement settlement_of(const Command& c, std::int64_t serial) {
  using enum store::OutboxState;
  constexpr std::array kStates{Sent, Sent, Ready, Dead, Unknown, Cancelled};
  store::Settlement out;
  out.id = some_send(c, serial);
  out.state = kStates[static_cast<std::size_t>(c.n[2]) % kStates.size()];
  out.not_before = day(c.n[3] % 3);
  out.error = out.state == Dead ? "blocked" : "";
  if (c.n[1] % 4 != 0) {
    out.message = message_of(c, row_id(c, serial * 10));
    out.message->bot = BotId(1);
    out.message->direction = store::Direction::Out;
  }
  return out;
}

std::vector<store::SpendRow> spend_of(const Command& c, std::int64_t serial) {
  std::vector<store::SpendRow> out;
  for (int i = 0; i < c.n[0] % 3; ++i) {
    out.push_back({SpendId(row_id(c, serial) + i), day(c.n[2] % 5), TurnId(serial),
                   BotId(c.n[3] % 2), c.n[4] % 2 == 0 ? "openai" : "groq", "m", c.n[0], c.n[1],
                   c.n[5]});
  }
  return out;
}

std::chrono::microseconds spend_step(const Command& c) {
  return c.n[1] % 2 == 0 ? std::chrono::microseconds(1) : std::chrono::hours(48);
}

store::Store::Retention retention_of(const Command& c) {
  const auto days = [](int n) { return std::chrono::hours(24 * n); };
  return {days(c.n[0] % 50), days(c.n[1] % 50), days(c.n[2] % 50), days(c.n[3] % 20)};
}

std::string ask_model(StoreModel& model, const Command& c, std::int64_t serial) {
  const auto limit = static_cast<std::size_t>(c.n[5] % 8);
  switch (c.kind) {
    case 0:
    case 1:
      return model.accept(updates_of(c, serial), store::Cursor{BotId(c.n[2] % 2 + 1), serial});
    case 2:
      return model.finish(done_of(c, serial));
    case 3:
      return model.append_turn(turn_of(c, serial), sends_of(c, serial), done_of(c, serial));
    case 4:
      return model.claim({some_send(c, serial), OutboxId(c.n[1])});
    case 5:
      return model.settle({settlement_of(c, serial)});
    case 6:
      return c.n[0] % 4 == 0 ? model.recover() : model.counts();
    case 7:
      return model.read_inbox(InboxId(c.n[0]), limit);
    case 8:
      return model.history(RoomId(c.n[1] % 2 + 1), limit);
    case 9:
      return model.find_message(RoomId(c.n[1] % 2 + 1), BotId(c.n[3] % 2),
                                PlatformMessageId(c.n[4] % 8));
    case 10:
      return model.recent_by_bot(BotId(c.n[0] % 2), day(c.n[1] % 50), limit);
    case 11:
      return c.n[4] % 4 == 0 ? model.prune(kStart, retention_of(c), limit + 1) : model.counts();
    case 12:
      return c.n[0] % 2 == 0 ? model.memories_of(BotId(c.n[1] % 3)) : model.cursors();
    case 13:
      return model.put_memories(memories_from(c), gone_from(c));
    case 14:
      return model.export_person(PlatformUserId(c.n[0] % 4 + 70));
    case 15:
      return model.put_spend(spend_of(c, serial));
    case 16:
      return model.spend_since(day(c.n[2] % 5), spend_step(c));
    default:
      return c.n[0] % 3 == 0 ? model.forget(PlatformUserId(c.n[1] % 4 + 70)) : model.counts();
  }
}

template <class T, class Show>
std::string text_of(const Result<T>& result, Show show) {
  if (result) return show(*result);
  return result.error().code == ErrorCode::Conflict ? "conflict" : result.error().message;
}
std::string text_of(const Result<void>& result) {
  if (result) return "ok";
  return result.error().code == ErrorCode::Conflict ? "conflict" : result.error().message;
}
std::string show_flags(const std::vector<bool>& flags) {
  std::string out;
  for (const bool flag : flags) out += flag ? '1' : '0';
  return out;
}
template <class Row>
std::string show_rows(const std::vector<Row>& rows) {
  std::string out;
  for (const auto& row : rows) out += StoreModel::show(row);
  return out;
}
std::string show_outcome(const store::AcceptOutcome& o) {
  std::string out;
  for (std::size_t i = 0; i < o.accepted.size(); ++i) {
    out += fmt::format("[{} {} {}]", o.accepted[i] ? o.accepted[i]->value : 0, o.messages[i],
                       static_cast<bool>(o.first_seen[i]));
  }
  return out;
}
std::string show_items(const std::vector<store::InboxItem>& items) {
  std::string out;
  for (const auto& item : items) {
    out += fmt::format("[{} {} {}]", item.inbox.id, item.inbox.payload,
                       item.message ? StoreModel::show(*item.message) : "-");
  }
  return out;
}
std::string show_counts(const store::Counts& c) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", c.inbox_total, c.inbox_new, c.messages_in,
                     c.messages_out, c.turns, c.outbox_ready, c.outbox_sending, c.outbox_sent,
                     c.outbox_unknown, c.outbox_dead, c.outbox_cancelled);
}
std::string show_spend(const std::vector<store::SpendTotal>& totals) {
  std::string out;
  for (const auto& t : totals) out += StoreModel::show(t);
  return out;
}
std::string show_cursors(const store::Snapshot& snapshot) {
  std::string out;
  for (const auto& c : snapshot.cursors) out += fmt::format("[{} {}]", c.bot, c.next_offset);
  return out;
}

rt::Task<std::string> ask_store(store::Store& s, Command c, std::int64_t serial) {
  const auto limit = static_cast<std::size_t>(c.n[5] % 8);
  switch (c.kind) {
    case 0:
    case 1:
      co_return text_of(co_await s.accept_updates(updates_of(c, serial),
                                                  store::Cursor{BotId(c.n[2] % 2 + 1), serial}),
                        show_outcome);
    case 2:
      co_return text_of(co_await s.finish_inbox(done_of(c, serial)));
    case 3:
      co_return text_of(
          co_await s.append_turn(turn_of(c, serial), sends_of(c, serial), done_of(c, serial)),
          show_flags);
    case 4:
      co_return text_of(co_await s.claim({some_send(c, serial), OutboxId(c.n[1])}), show_flags);
    case 5:
      co_return text_of(co_await s.settle({settlement_of(c, serial)}));
    case 6:
      if (c.n[0] % 4 == 0) {
        co_return text_of(co_await s.recover_outbox(), show_rows<store::OutboxRow>);
      }
      co_return text_of(co_await s.counts(), show_counts);
    case 7:
      co_return text_of(co_await s.read_inbox(InboxId(c.n[0]), limit), show_items);
    case 8:
      co_return text_of(co_await s.history(RoomId(c.n[1] % 2 + 1), limit),
                        show_rows<store::MessageRow>);
    case 9:
      co_return text_of(
          co_await s.find_message(RoomId(c.n[1] % 2 + 1), BotId(c.n[3] % 2),
                                  PlatformMessageId(c.n[4] % 8)),
          [](const auto& row) { return row ? StoreModel::show(*row) : std::string("-"); });
    case 10:
      co_return text_of(co_await s.recent_by_bot(BotId(c.n[0] % 2), day(c.n[1] % 50), limit),
                        show_rows<store::MessageRow>);
    case 11:
      if (c.n[4] % 4 == 0) {
        co_return text_of(co_await s.prune(retention_of(c), limit + 1),
                          [](std::size_t n) { return fmt::format("{}", n); });
      }
      co_return text_of(co_await s.counts(), show_counts);
    case 12:
      if (c.n[0] % 2 == 0) {
        co_return text_of(co_await s.memories_of(BotId(c.n[1] % 3)), show_rows<store::MemoryRow>);
      }
      co_return text_of(co_await s.load(), show_cursors);
    case 13:
      co_return text_of(co_await s.put_memories(memories_from(c), gone_from(c)));
    case 14:
      co_return text_of(co_await s.export_person(PlatformUserId(c.n[0] % 4 + 70)),
                        [](const store::PersonData& data) {
                          return show_rows(data.messages) + show_rows(data.memories);
                        });
    case 15:
      co_return text_of(co_await s.put_spend(spend_of(c, serial)));
    case 16:
      co_return text_of(co_await s.spend_since(day(c.n[2] % 5), spend_step(c)), show_spend);
    default:
      if (c.n[0] % 3 == 0) {
        co_return text_of(co_await s.forget_person(PlatformUserId(c.n[1] % 4 + 70)),
                          [](std::uint64_t) { return std::string("ok"); });
      }
      co_return text_of(co_await s.counts(), show_counts);
  }
}

rt::Task<void> keep(store::Store& s, Command c, std::int64_t serial, std::string& out) {
  out = co_await ask_store(s, c, serial);
}

/// Runs the commands in groups of `together` concurrent calls: the writer puts each group into one
/// transaction, and the answers must be those of one after the other. Empty when they are.
std::string first_difference(const std::vector<Command>& commands, std::size_t together) {
  SqliteUnderTest engine(rt::Loop::Mode::Virtual, false);
  StoreModel model;
  for (std::size_t from = 0; from < commands.size(); from += together) {
    const auto end = std::min(commands.size(), from + together);
    std::vector<std::string> answers(end - from);
    rt::TaskScope scope(engine.loop());
    for (std::size_t i = from; i < end; ++i) {
      scope.start("command", keep(engine.store(), commands[i], static_cast<std::int64_t>(i + 1),
                                  answers[i - from]));
    }
    drive(engine.loop(), scope.join());
    for (std::size_t i = from; i < end; ++i) {
      const auto expected = ask_model(model, commands[i], static_cast<std::int64_t>(i + 1));
      if (answers[i - from] == expected) continue;
      return fmt::format("command {} of kind {}: store '{}', model '{}'", i, commands[i].kind,
                         answers[i - from], expected);
    }
  }
  return {};
}

RC_GTEST_PROP(StoreModel, AnswersLikeTheModelOneByOne, ()) {
  RC_ASSERT(first_difference(*rc::gen::container<std::vector<Command>>(command()), 1) == "");
}

RC_GTEST_PROP(StoreModel, AnswersLikeTheModelInBatches, ()) {
  const auto together = static_cast<std::size_t>(*rc::gen::inRange(2, 20));
  RC_ASSERT(first_difference(*rc::gen::container<std::vector<Command>>(command()), together) == "");
}

/// Generated lists rarely get long; these go deep, one seed each.
TEST(StoreModel, LongHistoriesAgree) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    std::vector<Command> commands(250);
    for (auto& c : commands) {
      c.kind = static_cast<int>(rng.below(kKinds));
      for (auto& n : c.n) n = static_cast<int>(rng.below(60));
    }
    EXPECT_EQ(first_difference(commands, 7), "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace chorus::test
