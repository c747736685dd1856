#include "chorus/lab/slot_run.hpp"

#include "chorus/base/random.hpp"
#include "chorus/lab/detail/slot_tally.hpp"
#include "chorus/lab/detail/summarize.hpp"
#include "chorus/lab/people.hpp"
#include "chorus/lab/schedule.hpp"
#include "chorus/lab/verdict.hpp"
#include "chorus/sandbox/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <queue>
#include <unordered_map>

namespace chorus::lab {

namespace {

using detail::SlotOutcome;
using detail::SlotTally;

/// Nobody asks twice in one instant, so time goes on also where work takes none.
constexpr Duration kShortestPause = std::chrono::microseconds(1);
constexpr std::size_t kBatch = 4096;
/// An `advance` that changes nothing although it is due: after so many in a row it is a loop.
constexpr int kIdleAdvances = 1000;
constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

enum class Next : std::uint8_t { Ask, Step, Arrive };

struct Event {
  Duration at{};
  std::uint64_t order = 0;  ///< of those of one instant the one made first comes first
  Next what = Next::Ask;
  std::uint32_t executor = 0;
  std::uint32_t person = kNobody;  ///< Ask
  std::int64_t id = 0;             ///< Step
};
struct Later {
  bool operator()(const Event& a, const Event& b) const {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
};

struct Talk {
  std::uint32_t executor = 0;
  std::uint32_t person = 0;
  std::uint32_t steps_left = 0;
  Duration step{};
  Duration asked{};
  Duration began{};
};

class SlotRun {
 public:
  SlotRun(const Scenario& scenario, ConversationSlots& slots, const SlotRunOptions& options)
      : scenario_(scenario),
        slots_(slots),
        options_(options),
        tally_(scenario, options.record),
        people_(make_people(scenario, options.seed)),
        holds_(people_.size()),
        rng_(Rng(options.seed).fork("conversations")) {
    outcomes_.reserve(kBatch);
  }

  RunResult run();

 private:
  struct Load {
    const Executor* executor;
    Schedule plan;
    std::vector<std::uint64_t> iterations;  ///< begun by each person (closed executors)
    std::uint64_t done = 0;                 ///< of all
    std::uint64_t open = 0;
  };

  void begin();
  void loop();
  bool due_before_next(MonoTime due) const;
  void advance(MonoTime due);
  void take(const Event& event);
  void arrive(const Event& event);
  void ask(std::uint32_t executor, std::uint32_t person);
  void begin_work(std::int64_t id, Talk& talk);
  void step(std::int64_t id);
  void on_event(const ConversationSlots::Event& event);
  /// The conversation holds no slot any more.
  void over(std::int64_t id, SlotOutcome::How how, std::string_view status);
  void next_iteration(std::uint32_t executor, std::uint32_t person, Duration from);
  bool may_iterate(std::uint32_t executor, std::uint32_t person) const;
  void push(Event event) {
    event.order = ++pushed_;
    events_.push(event);
  }
  void hold(std::uint32_t person, int change) {
    live_ += static_cast<std::uint64_t>(change);
    holds_[person] += static_cast<std::uint32_t>(change);
    tally_.live(live_, holds_[person]);
  }
  void note(const SlotOutcome& outcome) {
    outcomes_.push_back(outcome);
    if (outcomes_.size() == kBatch) flush();
  }
  void flush();
  void look();
  [[nodiscard]] std::vector<std::string> differences() const;
  RunResult result();
  [[nodiscard]] MonoTime time() const { return MonoTime(now_); }

  const Scenario& scenario_;
  ConversationSlots& slots_;
  const SlotRunOptions& options_;
  SlotTally tally_;
  std::vector<Person> people_;
  std::vector<std::uint32_t> holds_;  ///< slots of each person
  Rng rng_;
  std::vector<Load> loads_;
  std::priority_queue<Event, std::vector<Event>, Later> events_;
  std::uint64_t pushed_ = 0;
  std::unordered_map<std::int64_t, Talk> talks_;  ///< looked up only, never walked
  std::int64_t last_id_ = 0;
  Duration now_{};
  std::uint64_t live_ = 0;
  std::uint64_t planned_ = 0;
  std::uint64_t requests_ = 0;
  std::map<std::string_view, std::uint64_t> refused_;
  std::map<std::string_view, std::uint64_t> ended_;
  std::uint64_t at_once_ = 0;
  std::uint64_t queued_ = 0;
  std::uint64_t from_queue_ = 0;
  std::uint64_t gave_up_ = 0;
  std::vector<SlotOutcome> outcomes_;
  Duration bookkeeping_{};
  Duration took_{};
  ProcessTrack process_{"target"};
  RunEnd end_ = RunEnd::Complete;
  std::string end_reason_;
};

void SlotRun::begin() {
  loads_.reserve(scenario_.executors.size());
  for (const auto& executor : scenario_.executors) {
    std::vector<Person> taking_part;
    for (const auto& person : people_) {
      const auto& kind = scenario_.people[person.kind].kind;
      const auto& kinds = executor.kinds;
      if (kinds.empty() || std::ranges::find(kinds, kind) != kinds.end()) {
        taking_part.push_back(person);
      }
    }
    loads_.push_back({&executor, Schedule(executor, taking_part, options_.seed, Duration{}),
                      std::vector<std::uint64_t>(is_closed(executor.kind) ? people_.size() : 0)});
    const auto which = static_cast<std::uint32_t>(loads_.size() - 1);
    const auto& plan = loads_.back().plan;
    if (is_closed(executor.kind)) {
      for (const auto person : plan.participants()) {
        const auto at = plan.begin() + sandbox::draw_delay(executor.think, rng_);
        push({.at = at, .what = Next::Ask, .executor = which, .person = person});
      }
    } else if (const auto at = plan.next_due()) {
      push({.at = *at, .what = Next::Arrive, .executor = which});
    }
  }
}

bool SlotRun::due_before_next(MonoTime due) const {
  return events_.empty() || due <= MonoTime(events_.top().at);
}

void SlotRun::loop() {
  std::uint64_t turns = 0;
  int idle = 0;
  for (;;) {
    if (++turns % kBatch == 0 && options_.stop) {
      if (const auto end = options_.stop()) {
        end_ = *end;
        if (*end == RunEnd::TimedOut) end_reason_ = "the bound of --timeout was reached";
        return;
      }
    }
    const auto due = slots_.next_due();
    if (due && due_before_next(*due)) {
      const auto before = pushed_ + outcomes_.size();
      const auto was = now_;
      advance(*due);
      const bool moved = pushed_ + outcomes_.size() != before || now_ != was;
      idle = moved ? 0 : idle + 1;
      if (idle < kIdleAdvances) continue;
      end_ = RunEnd::Broken;
      end_reason_ = "the slots say that something is due, and do nothing about it";
      return;
    }
    if (events_.empty()) return;
    const auto event = events_.top();
    events_.pop();
    now_ = std::max(now_, event.at);
    take(event);
  }
}

void SlotRun::advance(MonoTime due) {
  now_ = std::max(now_, due.time_since_epoch());
  std::vector<ConversationSlots::Event> out;
  slots_.advance(time(), out);
  for (const auto& event : out) on_event(event);
}

void SlotRun::take(const Event& event) {
  switch (event.what) {
    case Next::Arrive:
      return arrive(event);
    case Next::Step:
      return step(event.id);
    case Next::Ask:
      break;
  }
  if (!may_iterate(event.executor, event.person)) return;
  ++loads_[event.executor].done;
  ++loads_[event.executor].iterations[event.person];
  ask(event.executor, event.person);
}

void SlotRun::arrive(const Event& event) {
  auto& load = loads_[event.executor];
  const auto due = load.plan.pop();
  if (const auto at = load.plan.next_due()) {
    push({.at = *at, .what = Next::Arrive, .executor = event.executor});
  }
  if (load.executor->max_vus > 0 && load.open >= load.executor->max_vus) {
    ++planned_;
    return tally_.dropped();
  }
  ask(event.executor, due.person);
}

bool SlotRun::may_iterate(std::uint32_t executor, std::uint32_t person) const {
  const auto& load = loads_[executor];
  if (load.plan.end() && now_ >= *load.plan.end()) return false;
  const bool shared = load.executor->kind == ExecutorKind::SharedIterations;
  return (shared ? load.done : load.iterations[person]) < load.executor->iterations;
}

void SlotRun::ask(std::uint32_t executor, std::uint32_t person) {
  ++planned_;
  ++requests_;
  const ConversationId id(++last_id_);
  const auto kind = people_[person].kind;
  const auto& spec = scenario_.people[kind];
  const auto asked = slots_.ask(id, PersonId(person + std::int64_t{1}), time());
  if (asked.answer == ConversationSlots::Answer::Refused) {
    ++refused_[asked.reason];
    note({SlotOutcome::How::Refused, kind, person, asked.reason, now_, now_, now_});
    if (is_closed(loads_[executor].executor->kind)) next_iteration(executor, person, now_);
    return;
  }
  const auto steps = std::max<std::uint32_t>(1, spec.steps);
  auto& talk = talks_[id.value];
  talk = {.executor = executor,
          .person = person,
          .steps_left = steps,
          .step = sandbox::draw_delay(spec.work, rng_) / steps,
          .asked = now_};
  ++loads_[executor].open;
  if (asked.answer == ConversationSlots::Answer::Queued) {
    ++queued_;
    return;
  }
  ++at_once_;
  begin_work(id.value, talk);
}

void SlotRun::begin_work(std::int64_t id, Talk& talk) {
  talk.began = now_;
  hold(talk.person, 1);
  push({.at = now_ + talk.step, .what = Next::Step, .id = id});
}

void SlotRun::step(std::int64_t id) {
  const auto found = talks_.find(id);
  if (found == talks_.end()) return;  // it was told to stop meanwhile
  auto& talk = found->second;
  slots_.touch(ConversationId(id), time());
  if (--talk.steps_left > 0) {
    push({.at = now_ + talk.step, .what = Next::Step, .id = id});
    return;
  }
  const auto status = slots_.end(ConversationId(id), time());
  over(id, SlotOutcome::How::Completed, status);
}

void SlotRun::on_event(const ConversationSlots::Event& event) {
  using Kind = ConversationSlots::Event::Kind;
  const auto found = talks_.find(event.id.value);
  if (found == talks_.end()) return;
  switch (event.kind) {
    case Kind::Admitted:
      ++from_queue_;
      return begin_work(event.id.value, found->second);
    case Kind::GaveUp:
      ++gave_up_;
      return over(event.id.value, SlotOutcome::How::GaveUp, event.status);
    case Kind::Stop:
      return over(event.id.value, SlotOutcome::How::Stopped, slots_.end(event.id, time()));
    case Kind::Gone:
      return over(event.id.value, SlotOutcome::How::Stopped, event.status);
  }
}

void SlotRun::over(std::int64_t id, SlotOutcome::How how, std::string_view status) {
  const auto found = talks_.find(id);
  const Talk talk = found->second;
  talks_.erase(found);
  --loads_[talk.executor].open;
  if (how != SlotOutcome::How::GaveUp) {
    ++ended_[status];
    hold(talk.person, -1);
  }
  const bool completed = how == SlotOutcome::How::Completed;
  note({how, people_[talk.person].kind, talk.person, completed ? std::string_view{} : status,
        talk.asked, how == SlotOutcome::How::GaveUp ? now_ : talk.began, now_});
  if (is_closed(loads_[talk.executor].executor->kind)) {
    next_iteration(talk.executor, talk.person, now_);
  }
}

void SlotRun::next_iteration(std::uint32_t executor, std::uint32_t person, Duration from) {
  const auto pause = sandbox::draw_delay(loads_[executor].executor->think, rng_);
  push({.at = from + std::max(kShortestPause, pause),
        .what = Next::Ask,
        .executor = executor,
        .person = person});
}

void SlotRun::flush() {
  const auto begun = options_.real_time();
  for (const auto& outcome : outcomes_) {
    tally_.planned(outcome.asked);
    tally_.add(outcome);
  }
  outcomes_.clear();
  look();
  bookkeeping_ += options_.real_time() - begun;
}

/// The process is looked at on its own clock: in virtual time a second is none.
void SlotRun::look() {
  if (options_.process) process_.add(options_.real_time(), options_.process(), true);
}

std::vector<std::string> SlotRun::differences() const {
  std::map<std::string, std::uint64_t> ours;  // by the names that the slots give
  ours["requests"] = requests_;
  ours["admitted at once"] = at_once_;
  ours["queued"] = queued_;
  ours["admitted from the queue"] = from_queue_;
  ours["waited in vain"] = gave_up_;
  ours["begun"] = at_once_ + from_queue_;
  ours["live"] = live_;
  ours["waiting"] = queued_ - from_queue_ - gave_up_;
  for (const auto& [reason, n] : refused_) ours[fmt::format("refused: {}", reason)] = n;
  for (const auto& [status, n] : ended_) ours[fmt::format("ended: {}", status)] = n;
  const auto theirs = slots_.counts();
  for (const auto& [name, n] : theirs) ours.try_emplace(name, 0);
  std::vector<std::string> out;
  for (const auto& [name, n] : ours) {
    const auto found = theirs.find(name);
    const std::uint64_t told = found == theirs.end() ? 0 : found->second;
    if (told != n) {
      out.push_back(fmt::format("{}: the slots count {}, and {} were seen", name, told, n));
    }
  }
  return out;
}

RunResult SlotRun::result() {
  RunResult out;
  out.name = scenario_.name;
  out.description = scenario_.description;
  out.end = end_;
  out.end_reason = end_reason_;
  out.seed = options_.seed;
  out.virtual_time = true;
  out.started_at = options_.started_at;
  out.duration = now_;
  out.measured = now_;
  out.target = slots_.describe();
  out.target_kind = TargetKind::Conversations;
  out.platform = "none";
  out.limits = slots_.limits();
  out.people = static_cast<std::uint32_t>(people_.size());
  out.founding = scenario_.founding;
  out.environment = options_.environment;
  out.load.planned = planned_;
  out.load.sent = requests_;
  out.conversations = tally_.conversations();
  auto& account = out.slots.emplace();
  account.requests = requests_;
  account.at_once = at_once_;
  account.queued = queued_;
  account.from_queue = from_queue_;
  account.gave_up = gave_up_;
  for (const auto& [reason, n] : refused_) account.refused[std::string(reason)] = n;
  for (const auto& [status, n] : ended_) account.ended[std::string(status)] = n;
  account.left = live_ + queued_ - from_queue_ - gave_up_;
  account.differences = differences();
  account.took = took_;
  auto& metrics = tally_.metrics();
  const auto per_second = [&](Duration d) {
    return static_cast<double>(out.conversations.completed) / to_seconds(d);
  };
  if (now_ > Duration::zero()) metrics.at("conversations_rate").gauge(per_second(now_));
  if (took_ > Duration::zero()) metrics.at("manager_rate").gauge(per_second(took_));
  if (!process_.empty()) {
    out.processes.push_back(process_.summary());
    metrics.at("process_rss").gauge(out.processes.back().rss_peak);
    metrics.at("process_rss_growth").gauge(process_.growth());
  }
  const double seconds = to_seconds(now_);
  for (const auto& [key, metric] : metrics.all()) {
    const auto kind = metrics.kind_of(std::string_view(key).substr(0, key.find('{')));
    out.metrics.push_back(detail::summarize(key, *metric, kind->second, seconds));
  }
  if (const auto* live = find_summary(out, "conversations_live")) {
    account.peak = static_cast<std::uint64_t>(live->max);
  }
  out.series = tally_.series().points();
  out.series_interval = tally_.series().interval();
  out.thresholds = evaluate(scenario_.thresholds, [&](const Threshold& threshold) {
    return metrics.lookup(threshold, seconds);
  });
  out.records_hash = tally_.hash();
  judge(out);
  return out;
}

RunResult SlotRun::run() {
  look();
  begin();
  const auto begun = options_.real_time();
  loop();
  flush();
  took_ = options_.real_time() - begun - bookkeeping_;
  return result();
}

}  // namespace

RunResult run_slots(const Scenario& scenario, ConversationSlots& slots,
                    const SlotRunOptions& options) {
  return SlotRun(scenario, slots, options).run();
}

}  // namespace chorus::lab
