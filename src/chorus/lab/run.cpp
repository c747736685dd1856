#include "chorus/lab/run.hpp"

#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/lab/verdict.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

constexpr Duration kLead = std::chrono::milliseconds(20);
/// Long enough to see an answer that comes twice.
constexpr Duration kShortestDrain = std::chrono::seconds(1);
constexpr Duration kStopGrace = std::chrono::seconds(5);
constexpr Duration kPoll = std::chrono::milliseconds(100);

}  // namespace

Run::Impl::Impl(rt::Loop& l, net::Transport& w, metrics::Registry& r, Scenario s, Target& t,
                RunOptions o)
    : loop(l),
      webhooks(w),
      registry(r),
      scenario(std::move(s)),
      redact(scenario.secrets),
      target(t),
      options(std::move(o)),
      crowd(scenario, options.seed),
      ledger(Ledger::Options{.run_seed = options.seed}),
      load_scope(l),
      watch_scope(l),
      pool(l, rt::BlockingPool::Options{.threads = 1}),
      changed(l) {}

Result<void> Run::Impl::prepare() {
  CH_TRY_VOID(crowd.create(*world));
  if (!options.resume.empty()) number_higher();
  open_chat_log();
  legs.on_legs = [this](const LedgerRecord& record, const LegTimes& times) {
    measure->legs(record, times);
  };
  ledger.on_reply = [this](const LedgerRecord& record) {
    measure->replied(record);
    faults.replied(record, start);
    legs.replied(record);
  };
  ledger.on_taken = [this](const LedgerRecord& record) {
    measure->taken(record);
    delivery.matched = true;
    legs.taken(record.sequence, delivery.bot, delivery.exchange, delivery.webhook, *record.taken);
  };
  ledger.on_closed = [this](const LedgerRecord& record) {
    faults.closed(record, start);
    legs.closed(record);
    measure->closed(record, group_of(record));
    write_record(line_of(record));
    place_of.erase(record.sequence);
  };
  return {};
}

std::optional<std::uint32_t> Run::Impl::group_of(const LedgerRecord& record) const {
  const auto place = place_of.find(record.sequence);
  if (place == place_of.end() || !crowd.place(place->second).room) return std::nullopt;
  return place->second;
}

std::string Run::Impl::line_of(const LedgerRecord& record) const {
  RecordNames names;
  names.kind = scenario.people[record.message.kind].kind;
  names.bot = crowd.bot_index(record.replied_by);
  const auto place = place_of.find(record.sequence);
  if (place != place_of.end()) names.room = crowd.place(place->second).label;
  return redact(record_line(record, names, start));
}

void Run::Impl::write_record(const std::string& line) {
  hash.add(line);
  record_bytes += line.size() + 1;
  if (options.record) options.record(line);
}

/// Conversations are judged where our own fleet holds them, and where a threshold asks for it.
void Run::Impl::open_chat_log() {
  const bool asked = std::ranges::any_of(scenario.thresholds, [](const Threshold& threshold) {
    return find_quality_bound(threshold.metric.name) != nullptr;
  });
  if (scenario.target.kind != TargetKind::Fleet && !asked) return;
  for (const auto& place : crowd.places()) {
    if (!place.room) continue;
    std::vector<PlatformUserId> bots;
    for (const auto bot : place.bots) bots.push_back(crowd.bots()[bot].id);
    chat.open(place.room, place.label, std::move(bots));
  }
}

rt::Task<Result<void>> Run::Impl::start_target() {
  SandboxAddresses addresses{world->telegram_address(), world->matrix_address(),
                             world->llm_address(), world->control_address()};
  if (addresses.telegram.empty()) addresses.telegram = options.public_telegram_origin;
  if (addresses.matrix.empty()) addresses.matrix = options.public_matrix_origin;
  if (options.sandbox_ready) options.sandbox_ready(*world);
  if (options.started) options.started(addresses);
  const auto left = bound ? *bound - loop.now() : Duration::max();
  const auto begun = co_await rt::with_timeout(loop, left, target.start(addresses, crowd.bots()));
  check_bound();
  if (!begun) co_return begun;
  if (target.ready_when_started()) co_return Result<void>{};
  const auto due = loop.now() + scenario.target.ready_timeout;
  while (ready.size() < crowd.bots().size()) {
    if (ended) co_return fail(ErrorCode::Cancelled, "interrupted before the bots were ready");
    if (const auto why = target.exited()) co_return fail(ErrorCode::Unavailable, *why);
    if (loop.now() >= due) {
      co_return fail(
          ErrorCode::Timeout,
          fmt::format("{} of {} bots polled or took their webhook within {}", ready.size(),
                      crowd.bots().size(), format_duration(scenario.target.ready_timeout)));
    }
    publish(LiveStats::Phase::Starting);
    co_await changed.wait_until(std::min(due, loop.now() + kPoll));
  }
  co_return Result<void>{};
}

Result<void> Run::Impl::begin_load() {
  start = loop.now() + kLead;
  started_at = loop.wall_now();
  measuring.start = start;
  measuring.warmup = scenario.warmup_or_default();
  measuring.window = scenario.measured();
  for (const auto& kind : scenario.people) measuring.kinds.push_back(kind.kind);
  measuring.own = scenario.metrics;
  measuring.labels = scenario.labels;
  measuring.limits = platform_limits(scenario.target);
  broken_since.resize(scenario.thresholds.size());
  longest_broken.resize(scenario.thresholds.size());
  metrics_url = scenario.target.metrics.empty() ? target.metrics_url() : scenario.target.metrics;
  if (options.resume.empty()) {
    measure.emplace(measuring);
  } else {
    CH_TRY_VOID(go_on());
  }
  for (const auto& executor : scenario.executors) {
    std::vector<Person> people;
    for (const auto& person : crowd.people()) {
      const auto& kind = scenario.people[person.kind].kind;
      const bool takes_part =
          executor.kinds.empty() || std::ranges::find(executor.kinds, kind) != executor.kinds.end();
      if (takes_part) people.push_back(person);
    }
    schedules.emplace_back(executor, people, options.seed, scenario.warmup_or_default());
  }
  progress.resize(schedules.size());
  for (auto& schedule : schedules) {
    while (schedule.next_due().value_or(plan_begin) < plan_begin) schedule.pop();
  }
  loaded = true;
  steering = Steering(scenario.executors);
  begin_closed();
  rt::spawn(load_scope, "lab schedule", &Impl::send_scheduled, this);
  begin_faults();
  rt::spawn(watch_scope, "lab tick", &Impl::tick, this);
  rt::spawn(watch_scope, "lab sample", &Impl::sample, this);
  if (!metrics_url.empty()) rt::spawn(watch_scope, "lab scrape", &Impl::scrape, this);
  if (options.checkpoint && options.checkpoint_every > Duration::zero()) {
    rt::spawn(watch_scope, "lab checkpoints", &Impl::make_checkpoints, this);
  }
  return {};
}

rt::Task<void> Run::Impl::hold_load() {
  const auto window = scenario.measured();
  const bool endless = window == Duration::zero();
  const auto due = start + scenario.warmup_or_default() + window + shift;
  while (!ended && !iterations_over() && (endless || loop.now() < due)) {
    const auto wake = loop.now() + kPoll;
    const auto woken = co_await changed.wait_until(endless ? wake : std::min(wake, due));
    if (woken == rt::Notify::Woken::Cancelled) break;
    if (const auto why = target.exited()) end_early(RunEnd::Broken, "the target ended: " + *why);
  }
  if (endless && end == RunEnd::Interrupted) end = RunEnd::Complete;
  load_ended = loop.now();
  if (ended || endless || load_ended < due) measure->end_window(load_ended);
  co_await finish_conversations();
}

/// Who is in the middle of a conversation may end it, for as long as the scenario grants.
rt::Task<void> Run::Impl::finish_conversations() {
  Duration grace{};
  for (const auto& executor : scenario.executors) {
    grace = std::max(grace, executor.graceful_stop);
  }
  const auto due = load_ended + grace;
  while (!ended && conversations > 0 && loop.now() < due) {
    if (co_await changed.wait_until(std::min(due, loop.now() + kPoll)) ==
        rt::Notify::Woken::Cancelled) {
      break;
    }
  }
}

rt::Task<void> Run::Impl::drain() {
  phase = LiveStats::Phase::Cooldown;
  const auto begin = loop.now();
  const auto cooldown = scenario.cooldown_or_default();
  const auto shortest = begin + std::min(kShortestDrain, cooldown);
  const bool hurry = end == RunEnd::Interrupted || end == RunEnd::TimedOut;
  const auto due = begin + (hurry ? std::min<Duration>(kShortestDrain * 2, cooldown) : cooldown);
  while (loop.now() < due && !target.exited() && !(bound && loop.now() >= *bound)) {
    ledger.advance(loop.now());
    const bool quiet = ledger.awaiting() == 0 && world->pending_updates() == 0;
    if (quiet && loop.now() >= shortest) break;
    if (!co_await rt::sleep_for(loop, kPoll)) break;
  }
}

RunResult Run::Impl::known(const LedgerBalance& balance) {
  RunResult out;
  out.name = scenario.name;
  out.description = scenario.description;
  out.end = end;
  out.end_reason = end_reason;
  out.seed = options.seed;
  out.virtual_time = loop.is_virtual();
  out.started_at = started_at;
  out.target = target.describe();
  out.target_kind = scenario.target.kind;
  out.platform = scenario.target.platform_names();
  out.transport = to_string(scenario.target.bots.transport);
  out.pacing = to_string(scenario.target.pacing);
  out.limits = scenario.limits_name();
  out.bots = static_cast<std::uint32_t>(crowd.bots().size());
  out.people = static_cast<std::uint32_t>(crowd.people().size());
  out.founding = scenario.founding;
  out.environment = options.environment;
  out.not_simulated = not_simulated;
  out.target_counts = target_counts;
  out.llm_prices = scenario.llm_prices;
  out.ledger = balance.counts;
  out.identity = out.ledger.identity_holds();
  out.taken_updates = out.ledger.updates_taken;
  out.records_hash = hash.hex();
  out.steered = steered_before;
  for (const auto& line : steering.record()) out.steered.push_back(line);
  out.legs = legs.counts();
  if (!metrics_url.empty()) out.scrape = scrape_log.report(metrics_url);
  return out;
}

detail::Books Run::Impl::books(const LedgerBalance& balance, MonoTime now) {
  detail::Books out;
  out.out = known(balance);
  count_fault_calls();
  out.faults = faults;
  out.thresholds = scenario.thresholds;
  out.longest_broken = longest_broken;
  for (const auto& person : crowd.people()) out.people.push_back(crowd.person_name(person.index));
  for (const auto& place : crowd.places()) out.places.push_back(place.label);
  out.in_flight_seconds = balance.in_flight_seconds;
  out.start = start;
  out.load_ended = loaded && load_ended == MonoTime{} ? now : load_ended;
  out.now = now;
  return out;
}

RunResult Run::Impl::result() {
  std::vector<LedgerRecord> none;
  auto closing = books(ledger.balance(loop.now(), none), loop.now());
  if (measure) closing.out.quality = chat.report();
  auto out = measure ? detail::close_books(std::move(closing), *measure) : std::move(closing.out);
  judge(out);
  return out;
}

rt::Task<Result<RunResult>> Run::Impl::execute() {
  CH_CO_TRY_VOID(check_faults());
  CH_CO_TRY_VOID(check_checkpoints());
  sandbox::Sandbox::Options doors;
  doors.telegram = options.telegram;
  doors.matrix = options.matrix;
  doors.llm = options.llm;
  doors.control = options.control;
  doors.profile = scenario.limits;
  doors.matrix_profile = scenario.matrix_limits;
  doors.seed = options.seed;
  doors.llm_script = scenario.llm;
  doors.public_telegram_origin = options.public_telegram_origin;
  world = std::make_unique<sandbox::Sandbox>(loop, std::move(doors), webhooks, registry);
  world->add_observer(*this);
  world->mount_control("/control/v1/lab", *control);
  started_at = loop.wall_now();
  if (options.timeout) {
    bound = loop.now() + *options.timeout;
    rt::spawn(watch_scope, "lab bound", &Impl::watch_bound, this);
  }
  auto opened = co_await world->start();
  if (opened) opened = prepare();
  if (!opened) {
    co_await watch_scope.close();
    co_await world->stop(kStopGrace);
    world->remove_observer(*this);
    co_return std::unexpected(opened.error());
  }
  auto started = co_await start_target();
  if (started && !ended) started = begin_load();
  if (started && !ended) {
    co_await hold_load();
    co_await load_scope.close();
    co_await revive_target();
    co_await drain();
    target_counts = co_await target.counts();
    co_await watch_scope.close();
    ledger.finish(loop.now());
  } else if (end == RunEnd::Complete) {
    end = RunEnd::NeverReady;
    if (!started) end_reason = started.error().message;
  }
  // A run that never began has nothing to close, but its scopes are joined all the same.
  co_await load_scope.close();
  co_await watch_scope.close();
  auto out = result();
  redact.apply(out);
  co_await target.stop(kStopGrace);
  co_await world->stop(kStopGrace);
  world->remove_observer(*this);
  phase = LiveStats::Phase::Done;
  publish(phase);
  co_return out;
}

Run::Run(rt::Loop& loop, net::Transport& webhooks, metrics::Registry& registry, Scenario scenario,
         Target& target, RunOptions options)
    : impl_(std::make_unique<Impl>(loop, webhooks, registry, std::move(scenario), target,
                                   std::move(options))) {
  impl_->control = std::make_unique<LiveControl>(*this);
}
Run::~Run() = default;

rt::Task<Result<RunResult>> Run::execute() {
  return impl_->execute();
}

Result<void> Run::steer(const SteerCommand& command, std::string_view by) {
  auto& impl = *impl_;
  const bool holds = impl.loaded && !impl.ended && impl.phase != LiveStats::Phase::Cooldown &&
                     impl.phase != LiveStats::Phase::Done;
  if (!holds) return fail(ErrorCode::Conflict, "there is no load to steer now");
  CH_TRY_VOID(impl.steering.apply(command, std::max(Duration{}, impl.run_time()), by));
  impl.publish(impl.phase);
  return {};
}

Run::Status Run::status() const {
  const auto& impl = *impl_;
  Status out;
  out.name = impl.scenario.name;
  out.phase = impl.phase;
  if (impl.loaded) out.elapsed = std::max(Duration{}, impl.run_time());
  out.paused = impl.steering.paused();
  out.factor = impl.steering.factor();
  out.people = impl.steering.people();
  out.events = impl.steering.record();
  return out;
}

void Run::interrupt() {
  impl_->end_early(RunEnd::Interrupted, {});
}

}  // namespace chorus::lab
