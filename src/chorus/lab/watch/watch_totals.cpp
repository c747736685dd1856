#include "chorus/lab/watch/watch_totals.hpp"

#include "chorus/lab/watch/foreign_number.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

namespace chorus::lab {

namespace {

enum class Fate : std::uint8_t { Good, Limited, Failed };

/// Of a status: 429 is a limit, 400 and above an error. 499 is ours: the caller went away.
Fate fate_of(std::string_view status) {
  int code = 0;
  const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), code);
  if (error != std::errc{} || end != status.data() + status.size()) {
    return status == "ok" || status == "skipped" ? Fate::Good : Fate::Failed;
  }
  if (code == 429) return Fate::Limited;
  return code == 0 || (code >= 400 && code != 499) ? Fate::Failed : Fate::Good;
}

void count(CallCounts& calls, std::string_view status, double n) {
  calls.count += n;
  if (fate_of(status) == Fate::Failed) calls.failed += n;
  if (fate_of(status) == Fate::Limited) calls.limited += n;
}

/// Rows by api and method out of a counter whose labels name them.
std::map<std::pair<std::string, std::string>, WatchedCalls> rows_of(const FamilyLog& log,
                                                                    std::string_view family,
                                                                    std::string_view api,
                                                                    std::string_view method,
                                                                    std::string_view status) {
  std::map<std::pair<std::string, std::string>, WatchedCalls> rows;
  log.each(family, [&](const WatchedSeries& s) {
    const auto n = foreign_count(s.grown);
    if (n == 0) return;
    const std::string of(FamilyLog::label(s, api));
    const std::string name(method.empty() ? "completion" : FamilyLog::label(s, method));
    const std::string how(FamilyLog::label(s, status));
    auto& row = rows[{of, name}];
    row.api = of;
    row.method = name;
    row.count += n;
    row.statuses[how] += n;
    if (fate_of(how) == Fate::Failed) row.failed += n;
    if (fate_of(how) == Fate::Limited) row.limited += n;
  });
  return rows;
}

void set_times(WatchedCalls& row, const Spread& spread) {
  const auto ms = [](std::optional<double> seconds) -> std::optional<double> {
    if (!seconds) return std::nullopt;
    return *seconds * 1000;
  };
  row.mean_ms = ms(spread.mean());
  row.p50_ms = ms(spread.quantile(0.5));
  row.p95_ms = ms(spread.quantile(0.95));
  row.least_ms = spread.least() * 1000;
}

}  // namespace

void WatchTotals::fill_from(const WatchTotals& other) {
  if (!messages) messages = other.messages;
  if (!api) api = other.api;
  if (!llm) llm = other.llm;
  if (!cache) cache = other.cache;
  if (other.pending) pending = pending.value_or(0) + *other.pending;
  open_breakers = std::max(open_breakers, other.open_breakers);
  if (!lag_now_ms) lag_now_ms = other.lag_now_ms;
}

WatchTotals totals_of_program(const FamilyLog& log) {
  WatchTotals out;
  if (log.has("chorus_updates_accepted_total") || log.has("chorus_sends_total")) {
    out.messages = {log.grown("chorus_updates_accepted_total"),
                    log.grown("chorus_sends_total", {{"result", "sent"}})};
    // A fleet that has not called yet has no counter of calls yet.
    out.api.emplace();
  }
  log.each("chorus_platform_calls_total", [&](const WatchedSeries& s) {
    count(*(out.api ? &*out.api : &out.api.emplace()), FamilyLog::label(s, "status"), s.grown);
  });
  log.each("chorus_llm_calls_total", [&](const WatchedSeries& s) {
    const auto result = FamilyLog::label(s, "result");
    if (!out.llm) out.llm.emplace();
    // Those were never made: a breaker or a ceiling was before them.
    if (result != "skipped" && result != "refused") count(*out.llm, result, s.grown);
  });
  if (log.has("chorus_cache_hits_total")) {
    out.cache = {
        log.grown("chorus_cache_hits_total") + log.grown("chorus_cache_negative_hits_total"),
        log.grown("chorus_cache_misses_total")};
  }
  log.each("chorus_breaker_state",
           [&](const WatchedSeries& s) { out.open_breakers += s.last > 0; });
  log.each("chorus_outbox", [&](const WatchedSeries& s) {
    const auto state = FamilyLog::label(s, "state");
    if (state == "ready" || state == "sending") out.pending = out.pending.value_or(0) + s.last;
  });
  log.each("nodejs_eventloop_lag_seconds",
           [&](const WatchedSeries& s) { out.lag_now_ms = s.last * 1000; });
  return out;
}

WatchTotals totals_of_sandbox(const FamilyLog& log) {
  WatchTotals out;
  out.messages = {log.grown("sandbox_messages_total", {{"side", "person"}}),
                  log.grown("sandbox_messages_total", {{"side", "bot"}})};
  out.api.emplace();
  log.each("sandbox_calls_total", [&](const WatchedSeries& s) {
    auto* calls = &*out.api;
    if (FamilyLog::label(s, "door") == "llm") calls = out.llm ? &*out.llm : &out.llm.emplace();
    count(*calls, FamilyLog::label(s, "status"), s.grown);
  });
  log.each("sandbox_pending_updates", [&](const WatchedSeries& s) { out.pending = s.last; });
  return out;
}

std::vector<WatchedCalls> calls_of_program(const FamilyLog& log) {
  std::vector<WatchedCalls> out;
  for (auto& [key, row] :
       rows_of(log, "chorus_platform_calls_total", "platform", "method", "status")) {
    out.push_back(std::move(row));
  }
  for (auto& [key, row] : rows_of(log, "chorus_llm_calls_total", "provider", "", "result")) {
    set_times(row, log.spread("chorus_llm_seconds", {{"provider", row.api}}));
    out.push_back(std::move(row));
  }
  for (auto& row : out) row.seen_by = "metrics";
  return out;
}

std::vector<WatchedCalls> calls_of_sandbox(const FamilyLog& log) {
  std::vector<WatchedCalls> out;
  for (auto& [key, row] : rows_of(log, "sandbox_calls_total", "door", "method", "status")) {
    row.seen_by = "sandbox";
    set_times(row, log.spread("sandbox_call_seconds", {{"door", row.api}, {"method", row.method}}));
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<WatchedCache> caches_of(const FamilyLog& log) {
  std::map<std::string, WatchedCache> caches;
  const auto add = [&](std::string_view family, std::uint64_t WatchedCache::* field) {
    log.each(family, [&](const WatchedSeries& s) {
      auto& cache = caches[std::string(FamilyLog::label(s, "namespace"))];
      cache.*field += foreign_count(s.grown);
    });
  };
  add("chorus_cache_hits_total", &WatchedCache::hits);
  add("chorus_cache_negative_hits_total", &WatchedCache::hits);
  add("chorus_cache_misses_total", &WatchedCache::misses);
  std::vector<WatchedCache> out;
  for (auto& [name, cache] : caches) {
    cache.name = name;
    out.push_back(cache);
  }
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> turns_of(const FamilyLog& log) {
  std::vector<std::pair<std::string, std::uint64_t>> out;
  log.each("chorus_turns_total", [&](const WatchedSeries& s) {
    if (const auto n = foreign_count(s.grown); n > 0)
      out.emplace_back(FamilyLog::label(s, "reason"), n);
  });
  std::ranges::sort(out, [](const auto& a, const auto& b) {
    return std::tie(b.second, a.first) < std::tie(a.second, b.first);
  });
  return out;
}

std::string lag_histogram(const FamilyLog& log) {
  for (const std::string_view name : {"chorus_loop_lag_seconds"}) {
    if (log.kind(name) == FamilyKind::Histogram) return std::string(name);
  }
  return {};
}

std::string busiest_times(const FamilyLog& log) {
  if (log.has("chorus_send_seconds")) return "chorus_send_seconds";
  std::string best;
  double most = 0;
  for (const auto& name : log.names()) {
    if (log.kind(name) != FamilyKind::Histogram || !name.ends_with("_seconds")) continue;
    if (name.find("gc") != std::string::npos || name.find("lag") != std::string::npos) continue;
    const double n = log.spread(name).count;
    if (n > most) {
      most = n;
      best = name;
    }
  }
  return best;
}

}  // namespace chorus::lab
