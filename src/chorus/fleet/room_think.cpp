#include "chorus/fleet/room.hpp"
#include "chorus/fleet/wish.hpp"
#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

// The selector `inner`: the best candidates say how much they wish to speak before one does.
namespace chorus::fleet::detail {
namespace {

/// A thought that takes longer has missed its moment.
constexpr Duration kLongestThinking = std::chrono::seconds(10);
constexpr Duration kLongSilence = std::chrono::minutes(5);

}  // namespace

/// When the budget is used up the scores decide, and the decision says so.
bool Rooms::may_think(const FloorDecision& decision) {
  return !decision.shortlist.empty() && !core_.scope.stopping();
}

void Rooms::think_first(Room& room, std::shared_ptr<Heard> heard, FloorDecision decision) {
  if (!core_.wishes.take(decision.shortlist.size(), core_.now())) {
    core_.metrics.wishes_refused.add();
    decision.note = "wishes: budget used up";
    if (heard == nullptr) return conclude_timer(room, decision);
    return conclude(room, std::move(heard), decision);
  }
  ++room.unasked_turns;  // the floor is taken while somebody thinks
  rt::spawn(core_.scope, "wish", &Rooms::think, this, &room, std::move(heard), std::move(decision));
}

rt::Task<void> Rooms::think(Rooms* self, Room* room, std::shared_ptr<Heard> heard,
                            FloorDecision decision) {
  Core& core = self->core_;
  const auto facts = room->log.facts(core.now());
  const auto silence = heard != nullptr ? facts.gap : facts.silence;
  const bool long_silence = silence.value_or(Duration{}) > kLongSilence;
  const MessageRowId newest = room->log.newest();
  std::map<BotId, std::string> thoughts;
  for (const BotId id : decision.shortlist) {
    Bot* bot = core.directory.bot(id);
    if (bot == nullptr) {
      core.wishes.spent(0, core.now());
      continue;
    }
    TurnJob job;
    job.kind = heard != nullptr ? TurnJob::Kind::Answer : TurnJob::Kind::SelfStarted;
    job.bot = bot;
    job.room = room;
    if (heard != nullptr) {
      job.trigger = std::make_shared<Trigger>();
      job.trigger->heard = heard;
    }
    GenerationRequest request = core.turns->wish_request(job);
    request.timeout = kLongestThinking;
    auto answer = co_await rt::with_timeout(core.loop, kLongestThinking,
                                            core.generator.generate(std::move(request)));
    if (!answer) {
      core.wishes.failed(core.now());
      continue;
    }
    core.wishes.spent(answer->cost, core.now());
    core.metrics.wishes.add();
    decision.thought_tokens += answer->prompt_tokens + answer->completion_tokens;
    decision.thought_cost += answer->cost;
    const auto wish = read_wish(answer->text);
    const auto row = std::find_if(decision.scores.begin(), decision.scores.end(),
                                  [&](const auto& s) { return s.bot == id; });
    if (!wish || row == decision.scores.end()) continue;
    row->motivation = wish->motivation;
    thoughts[id] = wish->thought;
  }
  --room->unasked_turns;
  if (core.scope.stopping()) co_return;  // the update stays undone and is decided after the start
  if (!thoughts.empty()) {
    decide_by_wishes(decision, long_silence);
    if (!decision.chosen.empty()) decision.thought = thoughts[decision.chosen.front()];
  } else {
    decision.note = "wishes: no answer could be read";
  }
  const MessageRowId trigger = heard != nullptr ? heard->line.row : MessageRowId{};
  const bool overtaken =
      room->log.newest() != newest && takes_back(still_fits(*room, trigger, decision.thought));
  if (!decision.chosen.empty() && overtaken) {
    decision.chosen.clear();
    decision.reason = TurnReason::Superseded;
  }
  if (heard == nullptr) {
    self->conclude_timer(*room, decision);
  } else {
    self->conclude(*room, std::move(heard), decision);
  }
}

}  // namespace chorus::fleet::detail
