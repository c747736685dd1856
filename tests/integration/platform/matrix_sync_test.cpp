#include "matrix_rig.hpp"

// Filtered syncs of bots against the sandbox's homeserver, in virtual time.
namespace chorus::platform::testing {
namespace {

constexpr BotId kNova(1);
constexpr BotId kRex(2);

class MatrixSyncRig : public MatrixRig {
 protected:
  void SetUp() override {
    ada = login("ada");
    nova = login("nova");
    room = create_room(ada);
  }
  void talk(int from, int to) {
    for (int i = from; i < to; ++i) {
      sent(ada, room, fmt::format("t{}", i), fmt::format("line {}", i));
    }
  }
  std::vector<std::string> lines(int from, int to) {
    std::vector<std::string> out;
    for (int i = from; i < to; ++i) out.push_back(fmt::format("line {}", i));
    return out;
  }
  std::string ada, nova, room;
};

TEST_F(MatrixSyncRig, AnInvitedBotJoinsAndHearsOnceAndInOrder) {
  begin(options());
  adapter->start(access(kNova, nova));
  invite(ada, room, "@nova:sandbox");
  step_until([&] { return is_member(ada, room, "@nova:sandbox"); });
  talk(0, 5);
  step_until([&] { return inbox.texts(kNova).size() >= 5; });
  EXPECT_EQ(inbox.texts(kNova), lines(0, 5));
  const auto& first = inbox.message(kNova, "line 0");
  const auto& last = inbox.message(kNova, "line 4");
  EXPECT_EQ(first.from_username, "ada");
  EXPECT_EQ(first.chat, last.chat);
  EXPECT_LT(first.message, last.message);
  EXPECT_GT(first.from.value, store::kFirstName);
  EXPECT_EQ(inbox.kept.at(kNova).front().member_status, "member") << "its own join";
}

TEST_F(MatrixSyncRig, AnInvitationThatNoRuleNamesIsRefused) {
  auto rules = options();
  rules.allow_invites = {"@eve:sandbox"};
  begin(rules);
  adapter->start(access(kNova, nova));
  invite(ada, room, "@nova:sandbox");
  const auto membership = [&] {
    return get("rooms/" + percent_encode(room) + "/state/m.room.member/@nova:sandbox", ada)
        .text("membership");
  };
  step_until([&] { return membership() == "leave"; });
  EXPECT_EQ(membership(), "leave");
}

TEST_F(MatrixSyncRig, ARestartGoesOnWhereItWasAndFillsTheGapInOrder) {
  join(nova, room);
  begin(options());
  adapter->start(access(kNova, nova));
  talk(0, 3);
  step_until([&] { return inbox.texts(kNova).size() >= 3; });
  end();
  talk(3, 203);  // more than one sync and one page hold
  begin(options());
  adapter->start(access(kNova, nova));
  step_until([&] { return inbox.texts(kNova).size() >= 203; });
  EXPECT_EQ(inbox.texts(kNova), lines(0, 203));
  advance(std::chrono::seconds(40));
  EXPECT_EQ(inbox.texts(kNova).size(), 203U);
}

TEST_F(MatrixSyncRig, WhatTheInboxDoesNotTakeComesAgain) {
  join(nova, room);
  begin(options());
  adapter->start(access(kNova, nova));
  talk(0, 1);
  step_until([&] { return !inbox.texts(kNova).empty(); });
  inbox.gone = true;
  const int before = inbox.calls;
  talk(1, 4);
  step_until([&] { return inbox.calls > before + 1; });
  end();  // and the process ends before it was taken
  inbox.gone = false;
  begin(options());
  adapter->start(access(kNova, nova));
  step_until([&] { return inbox.texts(kNova).size() >= 4; });
  EXPECT_EQ(inbox.texts(kNova), lines(0, 4));
}

TEST_F(MatrixSyncRig, NumbersAreTheSameAfterARestart) {
  join(nova, room);
  begin(options());
  adapter->start(access(kNova, nova));
  talk(0, 1);
  step_until([&] { return !inbox.texts(kNova).empty(); });
  const auto before = inbox.message(kNova, "line 0");
  end();
  inbox.kept.clear();
  inbox.seen.clear();
  ASSERT_TRUE(run(store->put_mark(kNova, "since", std::nullopt)));
  begin(options());
  adapter->start(access(kNova, nova));
  step_until([&] { return !inbox.texts(kNova).empty(); });
  const auto& after = inbox.message(kNova, "line 0");
  EXPECT_EQ(after.message, before.message);
  EXPECT_EQ(after.chat, before.chat);
  EXPECT_EQ(after.from, before.from);
  EXPECT_EQ(after.date, before.date);
}

TEST_F(MatrixSyncRig, ARevokedTokenEndsThatBotAndSaysSo) {
  begin(options());
  adapter->start(access(kRex, "syt_unknown"));
  adapter->start(access(kNova, nova));
  step_until([&] { return !inbox.unauthorized.empty(); });
  EXPECT_EQ(inbox.unauthorized, std::set<BotId>{kRex});
  join(nova, room);
  talk(0, 1);
  step_until([&] { return !inbox.texts(kNova).empty(); });
  EXPECT_EQ(inbox.texts(kNova), lines(0, 1));
}

TEST_F(MatrixSyncRig, AnEditHasTheNumberAndTheDateOfItsMessage) {
  join(nova, room);
  begin(options());
  adapter->start(access(kNova, nova));
  const auto event = sent(ada, room, "a", "helo");
  step_until([&] { return !inbox.texts(kNova).empty(); });
  advance(std::chrono::seconds(5));
  EXPECT_EQ(put("rooms/" + percent_encode(room) + "/send/m.room.message/b", ada,
                fmt::format(R"({{"msgtype":"m.text","body":"* hello","m.new_content":)"
                            R"({{"msgtype":"m.text","body":"hello"}},"m.relates_to":)"
                            R"({{"rel_type":"m.replace","event_id":"{}"}}}})",
                            event))
                .status,
            200);
  step_until([&] { return inbox.texts(kNova).size() >= 2; });
  EXPECT_EQ(inbox.kept.at(kNova).back().kind, store::InboxKind::EditedMessage);
  EXPECT_EQ(inbox.message(kNova, "hello").message, inbox.message(kNova, "helo").message);
  EXPECT_EQ(inbox.message(kNova, "hello").date, inbox.message(kNova, "helo").date);
}

TEST_F(MatrixSyncRig, AnEncryptedRoomIsToldOnceThroughRestarts) {
  const auto vault =
      create_room(ada, R"({"preset":"public_chat","initial_state":[{"type":"m.room.encryption",)"
                       R"("state_key":"","content":{"algorithm":"m.megolm.v1.aes-sha2"}}]})");
  begin(options());
  adapter->start(access(kNova, nova));
  join(nova, vault);
  step_until([&] { return !said(ada, vault).empty(); });
  end();
  begin(options());
  adapter->start(access(kNova, nova));
  step_until([&] { return !adapter->encrypted_rooms().empty(); });
  advance(std::chrono::seconds(60));
  EXPECT_EQ(said(ada, vault).size(), 1U);
  EXPECT_EQ(adapter->encrypted_rooms(), std::vector<std::string>{vault});
}

TEST_F(MatrixSyncRig, ARoomOfTwoWithoutANameIsPrivate) {
  const auto talk_of_two =
      create_room(ada, R"({"preset":"trusted_private_chat","invite":["@nova:sandbox"]})");
  begin(options());
  adapter->start(access(kNova, nova));
  step_until([&] { return is_member(ada, talk_of_two, "@nova:sandbox"); });
  sent(ada, talk_of_two, "t", "just us");
  step_until([&] { return !inbox.texts(kNova).empty(); });
  EXPECT_EQ(inbox.message(kNova, "just us").chat_kind, store::ChatKind::Private);
}

}  // namespace
}  // namespace chorus::platform::testing
