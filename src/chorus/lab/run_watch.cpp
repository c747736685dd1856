#include "chorus/base/log.hpp"
#include "chorus/base/units.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace chorus::lab {

namespace {

constexpr Duration kTick = std::chrono::milliseconds(250);
constexpr Duration kSample = std::chrono::seconds(1);

}  // namespace

rt::Task<void> Run::Impl::tick(Impl* self) {
  auto due = self->loop.now();
  while (!self->watch_scope.stopping()) {
    const auto now = self->loop.now();
    self->ledger.advance(now);
    self->measure->queues(now, self->world->pending_updates(), self->target_counts.queue_depth,
                          self->ledger.awaiting());
    self->check_thresholds(now);
    self->publish(self->phase);
    due += kTick;
    if (!co_await rt::sleep_until(self->loop, due)) co_return;
  }
}

rt::Task<void> Run::Impl::sample(Impl* self) {
  while (!self->watch_scope.stopping()) {
    self->target_counts = co_await self->target.counts();
    if (!self->loop.is_virtual()) {
      const auto pids = self->target.pids();
      // Reading /proc of a tree takes milliseconds: not on the loop that keeps the schedule.
      const auto read = co_await self->pool.run([pids] {
        const auto own = static_cast<int>(getpid());
        std::pair<ProcessSample, ProcessSample> out;
        out.first = sample_processes({own}, "/proc", false);
        if (!pids.empty()) out.second = sample_processes(pids);
        return out;
      });
      if (read) {
        std::optional<ProcessSample> tree;
        if (!pids.empty() && read->second.processes > 0) tree = read->second;
        self->measure->processes(self->loop.now(), read->first, tree);
      }
    }
    if (!co_await rt::sleep_for(self->loop, kSample)) co_return;
  }
}

void Run::Impl::end_early(RunEnd how, std::string why) {
  if (!ended) {
    ended = true;
    end = how;
    end_reason = std::move(why);
  }
  changed.notify_all();
}

rt::Task<void> Run::Impl::watch_bound(Impl* self) {
  if (!co_await rt::sleep_until(self->loop, *self->bound)) co_return;
  self->check_bound();
}

void Run::Impl::check_bound() {
  if (!bound || loop.now() < *bound || end != RunEnd::Complete) return;
  const auto limit = format_duration_compact(*options.timeout);
  std::string where = "while the last answers were awaited";
  if (!loaded) {
    where = fmt::format("before the target was ready ({} of {} bots are)", ready.size(),
                        crowd.bots().size());
  } else if (phase != LiveStats::Phase::Cooldown) {
    const double seconds = measure->measured_seconds(loop.now());
    where = seconds > 0
                ? fmt::format("{} into the measured window", format_duration(from_seconds(seconds)))
                : "before the warm-up was over";
  }
  ended = false;  // the window may be over: then it is the drain that is cut
  end_early(RunEnd::TimedOut, fmt::format("--timeout {} ended the run {}", limit, where));
}

/// Thresholds that abort, and those for which it matters how long they are broken.
void Run::Impl::check_thresholds(MonoTime now) {
  measure->account(ledger.counts());
  if (!measure->in_window(now)) return;
  for (std::size_t i = 0; i < scenario.thresholds.size(); ++i) {
    const auto& threshold = scenario.thresholds[i];
    if (!threshold.abort_on_fail && threshold.broken_for == Duration::zero()) continue;
    if (measure->measured_seconds(now) < to_seconds(threshold.delay_eval)) continue;
    const auto one =
        evaluate({threshold}, [&](const Threshold& t) { return measure->lookup(t, now); });
    if (!one[0].decided || one[0].ok) {
      broken_since[i].reset();
      continue;
    }
    if (!broken_since[i]) broken_since[i] = now;
    const auto stretch = now - *broken_since[i];
    longest_broken[i] = std::max(longest_broken[i], stretch);
    if (!threshold.abort_on_fail || stretch < threshold.broken_for) continue;
    auto why = fmt::format("aborted: {} {}", to_string(threshold.metric), threshold.expr);
    if (threshold.broken_for > Duration::zero()) {
      why += fmt::format(" was broken for {}", format_duration(stretch));
    }
    end_early(RunEnd::Aborted, why + broke_at(now));
  }
}

/// A breakpoint's answer is the rate at which it broke.
std::string Run::Impl::broke_at(MonoTime now) const {
  for (std::size_t i = 0; i < schedules.size(); ++i) {
    if (scenario.executors[i].kind != ExecutorKind::Breakpoint) continue;
    if (const auto rate = schedules[i].rate_at(now - plan_start())) {
      return fmt::format(", when {} had come to {:.3g}/s", scenario.executors[i].name, *rate);
    }
  }
  return {};
}

void Run::Impl::publish(LiveStats::Phase now_phase) {
  if (!options.live) return;
  LiveStats live;
  live.phase = now_phase;
  live.bots = static_cast<std::uint32_t>(crowd.bots().size());
  live.bots_ready = static_cast<std::uint32_t>(ready.size());
  live.people = static_cast<std::uint32_t>(crowd.people().size());
  if (measure) {
    const auto now = loop.now();
    if (phase == LiveStats::Phase::Starting || phase == LiveStats::Phase::Warmup) {
      phase = measure->in_window(now) ? LiveStats::Phase::Measuring : LiveStats::Phase::Warmup;
      live.phase = phase;
    }
    measure->fill_live(live, now);
    const auto& c = ledger.counts();
    live.planned = measure->planned_in_window();
    live.sent = c.sent;
    live.answered = ledger.answered_so_far();
    live.in_flight = ledger.awaiting();
    live.unanswered = c.of(Outcome::Unanswered) + c.of(Outcome::Lost);
    live.exchanges = exchanges;
    live.paused = steering.paused();
    live.factor = steering.factor();
    live.controlled = steering.people();
  }
  options.live(live);
}

void Run::Impl::note_exchange(std::uint64_t sequence, const sandbox::MessageView& answer) {
  constexpr std::size_t kShown = 4;
  const auto found = said.find(sequence);
  const auto* record = ledger.find(sequence);
  if (found == said.end() || !record || exchanges.size() >= kShown) return;
  const auto bot = crowd.bot_index(answer.from);
  Exchange exchange;
  exchange.person = crowd.person_name(record->message.person);
  exchange.said = redact(found->second);
  exchange.bot = bot >= 0 ? crowd.bots()[static_cast<std::size_t>(bot)].name : "bot";
  exchange.answered = redact(answer.text);
  exchange.latency = loop.now() - record->message.intended;
  exchanges.push_back(std::move(exchange));
  if (exchanges.size() >= kShown) {
    said.clear();
  } else {
    said.erase(sequence);
  }
  publish(phase);
}

void Run::Impl::on_bot_message(const sandbox::MessageView& view, std::string_view) {
  if (!loaded) return;
  chat.add(view, {}, loop.now());
  BotMessage message;
  message.bot = view.from;
  message.room = Ledger::key(view.room, view.from);
  message.id = view.id;
  message.text = view.text;
  message.reply_to = view.reply_to;
  message.at = loop.now();
  const auto known = crowd.bot_index(view.from);
  if (known >= 0) {
    const auto platform = crowd.bots()[static_cast<std::size_t>(known)].platform;
    measure->bot_message(view.from, platform, view.room, message.at);
  }
  const auto attribution = ledger.bot_message(message);
  heard(view, attribution);
  if (attribution && attribution->first) note_exchange(attribution->sequence, view);
}

void Run::Impl::on_update_taken(PlatformUserId bot, PlatformChatId room, PlatformMessageId message,
                                Duration waited, Duration exchange, bool webhook) {
  if (!loaded) return;
  delivery = {bot, exchange, webhook, false};
  ledger.taken(bot, room, message, waited, loop.now());
  if (!delivery.matched) legs.taken_other(loop.now());
}

void Run::Impl::on_update_dropped(PlatformUserId bot, PlatformChatId room,
                                  PlatformMessageId message, sandbox::DropReason) {
  if (loaded) ledger.dropped(bot, room, message);
}

void Run::Impl::on_withheld(PlatformUserId, PlatformChatId, PlatformMessageId) {
  if (measure) measure->withheld();
}

void Run::Impl::on_call_begun(PlatformUserId bot, std::string_view method, PlatformChatId room) {
  if (loaded) legs.call_begun(bot, method, room, loop.now());
}

void Run::Impl::on_call(PlatformUserId bot, std::string_view method, int status,
                        PlatformChatId room, int retry_after) {
  if (measure) measure->call(bot, method, status, room, retry_after, loop.now());
}

void Run::Impl::on_unauthorized(std::uint64_t token) {
  if (measure) measure->unauthorized(token, loop.now());
}

void Run::Impl::on_send(PlatformUserId bot, PlatformChatId room, std::uint64_t content,
                        int status) {
  if (measure) measure->send(bot, room, content, status, loop.now());
}

void Run::Impl::on_not_simulated(PlatformUserId, std::string_view method) {
  ++not_simulated[std::string(method)];  // as many as the platform has methods
}

void Run::Impl::on_bot_ready(PlatformUserId bot) {
  if (crowd.bot_index(bot) < 0) return;
  ready.insert(bot.value);
  changed.notify_all();
}

void Run::Impl::on_llm_call(int status, Duration time_to_first_token, Duration total,
                            std::int64_t prompt_tokens, std::int64_t completion_tokens) {
  if (!measure) return;
  legs.llm_call(total, loop.now());
  measure->llm_call(status, time_to_first_token, total, prompt_tokens, completion_tokens,
                    loop.now());
}

}  // namespace chorus::lab
