#include "chorus/platform/matrix/names.hpp"

#include "matrix_rig.hpp"

// The way out: what a homeserver does with what a fleet sends.
namespace chorus::platform::testing {
namespace {

constexpr BotId kNova(1);

class MatrixSendRig : public MatrixRig {
 protected:
  void SetUp() override {
    ada = login("ada");
    nova = login("nova");
    room = create_room(ada, R"({"preset":"public_chat","name":"Garden"})");
    join(nova, room);
    begin(options());
    adapter->start(access(kNova, nova));
    question = sent(ada, room, "q", "what grows?");
    step_until([&] { return !inbox.texts(kNova).empty(); });
    asked = inbox.message(kNova, "what grows?");
  }
  fleet::OutgoingMessage message(std::string text, std::string transaction) {
    fleet::OutgoingMessage made;
    made.chat = asked.chat;
    made.text = std::move(text);
    made.reply_to = asked.message;
    made.transaction = std::move(transaction);
    return made;
  }
  fleet::SendOutcome send(fleet::OutgoingMessage made) {
    return run(adapter->port().send_message(access(kNova, nova), std::move(made)));
  }
  static const json::object& content(const json::object& event) {
    return *find_object(event, "content");
  }
  std::string ada, nova, room, question;
  fleet::IncomingMessage asked;
};

TEST_F(MatrixSendRig, TheBotIsWhoItsTokenSays) {
  const auto identity = run(adapter->port().identify(access(kNova, nova)));
  ASSERT_TRUE(identity) << identity.error().message;
  EXPECT_EQ(identity->username, "nova");
  EXPECT_TRUE(identity->sandbox);
  EXPECT_GT(identity->user_id.value, store::kFirstName);
  const auto refused = run(adapter->port().identify(access(BotId(9), "syt_wrong")));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::Unauthenticated);
  EXPECT_EQ(refused.error().message.find("syt_wrong"), std::string::npos);
}

TEST_F(MatrixSendRig, TheSameRowSentTwiceIsOneMessage) {
  const auto first = send(message("tomatoes", "17"));
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(first));
  end();  // the answer was lost with the process
  begin(options());
  const auto again = send(message("tomatoes", "17"));
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(again));
  EXPECT_EQ(std::get<fleet::SendOk>(first).message, std::get<fleet::SendOk>(again).message);
  EXPECT_EQ(said(ada, room).size(), 2U);
}

TEST_F(MatrixSendRig, AnAnswerIsANoticeThatRepliesAndMentions) {
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(send(message("tomatoes, @ada", "1"))));
  const auto events = said(ada, room);
  const auto& answer = content(events.front());
  EXPECT_EQ(find_string(answer, "msgtype"), "m.notice");
  const auto relation = proto::matrix::decode_relation(answer);
  EXPECT_EQ(relation.in_reply_to, question);
  EXPECT_EQ(proto::matrix::decode_mentions(answer)->user_ids,
            std::vector<std::string>{"@ada:sandbox"});
}

TEST_F(MatrixSendRig, AnAnswerToAMessageOfAThreadStaysInIt) {
  EXPECT_EQ(put("rooms/" + percent_encode(room) + "/send/m.room.message/x", ada,
                fmt::format(R"({{"msgtype":"m.text","body":"inside","m.relates_to":)"
                            R"({{"rel_type":"m.thread","event_id":"{}"}}}})",
                            question))
                .status,
            200);
  step_until([&] { return inbox.texts(kNova).size() >= 2; });
  const auto inside = inbox.message(kNova, "inside");
  EXPECT_EQ(inside.thread, asked.message);
  auto reply = message("yes", "2");
  reply.reply_to = inside.message;
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(send(reply)));
  const auto events = said(ada, room);
  const auto relation = proto::matrix::decode_relation(content(events.front()));
  EXPECT_TRUE(relation.is_thread());
  EXPECT_EQ(relation.event_id, question);
  EXPECT_FALSE(relation.is_falling_back);
}

TEST_F(MatrixSendRig, ALongTextIsSeveralMessagesOnce) {
  std::string text;
  for (int i = 0; i < 6; ++i) text += std::string(6000, static_cast<char>('a' + i)) + "\n\n";
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(send(message(text, "3"))));
  const auto parts = said(ada, room).size();
  EXPECT_EQ(parts, 4U) << "the question, and three parts";
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(send(message(text, "3"))));
  EXPECT_EQ(said(ada, room).size(), parts);
}

TEST_F(MatrixSendRig, AReactionIsThereOnce) {
  for (int i = 0; i < 2; ++i) {
    const auto done =
        run(adapter->port().set_reaction(access(kNova, nova), asked.chat, asked.message, "👍"));
    EXPECT_TRUE(std::holds_alternative<fleet::SendOk>(done));
  }
  const auto related = get(fmt::format("rooms/{}/relations/{}/m.annotation", percent_encode(room),
                                       percent_encode(question)),
                           ada);
  EXPECT_EQ(find_array(related.object(), "chunk")->size(), 1U);
}

TEST_F(MatrixSendRig, AnEditReplacesTheText) {
  const auto first = send(message("tomatos", "4"));
  const auto edited = run(adapter->port().edit_message(
      access(kNova, nova), std::get<fleet::SendOk>(first).message, message("tomatoes", "5")));
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(edited));
  EXPECT_EQ(std::get<fleet::SendOk>(edited).message, std::get<fleet::SendOk>(first).message);
  const auto events = said(ada, room);
  const auto change = proto::matrix::decode_message(content(events.front()));
  ASSERT_TRUE(change && change->new_content);
  EXPECT_EQ(change->new_content->body, "tomatoes");
}

TEST_F(MatrixSendRig, ALimitSaysHowLongAndWhoIsNotAMemberIsRefused) {
  sandbox::FaultSpec fault;
  fault.match.platform = "matrix";
  fault.match.method = "send";
  fault.action.status = 429;
  fault.action.retry_after = 7;
  fault.times = 1;
  ASSERT_TRUE(box->add_fault(fault));
  const auto limited = send(message("tomatoes", "6"));
  const auto* refused = std::get_if<fleet::SendRefused>(&limited);
  ASSERT_NE(refused, nullptr);
  EXPECT_EQ(refused->status, 429);
  EXPECT_EQ(refused->retry_after, std::chrono::seconds(7));
  EXPECT_EQ(post("rooms/" + percent_encode(room) + "/leave", nova).status, 200);
  const auto outside = send(message("tomatoes", "7"));
  ASSERT_TRUE(std::holds_alternative<fleet::SendRefused>(outside));
  EXPECT_EQ(std::get<fleet::SendRefused>(outside).status, 403);
}

TEST_F(MatrixSendRig, WhatHasNoClearAnswerIsUnknown) {
  transport.set_link(kHome, {.loss_after = 1});
  const auto lost = send(message("tomatoes", "8"));
  EXPECT_TRUE(std::holds_alternative<fleet::SendUnknown>(lost));
  transport.set_link(kHome, {});
  ASSERT_TRUE(std::holds_alternative<fleet::SendOk>(send(message("tomatoes", "8"))));
  EXPECT_EQ(said(ada, room).size(), 2U) << "it had arrived";
}

}  // namespace
}  // namespace chorus::platform::testing
