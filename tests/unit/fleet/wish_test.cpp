#include "chorus/fleet/wish.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>

#include <string>

namespace chorus {
namespace {

using namespace std::chrono_literals;
using fleet::read_wish;
using fleet::WishBudget;
using test::FleetRig;

TEST(Wish, ReadsTheNumberAndTheThought) {
  EXPECT_EQ(read_wish("4: I know that place")->motivation, 4);
  EXPECT_EQ(read_wish("4: I know that place")->thought, "I know that place");
  EXPECT_EQ(read_wish("Motivation: 5/5 - say it")->motivation, 5);
  EXPECT_EQ(read_wish("Motivation: 5/5 - say it")->thought, "say it");
  EXPECT_EQ(read_wish("1")->thought, "");
  EXPECT_EQ(read_wish("3: one\nand 5 more")->thought, "one");
  for (const char* text : {"", "I would rather not", "9: yes", "0", "44: x", "4.5: x",
                           "a long sentence that has a number 4 late"}) {
    EXPECT_FALSE(read_wish(text)) << text;
  }
}

TEST(Wish, CallsAreEarnedByWhatPeopleSay) {
  WishBudget budget({.per_message = 0.2, .per_hour = 0, .per_day = 0});
  const MonoTime now{};
  EXPECT_TRUE(budget.take(2, now));
  EXPECT_FALSE(budget.take(1, now));
  for (int i = 0; i < 10; ++i) budget.person_spoke();
  EXPECT_TRUE(budget.take(2, now));
  EXPECT_FALSE(budget.take(1, now));
}

TEST(Wish, MoneyOfTheHourAndTheDayIsACeiling) {
  WishBudget budget({.per_message = 10, .per_hour = 0.05, .per_day = 0.08});
  MonoTime now{};
  double spent = 0;
  const auto spend_all = [&] {
    for (int i = 0; i < 20; ++i) {
      budget.person_spoke();
      if (!budget.take(2, now)) continue;
      for (int k = 0; k < 2; ++k) budget.spent(0.01, now);
      spent += 0.02;
    }
  };
  spend_all();
  EXPECT_NEAR(spent, 0.04, 1e-9) << "two more calls might pass the hour's ceiling";
  now += 61min;
  spend_all();
  EXPECT_NEAR(spent, 0.08, 1e-9);
  now += 61min;
  spend_all();
  EXPECT_NEAR(spent, 0.08, 1e-9) << "the day is used up";
  now += 24h;
  spend_all();
  EXPECT_NEAR(spent, 0.12, 1e-9);
}

/// A room whose two bots are asked for their wishes.
struct InnerRoom {
  FleetRig rig;
  BotId ada, ben;
  std::size_t wishes = 0;
  std::string ada_says = "5: I know this", ben_says = "2: no";

  InnerRoom() {
    rig.settings.selector = fleet::Selector::Inner;
    rig.settings.threshold = 0.1;
    rig.generator->script = [this](const fleet::GenerationRequest& r) -> Result<std::string> {
      if (r.max_tokens != fleet::kWishTokens) return rig.generator->plain();
      ++wishes;
      const std::string& text = r.bot == ada ? ada_says : ben_says;
      if (text.empty()) return fail(ErrorCode::Unavailable, "down");
      return text;
    };
    rig.start();
    ada = rig.add_bot("ada");
    ben = rig.add_bot("ben");
    join(ada, 1);
    join(ben, 2);
    rig.run_for(1s);
    rig.platform->sends.clear();
    wishes = 0;
  }
  void join(BotId bot, std::int64_t id) {
    fleet::IncomingUpdate update;
    update.update_id = 900 + id;
    update.kind = store::InboxKind::Membership;
    update.chat = PlatformChatId(-1001);
    update.chat_kind = store::ChatKind::Supergroup;
    update.member_status = "member";
    EXPECT_TRUE(rig.accept(bot, update));
  }
  store::TurnRow say(const std::string& text) {
    EXPECT_TRUE(rig.accept(ada, rig.group_message(42, text)));
    rig.run_for(5s);
    return rig.turns(rig.room_id(-1001), 1).at(0);
  }
};

TEST(FleetWish, TheBestCandidatesAreAskedAndTheStrongestWishSpeaks) {
  InnerRoom room;
  const auto turn = room.say("a quiet evening by the river");
  EXPECT_EQ(room.wishes, 2U);
  ASSERT_EQ(room.rig.platform->delivered().size(), 1U);
  EXPECT_EQ(room.rig.platform->delivered()[0].bot, room.ada);
  EXPECT_NE(turn.detail.find("\"motivation\":5"), std::string::npos) << turn.detail;
  EXPECT_EQ(turn.detail.find("I know this"), std::string::npos) << "thoughts are not stored";
  EXPECT_EQ(room.rig.metric("chorus_floor_wishes_total"), 2);
  const auto& lines = room.rig.generator->requests.back().lines;
  EXPECT_TRUE(std::any_of(lines.begin(), lines.end(), [](const auto& l) {
    return l.text.find("I know this") != std::string::npos;
  })) << "but the answer grows from its thought";
}

TEST(FleetWish, WhenNobodyWishesToSpeakNobodyDoes) {
  InnerRoom room;
  room.ada_says = "3: perhaps";
  const auto turn = room.say("a quiet evening by the river");
  EXPECT_EQ(turn.outcome, "nobody");
  EXPECT_TRUE(room.rig.platform->delivered().empty());
}

TEST(FleetWish, WithoutBudgetOrAnswerTheScoresDecide) {
  InnerRoom room;
  room.say("a quiet evening by the river");
  EXPECT_EQ(room.wishes, 2U);
  const auto turn = room.say("and now the moon");
  EXPECT_EQ(room.wishes, 2U) << "0.2 calls per message: two more need ten messages";
  EXPECT_NE(turn.detail.find("budget used up"), std::string::npos);
  EXPECT_EQ(room.rig.metric("chorus_floor_wishes_refused_total"), 1);
  InnerRoom broken;
  broken.ada_says = broken.ben_says = "";
  const auto silent = broken.say("a quiet evening by the river");
  EXPECT_NE(silent.detail.find("no answer could be read"), std::string::npos);
}

TEST(FleetWish, WhoIsAskedByNameAnswersWithoutAWish) {
  InnerRoom room;
  EXPECT_EQ(room.say("ben, are you there?").outcome, "sent");
  EXPECT_EQ(room.wishes, 0U);
}

}  // namespace
}  // namespace chorus
