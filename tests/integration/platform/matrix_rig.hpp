#pragma once

#include "chorus/platform/matrix/matrix.hpp"
#include "chorus/proto/matrix/appservice.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include "support/sqlite_under_test.hpp"
#include "unit/sandbox/matrix_testing.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chorus::platform::testing {

/// An inbox that keeps what it gets, once each, as the fleet's does; it can be gone.
class KeptInbox final : public fleet::InboxPort {
 public:
  rt::Task<Result<void>> accept(BotId bot, std::vector<fleet::IncomingUpdate> updates,
                                std::optional<std::int64_t>) override {
    ++calls;
    if (gone) co_return fail(ErrorCode::Unavailable, "the store is gone");
    for (auto& update : updates) {
      if (!seen.emplace(bot, update.update_id).second) {
        ++repeated;
        continue;
      }
      kept[bot].push_back(std::move(update));
    }
    co_return Result<void>{};
  }
  void report_unauthorized(BotId bot, std::string) override { unauthorized.insert(bot); }
  void report_conflict(BotId, std::string) override {}

  [[nodiscard]] std::vector<std::string> texts(BotId bot) const {
    std::vector<std::string> out;
    if (const auto found = kept.find(bot); found != kept.end()) {
      for (const auto& update : found->second) {
        if (update.message) out.push_back(update.message->text);
      }
    }
    return out;
  }
  /// The message with that text; checked.
  [[nodiscard]] const fleet::IncomingMessage& message(BotId bot, std::string_view text) const {
    for (const auto& update : kept.at(bot)) {
      if (update.message && update.message->text == text) return *update.message;
    }
    ADD_FAILURE() << "nobody said " << text;
    return *kept.at(bot).front().message;
  }

  bool gone = false;
  int calls = 0;
  int repeated = 0;
  std::map<BotId, std::vector<fleet::IncomingUpdate>> kept;
  std::set<std::pair<BotId, std::int64_t>> seen;
  std::set<BotId> unauthorized;
};

/// Adapter and homeserver on one virtual loop, a store in memory between two lives of the adapter.
class MatrixRig : public sandbox::testing::MatrixTest {
 protected:
  static constexpr const char* kHome = "http://home.test:80";
  static constexpr const char* kFleet = "http://127.0.0.1:9";

  MatrixRig() {
    transport.route(kHome, box->matrix_handler(), {.latency = std::chrono::milliseconds(2)});
    auto opened = store::open_sqlite(loop, {}, keys);
    EXPECT_TRUE(opened.has_value());
    store = *std::move(opened);
  }
  ~MatrixRig() override {
    end();
    bool closed = false;
    rt::spawn(scope, "close", &MatrixRig::close_store, store.get(), &closed);
    step_until([&] { return closed; });
    close();
  }

  MatrixOptions options(MatrixMode mode = MatrixMode::Sync) {
    MatrixOptions made;
    made.homeserver = *net::Url::parse("http://home.test");
    made.mode = mode;
    made.allow_invites = {"*:sandbox"};
    return made;
  }
  /// Starts the adapter, as a process would; the earlier one has ended.
  void begin(MatrixOptions with, std::vector<fleet::BotAccess> known = {}) {
    adapter = std::make_unique<MatrixPlatform>(
        MatrixPlatform::Parts{loop, transport, *store, inbox, metrics, Rng(11)}, std::move(with));
    run(adapter->restore(std::move(known)));
    transport.route(kFleet, adapter->http());
  }
  void end() {
    if (!adapter) return;
    bool ended = false;
    rt::spawn(scope, "end", &MatrixRig::close_adapter, adapter.get(), &ended);
    step_until([&] { return ended; });
    adapter.reset();
  }
  template <class T>
  T run(rt::Task<T> task) {
    std::optional<T> answer;
    scope.start("run", keep<T>(std::move(task), &answer));
    step_until([&] { return answer.has_value(); });
    return *std::move(answer);
  }
  fleet::BotAccess access(BotId id, std::string token) {
    return {id, Secret(std::move(token)), {}, store::Platform::Matrix};
  }
  void register_service() {
    proto::matrix::Registration registration;
    registration.id = "fleet";
    registration.url = kFleet;
    registration.as_token = "as-secret";
    registration.hs_token = "hs-secret";
    registration.sender_localpart = "fleet";
    registration.rate_limited = false;
    registration.users = {{"@bot_.*:sandbox", true}};
    const auto added = answer(
        start(box->control_handler(), request(net::Method::Post, "/control/v1/appservices", "",
                                              proto::matrix::encode_registration(registration))));
    ASSERT_EQ(added.status, 200) << json::serialize(added.body);
  }
  MatrixOptions service_options() {
    auto made = options(MatrixMode::AppService);
    made.as_token = Secret("as-secret");
    made.hs_token = Secret("hs-secret");
    return made;
  }
  void invite(std::string_view token, const std::string& room, std::string_view user) {
    EXPECT_EQ(post("rooms/" + percent_encode(room) + "/invite", token,
                   fmt::format(R"({{"user_id":"{}"}})", user))
                  .status,
              200);
  }
  bool is_member(std::string_view token, const std::string& room, std::string_view user) {
    const auto members = get("rooms/" + percent_encode(room) + "/joined_members", token);
    const auto* joined = find_object(members.object(), "joined");
    return joined != nullptr && joined->contains(user);
  }
  /// What was said in the room, newest first.
  std::vector<json::object> said(std::string_view token, const std::string& room) {
    std::vector<json::object> out;
    const auto page = get("rooms/" + percent_encode(room) + "/messages?dir=b&limit=200", token);
    for (const auto& event : *find_array(page.object(), "chunk")) {
      if (find_string(event.as_object(), "type") == "m.room.message") {
        out.push_back(event.as_object());
      }
    }
    return out;
  }

  crypto::KeyRing keys = test::fresh_key_ring();
  KeptInbox inbox;
  std::unique_ptr<store::SqliteStore> store;
  std::unique_ptr<MatrixPlatform> adapter;

 private:
  template <class T>
  static rt::Task<void> keep(rt::Task<T> task, std::optional<T>* answer) {
    answer->emplace(co_await std::move(task));
  }
  static rt::Task<void> close_adapter(MatrixPlatform* adapter, bool* ended) {
    co_await adapter->close();
    *ended = true;
  }
  static rt::Task<void> close_store(store::SqliteStore* store, bool* closed) {
    co_await store->close();
    *closed = true;
  }
};

}  // namespace chorus::platform::testing
