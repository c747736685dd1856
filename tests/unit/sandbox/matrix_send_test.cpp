#include "matrix_testing.hpp"

namespace chorus::sandbox::testing {
namespace {

class MatrixSend : public MatrixTest {
 protected:
  void SetUp() override {
    ada = login("ada");
    bob = login("bob");
    room = create_room(ada);
    join(bob, room);
    path = "rooms/" + percent_encode(room);
  }
  MatrixAnswer send(std::string_view token, std::string_view type, std::string_view txn,
                    std::string content) {
    return put(fmt::format("{}/send/{}/{}", path, type, txn), token, std::move(content));
  }
  MatrixAnswer event(std::string_view id) {
    return get(path + "/event/" + percent_encode(id), bob);
  }
  std::string ada, bob, room, path;
};

TEST_F(MatrixSend, ATransactionIsOfOneDeviceRoomAndType) {
  const auto first = sent(ada, room, "x", "hello");
  EXPECT_EQ(sent(ada, room, "x", "other words, same transaction"), first);
  EXPECT_NE(sent(login("ada"), room, "x", "another device"), first);
  const auto elsewhere = create_room(ada);
  EXPECT_NE(sent(ada, elsewhere, "x", "another room"), first);
  EXPECT_NE(send(ada, "m.custom", "x", R"({"body":"another type"})").text("event_id"), first);
}

TEST_F(MatrixSend, ARepetitionIsAnsweredAfterLeavingToo) {
  const auto first = sent(bob, room, "x", "bye");
  EXPECT_EQ(post(path + "/leave", bob).status, 200);
  EXPECT_EQ(send_text(bob, room, "x", "bye").text("event_id"), first);
  const auto refused = send_text(bob, room, "y", "more");
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.text("error"), "User @bob:sandbox not in room " + room);
}

TEST_F(MatrixSend, ContentThatIsNoEventIsRefused) {
  EXPECT_EQ(send(ada, "m.room.message", "1", "{").errcode(), "M_NOT_JSON");
  EXPECT_EQ(send(ada, "m.room.message", "2", "[]").errcode(), "M_BAD_JSON");
  EXPECT_EQ(
      send(ada, "m.room.message", "3", R"({"msgtype":"m.text","body":"x","n":1.5})").errcode(),
      "M_BAD_JSON");
  const auto large = send(ada, "m.room.message", "4",
                          R"({"msgtype":"m.text","body":")" + std::string(70'000, 'x') + R"("})");
  EXPECT_EQ(large.status, 413);
  EXPECT_EQ(large.errcode(), "M_TOO_LARGE");
}

TEST_F(MatrixSend, AThreadIsBundledAndNeverNested) {
  const auto root = sent(ada, room, "root", "root");
  const auto in_thread = [&](std::string_view of) {
    return fmt::format(R"({{"msgtype":"m.text","body":"x","m.relates_to":{{"rel_type":"m.thread",)"
                       R"("event_id":"{}","is_falling_back":true,"m.in_reply_to":)"
                       R"({{"event_id":"{}"}}}}}})",
                       of, of);
  };
  const auto child = send(bob, "m.room.message", "c1", in_thread(root)).text("event_id");
  const auto last = send(ada, "m.room.message", "c2", in_thread(root)).text("event_id");
  EXPECT_EQ(send(ada, "m.room.message", "c3", in_thread(child)).errcode(), "M_UNKNOWN");
  const auto seen = event(root);
  const auto& thread = seen.object().at("unsigned").at("m.relations").at("m.thread");
  EXPECT_EQ(thread.at("count").as_int64(), 2);
  EXPECT_EQ(thread.at("latest_event").at("event_id").as_string(), last);
  EXPECT_TRUE(thread.at("current_user_participated").as_bool());
  const auto page = get(path + "/relations/" + percent_encode(root) + "/m.thread", bob);
  EXPECT_EQ(page.object().at("chunk").as_array().size(), 2U);
  EXPECT_EQ(get(path + "/threads", bob).object().at("chunk").as_array().size(), 1U);
}

TEST_F(MatrixSend, AReactionIsGivenOnce) {
  const auto target = sent(ada, room, "t", "react");
  const auto reaction = fmt::format(
      R"({{"m.relates_to":{{"rel_type":"m.annotation","event_id":"{}","key":"👍"}}}})", target);
  const auto given = send(bob, "m.reaction", "r1", reaction);
  EXPECT_EQ(given.status, 200);
  EXPECT_EQ(send(bob, "m.reaction", "r2", reaction).errcode(), "M_DUPLICATE_ANNOTATION");
  EXPECT_EQ(send(ada, "m.reaction", "r3", reaction).status, 200);
  auto& world = box->world();
  auto* where = world.rooms().back();
  EXPECT_EQ(where->messages.back().reactions.size(), 2U);
  EXPECT_EQ(put(path + "/redact/" + percent_encode(given.text("event_id")) + "/d1", bob).status,
            200);
  EXPECT_EQ(where->messages.back().reactions.size(), 1U);
  EXPECT_EQ(send(bob, "m.reaction", "r4", reaction).status, 200);
}

TEST_F(MatrixSend, AnEditIsBundledAndTheOriginalKeepsItsContent) {
  const auto original = sent(ada, room, "t", "frist");
  const auto edit = [&](std::string_view token, std::string_view txn, std::string_view text) {
    return send(token, "m.room.message", txn,
                fmt::format(R"({{"msgtype":"m.text","body":"* {0}","m.new_content":)"
                            R"({{"msgtype":"m.text","body":"{0}"}},"m.relates_to":)"
                            R"({{"rel_type":"m.replace","event_id":"{1}"}}}})",
                            text, original));
  };
  EXPECT_EQ(edit(ada, "e1", "first").status, 200);
  EXPECT_EQ(edit(bob, "e2", "not yours").status, 200);
  const auto seen = event(original);
  EXPECT_EQ(seen.object().at("content").at("body"), "frist");
  EXPECT_EQ(seen.object()
                .at("unsigned")
                .at("m.relations")
                .at("m.replace")
                .at("content")
                .at("m.new_content")
                .at("body"),
            "first");
  EXPECT_EQ(box->world().rooms().back()->messages.back().text, "first");
}

TEST_F(MatrixSend, ARedactionStripsTheEventEverywhere) {
  const auto target = sent(bob, room, "t", "secret");
  const auto other = sent(ada, room, "t", "not bob's");
  EXPECT_EQ(put(path + "/redact/" + percent_encode(other) + "/1", bob).errcode(), "M_FORBIDDEN");
  const auto done =
      put(path + "/redact/" + percent_encode(target) + "/2", ada, R"({"reason":"spam"})");
  ASSERT_EQ(done.status, 200);
  EXPECT_EQ(put(path + "/redact/" + percent_encode(target) + "/2", ada).text("event_id"),
            done.text("event_id"));
  const auto seen = event(target);
  EXPECT_TRUE(seen.object().at("content").as_object().empty());
  const auto& because = seen.object().at("unsigned").at("redacted_because");
  EXPECT_EQ(because.at("redacts").as_string(), target);
  EXPECT_EQ(because.at("content").at("redacts").as_string(), target);
  EXPECT_EQ(because.at("content").at("reason"), "spam");
  EXPECT_EQ(find_string(seen.object(), "event_id"), target);
}

TEST_F(MatrixSend, StateOfTheSameContentIsTheSameEvent) {
  const auto named = put(path + "/state/m.room.name", ada, R"({"name":"Garden"})");
  ASSERT_EQ(named.status, 200);
  EXPECT_EQ(put(path + "/state/m.room.name/", ada, R"({"name":"Garden"})").text("event_id"),
            named.text("event_id"));
  EXPECT_NE(put(path + "/state/m.room.name", ada, R"({"name":"Park"})").text("event_id"),
            named.text("event_id"));
  EXPECT_EQ(get(path + "/state/m.room.name", bob).text("name"), "Park");
  EXPECT_EQ(get(path + "/state/m.room.avatar", bob).errcode(), "M_NOT_FOUND");
  EXPECT_EQ(put(path + "/state/m.room.name", bob, R"({"name":"Mine"})").status, 403);
  EXPECT_EQ(box->world().rooms().back()->title, "Park");
}

TEST_F(MatrixSend, PathsMayBeRawOrEncodedOldOrNewWithTheTokenInTheQuery) {
  const auto raw = answer(begin(request(
      net::Method::Put,
      fmt::format("/_matrix/client/r0/rooms/{}/send/m.room.message/q1?access_token={}", room, ada),
      "", R"({"msgtype":"m.text","body":"raw"})")));
  EXPECT_EQ(raw.status, 200) << json::serialize(raw.body);
  EXPECT_EQ(sent(ada, room, "q1", "raw"), raw.text("event_id"));
}

TEST_F(MatrixSend, WhatIsUnknownSaysSo) {
  EXPECT_EQ(get("no/such/endpoint", ada).errcode(), "M_UNRECOGNIZED");
  const auto wrong = ask(net::Method::Delete, "account/whoami", ada);
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.errcode(), "M_UNRECOGNIZED");
  EXPECT_EQ(get("account/whoami", "").errcode(), "M_MISSING_TOKEN");
  EXPECT_EQ(get("account/whoami", "nonsense").errcode(), "M_UNKNOWN_TOKEN");
  EXPECT_EQ(post(path + "/upgrade", ada).status, 501);
}

TEST_F(MatrixSend, MediaComesBackAsItWent) {
  auto upload = request(net::Method::Post, "/_matrix/media/v3/upload?filename=a.txt", ada, "bytes");
  upload.headers.set("Content-Type", "text/plain");
  const auto uri = answer(begin(std::move(upload))).text("content_uri");
  ASSERT_TRUE(uri.starts_with("mxc://sandbox/")) << uri;
  const auto id = uri.substr(std::string("mxc://").size());
  for (const auto& [target, token] :
       {std::pair("/_matrix/client/v1/media/download/" + id, ada),
        std::pair("/_matrix/media/v3/download/" + id + "/a.txt", std::string()),
        std::pair("/_matrix/media/r0/thumbnail/" + id + "?width=1&height=1", std::string())}) {
    auto pending = begin(request(net::Method::Get, target, token));
    step_until([&] { return pending->done(); });
    EXPECT_EQ(pending->status(), 200) << target;
    EXPECT_EQ(pending->body(), "bytes");
    EXPECT_EQ(pending->response->headers.get("Content-Type"), "text/plain");
  }
  EXPECT_EQ(answer(begin(request(net::Method::Get, "/_matrix/client/v1/media/download/" + id, "")))
                .status,
            401);
}

}  // namespace
}  // namespace chorus::sandbox::testing
