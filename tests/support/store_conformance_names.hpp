#pragma once

#include "support/store_conformance.hpp"

namespace chorus::test {

inline store::NameAsk ask_for(store::NameKind kind, std::string text, std::string author = {},
                              WallTime date = {}) {
  store::NameAsk ask;
  ask.kind = kind;
  ask.text = std::move(text);
  ask.author = std::move(author);
  ask.date = date;
  return ask;
}

TEST_P(StoreConformance, ANameKeepsItsNumberAndNewOnesGrow) {
  const auto first = ok(store().intern_names({ask_for(store::NameKind::Event, "$one"),
                                              ask_for(store::NameKind::Event, "$two"),
                                              ask_for(store::NameKind::Room, "$one")}));
  ASSERT_EQ(first.size(), 3U);
  EXPECT_GT(first[0].id, store::kFirstName);
  EXPECT_LT(first[0].id, first[1].id);
  EXPECT_LT(first[1].id, first[2].id) << "another kind of name is another name";
  const auto again = ok(store().intern_names(
      {ask_for(store::NameKind::Event, "$two"), ask_for(store::NameKind::Event, "$three")}));
  EXPECT_EQ(again[0].id, first[1].id);
  EXPECT_LT(first[2].id, again[1].id);
  const auto found = ok(store().find_names({first[2].id, first[0].id, again[1].id + 100}));
  ASSERT_EQ(found.size(), 3U);
  ASSERT_TRUE(found[0] && found[1]);
  EXPECT_EQ(found[0]->text, "$one");
  EXPECT_EQ(found[0]->kind, store::NameKind::Room);
  EXPECT_EQ(found[1]->kind, store::NameKind::Event);
  EXPECT_FALSE(found[2]);
}

TEST_P(StoreConformance, WhatIsKnownOfAnEventIsKeptFromTheFirstCallThatKnewIt) {
  const auto referred = ok(store().intern_names({ask_for(store::NameKind::Event, "$one")}))[0];
  EXPECT_FALSE(referred.author);
  const WallTime said = now();
  const auto seen =
      ok(store().intern_names({ask_for(store::NameKind::Event, "$one", "@ada:home", said)}))[0];
  EXPECT_EQ(seen.id, referred.id);
  const auto later = ok(store().intern_names(
      {ask_for(store::NameKind::Event, "$one", "@eve:home", said + std::chrono::hours(1))}))[0];
  EXPECT_EQ(later.date, said);
  EXPECT_EQ(later.author, seen.author);
  const auto found = ok(store().find_names({seen.id}))[0];
  ASSERT_TRUE(found);
  EXPECT_EQ(found->author_text, "@ada:home");
  EXPECT_EQ(found->author.value,
            ok(store().intern_names({ask_for(store::NameKind::User, "@ada:home")}))[0].id);
}

TEST_P(StoreConformance, AnEventOfAThreadKnowsTheFirstOne) {
  auto inside = ask_for(store::NameKind::Event, "$answer", "@ada:home", now());
  inside.thread = "$root";
  const auto row = ok(store().intern_names({inside}))[0];
  ASSERT_TRUE(row.thread);
  EXPECT_LT(row.thread.value, row.id);
  const auto found = ok(store().find_names({row.id, row.thread.value}));
  ASSERT_TRUE(found[0] && found[1]);
  EXPECT_EQ(found[0]->thread_text, "$root");
  EXPECT_EQ(found[1]->text, "$root");
  EXPECT_FALSE(found[1]->thread);
}

TEST_P(StoreConformance, AForgottenPersonHasNoNameUnlessTheyOptedOut) {
  const auto rows = ok(store().intern_names({ask_for(store::NameKind::Event, "$1", "@ada:home"),
                                             ask_for(store::NameKind::Event, "$2", "@eve:home")}));
  ok(store().put_notice({BotId(1), RoomId(9), rows[1].author, "stop", 1, now()}));
  ok(store().forget_person(rows[0].author));
  ok(store().forget_person(rows[1].author));
  const auto found =
      ok(store().find_names({rows[0].author.value, rows[1].author.value, rows[0].id}));
  EXPECT_FALSE(found[0]);
  ASSERT_TRUE(found[1]) << "an opt-out must find its person again";
  EXPECT_EQ(found[1]->text, "@eve:home");
  ASSERT_TRUE(found[2]);
  EXPECT_FALSE(found[2]->author);
  const auto again = ok(store().intern_names({ask_for(store::NameKind::User, "@ada:home")}))[0];
  EXPECT_NE(again.id, rows[0].author.value) << "a number is never given again";
}

TEST_P(StoreConformance, NamesOfEventsGoWithTheMessages) {
  const auto rows = ok(store().intern_names({ask_for(store::NameKind::Event, "$1", "@ada:home"),
                                             ask_for(store::NameKind::Room, "!r:home")}));
  store::Store::Retention keep;
  keep.messages = keep.inbox = Duration{};
  EXPECT_EQ(ok(store().prune(keep, 100)), 0U) << "a name may be a day older than its last use";
  keep.messages = keep.inbox = -std::chrono::hours(48);
  while (ok(store().prune(keep, 1)) > 0) {
  }
  const auto found = ok(store().find_names({rows[0].id, rows[1].id, rows[0].author.value}));
  EXPECT_FALSE(found[0]);
  EXPECT_TRUE(found[1] && found[2]) << "rooms and people stay";
}

TEST_P(StoreConformance, MarksOfABotGoWithIt) {
  ok(store().put_bot(sample_bot(1)));
  ok(store().put_mark(BotId(1), "since", "s1"));
  ok(store().put_mark(BotId(1), "encrypted/7", "told"));
  ok(store().put_mark(BotId(), "since", "listener"));
  ok(store().put_mark(BotId(1), "since", "s2"));
  using Marks = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(ok(store().marks(BotId(1))), (Marks{{"encrypted/7", "told"}, {"since", "s2"}}));
  ok(store().put_mark(BotId(1), "encrypted/7", std::nullopt));
  EXPECT_EQ(ok(store().marks(BotId(1))), (Marks{{"since", "s2"}}));
  ok(store().remove_bot(BotId(1)));
  EXPECT_TRUE(ok(store().marks(BotId(1))).empty());
  EXPECT_EQ(ok(store().marks(BotId())), (Marks{{"since", "listener"}}));
}

}  // namespace chorus::test
