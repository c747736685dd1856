#pragma once

#include "chorus/crypto/key_ring.hpp"
#include "chorus/fleet/fleet.hpp"
#include "chorus/metrics/registry.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/store/sqlite/sqlite_store.hpp"

#include "support/drive.hpp"
#include "support/store_with_faults.hpp"
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chorus::test {

/// A platform that answers what the test says, and remembers what was asked.
class ScriptedPlatform final : public fleet::MessagingPort {
 public:
  struct Sent {
    BotId bot;
    PlatformChatId chat;
    std::string text;
    std::optional<PlatformMessageId> reply_to;
    MonoTime at;
    bool delivered = false;
    WallTime date{};
    std::optional<PlatformMessageId> thread{};
  };
  using Script = std::function<std::optional<fleet::SendOutcome>(const fleet::BotAccess&,
                                                                 const fleet::OutgoingMessage&)>;
  explicit ScriptedPlatform(rt::Loop& loop) : loop_(loop) {}

  Duration latency = std::chrono::milliseconds(5);
  Script script;  ///< nullopt: delivered
  std::set<std::string> bad_tokens;
  std::map<BotId, std::string> names;  ///< for tests whose tokens are secrets; else the token
  bool sandbox = true;
  std::vector<Sent> sends;  ///< every attempt, in order
  std::vector<std::pair<PlatformMessageId, std::string>> reactions;
  std::function<fleet::SendOutcome(PlatformChatId)> reaction_script;
  std::optional<std::vector<std::string>> allowed;
  std::vector<std::string> callbacks;
  std::vector<std::pair<PlatformChatId, std::optional<PlatformMessageId>>> typing;
  struct Draft {
    PlatformChatId chat;
    std::int64_t id = 0;
    std::string text;
  };
  std::vector<Draft> drafts;
  std::vector<std::pair<BotId, std::string>> profiles;
  std::map<BotId, std::size_t> in_flight;
  std::map<std::pair<BotId, PlatformChatId>, int> busy;
  int most_per_chat = 0;  ///< sends under way to one chat by one bot at once

  [[nodiscard]] std::vector<Sent> delivered() const {
    std::vector<Sent> out;
    for (const auto& s : sends) {
      if (s.delivered) out.push_back(s);
    }
    return out;
  }

  rt::Task<Result<fleet::Identity>> identify(fleet::BotAccess bot) override {
    co_await rt::sleep_for(loop_, latency);
    if (bad_tokens.contains(std::string(bot.token.reveal()))) {
      co_return fail(ErrorCode::Unauthenticated, "401 Unauthorized");
    }
    fleet::Identity identity;
    const auto named = names.find(bot.id);
    identity.user_id = user_of(bot.token);
    identity.name = named != names.end() ? named->second : std::string(bot.token.reveal());
    identity.username = "bot_" + identity.name;
    identity.sandbox = sandbox;
    co_return identity;
  }
  static PlatformUserId user_of(const Secret& token) {
    return PlatformUserId(1000 +
                          static_cast<std::int64_t>(stable_hash(token.reveal()) % 1'000'000'000));
  }
  rt::Task<fleet::SendOutcome> send_message(fleet::BotAccess bot,
                                            fleet::OutgoingMessage message) override {
    const std::size_t index = sends.size();
    sends.push_back({bot.id, message.chat, message.text, message.reply_to, loop_.now()});
    sends.back().thread = message.thread;
    int& now_busy = ++busy[{bot.id, message.chat}];
    most_per_chat = std::max(most_per_chat, now_busy);
    if (latency > Duration{} && !co_await rt::sleep_for(loop_, latency)) {
      --busy[{bot.id, message.chat}];
      co_return fleet::SendUnknown{"cancelled"};
    }
    --busy[{bot.id, message.chat}];
    if (bad_tokens.contains(std::string(bot.token.reveal()))) {
      co_return fleet::SendRefused{401, "Unauthorized", {}, {}, false};
    }
    if (script) {
      if (auto outcome = script(bot, message)) {
        sends[index].delivered = std::holds_alternative<fleet::SendOk>(*outcome);
        co_return std::move(*outcome);
      }
    }
    sends[index].delivered = true;
    sends[index].date = loop_.wall_now();
    co_return fleet::SendOk{PlatformMessageId(++next_message_), loop_.wall_now()};
  }
  rt::Task<fleet::SendOutcome> edit_message(fleet::BotAccess, PlatformMessageId,
                                            fleet::OutgoingMessage) override {
    co_return fleet::SendOk{};
  }
  rt::Task<fleet::SendOutcome> set_reaction(fleet::BotAccess, PlatformChatId chat,
                                            PlatformMessageId message, std::string emoji) override {
    co_await rt::sleep_for(loop_, latency);
    reactions.emplace_back(message, emoji);
    if (reaction_script) co_return reaction_script(chat);
    co_return fleet::SendOk{};
  }
  rt::Task<fleet::SendOutcome> answer_callback(fleet::BotAccess, std::string callback_id,
                                               std::string) override {
    callbacks.push_back(std::move(callback_id));
    co_return fleet::SendOk{};
  }
  rt::Task<void> send_typing(fleet::BotAccess, PlatformChatId chat,
                             std::optional<PlatformMessageId> thread) override {
    typing.push_back({chat, thread});
    co_return;
  }
  rt::Task<Result<void>> send_draft(fleet::BotAccess, PlatformChatId chat, std::int64_t draft,
                                    std::string text) override {
    co_await rt::sleep_for(loop_, latency);
    drafts.push_back({chat, draft, std::move(text)});
    co_return Result<void>{};
  }
  rt::Task<Result<std::optional<std::vector<std::string>>>> allowed_reactions(
      fleet::BotAccess, PlatformChatId) override {
    co_return allowed;
  }
  rt::Task<Result<void>> publish_profile(fleet::BotAccess bot, std::string description,
                                         std::string) override {
    profiles.emplace_back(bot.id, std::move(description));
    co_return Result<void>{};
  }

 private:
  rt::Loop& loop_;
  std::int64_t next_message_ = 500'000;
};

/// A generator that says what the test says: a number by default, so that no two texts are alike.
class ScriptedGenerator final : public fleet::GeneratorPort {
 public:
  explicit ScriptedGenerator(rt::Loop& loop) : loop_(loop) {}
  Duration latency = std::chrono::milliseconds(20);
  std::function<Result<std::string>(const fleet::GenerationRequest&)> script;
  /// What it asks for instead of answering; empty: it answers.
  std::function<std::vector<fleet::ToolCall>(const fleet::GenerationRequest&)> calls;
  std::vector<std::string> pieces;  ///< streamed before the answer, one a second
  std::vector<fleet::GenerationRequest> requests;
  std::size_t under_way = 0;
  std::size_t most_under_way = 0;

  rt::Task<Result<fleet::Generated>> generate(fleet::GenerationRequest request) override {
    requests.push_back(request);
    most_under_way = std::max(most_under_way, ++under_way);
    bool slept = latency <= Duration{} || co_await rt::sleep_for(loop_, latency);
    std::string so_far;
    for (std::size_t i = 0; slept && i < pieces.size(); ++i) {
      so_far += pieces[i];
      if (request.on_text) request.on_text(so_far);
      slept = co_await rt::sleep_for(loop_, std::chrono::seconds(1));
    }
    --under_way;
    if (!slept) co_return fail(ErrorCode::Cancelled);
    if (auto wanted = calls ? calls(request) : std::vector<fleet::ToolCall>{}; !wanted.empty()) {
      fleet::Generated asked;
      asked.provider = "scripted";
      asked.completion_tokens = 10;
      asked.cost = 1;
      asked.calls = std::move(wanted);
      co_return asked;
    }
    Result<std::string> text = script ? script(request) : Result<std::string>(plain());
    if (!text) co_return std::unexpected(text.error());
    fleet::Generated out;
    out.text = *std::move(text);
    out.provider = "scripted";
    co_return out;
  }
  /// Words that differ from every earlier answer.
  std::string plain() {
    static constexpr std::string_view kWords[] = {"river",  "window", "garden", "music",  "winter",
                                                  "coffee", "street", "paper",  "summer", "island"};
    std::uint64_t n = stable_hash("plain", ++count_);
    std::string out;
    for (int i = 0; i < 8; ++i, n /= 10) out += std::string(kWords[n % 10]) + " ";
    return out + std::to_string(count_);
  }

 private:
  rt::Loop& loop_;
  std::uint64_t count_ = 0;
};

/// A whole fleet on virtual time with the real store in memory. `restart` makes a new fleet on the
/// same store, as after a stop or (with `store.dead`) after a kill.
class FleetRig : public fleet::BotWatcher {
 public:
  explicit FleetRig(fleet::FleetSettings s = quick(), store::SqliteOptions file = {})
      : settings(std::move(s)) {
    keys_ = std::make_unique<crypto::KeyRing>(
        crypto::KeyRing::from_key_text(Secret(std::string(64, 'a')), "test").value());
    auto opened = store::open_sqlite(loop, std::move(file), *keys_);
    sqlite_ = *std::move(opened);
    store = std::make_unique<StoreWithFaults>(loop, *sqlite_);
    platform = std::make_unique<ScriptedPlatform>(loop);
    generator = std::make_unique<ScriptedGenerator>(loop);
  }
  ~FleetRig() override {
    if (fleet) stop();
    fleet.reset();
    drive(loop, sqlite_->close());
  }

  static rt::Loop::Options virtual_loop() {
    rt::Loop::Options options;
    options.mode = rt::Loop::Mode::Virtual;
    return options;
  }
  /// No pacing, no notice, no limits: what a test is not about stays out of it.
  static fleet::FleetSettings quick() {
    fleet::FleetSettings s;
    s.pacing = fleet::Pacing::None;
    s.disclosure = false;
    s.endpoints_are_loopback = true;
    s.send_profile = policy::SendProfile::Off;
    s.publish_profiles = false;
    return s;
  }

  void start() {
    registry_ = std::make_unique<metrics::Registry>();
    fleet::GeneratorPort& port = provider != nullptr ? *provider : *generator;
    fleet = std::make_unique<fleet::Fleet>(loop, *store, *platform, port, *registry_, settings,
                                           Rng(settings_seed));
    fleet->set_watcher(this);
    const auto begun = drive(loop, fleet->start());
    ASSERT_TRUE(begun) << begun.error().message;
  }
  void stop(Duration grace = std::chrono::seconds(5)) { drive(loop, fleet->stop(grace)); }
  void restart() {
    fleet.reset();
    start();
  }
  /// The process dies: nothing more reaches the store.
  void kill() {
    store->dead = true;
    stop(Duration{});
    fleet.reset();
    store->dead = false;
  }

  BotId add_bot(const std::string& token, std::string persona = {}, bool founding = false,
                std::string extra = {}) {
    fleet::NewBot bot;
    bot.name = token;
    bot.token = Secret(token);
    bot.persona = std::move(persona);
    bot.founding = founding;
    bot.extra = std::move(extra);
    const auto id = drive(loop, fleet->add_bot(std::move(bot)));
    EXPECT_TRUE(id) << (id ? "" : id.error().message);
    run_for(std::chrono::milliseconds(50));
    return id ? *id : BotId{};
  }
  void run_for(Duration d) { loop.run_until(loop.now() + d); }

  fleet::IncomingUpdate private_message(std::int64_t person, std::string text) {
    return message(person, person, store::ChatKind::Private, std::move(text));
  }
  fleet::IncomingUpdate group_message(std::int64_t person, std::string text,
                                      std::int64_t chat = -1001) {
    return message(person, chat, store::ChatKind::Supergroup, std::move(text));
  }
  fleet::IncomingUpdate message(std::int64_t person, std::int64_t chat, store::ChatKind kind,
                                std::string text) {
    fleet::IncomingUpdate update;
    update.update_id = ++next_update_;
    update.kind = store::InboxKind::Message;
    fleet::IncomingMessage m;
    m.message = PlatformMessageId(++next_message_);
    m.chat = PlatformChatId(chat);
    m.chat_kind = kind;
    m.chat_title = "Room";
    m.from = PlatformUserId(person);
    m.from_name = "Person " + std::to_string(person);
    m.text = std::move(text);
    m.date = loop.wall_now();
    update.message = std::move(m);
    return update;
  }
  Result<void> accept(BotId bot, fleet::IncomingUpdate update) {
    std::vector<fleet::IncomingUpdate> updates;
    updates.push_back(std::move(update));
    return drive(loop, fleet->accept(bot, std::move(updates), std::nullopt));
  }
  RoomId room_id(std::int64_t chat) {
    for (const auto& room : fleet->rooms()) {
      if (room.chat == PlatformChatId(chat)) return room.id;
    }
    return {};
  }
  std::vector<store::TurnRow> turns(RoomId room, std::size_t limit = 1000) {
    return drive(loop, sqlite_->recent_turns(room, limit)).value();
  }
  std::vector<store::OutboxRow> outbox_in(store::OutboxState state) {
    return drive(loop, sqlite_->outbox_in(state, 1000)).value();
  }
  std::string metrics_text() { return registry_->prometheus_text(); }
  store::SqliteStore& sqlite() { return *sqlite_; }
  store::Counts counts() { return drive(loop, sqlite_->counts()).value(); }
  double metric(std::string_view name, const metrics::Labels& labels = {}) {
    return registry_->value(name, labels);
  }
  double reason(std::string_view reason_name) {
    return metric("chorus_turns_total", {{"reason", std::string(reason_name)}});
  }

  void bot_started(const store::BotRow& bot, std::int64_t next_offset) override {
    started[bot.id] = next_offset;
  }
  void bot_stopped(BotId bot) override { started.erase(bot); }

  std::uint64_t settings_seed = 7;
  fleet::FleetSettings settings;
  rt::Loop loop{virtual_loop()};
  std::unique_ptr<StoreWithFaults> store;
  std::unique_ptr<ScriptedPlatform> platform;
  std::unique_ptr<ScriptedGenerator> generator;
  fleet::GeneratorPort* provider = nullptr;  ///< another one, which outlives the fleet
  std::unique_ptr<fleet::Fleet> fleet;
  std::map<BotId, std::int64_t> started;

 private:
  std::unique_ptr<crypto::KeyRing> keys_;
  std::unique_ptr<store::SqliteStore> sqlite_;
  std::unique_ptr<metrics::Registry> registry_;
  std::int64_t next_update_ = 0;
  std::int64_t next_message_ = 100;
};

}  // namespace chorus::test
