#include "chorus/policy/conversation_manager.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <vector>

namespace chorus::policy {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using State = ConversationState;
using Kind = ConversationAction::Kind;
using Start = StartOutcome::Kind;

struct Talk {
  ConversationRequest request;
  State state = State::Queued;
  bool begun = false;
  EndStatus why = EndStatus::Completed;
  MonoTime since{};
  MonoTime activity{};
  MonoTime due{};  ///< of everything but Working
  Duration waited{};
  Duration service{};
};

/// The rules written down in the plainest way: maps, lists, searches, no index and no heap. Time is
/// checked by asking every conversation.
class Model {
 public:
  explicit Model(const ConversationLimits& l) : limits(l) {}

  int held(PersonId user) const {
    return count([&](const Talk& t) { return t.request.user == user && holds(t); });
  }
  int live() const { return count(holds); }
  int in(State state) const {
    return count([&](const Talk& t) { return t.state == state; });
  }
  static bool holds(const Talk& t) {
    return t.state == State::Working || t.state == State::Stopping;
  }
  bool eligible(PersonId user) const { return held(user) < static_cast<int>(limits.per_user); }
  bool waiter_can_go() const {
    return live() < static_cast<int>(limits.global) && !eligible_ring.empty();
  }

  StartOutcome::Kind ask(PersonId user, RefusalReason* reason) const {
    const bool user_full = !eligible(user);
    const bool full = live() >= static_cast<int>(limits.global) || !eligible_ring.empty();
    const auto own = fifo.find(user);
    const std::size_t own_waiters = own == fifo.end() ? 0 : own->second.size();
    if (stopping) {
      *reason = RefusalReason::ShuttingDown;
    } else if (!user_full && !full) {
      return Start::Admitted;
    } else if (limits.queue == 0) {
      *reason = full ? RefusalReason::GlobalLimit : RefusalReason::UserLimit;
    } else if (user_full && !limits.queue_over_user_limit) {
      *reason = RefusalReason::UserLimit;
    } else if (in(State::Queued) >= static_cast<int>(limits.queue)) {
      *reason = RefusalReason::QueueFull;
    } else if (own_waiters >= limits.queue_per_user) {
      *reason = RefusalReason::UserQueueFull;
    } else {
      return Start::Queued;
    }
    return Start::Refused;
  }

  Talk* by_thread(const ConversationRequest& r) {
    for (auto& [id, t] : talks) {
      if (r.thread != 0 && t.request.thread == r.thread && t.request.user == r.user &&
          t.request.room == r.room && t.state != State::Stopping) {
        return &t;
      }
    }
    return nullptr;
  }

  void work(Talk& t, MonoTime now) {
    t.state = State::Working;
    t.begun = true;
    t.since = t.activity = now;
    refresh(t.request.user);
  }
  void queue(Talk& t, Duration deadline, MonoTime now) {
    t.state = State::Queued;
    t.since = now;
    t.due = now + deadline;
    const PersonId user = t.request.user;
    fifo[user].push_back(t.request.id);
    if (fifo[user].size() == 1) (eligible(user) ? eligible_ring : parked_ring).push_back(user);
  }
  void unqueue(Talk& t, MonoTime now) {
    const PersonId user = t.request.user;
    std::erase(fifo[user], t.request.id);
    t.waited += now - t.since;
    if (!fifo[user].empty()) return;
    fifo.erase(user);
    std::erase(eligible_ring, user);
    std::erase(parked_ring, user);
  }
  void stop(Talk& t, EndStatus why, MonoTime now) {
    t.state = State::Stopping;
    t.why = why;
    t.due = now + limits.grace;
  }
  void wait(Talk& t, MonoTime now) {
    t.service += now - t.since;
    t.state = State::WaitingForUser;
    t.due = now + limits.user_answer;
    refresh(t.request.user);
  }
  Talk remove(ConversationId id, MonoTime now) {
    Talk t = talks.at(id);
    if (t.state == State::Queued) unqueue(t, now);
    if (holds(t)) t.service += now - t.since;
    talks.erase(id);
    refresh(t.request.user);
    return t;
  }
  /// Puts the user into the ring where they belong, at its end, if they are not there.
  void refresh(PersonId user) {
    if (!fifo.contains(user)) return;
    auto& wanted = eligible(user) ? eligible_ring : parked_ring;
    auto& other = eligible(user) ? parked_ring : eligible_ring;
    std::erase(other, user);
    if (std::find(wanted.begin(), wanted.end(), user) == wanted.end()) wanted.push_back(user);
  }

  ConversationId next_waiter() const { return fifo.at(eligible_ring.front()).front(); }
  void admit_next(MonoTime now) {
    const PersonId user = eligible_ring.front();
    Talk& t = talks.at(next_waiter());
    unqueue(t, now);
    std::erase(eligible_ring, user);
    if (fifo.contains(user)) eligible_ring.push_back(user);
    work(t, now);
  }

  /// By playing the queue through: round robin over the eligible, then over the parked.
  std::uint32_t position(ConversationId id) const {
    std::uint32_t n = 0;
    for (const auto* ring : {&eligible_ring, &parked_ring}) {
      std::deque<PersonId> turns(ring->begin(), ring->end());
      auto left = fifo;
      while (!turns.empty()) {
        const PersonId user = turns.front();
        turns.pop_front();
        ++n;
        if (left[user].front() == id) return n;
        left[user].pop_front();
        if (!left[user].empty()) turns.push_back(user);
      }
    }
    return 0;
  }

  MonoTime due(const Talk& t) const {
    if (t.state != State::Working) return t.due;
    return std::min(t.activity + limits.idle, t.since + (limits.maximum - t.service));
  }
  bool anything_due(MonoTime now) const {
    if (stopping ? in(State::Queued) > 0 : waiter_can_go()) return true;
    if (stopping && now >= drain_at &&
        count([](const Talk& t) { return t.state != State::Stopping; }) > 0) {
      return true;
    }
    return count([&](const Talk& t) { return due(t) <= now; }) > 0;
  }

  template <class Match>
  int count(Match&& match) const {
    return static_cast<int>(std::count_if(talks.begin(), talks.end(),
                                          [&](const auto& entry) { return match(entry.second); }));
  }

  ConversationLimits limits;
  std::map<ConversationId, Talk> talks;
  std::map<PersonId, std::deque<ConversationId>> fifo;
  std::vector<PersonId> eligible_ring;
  std::vector<PersonId> parked_ring;
  bool stopping = false;
  MonoTime drain_at{};
};

struct Step {
  int what;
  int user;
  int pick;
  int pause_ms;
};
void showValue(const Step& s, std::ostream& os) {
  os << "{what " << s.what << ", user " << s.user << ", pick " << s.pick << ", after " << s.pause_ms
     << " ms}";
}

class History {
 public:
  explicit History(const ConversationLimits& limits) : manager_(limits), model_(limits) {}

  void run(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      now_ += milliseconds(step.pause_ms) + microseconds(1);
      if (step.what < 5) {
        start(step);
      } else if (step.what < 12) {
        on_one(step);
      } else if (step.what < 15) {
        advance(static_cast<std::size_t>(1 + step.pick % 5));
      } else if (step.pick == 0) {
        manager_.begin_shutdown(now_, seconds(1));
        if (!model_.stopping) model_.drain_at = now_ + seconds(1);
        model_.stopping = true;
      }
      check();
    }
    finish_all();
  }

 private:
  void start(const Step& step) {
    ConversationRequest request{ConversationId(++last_id_), PersonId(step.user),
                                RoomId(1 + step.pick % 2), step.pick % 4, std::nullopt};
    if (step.pick % 3 == 0) request.queue_deadline = milliseconds(700);
    const auto deadline = request.queue_deadline.value_or(model_.limits.queue_deadline);
    Talk* same = model_.by_thread(request);
    const StartOutcome out = manager_.start(request, now_);
    ++requests_;
    if (same && same->state != State::WaitingForUser) {
      if (same->state == State::Queued && model_.stopping) {
        RC_ASSERT(out.kind == Start::Refused);
        ++refused_;
        return;
      }
      RC_ASSERT(out.reused);
      RC_ASSERT(out.id == same->request.id);
      RC_ASSERT(out.kind == (same->state == State::Queued ? Start::Queued : Start::Admitted));
      same->activity = now_;
      return;
    }
    if (same) return expect(out, *same, model_.limits.queue_deadline);
    Talk fresh;
    fresh.request = request;
    expect(out, fresh, deadline);
  }

  /// What the model says of a start or resume of `talk`, and then does the same.
  void expect(const StartOutcome& out, Talk talk, Duration deadline) {
    RefusalReason reason{};
    const auto kind = model_.ask(talk.request.user, &reason);
    RC_ASSERT(out.kind == kind);
    if (kind == Start::Refused) {
      RC_ASSERT(out.reason == reason);
      ++refused_;
      return;
    }
    RC_ASSERT(out.id == talk.request.id);
    talk.activity = now_;
    Talk& kept = model_.talks[talk.request.id] = talk;
    if (kind == Start::Admitted) {
      model_.work(kept, now_);
    } else {
      model_.queue(kept, deadline, now_);
      RC_ASSERT(out.position == model_.position(talk.request.id));
    }
  }

  void on_one(const Step& step) {
    if (model_.talks.empty()) return;
    auto it = model_.talks.begin();
    std::advance(it, step.pick % static_cast<int>(model_.talks.size()));
    const ConversationId id = it->first;
    Talk& talk = it->second;
    switch (step.what) {
      case 5:
      case 6:
      case 7: {
        const EndStatus given = static_cast<EndStatus>(step.pick % 3);
        const auto ended = manager_.end(id, given, now_);
        RC_ASSERT(ended.has_value());
        compare(*ended, model_.remove(id, now_), given);
        break;
      }
      case 8: {
        RC_ASSERT(manager_.touch(id, now_) == (talk.state != State::Stopping));
        if (talk.state != State::Stopping) talk.activity = now_;
        break;
      }
      case 9: {
        const bool may =
            talk.state == State::Working &&
            model_.in(State::WaitingForUser) < static_cast<int>(model_.limits.waiting_for_user);
        RC_ASSERT(manager_.wait_for_user(id, now_) == may);
        if (may) model_.wait(talk, now_);
        break;
      }
      case 10: {
        const bool waits = talk.state == State::WaitingForUser;
        const StartOutcome out = manager_.resume(id, now_);
        ++requests_;
        if (waits) return expect(out, talk, model_.limits.queue_deadline);
        RC_ASSERT(out.reason == RefusalReason::NotFound);
        ++refused_;
        break;
      }
      default: {
        const auto action = manager_.cancel(id, EndStatus::Cancelled, now_);
        RC_ASSERT(action.has_value() == (talk.state == State::Working));
        if (action) model_.stop(talk, EndStatus::Cancelled, now_);
      }
    }
  }

  void compare(const EndedConversation& ended, const Talk& talk, EndStatus given) {
    RC_ASSERT(ended.status == (talk.state == State::Stopping ? talk.why : given));
    RC_ASSERT(ended.service == talk.service);
    RC_ASSERT(ended.waited == talk.waited);
    RC_ASSERT(ended.admitted == talk.begun);
    if (talk.begun) ++ended_;
  }

  void advance(std::size_t batch) {
    std::vector<ConversationAction> actions;
    bool more = true;
    int calls = 0;
    while (more) {
      actions.clear();
      more = manager_.advance(now_, batch, actions);
      RC_ASSERT(actions.size() <= batch);
      RC_ASSERT(++calls < 10'000);
      for (const ConversationAction& action : actions) apply(action);
    }
    RC_ASSERT(!model_.anything_due(now_));
  }

  /// Every action must be one that the rules call for now; then the model does it.
  void apply(const ConversationAction& action) {
    RC_ASSERT(model_.talks.contains(action.id));
    Talk& talk = model_.talks.at(action.id);
    RC_ASSERT(action.user == talk.request.user);
    const bool due = model_.due(talk) <= now_;
    const bool draining = model_.stopping && now_ >= model_.drain_at;
    switch (action.kind) {
      case Kind::AdmittedFromQueue:
        RC_ASSERT(!model_.stopping);
        RC_ASSERT(model_.waiter_can_go());
        RC_ASSERT(model_.next_waiter() == action.id);
        model_.admit_next(now_);
        RC_ASSERT(action.waited == talk.waited);
        return;
      case Kind::Cancel: {
        RC_ASSERT(talk.state == State::Working);
        const bool idle = talk.activity + model_.limits.idle <=
                          talk.since + (model_.limits.maximum - talk.service);
        const EndStatus timed = idle ? EndStatus::Idle : EndStatus::TimedOut;
        RC_ASSERT((draining ? (action.why == EndStatus::Shutdown || (due && action.why == timed))
                            : (due && action.why == timed)));
        RC_ASSERT(action.service == talk.service + (now_ - talk.since));
        model_.stop(talk, action.why, now_);
        return;
      }
      case Kind::QueueTimeout:
        RC_ASSERT(due);
        RC_ASSERT(talk.state == State::Queued);
        break;
      case Kind::QueueShutdown:
        RC_ASSERT(model_.stopping);
        RC_ASSERT(talk.state == State::Queued);
        break;
      case Kind::HardCut:
        RC_ASSERT(due);
        RC_ASSERT(talk.state == State::Stopping);
        RC_ASSERT(action.why == talk.why);
        break;
      case Kind::Ended:
        RC_ASSERT(talk.state == State::WaitingForUser);
        RC_ASSERT((action.why == EndStatus::Shutdown ? draining : due));
        break;
    }
    const Talk gone = model_.remove(action.id, now_);
    RC_ASSERT(action.waited == gone.waited);
    RC_ASSERT(action.service == gone.service);
    if (gone.begun) ++ended_;
  }

  void check() {
    const ConversationLimits& limits = model_.limits;
    const ConversationStats stats = manager_.stats();
    RC_ASSERT(stats.live <= limits.global);
    RC_ASSERT(stats.queued <= limits.queue);
    RC_ASSERT(stats.waiting_for_user <= limits.waiting_for_user);
    RC_ASSERT(static_cast<int>(stats.live) == model_.live());
    RC_ASSERT(static_cast<int>(stats.queued) == model_.in(State::Queued));
    RC_ASSERT(static_cast<int>(stats.waiting_for_user) == model_.in(State::WaitingForUser));
    for (int user = 1; user <= 4; ++user) {
      RC_ASSERT(model_.held(PersonId(user)) <= static_cast<int>(limits.per_user));
      const auto own = manager_.list(PersonId(user), now_);
      RC_ASSERT(static_cast<int>(own.size()) ==
                model_.count([&](const Talk& t) { return t.request.user == PersonId(user); }));
      for (const ConversationInfo& info : own) {
        RC_ASSERT(model_.talks.at(info.id).state == info.state);
      }
    }
    for (const auto& [id, talk] : model_.talks) {
      const auto position = manager_.position(id);
      RC_ASSERT(position.has_value() == (talk.state == State::Queued));
      if (position) RC_ASSERT(*position == model_.position(id));
    }
    check_counters(stats);
  }

  void check_counters(const ConversationStats& stats) {
    const ConversationCounters& c = manager_.counters();
    const auto refused = std::accumulate(c.refused.begin(), c.refused.end(), std::uint64_t{0});
    const auto ended = std::accumulate(c.ended.begin(), c.ended.end(), std::uint64_t{0});
    RC_ASSERT(c.requests == requests_);
    RC_ASSERT(refused == refused_);
    RC_ASSERT(ended == ended_);
    RC_ASSERT(c.requests == c.admitted_at_once + c.queued + c.reused + refused);
    RC_ASSERT(c.begun == stats.live + stats.waiting_for_user + stats.resuming + ended);
    RC_ASSERT(c.queued ==
              c.admitted_from_queue + c.queue_timeouts + c.queue_withdrawn + stats.queued);
  }

  /// Whatever happened, in the end everything is back at 0.
  void finish_all() {
    for (int i = 0; i < 100 && !model_.talks.empty(); ++i) {
      now_ += seconds(20);
      advance(64);
    }
    RC_ASSERT(model_.talks.empty());
    check();
    const ConversationStats stats = manager_.stats();
    RC_ASSERT(stats.live + stats.queued + stats.waiting_for_user + stats.users == 0U);
    if (!model_.stopping) RC_ASSERT(!manager_.next_due().has_value());
  }

  ConversationManager manager_;
  Model model_;
  MonoTime now_{};
  std::int64_t last_id_ = 0;
  std::uint64_t requests_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t ended_ = 0;
};

TEST(ConversationProperty, AgreesWithThePlainRules) {
  EXPECT_TRUE(rc::check([] {
    ConversationLimits limits;
    limits.global = static_cast<std::uint32_t>(*rc::gen::inRange(1, 5));
    limits.per_user = static_cast<std::uint32_t>(*rc::gen::inRange(1, 4));
    limits.queue = static_cast<std::uint32_t>(*rc::gen::inRange(0, 6));
    limits.queue_per_user = static_cast<std::uint32_t>(*rc::gen::inRange(1, 4));
    limits.queue_over_user_limit = *rc::gen::arbitrary<bool>();
    limits.waiting_for_user = static_cast<std::uint32_t>(*rc::gen::inRange(0, 4));
    limits.idle = milliseconds(3000);
    limits.maximum = milliseconds(7000);
    limits.queue_deadline = milliseconds(2000);
    limits.user_answer = milliseconds(4000);
    limits.grace = milliseconds(500);
    const auto step = rc::gen::construct<Step>(
        rc::gen::inRange(0, 16), rc::gen::inRange(1, 5), rc::gen::inRange(0, 24),
        rc::gen::weightedOneOf<int>({{3, rc::gen::just(0)}, {2, rc::gen::inRange(0, 1500)}}));
    const auto steps = *rc::gen::scale(8, rc::gen::container<std::vector<Step>>(step));
    History(limits).run(steps);
  }));
}

}  // namespace
}  // namespace chorus::policy
