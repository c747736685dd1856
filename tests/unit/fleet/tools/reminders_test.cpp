#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

// Reminders from the call that sets one to the message that a person reads.
namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;
using test::drive;
using test::FleetRig;

constexpr std::int64_t kAda = 42, kBen = 43;

class FleetReminders : public testing::Test {
 protected:
  FleetReminders() {
    rig.start();
    bot = rig.add_bot("ada");
  }

  /// The person says something and the generator sets a reminder.
  void set(std::int64_t person, std::string arguments) {
    call(std::move(arguments));
    ASSERT_TRUE(rig.accept(bot, rig.private_message(person, "remind me please")));
    rig.run_for(1s);
    rig.generator->calls = nullptr;
  }
  void set_in_group(std::int64_t person, std::string arguments) {
    call(std::move(arguments));
    auto update = rig.group_message(person, "@bot_ada remind me");
    update.message->mentions = {"bot_ada"};
    ASSERT_TRUE(rig.accept(bot, update));
    rig.run_for(1s);
    rig.generator->calls = nullptr;
  }
  void call(std::string arguments) {
    rig.generator->calls = [arguments](const GenerationRequest& request) {
      const bool done = request.lines.back().role == Role::Tool;
      return done ? std::vector<ToolCall>{} : std::vector<ToolCall>{{"c", "remind", arguments}};
    };
  }
  std::string result() { return rig.generator->requests.back().lines.back().text; }
  void command(std::int64_t person, std::string name, std::string text) {
    auto update = rig.private_message(person, std::move(text));
    update.message->command = std::move(name);
    ASSERT_TRUE(rig.accept(bot, update));
    rig.run_for(1s);
  }
  std::vector<std::string> reminders_sent() {
    std::vector<std::string> out;
    for (const auto& sent : rig.platform->delivered()) {
      if (sent.text.find("⏰") != std::string::npos) out.push_back(sent.text);
    }
    return out;
  }
  std::vector<store::ReminderRow> waiting() {
    return drive(rig.loop, rig.sqlite().next_reminders(100)).value();
  }
  /// The process dies as soon as the platform is asked to take a reminder.
  bool run_until_send_of_reminder(Duration longest) {
    const MonoTime end = rig.loop.now() + longest;
    while (rig.loop.now() < end) {
      rig.run_for(1ms);
      for (const auto& sent : rig.platform->sends) {
        if (sent.text.find("⏰") != std::string::npos) return true;
      }
    }
    return false;
  }

  FleetRig rig;
  BotId bot;
};

TEST_F(FleetReminders, ComeOnceAtTheirTimeInTheirChat) {
  set(kAda, R"({"text":"drink tea","in_seconds":600})");
  EXPECT_NE(result().find("reminder 1 is set for 2026-01-05T12:10"), std::string::npos) << result();
  rig.run_for(9min);
  EXPECT_TRUE(reminders_sent().empty());
  rig.run_for(2min);
  ASSERT_EQ(reminders_sent(), std::vector<std::string>{"⏰ Reminder: drink tea"});
  EXPECT_EQ(rig.platform->delivered().back().chat, PlatformChatId(kAda));
  EXPECT_TRUE(waiting().empty());
  rig.run_for(24h);
  EXPECT_EQ(reminders_sent().size(), 1U);
}

TEST_F(FleetReminders, AnEarlierOneSetLaterComesFirst) {
  set(kAda, R"({"text":"second","in_seconds":3600})");
  set(kAda, R"({"text":"first","in_seconds":60})");
  rig.run_for(2h);
  EXPECT_EQ(reminders_sent(),
            (std::vector<std::string>{"⏰ Reminder: first", "⏰ Reminder: second"}));
}

TEST_F(FleetReminders, InAGroupThePersonIsNamedAndTheirMessageAnswered) {
  set_in_group(kAda, R"({"text":"drink tea","at":"2026-01-05T15:10:00+03:00"})");
  rig.run_for(11min);
  ASSERT_EQ(reminders_sent(), std::vector<std::string>{"⏰ Reminder for Person 42: drink tea"});
  EXPECT_TRUE(rig.platform->delivered().back().reply_to);
}

TEST_F(FleetReminders, SurviveARestartAndSayWhenTheyAreLate) {
  set(kAda, R"({"text":"drink tea","in_seconds":600})");
  rig.stop();
  rig.fleet.reset();
  rig.run_for(1h);
  rig.start();
  rig.run_for(1min);
  ASSERT_EQ(reminders_sent().size(), 1U);
  EXPECT_TRUE(reminders_sent()[0].ends_with(
      "⏰ Reminder: drink tea\n(This is late: it was due at 2026-01-05 12:10 UTC.)"))
      << reminders_sent()[0];
  rig.stop();
  rig.restart();
  rig.run_for(24h);
  EXPECT_EQ(reminders_sent().size(), 1U) << "once across restarts";
}

TEST_F(FleetReminders, ComeAtLeastOnceWhenTheProcessDiesBetweenOutboxAndSettlement) {
  set(kAda, R"({"text":"drink tea","in_seconds":60})");
  rig.platform->latency = 5s;
  ASSERT_TRUE(run_until_send_of_reminder(5min));
  ASSERT_EQ(rig.settings.on_unknown, OnUnknown::None) << "other messages are sent at most once";
  rig.kill();
  EXPECT_EQ(reminders_sent().size(), 0U) << "nobody knows whether it arrived";
  rig.platform->latency = 5ms;
  rig.start();
  rig.run_for(2min);
  EXPECT_EQ(reminders_sent().size(), 1U);
  const auto keys = rig.outbox_in(store::OutboxState::Sent);
  const auto promised = std::ranges::count_if(
      keys, [](const auto& row) { return row.idem_key.starts_with("reminder:"); });
  EXPECT_EQ(promised, 1) << "one row, so one transaction where the platform knows them";
}

TEST_F(FleetReminders, ComeInTheTopicWhereTheyWereAskedForAlsoAfterARestart) {
  call(R"({"text":"drink tea","in_seconds":60})");
  auto update = rig.group_message(kAda, "@bot_ada remind me");
  update.message->mentions = {"bot_ada"};
  update.message->thread = PlatformMessageId(77);
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(1s);
  rig.generator->calls = nullptr;
  rig.kill();
  rig.start();
  rig.run_for(2min);
  const auto sent = rig.platform->delivered();
  ASSERT_FALSE(sent.empty());
  EXPECT_NE(sent.back().text.find("drink tea"), std::string::npos);
  EXPECT_EQ(sent.back().thread, PlatformMessageId(77));
}

TEST_F(FleetReminders, ADeathBeforeTheReminderIsDeletedMakesNoSecondOne) {
  set(kAda, R"({"text":"drink tea","in_seconds":60})");
  rig.store->failing.insert("remove_reminder");
  rig.run_for(2min);
  EXPECT_EQ(reminders_sent().size(), 1U);
  EXPECT_EQ(waiting().size(), 1U);
  rig.kill();
  rig.store->failing.clear();
  rig.start();
  rig.run_for(2min);
  EXPECT_EQ(reminders_sent().size(), 1U);
  EXPECT_TRUE(waiting().empty());
}

TEST_F(FleetReminders, AStoreThatIsAwayDelaysThem) {
  set(kAda, R"({"text":"drink tea","in_seconds":60})");
  rig.store->failing = {"next_reminders", "append_turn"};
  rig.run_for(3min);
  EXPECT_TRUE(reminders_sent().empty());
  rig.store->failing.clear();
  rig.run_for(1min);
  ASSERT_EQ(reminders_sent().size(), 1U);
  EXPECT_NE(reminders_sent()[0].find("late"), std::string::npos);
}

TEST_F(FleetReminders, ATurnThatIsMadeTwiceSetsOne) {
  call(R"({"text":"drink tea","in_seconds":600})");
  auto update = rig.private_message(kAda, "remind me");
  rig.store->failing.insert("append_turn");
  ASSERT_TRUE(rig.accept(bot, update));
  rig.run_for(2s);
  ASSERT_EQ(waiting().size(), 1U) << "set, but the turn's end is not stored";
  rig.kill();
  rig.store->failing.clear();
  rig.start();
  rig.run_for(5s);
  EXPECT_EQ(waiting().size(), 1U);
  EXPECT_EQ(rig.platform->delivered().size(), 1U);
}

TEST_F(FleetReminders, APersonListsAndCancelsTheirOwnInThatChat) {
  set(kAda, R"({"text":"drink tea","in_seconds":600})");
  set(kAda, R"({"text":"call home","in_seconds":1200})");
  set(kBen, R"({"text":"feed the cat","in_seconds":900})");
  set_in_group(kAda, R"({"text":"start the meeting","in_seconds":900})");
  command(kAda, "reminders", "/reminders");
  EXPECT_EQ(rig.platform->delivered().back().text,
            "Your reminders here:\n1. 2026-01-05 12:10 UTC: drink tea\n"
            "2. 2026-01-05 12:20 UTC: call home\nTo cancel one: /reminders cancel 1");
  command(kAda, "reminders", "/reminders cancel 3");
  EXPECT_EQ(rig.platform->delivered().back().text,
            "You have no reminder of that number; /reminders lists them.")
      << "it is set in the group";
  command(kAda, "reminders", "/reminders cancel 1");
  EXPECT_EQ(rig.platform->delivered().back().text, "Cancelled: drink tea");
  set(kAda, R"({"action":"list"})");
  EXPECT_NE(result().find("2: at 2026-01-05T12:20"), std::string::npos) << result();
  EXPECT_EQ(result().find("cat"), std::string::npos);
  set(kBen, R"({"action":"cancel","number":2})");
  EXPECT_NE(result().find("error: the person has no reminder"), std::string::npos) << result();
  set(kAda, R"({"action":"cancel","number":2})");
  EXPECT_NE(result().find("cancelled"), std::string::npos) << result();
  rig.run_for(1h);
  EXPECT_EQ(reminders_sent().size(), 2U) << "Ben's and the meeting";
}

TEST_F(FleetReminders, HaveALimitPerPerson) {
  rig.settings.reminders_per_person = 2;
  rig.fleet->set_settings(rig.settings);
  set(kAda, R"({"text":"one","in_seconds":600})");
  set(kAda, R"({"text":"two","in_seconds":600})");
  set(kAda, R"({"text":"three","in_seconds":600})");
  EXPECT_NE(result().find("as many reminders as one may have"), std::string::npos) << result();
  set(kBen, R"({"text":"one","in_seconds":600})");
  EXPECT_EQ(waiting().size(), 3U);
}

TEST_F(FleetReminders, MayNotSayWhatNoMessageMay) {
  set(kAda, R"({"text":"Buy now, guaranteed profit!","in_seconds":600})");
  EXPECT_NE(result().find("error: such a text may not be sent"), std::string::npos) << result();
  set(kAda, R"({"text":"/ban@other_bot tea","in_seconds":600})");
  ASSERT_EQ(waiting().size(), 1U);
  EXPECT_EQ(waiting()[0].text, "tea") << "no bot commands another one";
}

TEST_F(FleetReminders, WhoStoppedTheBotIsNotReminded) {
  set(kAda, R"({"text":"drink tea","in_seconds":600})");
  command(kAda, "stop", "/stop");
  rig.run_for(1h);
  EXPECT_TRUE(reminders_sent().empty());
  EXPECT_TRUE(waiting().empty());
  EXPECT_EQ(rig.turns(rig.room_id(kAda)).back().outcome, "stopped_by_person");
}

TEST_F(FleetReminders, AreExportedAndForgottenWithThePerson) {
  set(kAda, R"({"text":"drink tea","in_seconds":600})");
  const auto exported = drive(rig.loop, rig.fleet->export_person(PlatformUserId(kAda))).value();
  EXPECT_NE(exported.find(R"("reminders":[{"number":1)"), std::string::npos) << exported;
  EXPECT_NE(exported.find("drink tea"), std::string::npos);
  command(kAda, "forget", "/forget");
  EXPECT_TRUE(waiting().empty());
  rig.run_for(1h);
  EXPECT_TRUE(reminders_sent().empty());
}

TEST_F(FleetReminders, GoWithTheirBot) {
  set(kAda, R"({"text":"drink tea","in_seconds":600})");
  ASSERT_TRUE(drive(rig.loop, rig.fleet->remove_bot(bot)));
  EXPECT_TRUE(waiting().empty());
  rig.run_for(1h);
  EXPECT_TRUE(reminders_sent().empty());
}

TEST_F(FleetReminders, ManyThatAreOverdueAllCome) {
  std::vector<store::ReminderRow> rows;
  for (std::int64_t i = 1; i <= 150; ++i) {
    store::ReminderRow row;
    row.id = ReminderId(i);
    row.key = "k" + std::to_string(i);
    row.bot = bot;
    row.person = PlatformUserId(kAda);
    row.text = "number " + std::to_string(i);
    row.due = rig.loop.wall_now() + std::chrono::seconds(i);
    row.created_at = rig.loop.wall_now();
    rows.push_back(row);
  }
  ASSERT_TRUE(rig.accept(bot, rig.private_message(kAda, "hello")));
  rig.run_for(1s);
  const RoomId room = rig.room_id(kAda);
  rig.stop();
  rig.fleet.reset();
  for (auto& row : rows) {
    row.room = room;
    ASSERT_TRUE(drive(rig.loop, rig.sqlite().put_reminder(row, {1000, 1000})));
  }
  rig.run_for(1h);
  rig.start();
  rig.run_for(10min);
  EXPECT_EQ(reminders_sent().size(), 150U);
  EXPECT_TRUE(waiting().empty());
}

}  // namespace
}  // namespace chorus::fleet
