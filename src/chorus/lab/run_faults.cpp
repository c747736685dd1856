#include "chorus/base/units.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::lab {

namespace {

constexpr Duration kLook = std::chrono::milliseconds(100);

json::object fault_request(const FaultPlan& fault) {
  json::object body;
  body["match"] = fault.match;
  body["fault"] = fault.fault;
  if (fault.lasts) body["for"] = format_duration_compact(*fault.lasts);
  if (fault.rate) body["rate"] = *fault.rate;
  if (fault.times) body["times"] = *fault.times;
  return body;
}

/// Errors: the sandbox's own words.
Result<std::int64_t> added_id(const net::Response& answer) {
  const auto body = parse_json(answer.body);
  const auto* object = body ? body->if_object() : nullptr;
  const auto id = object != nullptr ? find_int(*object, "id") : std::nullopt;
  if (answer.status >= 400 || !id) return fail(ErrorCode::InvalidArgument, answer.body);
  return *id;
}

}  // namespace

Result<void> Run::Impl::check_faults() const {
  for (const auto& plan : scenario.faults) {
    if (plan.target == TargetFault::None || target.can_be_struck()) continue;
    return fail(ErrorCode::Misconfigured,
                fmt::format("the fault '{}' at {} needs a target whose processes the lab has "
                            "started, in real time (target.kind fleet or command); this one is "
                            "'{}'",
                            kind_of(plan), format_duration_compact(plan.at), target.describe()));
  }
  return {};
}

void Run::Impl::begin_faults() {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    rt::spawn(load_scope, "lab fault", &Impl::inject, this, i);
  }
}

rt::Task<void> Run::Impl::inject(Impl* self, std::size_t index) {
  const auto& plan = self->scenario.faults[index];
  const auto window = self->plan_start() + self->scenario.warmup_or_default();
  const auto& away = self->measuring.away;
  const auto again = away.empty() ? self->start : self->start + away.back().until;
  FaultTimes times(plan, Rng(self->options.seed).fork("fault", index));
  Duration ended{};
  while (const auto begin = times.next(ended)) {
    if (window + *begin < again) {  // it was before the lab was away
      ended = *begin + plan.lasts.value_or(Duration{});
      continue;
    }
    const bool slept = co_await rt::sleep_until(self->loop, window + *begin);
    if (!slept || self->load_scope.stopping()) co_return;
    // Two faults of the target at once would undo each other: the second waits for its turn.
    while (plan.target != TargetFault::None && self->struck != TargetFault::None) {
      if (!co_await rt::sleep_for(self->loop, kLook)) co_return;
    }
    const auto number = self->note_fault(plan);
    const bool over = plan.target == TargetFault::None
                          ? co_await self->strike_platform(plan, number)
                          : co_await self->strike_target(plan, number);
    if (!over || self->load_scope.stopping()) co_return;
    ended = self->loop.now() - window;
  }
}

std::optional<std::size_t> Run::Impl::note_fault(const FaultPlan& plan) {
  FaultWindow window;
  window.kind = kind_of(plan);
  window.name = plan.name.empty() ? window.kind : plan.name;
  window.what = text_of(plan);
  window.begin = run_time();
  return faults.begin(std::move(window));
}

void Run::Impl::end_fault(std::optional<std::size_t> number, Duration at) {
  if (number) faults.end(*number, at);
}

rt::Task<bool> Run::Impl::strike_platform(const FaultPlan& plan,
                                          std::optional<std::size_t> number) {
  net::Request request;
  request.method = net::Method::Post;
  request.target = "/control/v1/faults";
  request.headers.add("Host", "localhost");
  request.headers.add("Content-Type", "application/json");
  request.remote = "in-process";
  request.body = json::serialize(fault_request(plan));
  const auto began = loop.now();
  const auto answer = co_await world->control_handler().handle(std::move(request));
  const auto id = added_id(answer);
  if (!id) {
    end_early(RunEnd::Broken,
              fmt::format("the sandbox refused a fault of the scenario: {}", id.error().message));
    co_return false;
  }
  if (number) fault_ids.emplace_back(*number, *id);
  if (!plan.times) {
    const bool ends = plan.lasts && co_await rt::sleep_until(loop, began + *plan.lasts);
    if (ends) end_fault(number, began + *plan.lasts - start);
    co_return ends;
  }
  // The last call that it was meant for ends it, or its time.
  for (;;) {
    const auto state = world->fault_state(*id);
    if (!state || !state->active) {
      const bool used_up = state && state->hits >= static_cast<std::int64_t>(*plan.times);
      end_fault(number, (used_up ? state->last_hit : loop.now()) - start);
      co_return true;
    }
    if (!co_await rt::sleep_for(loop, kLook)) co_return false;
  }
}

rt::Task<bool> Run::Impl::strike_target(const FaultPlan& plan, std::optional<std::size_t> number) {
  const bool kills = plan.target == TargetFault::Kill;
  if (const auto hit = kills ? target.kill() : target.pause(); !hit) {
    end_early(RunEnd::Broken, "a fault of the target failed: " + hit.error().message);
    co_return false;
  }
  struck = plan.target;
  if (!co_await rt::sleep_for(loop, plan.lasts.value_or(Duration{}))) co_return false;
  end_fault(number, run_time());
  if (kills) {
    const auto back = co_await target.restart();
    if (load_scope.stopping()) co_return false;
    struck = TargetFault::None;
    if (back) co_return true;
    end_early(RunEnd::Broken, "the target did not start again after a fault had killed it: " +
                                  back.error().message);
    co_return false;
  }
  struck = TargetFault::None;
  const auto on = target.resume();
  if (!on) end_early(RunEnd::Broken, "the target does not go on: " + on.error().message);
  co_return on.has_value();
}

rt::Task<void> Run::Impl::revive_target() {
  const auto was = std::exchange(struck, TargetFault::None);
  Result<void> back;
  if (was == TargetFault::Pause) back = target.resume();
  // Who has ended the run early waits for no program to start.
  if (was == TargetFault::Kill && end == RunEnd::Complete) back = co_await target.restart();
  if (!back) end_reason = "the target did not come back after a fault: " + back.error().message;
  if (!back) end = RunEnd::Broken;
}

void Run::Impl::count_fault_calls() {
  for (const auto& [number, id] : fault_ids) {
    if (const auto state = world->fault_state(id)) {
      faults.calls(number, static_cast<std::uint64_t>(state->hits));
    }
  }
}

}  // namespace chorus::lab
