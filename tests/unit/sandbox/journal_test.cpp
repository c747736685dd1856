#include "chorus/sandbox/journal.hpp"

#include "chorus/sandbox/telegram/dialect.hpp"

#include "sandbox_testing.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace chorus::sandbox::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::string fresh_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "chorus_world_XXXXXX").string();
  return ::mkdtemp(pattern.data()) != nullptr ? pattern : std::string();
}

/// Everything of a world that a restart must bring back, as text.
std::string dump(World& world) {
  std::string out;
  for (const auto* a : world.accounts()) {
    out += fmt::format("account {} {} {} {} {} {} {} {} {} {}\n", a->id.value, a->is_bot,
                       a->removed, a->username, a->first_name, a->token, a->privacy, a->bot_to_bot,
                       a->wanted, a->is_bot ? a->next_message_id : 0);
    for (const auto& [key, value] : a->extras) out += fmt::format("  {}={}\n", key, value);
    if (!a->queue) continue;
    out += fmt::format("  tail {}\n", a->queue->tail());
    for (const auto* e : a->queue->from(0, SIZE_MAX)) {
      out += fmt::format("  update {} {} {} {}\n", e->number, static_cast<int>(e->event->kind),
                         to_micros(e->event->expires), e->event->body);
    }
  }
  for (const auto* r : world.rooms()) {
    out += fmt::format("room {} {} {} {} {} {} {} {} {}\n", r->serial, r->id.value,
                       to_string(r->type), r->name, r->title, r->started, r->blocked, r->deleted,
                       r->is_private() ? 0 : r->next_message_id);
    for (const auto& [id, member] : r->members) {
      out += fmt::format("  member {} {}\n", id.value, to_string(member.standing));
    }
    for (const auto* b : r->bots) out += fmt::format("  bot {}\n", b->id.value);
    for (const auto& m : r->messages) {
      out +=
          fmt::format("  message {} {} {} {} {} {} {} {} {} {} {}\n", m.id.value, m.from->id.value,
                      to_micros(m.date), to_micros(m.edited), m.text, m.wire, m.markup,
                      m.reply_to.value, m.meant_for.value, m.deleted, m.reactions.size());
      for (const auto& [viewer, id] : m.views)
        out += fmt::format("    {}:{}\n", viewer.value, id.value);
    }
  }
  return out;
}

class Restart : public SandboxTest {
 protected:
  Restart() : folder(fresh_folder()) {
    transport.route("http://127.0.0.1:9000", hook);
    reopen();
  }
  ~Restart() override {
    close();
    std::filesystem::remove_all(folder);
  }
  void reopen() {
    close();
    start_error.clear();
    Sandbox::Options options;
    options.data = folder;
    open(options);
    ASSERT_EQ(start_error, "");
  }
  /// What a second process would find if this one were killed now.
  std::string dump_after_kill() {
    const auto copy = fresh_folder();
    std::filesystem::copy_file(folder + "/world.journal", copy + "/world.journal");
    Sandbox::Options options;
    options.data = copy;
    options.seed = 7;
    std::string found;
    {
      net::InProcessTransport nowhere(loop, Rng(1));
      Sandbox other(loop, options, nowhere, metrics);
      bool ok = false;
      rt::spawn(scope, "start other", &Restart::start_other, &other, &ok);
      step_until([&] { return ok; });
      found = dump(other.world());
      bool stopped = false;
      rt::spawn(scope, "stop other", &Restart::stop_other, &other, &stopped);
      step_until([&] { return stopped; });
    }
    std::filesystem::remove_all(copy);
    return found;
  }
  void live() {
    echo = bot("echo_bot");
    shy = bot("shy_bot", true, true);
    ann = person("anna");
    bob = person("bobby");
    group = room(RoomType::Supergroup, {echo.id, shy.id}, {ann.id, bob.id});
    basic = room(RoomType::Group, {echo.id}, {ann.id});
    const auto id = say(ann.id, group.id, "hello é \"quoted\" \n line");
    say(bob.id, basic.id, "basic", {});
    whisper(ann.id, echo.id, "/start");
    result(echo.token, "sendMessage",
           fmt::format(R"({{"chat_id":{},"text":"*hi*","parse_mode":"Markdown","reply_markup":)"
                       R"({{"inline_keyboard":[[{{"text":"a","callback_data":"1"}}]]}},)"
                       R"("reply_to_message_id":{}}})",
                       group.id.value, id.value));
    result(echo.token, "setMyCommands", R"({"commands":[{"command":"go","description":"Go"}]})");
    result(echo.token, "getUpdates", R"({"allowed_updates":["message","callback_query"]})");
    ASSERT_TRUE(box->react(ann.id, group.id, id, "👍"));
    auto& world = box->world();
    auto* where = world.find_room(group.id);
    ASSERT_TRUE(world.person_edits(*world.find_account(ann.id), *where, id, "edited"));
    ASSERT_TRUE(world.leave(*where, *world.find_account(bob.id), false));
    PersonMessage press;
    press.from = ann.id;
    press.room = group.id;
    press.reply_to = box->last_bot_message(group.id)->id;
    press.callback = "1";
    ASSERT_TRUE(box->post(press));
    call(kToken, "getMe");
  }

  static rt::Task<void> start_other(Sandbox* other, bool* ok) {
    *ok = (co_await other->start()).has_value();
  }
  static rt::Task<void> stop_other(Sandbox* other, bool* stopped) {
    co_await other->stop(seconds(1));
    *stopped = true;
  }

  std::string folder;
  Hook hook{loop};
  BotInfo echo, shy;
  PersonInfo ann, bob;
  RoomInfo group, basic;
};

TEST_F(Restart, BringsEverythingBack) {
  live();
  const auto before = dump(box->world());
  EXPECT_EQ(dump_after_kill(), before) << "after a kill";
  reopen();
  EXPECT_EQ(dump(box->world()), before) << "after an orderly stop";
  EXPECT_EQ(result(echo.token, "getMe").at("username").as_string(), "echo_bot");
  EXPECT_EQ(call(echo.token, "getMyCommands"),
            R"({"ok":true,"result":[{"command":"go","description":"Go"}]})");
}

TEST_F(Restart, ConfirmedUpdatesStayConfirmed) {
  live();
  advance(seconds(4));
  const auto ids = update_ids(echo.token);
  ASSERT_GE(ids.size(), 3u);
  result(echo.token, "getUpdates", fmt::format(R"({{"offset":{}}})", ids[1] + 1));
  const auto before = dump(box->world());
  EXPECT_EQ(dump_after_kill(), before);
  reopen();
  advance(seconds(4));
  EXPECT_EQ(update_ids(echo.token), std::vector(ids.begin() + 2, ids.end()));
  say(ann.id, group.id, "next");
  advance(seconds(4));
  EXPECT_EQ(update_ids(echo.token).back(), ids.back() + 1) << "numbers go on";
}

TEST_F(Restart, IdsGoOn) {
  live();
  const auto last = say(ann.id, group.id, "last");
  reopen();
  EXPECT_EQ(say(ann.id, group.id, "next").value, last.value + 1);
  const auto carl = person("carl");
  EXPECT_GT(carl.id.value, bob.id.value);
  const auto another = room(RoomType::Supergroup, {}, {});
  EXPECT_LT(another.id.value, group.id.value) << "supergroup ids grow downwards";
  const auto answer = result(echo.token, "sendMessage",
                             fmt::format(R"({{"chat_id":{},"text":"x"}})", ann.id.value));
  EXPECT_GT(answer.at("message_id").as_int64(), 2);
}

TEST_F(Restart, WebhooksGoOn) {
  live();
  call(echo.token, "deleteWebhook", R"({"drop_pending_updates":true})");
  result(echo.token, "setWebhook", R"({"url":"http://127.0.0.1:9000/h","secret_token":"s"})");
  hook.fallback = Hook::status(500);
  say(ann.id, group.id, "undelivered");
  say(ann.id, basic.id, "another chat");
  advance(milliseconds(10));
  hook.bodies.clear();
  hook.fallback = Hook::status(200);
  reopen();
  advance(seconds(3));
  ASSERT_EQ(hook.bodies.size(), 2u);
  EXPECT_EQ(hook.requests.back().headers.get("X-Telegram-Bot-Api-Secret-Token"), "s");
  EXPECT_EQ(box->pending_updates(),
            0u + box->world().find_account(shy.id)->queue->size() +
                box->world().find_account(PlatformUserId(1001))->queue->size());
  reopen();
  advance(seconds(3));
  EXPECT_EQ(hook.bodies.size(), 2u) << "what was delivered is not repeated";
}

TEST_F(Restart, ADeliveryUnderWayIsFinishedByAnOrderlyStop) {
  live();
  call(echo.token, "deleteWebhook", R"({"drop_pending_updates":true})");
  result(echo.token, "setWebhook", R"({"url":"http://127.0.0.1:9000/h"})");
  hook.delay = milliseconds(300);
  say(ann.id, group.id, "slow bot");
  advance(milliseconds(10));
  ASSERT_EQ(hook.under_way, 1);
  reopen();
  advance(seconds(3));
  EXPECT_EQ(hook.bodies.size(), 1u);
}

TEST_F(Restart, UpdatesDeliveredOutOfOrderLeaveAGap) {
  const auto made = bot("gap_bot");
  auto* account = box->world().find_account(made.id);
  ann = person("anna");
  group = room(RoomType::Supergroup, {made.id}, {ann.id});
  for (int i = 0; i < 4; ++i) say(ann.id, group.id, "x");
  const auto head = account->queue->head();
  box->world().confirm(*account, head + 1);
  box->world().confirm(*account, head + 3);
  reopen();
  account = box->world().find_account(made.id);
  say(ann.id, group.id, "new");
  std::vector<std::int64_t> numbers;
  for (const auto* e : account->queue->from(0, 9)) numbers.push_back(e->number - head);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_NE(account->queue->find(head + 4), nullptr);
}

TEST_F(Restart, RemovedBotsStayRefused) {
  live();
  ASSERT_TRUE(box->remove_bot(echo.id));
  reopen();
  EXPECT_EQ(error(echo.token, "getMe"), "Unauthorized");
  EXPECT_EQ(dump_after_kill(), dump(box->world()));
}

TEST_F(Restart, ResetIsKept) {
  live();
  box->world().reset();
  call(kToken2, "getMe");
  const auto before = dump(box->world());
  EXPECT_EQ(dump_after_kill(), before);
}

TEST_F(Restart, ATornLastLineIsIgnored) {
  live();
  const auto before = dump(box->world());
  close();
  std::ofstream(folder + "/world.journal", std::ios::app) << R"({"t":"account","id":99)";
  reopen();
  EXPECT_EQ(dump(box->world()), before);
}

TEST_F(Restart, ADamagedLineIsNamed) {
  live();
  close();
  std::ofstream(folder + "/world.journal", std::ios::app) << "rubbish\n";
  Sandbox::Options options;
  options.data = folder;
  open(options);
  EXPECT_NE(start_error.find("world.journal:"), std::string::npos) << start_error;
  EXPECT_NE(start_error.find("damaged"), std::string::npos);
}

TEST_F(Restart, OneSandboxPerFolder) {
  net::InProcessTransport nowhere(loop, Rng(1));
  World world(loop, Rng(1), {});
  WorldJournal second(world, folder);
  const auto opened = second.open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Conflict);
  EXPECT_EQ(opened.error().message,
            fmt::format("{} is in use by another sandbox (process {})", folder, ::getpid()));
}

TEST_F(Restart, TheFileIsCompacted) {
  close();
  World world(loop, Rng(1), {});
  telegram::TelegramDialect form(world);
  world.set_dialect(Platform::Telegram, form);
  WorldJournal journal(world, folder, 4096);
  ASSERT_TRUE(journal.open());
  auto* who =
      world.add_person({.name = "anna", .first_name = "", .language = "en"}, Platform::Telegram)
          .value();
  RoomSpec spec;
  spec.people = {who->id};
  auto* where = world.add_room(spec, Platform::Telegram).value();
  for (int i = 0; i < 5000; ++i) {
    PersonMessage message;
    message.from = who->id;
    message.room = where->id;
    message.text = fmt::format("message {}", i);
    ASSERT_TRUE(world.person_says(message));
  }
  EXPECT_LT(std::filesystem::file_size(folder + "/world.journal"), 2'000'000u)
      << "1,000 messages stay in a room; 5,000 were written";
  ASSERT_TRUE(journal.close());
  reopen();
  EXPECT_EQ(box->world().find_room(where->id)->messages.back().text, "message 4999");
}

/// Uploads of a world with `--data`.
class RestartFiles : public Restart {
 protected:
  RestartFiles() {
    echo = bot("echo_bot");
    ann = person("anna");
    group = room(RoomType::Supergroup, {echo.id}, {ann.id});
  }
  std::string send_document(std::string_view content) {
    net::Request request;
    request.method = net::Method::Post;
    request.target = fmt::format("/bot{}/sendDocument", echo.token);
    request.headers.add("Content-Type", "multipart/form-data; boundary=XX");
    request.body = fmt::format(
        "--XX\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n{}\r\n"
        "--XX\r\nContent-Disposition: form-data; name=\"document\"; filename=\"a.txt\"\r\n"
        "Content-Type: text/plain\r\n\r\n{}\r\n--XX--\r\n",
        group.id.value, content);
    const auto sent = json::parse(send(request).body);
    return std::string(sent.at("result").at("document").at("file_id").as_string());
  }
  std::string get_file(std::string_view id) const {
    return fmt::format(R"({{"file_id":"{}"}})", id);
  }
  net::Response download(std::string_view id) {
    const auto file = result(echo.token, "getFile", get_file(id));
    net::Request request;
    request.target =
        fmt::format("/file/bot{}/{}", echo.token, std::string(file.at("file_path").as_string()));
    return send(request);
  }
  std::size_t contents() const {
    const auto path = folder + "/files";
    if (!std::filesystem::exists(path)) return 0;
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }

  BotInfo echo;
  PersonInfo ann;
  RoomInfo group;
};

TEST_F(RestartFiles, ContentsAreKept) {
  const std::string binary("a\0b\r\n\xff", 6);
  const auto one = send_document("hello file");
  const auto two = send_document(binary);
  reopen();
  EXPECT_EQ(download(one).body, "hello file");
  EXPECT_EQ(download(two).body, binary);
  EXPECT_EQ(contents(), 2u);
  const auto three = send_document("after the restart");
  reopen();
  EXPECT_EQ(download(one).body, "hello file");
  EXPECT_EQ(download(three).body, "after the restart");
}

TEST_F(RestartFiles, ALostContentIsAnsweredAsExpired) {
  const auto one = send_document("hello file");
  const auto two = send_document("hello again");
  close();
  std::filesystem::remove(folder + "/files/1");
  std::ofstream(folder + "/files/2", std::ios::trunc) << "hell";
  reopen();
  for (const auto& id : {one, two}) {
    EXPECT_EQ(error(echo.token, "getFile", get_file(id)),
              "Bad Request: wrong file_id or the file is temporarily unavailable");
  }
  EXPECT_EQ(contents(), 0u) << "what nobody can have any more is removed";
}

TEST_F(RestartFiles, AResetRemovesTheContents) {
  send_document("hello file");
  EXPECT_EQ(contents(), 1u);
  box->world().reset();
  EXPECT_EQ(contents(), 0u);
}

TEST(RestoredFiles, AreBoundedAsOthersAre) {
  FileStore files(10);
  for (std::int64_t number = 1; number <= 3; ++number) {
    StoredFile file;
    file.number = number;
    file.content = "12345";
    files.restore(std::move(file));
  }
  EXPECT_EQ(files.bytes(), 10u);
  EXPECT_FALSE(files.find(1)->content) << "the oldest are forgotten first";
  EXPECT_TRUE(files.find(2)->content);
  EXPECT_TRUE(files.find(3)->content);
}

}  // namespace
}  // namespace chorus::sandbox::testing
