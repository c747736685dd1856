#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/outbox.hpp"

#include "support/fleet_rig.hpp"
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <vector>

namespace chorus {
namespace {

using namespace std::chrono_literals;

/// Random pushes, sends, retries and waits: per (chat, class) the order in which items are sent for
/// the last time is the order in which they came, and a chat never has two under way.
TEST(FleetProperty, SendQueueKeepsTheOrderOfAChatAndClass) {
  const bool ok = rc::check("order per chat and class", [] {
    fleet::SendQueue queue(5s);
    MonoTime now{};
    std::int64_t next = 0;
    std::map<PlatformChatId, fleet::SendQueue::Item> busy;
    std::map<std::pair<std::int64_t, int>, std::vector<std::int64_t>> pushed, sent;
    std::map<std::int64_t, MonoTime> permitted;
    const auto earliest = [&](PlatformChatId chat) {
      const auto it = permitted.find(chat.value);
      return it == permitted.end() ? now : std::max(now, it->second);
    };
    const auto step = [&](int what, int chat, int cls, int wait) {
      switch (what) {
        case 0:
        case 1: {
          ++next;
          queue.push({OutboxId(next), PlatformChatId(chat), static_cast<policy::Priority>(cls), now,
                      now + std::chrono::milliseconds(wait)});
          pushed[{chat, cls}].push_back(next);
          break;
        }
        case 2: {
          if (const auto item = queue.take(now, earliest)) {
            RC_ASSERT(!busy.contains(item->chat));
            RC_ASSERT(item->not_before <= now);
            busy[item->chat] = *item;
          }
          break;
        }
        case 3: {
          if (busy.empty()) break;
          const auto it = busy.begin();
          if (wait % 3 == 0) {
            auto again = it->second;
            again.not_before = now + std::chrono::milliseconds(wait);
            queue.push_front(again);
          } else {
            sent[{it->first.value, static_cast<int>(it->second.priority)}].push_back(
                it->second.id.value);
          }
          queue.release(it->first);
          busy.erase(it);
          break;
        }
        case 4:
          now += std::chrono::milliseconds(wait);
          break;
        default:
          permitted[chat] = now + std::chrono::milliseconds(wait);
          break;
      }
    };
    const auto steps = *rc::gen::container<std::vector<std::tuple<int, int, int, int>>>(
        rc::gen::tuple(rc::gen::inRange(0, 6), rc::gen::inRange(1, 5), rc::gen::inRange(0, 4),
                       rc::gen::inRange(0, 2000)));
    for (const auto& [what, chat, cls, wait] : steps) step(what, chat, cls, wait);
    // Drain: everything that was pushed leaves, once.
    for (int i = 0; i < 20'000 && (!queue.empty() || !busy.empty()); ++i) {
      step(2, 0, 0, 0);
      step(3, 0, 0, 1);
      now += 10ms;
    }
    RC_ASSERT(queue.empty());
    for (const auto& [key, order] : pushed) RC_ASSERT(sent[key] == order);
  });
  EXPECT_TRUE(ok);
}

TEST(FleetProperty, SimilarIsTheDefinition) {
  const bool ok =
      rc::check("jaccard", [](std::vector<std::uint32_t> a, std::vector<std::uint32_t> b) {
        const auto tidy = [](std::vector<std::uint32_t>& v) {
          for (auto& x : v) x %= 20;
          std::sort(v.begin(), v.end());
          v.erase(std::unique(v.begin(), v.end()), v.end());
        };
        tidy(a);
        tidy(b);
        std::vector<std::uint32_t> both;
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
        const auto all = a.size() + b.size() - both.size();
        const double jaccard =
            all == 0 ? 0 : static_cast<double>(both.size()) / static_cast<double>(all);
        for (const double t : {0.2, 0.5, 0.6, 1.0}) {
          const bool expected = !a.empty() && !b.empty() && jaccard >= t - 1e-9;
          RC_ASSERT(fleet::similar(a, b, t) == expected);
        }
      });
  EXPECT_TRUE(ok);
}

/// A fleet under random faults of platform, generator and store, with kills in between: at the end
/// every accepted update is done or skipped, each once; nothing but the unknown class is doubtful;
/// per (bot, chat) answers came in the order of the questions.
TEST(FleetProperty, EveryAcceptedUpdateEndsExactlyOnceUnderFaults) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Rng rng(seed);
    test::FleetRig rig;
    rig.settings_seed = seed;
    rig.settings.max_reply_age_private = 24h;
    rig.settings.max_reply_age_group = 24h;
    rig.settings.turn_queue = 1000;
    rig.settings.tell_refused = false;
    rig.settings.queue_notice_after = {};
    rig.settings.retry.max_attempts = 50;
    rig.settings.conversations.queue = 5000;
    rig.settings.conversations.queue_per_user = 1000;
    rig.settings.conversations.queue_deadline = 1h;
    rig.settings.inbox_memory = 15;
    rig.generator->script = [&](const fleet::GenerationRequest& request) -> Result<std::string> {
      if (rng.chance(0.05)) return fail(ErrorCode::Unavailable);
      const std::string& last = request.lines.back().text;
      const auto at = last.find("question");
      return "answer " + last.substr(at + 9, last.find('[', at) - at - 9);
    };
    bool calm = false;
    rig.platform->script = [&](const auto&, const auto&) -> std::optional<fleet::SendOutcome> {
      if (calm || rng.chance(0.8)) return std::nullopt;
      switch (rng.below(4)) {
        case 0:
          return fleet::SendUnknown{"timeout"};
        case 1:
          return fleet::SendRefused{429, "Too Many Requests", 3000ms, {}, false};
        case 2:
          return fleet::SendRefused{0, "refused", {}, {}, true};
        default:
          return fleet::SendRefused{400, "Bad Request", {}, {}, false};
      }
    };
    rig.start();
    std::vector<BotId> bots;
    for (int i = 0; i < 3; ++i) bots.push_back(rig.add_bot("bot" + std::to_string(i)));
    std::uint64_t accepted = 0;
    for (int i = 0; i < 150; ++i) {
      const BotId bot = bots[rng.below(bots.size())];
      const auto person = static_cast<std::int64_t>(100 + rng.below(4));
      auto update = rig.private_message(person, "question " + std::to_string(1000 + i));
      if (rng.chance(0.1)) rig.store->failing = {"accept_updates"};
      if (rig.accept(bot, update)) ++accepted;
      rig.store->failing.clear();
      if (rng.chance(0.2) && rig.accept(bot, update)) {
        // The same update again is no new one, unless the first was refused.
        accepted = rig.counts().inbox_total;
      }
      if (rng.chance(0.1)) rig.store->failing = {rng.chance(0.5) ? "append_turn" : "claim"};
      rig.run_for(std::chrono::milliseconds(rng.below(200)));
      rig.store->failing.clear();
      if (rng.chance(0.03)) {
        rig.kill();
        rig.start();
      }
    }
    calm = true;
    rig.run_for(30min);
    const auto counts = rig.counts();
    EXPECT_EQ(counts.inbox_total, accepted) << "seed " << seed;
    EXPECT_EQ(counts.inbox_new, 0U) << "seed " << seed;
    EXPECT_EQ(counts.outbox_ready + counts.outbox_sending, 0U) << "seed " << seed;
    EXPECT_EQ(counts.outbox_sent, counts.messages_out) << "seed " << seed;
    EXPECT_EQ(rig.platform->most_per_chat, 1) << "seed " << seed;
    std::map<std::pair<BotId, PlatformChatId>, std::string> last;
    for (const auto& s : rig.platform->delivered()) {
      auto& before = last[{s.bot, s.chat}];
      EXPECT_LT(before, s.text) << "seed " << seed;
      before = s.text;
    }
  }
}

}  // namespace
}  // namespace chorus
