#include "chorus/base/units.hpp"
#include "chorus/lab/detail/archive.hpp"
#include "chorus/lab/detail/run_impl.hpp"
#include "chorus/lab/verdict.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/world.hpp"

#include <fmt/format.h>

#include <algorithm>

// A run that outlives its process: what it writes down now and then, and how it goes on.
namespace chorus::lab {

namespace {

constexpr int kFormat = 1;
/// More messages than one process of a lab makes in a room between two checkpoints.
constexpr std::int64_t kNumbersOfAPart = 10'000'000;

/// Where the run stands, apart from what it has counted.
struct Mark {
  int format = kFormat;
  std::int64_t started_at_us = 0;  ///< of the load, by the wall
  std::int64_t taken_at_us = 0;
  Duration run_time{};  ///< since the start of the load
  Duration shift{};     ///< of it, by which the plan was late
  Duration measured{};
  std::uint64_t seed = 0;
  std::uint64_t record_bytes = 0;
  std::vector<Away> away;
  void archive(detail::Archive& archive) {
    archive("format", format);
    archive("started_at_us", started_at_us);
    archive("taken_at_us", taken_at_us);
    archive("run_time", run_time);
    archive("shift", shift);
    archive("measured", measured);
    archive("seed", seed);
    archive("record_bytes", record_bytes);
    archive("away", away);
  }
};

/// A checkpoint while it is made: all by value, so that the run may go on.
struct Sheet {
  detail::Books books;
  Measure::Options measuring;
  json::object measured;  ///< the measures as they stood
  json::object state;     ///< everything else
  std::vector<std::pair<LedgerRecord, std::optional<std::uint32_t>>> open;
  Redactor redact;
};

/// What was under way gets the end that it has now, in a copy of the measures.
Checkpoint close_sheet(Sheet sheet) {
  Checkpoint out;
  Measure measure(sheet.measuring);
  detail::Archive before(std::as_const(sheet.measured));
  measure.archive(before, sheet.books.now);
  for (const auto& [record, group] : sheet.open) measure.closed(record, group);
  json::object after;
  detail::Archive archive(after);
  measure.archive(archive, sheet.books.now);
  sheet.state["measure"] = std::move(after);
  out.state = json::serialize(sheet.state);
  out.result = detail::close_books(std::move(sheet.books), measure);
  judge(out.result);
  sheet.redact.apply(out.result);
  return out;
}

Result<json::object> parse_state(std::string_view text, Mark& mark) {
  CH_TRY(auto value, parse_json(text));
  const auto* object = value.if_object();
  const auto* where = object != nullptr ? find_object(*object, "place") : nullptr;
  if (where == nullptr) return fail(ErrorCode::ParseError, "not a checkpoint");
  detail::Archive archive(*where);
  mark.archive(archive);
  CH_TRY_VOID(archive.state());
  if (mark.format != kFormat) {
    return fail(
        ErrorCode::ParseError,
        fmt::format("a checkpoint of format {}, this version reads {}", mark.format, kFormat));
  }
  return std::move(value.get_object());
}

}  // namespace

Result<CheckpointPlace> checkpoint_place(std::string_view state) {
  Mark mark;
  CH_TRY_VOID(parse_state(state, mark));
  return CheckpointPlace{from_micros(mark.taken_at_us), mark.measured, mark.record_bytes,
                         mark.seed};
}

Result<void> Run::Impl::check_checkpoints() const {
  if (options.checkpoint_every <= Duration::zero() && options.resume.empty()) return {};
  for (const auto& executor : scenario.executors) {
    if (!is_closed(executor.kind)) continue;
    return fail(
        ErrorCode::Misconfigured,
        fmt::format("the executor '{}' ({}) counts iterations, which cannot be gone on with "
                    "after a checkpoint; leave out --checkpoint",
                    executor.name, to_string(executor.kind)));
  }
  return {};
}

void Run::Impl::archive_state(detail::Archive& archive) {
  archive("faults", faults);
  archive("scrape", scrape_log);
  archive("not_simulated", not_simulated);
  archive("longest_broken", longest_broken);
  archive("conversation_count", conversation_count);
  archive("rows_taken", rows_taken);
  auto leg_counts = legs.counts();
  archive("legs", leg_counts);
  auto hashed = hash.value();
  archive("hash", hashed);
  if (!archive.reading()) return;
  legs.carry_on(leg_counts);
  hash.carry_on(hashed);
}

rt::Task<void> Run::Impl::make_checkpoints(Impl* self) {
  auto due = self->plan_start() + self->plan_begin;  // the load begins
  for (;;) {
    due = std::max(due + self->options.checkpoint_every, self->loop.now());
    if (!co_await rt::sleep_until(self->loop, due) || self->watch_scope.stopping()) co_return;
    // From the end of the load on the result itself is only seconds away.
    if (self->ended || self->load_ended != MonoTime{}) co_return;
    co_await self->make_checkpoint();
  }
}

rt::Task<void> Run::Impl::make_checkpoint() {
  const auto now = loop.now();
  ledger.advance(now);
  std::vector<LedgerRecord> open;
  auto balance = ledger.balance(now, open);
  Sheet sheet;
  sheet.books = books(balance, now);
  const auto measured =
      std::chrono::floor<std::chrono::seconds>(from_seconds(measure->measured_seconds(now)));
  const auto window = scenario.measured();
  auto& out = sheet.books.out;
  out.end = RunEnd::CutOff;
  out.end_reason = fmt::format(
      "a checkpoint after {}{}: the run still went on then", format_duration_compact(measured),
      window > Duration::zero() ? " of " + format_duration_compact(window) : std::string());
  sheet.measuring = measuring;
  sheet.redact = redact;
  detail::Archive measures(sheet.measured);
  measure->archive(measures, now);
  Mark mark;
  mark.started_at_us = to_micros(started_at);
  mark.taken_at_us = to_micros(loop.wall_now());
  mark.run_time = now - start;
  mark.shift = shift;
  mark.measured = from_seconds(measure->measured_seconds(now));
  mark.seed = options.seed;
  mark.record_bytes = record_bytes;
  mark.away = measuring.away;
  std::vector<std::string> lines;
  for (auto& record : open) {
    lines.push_back(line_of(record));
    const auto group = group_of(record);
    sheet.open.emplace_back(std::move(record), group);
  }
  detail::Archive state(sheet.state);
  state("place", mark);
  state("ledger", balance);
  state("steered", out.steered);
  state("open_lines", lines);
  archive_state(state);
  const auto bytes = record_bytes;
  const auto& take = options.checkpoint;
  const auto made = co_await pool.run([sheet = std::move(sheet), bytes, &take]() mutable {
    auto checkpoint = close_sheet(std::move(sheet));
    checkpoint.record_bytes = bytes;
    take(checkpoint);
  });
  (void)made;  // cancelled: the run is over, and its result says more
}

void Run::Impl::number_higher() {
  Mark mark;
  const auto read = parse_state(options.resume, mark);
  if (!read) return;  // it does not go on: go_on says so
  const auto by = kNumbersOfAPart * static_cast<std::int64_t>(mark.away.size() + 1);
  for (auto* room : world->world().rooms()) room->next_message_id += by;
  for (auto* account : world->world().accounts()) {
    account->next_message_id += by;
    if (account->queue) account->queue->set_tail(account->queue->tail() + by);
  }
}

Result<void> Run::Impl::go_on() {
  Mark mark;
  CH_TRY(const auto state, parse_state(options.resume, mark));
  detail::Archive archive(state);
  LedgerBalance balance;
  std::vector<std::string> lines;
  archive("ledger", balance);
  archive("steered", steered_before);
  archive("open_lines", lines);
  archive_state(archive);
  CH_TRY_VOID(archive.state());
  if (longest_broken.size() != scenario.thresholds.size()) {
    return fail(ErrorCode::ParseError, "the checkpoint is of other thresholds");
  }
  ledger.carry_on(balance);

  // One time axis: the wall says how long the lab was away, and the plan is later by that. It goes
  // back by a warm-up, so that the window continues exactly where the checkpoint was.
  const auto warmup = scenario.warmup_or_default();
  const auto planned = mark.run_time - mark.shift;
  started_at = from_micros(mark.started_at_us);
  const auto by_wall = std::chrono::duration_cast<Duration>(loop.wall_now() - started_at);
  const auto run_began = std::max(by_wall, mark.run_time);
  plan_begin = std::max(Duration{}, planned - warmup);
  shift = run_began - plan_begin;
  start -= run_began;
  Away gap;
  gap.from = mark.run_time;
  gap.back = run_began;
  gap.until = shift + std::max(planned, warmup);
  gap.in_flight = balance.counts.of(Outcome::InFlight);
  for (const auto& earlier : mark.away) gap.in_flight -= earlier.in_flight;
  measuring.away = std::move(mark.away);
  measuring.away.push_back(gap);
  measuring.start = start;
  measure.emplace(measuring);
  const auto* measures = find_object(state, "measure");
  if (measures == nullptr) return fail(ErrorCode::ParseError, "the checkpoint has no measures");
  detail::Archive read(*measures);
  measure->archive(read, loop.now());
  CH_TRY_VOID(read.state());
  faults.end_open(mark.run_time);
  crowd.carry_on(balance.next_sequence);
  record_bytes = mark.record_bytes;
  for (const auto& line : lines) write_record(line);
  return {};
}

}  // namespace chorus::lab
