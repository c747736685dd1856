#include "chorus/lab/watch/watch_json.hpp"

#include "chorus/lab/detail/report_json.hpp"
#include "chorus/lab/watch/foreign_number.hpp"
#include "chorus/lab/watch/watch.hpp"

#include <cmath>
#include <cstddef>

namespace chorus::lab {

namespace {

using detail::read_count;

/// Six significant digits: readable, and a third of the length.
json::value short_value(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (std::abs(value) < 1e-300) return 0;
  const double scale = std::pow(10.0, 5 - std::floor(std::log10(std::abs(value))));
  const double rounded = std::round(value * scale) / scale;
  if (rounded == std::floor(rounded) && std::abs(rounded) < 1e15) {
    return static_cast<std::int64_t>(rounded);
  }
  return rounded;
}

json::value maybe(const std::optional<double>& value) {
  return value ? short_value(*value) : json::value(nullptr);
}

std::optional<double> read_maybe(const json::object& o, std::string_view key) {
  const auto* value = o.if_contains(key);
  return value ? detail::to_double(*value) : std::nullopt;
}

double read_number(const json::object& o, std::string_view key) {
  return read_maybe(o, key).value_or(0);
}

std::string read_text(const json::object& o, std::string_view key) {
  return std::string(find_string(o, key).value_or(""));
}

template <class Each>
void each_object(const json::object& o, std::string_view key, std::size_t most, Each each) {
  const auto* list = find_array(o, key);
  if (!list) return;
  for (const auto& entry : *list) {
    if (!entry.is_object()) continue;
    if (most-- == 0) return;
    each(entry.get_object());
  }
}

json::object labels_json(const metrics::Labels& labels) {
  json::object out;
  for (const auto& [name, value] : labels) out[name] = value;
  return out;
}

json::object source_json(const WatchSource& s) {
  json::array gaps;
  for (const auto& [from, to] : s.gaps) {
    gaps.push_back(json::array{short_value(from), short_value(to)});
  }
  json::array restarts;
  for (const double at : s.restarts) restarts.push_back(short_value(at));
  return {{"kind", s.kind},
          {"where", s.where},
          {"reads", s.reads},
          {"failed", s.failed},
          {"last_error", s.last_error},
          {"gaps", std::move(gaps)},
          {"more_gaps", s.more_gaps},
          {"restarts", std::move(restarts)},
          {"more_restarts", s.more_restarts}};
}

WatchSource read_source(const json::object& o) {
  WatchSource out;
  out.kind = read_text(o, "kind");
  out.where = read_text(o, "where");
  out.reads = read_count(o, "reads");
  out.failed = read_count(o, "failed");
  out.last_error = read_text(o, "last_error");
  out.more_gaps = read_count(o, "more_gaps");
  out.more_restarts = read_count(o, "more_restarts");
  if (const auto* gaps = find_array(o, "gaps")) {
    for (const auto& gap : *gaps) {
      const auto* two = gap.if_array();
      if (!two || two->size() != 2 || out.gaps.size() >= WatchSource::kMaxGaps) continue;
      out.gaps.emplace_back(detail::to_double((*two)[0]).value_or(0),
                            detail::to_double((*two)[1]).value_or(0));
    }
  }
  if (const auto* restarts = find_array(o, "restarts")) {
    for (const auto& at : *restarts) {
      if (out.restarts.size() >= WatchSource::kMaxGaps) break;
      out.restarts.push_back(detail::to_double(at).value_or(0));
    }
  }
  return out;
}

json::object calls_json(const WatchedCalls& c) {
  json::object statuses;
  for (const auto& [status, n] : c.statuses) statuses[status] = n;
  return {{"seen_by", c.seen_by},
          {"api", c.api},
          {"method", c.method},
          {"count", c.count},
          {"failed", c.failed},
          {"limited", c.limited},
          {"statuses", statuses},
          {"mean_ms", maybe(c.mean_ms)},
          {"p50_ms", maybe(c.p50_ms)},
          {"p95_ms", maybe(c.p95_ms)},
          {"least_ms", short_value(c.least_ms)}};
}

WatchedCalls read_calls(const json::object& o) {
  WatchedCalls out;
  out.seen_by = read_text(o, "seen_by");
  out.api = read_text(o, "api");
  out.method = read_text(o, "method");
  out.count = read_count(o, "count");
  out.failed = read_count(o, "failed");
  out.limited = read_count(o, "limited");
  if (const auto* statuses = find_object(o, "statuses")) {
    for (const auto& [status, n] : *statuses) {
      out.statuses[status] = foreign_count(detail::to_double(n).value_or(0));
    }
  }
  out.mean_ms = read_maybe(o, "mean_ms");
  out.p50_ms = read_maybe(o, "p50_ms");
  out.p95_ms = read_maybe(o, "p95_ms");
  out.least_ms = read_number(o, "least_ms");
  return out;
}

json::object row_json(const WatchedRow& r) {
  json::object out{{"name", r.name},
                   {"kind", to_string(r.kind)},
                   {"labels", labels_json(r.labels)},
                   {"value", short_value(r.value)}};
  if (r.kind == FamilyKind::Gauge) {
    out["low"] = short_value(r.low);
    out["mean"] = short_value(r.mean);
    out["high"] = short_value(r.high);
  } else {
    out["per_second"] = short_value(r.per_second);
  }
  if (r.kind == FamilyKind::Histogram || r.kind == FamilyKind::Summary) {
    out["mean"] = short_value(r.mean);
    out["p50"] = maybe(r.p50);
    out["p95"] = maybe(r.p95);
    out["p99"] = maybe(r.p99);
    out["least"] = short_value(r.least);
  }
  if (r.resets > 0) out["resets"] = r.resets;
  return out;
}

WatchedRow read_row(const json::object& o) {
  WatchedRow out;
  out.name = read_text(o, "name");
  const auto kind = read_text(o, "kind");
  for (const auto one : {FamilyKind::Counter, FamilyKind::Histogram, FamilyKind::Summary}) {
    if (to_string(one) == kind) out.kind = one;
  }
  if (const auto* labels = find_object(o, "labels")) {
    for (const auto& [name, value] : *labels) {
      if (value.is_string()) out.labels.emplace_back(name, value.get_string());
    }
  }
  out.value = read_number(o, "value");
  out.per_second = read_number(o, "per_second");
  out.low = read_number(o, "low");
  out.mean = read_number(o, "mean");
  out.high = read_number(o, "high");
  out.p50 = read_maybe(o, "p50");
  out.p95 = read_maybe(o, "p95");
  out.p99 = read_maybe(o, "p99");
  out.least = read_number(o, "least");
  out.resets = static_cast<std::uint32_t>(read_count(o, "resets"));
  return out;
}

constexpr std::pair<const char*, double WatchPoint::*> kFields[] = {
    {"in", &WatchPoint::messages_in},      {"out", &WatchPoint::messages_out},
    {"calls", &WatchPoint::calls},         {"errors", &WatchPoint::errors},
    {"limited", &WatchPoint::limited},     {"hits", &WatchPoint::cache_hits},
    {"misses", &WatchPoint::cache_misses}, {"lag_ms", &WatchPoint::lag_ms},
    {"pending", &WatchPoint::pending},     {"open_breakers", &WatchPoint::open_breakers}};

json::object point_json(const WatchPoint& p) {
  json::object out{{"t", short_value(to_seconds(p.at))}};
  if (p.silent) out["silent"] = true;
  for (const auto& [name, field] : kFields) {
    if (p.*field != 0) out[name] = short_value(p.*field);
  }
  return out;
}

WatchPoint read_point(const json::object& o) {
  WatchPoint out;
  out.at = foreign_span(read_number(o, "t"));
  out.silent = find_bool(o, "silent").value_or(false);
  for (const auto& [name, field] : kFields) out.*field = read_number(o, name);
  return out;
}

}  // namespace

json::object watch_json(const WatchReport& r) {
  json::object out;
  out["ended"] = r.ended;
  out["every_s"] = short_value(r.every_s);
  const auto list = [&](std::string_view key, const auto& items, const auto& one) {
    json::array made;
    for (const auto& item : items) made.push_back(one(item));
    out[key] = std::move(made);
  };
  list("sources", r.sources, source_json);
  list("calls", r.calls, calls_json);
  list("caches", r.caches, [](const WatchedCache& c) {
    return json::object{{"name", c.name}, {"hits", c.hits}, {"misses", c.misses}};
  });
  json::object turns;
  for (const auto& [reason, n] : r.turns) turns[reason] = n;
  out["turns"] = std::move(turns);
  list("breakers", r.breakers, [](const WatchedBreaker& b) {
    return json::object{
        {"of", b.of}, {"opened", b.opened}, {"open_s", short_value(b.open_s)}, {"state", b.state}};
  });
  list("events", r.events, [](const WatchEvent& e) {
    return json::object{{"at", short_value(e.at)}, {"what", e.what}};
  });
  out["more_events"] = r.more_events;
  list("rows", r.rows, row_json);
  out["left_out"] = r.left_out;
  out["lag_name"] = r.lag_name;
  out["interval_s"] = short_value(to_seconds(r.interval));
  list("points", r.points, point_json);
  return out;
}

json::object watch_definitions(const RunResult& r) {
  json::object out{
      {"errors", "share of the calls to platforms and models that failed, other than by a 429"},
      {"messages", "person: taken in from people; bot: taken by the platforms"},
      {"queue_depth", "sends that wait in the program, and updates that wait in the sandbox"},
      {"generator_cpu", "cores that watching keeps busy"},
      {"generator_rss", "resident memory of the watch"}};
  for (const auto& m : watch_metrics()) {
    if (find_summary(r, m.name)) out[m.name] = m.definition;
  }
  return out;
}

std::shared_ptr<const WatchReport> read_watch(const json::object& o) {
  auto out = std::make_shared<WatchReport>();
  out->ended = read_text(o, "ended");
  out->every_s = read_number(o, "every_s");
  each_object(o, "sources", 10,
              [&](const json::object& e) { out->sources.push_back(read_source(e)); });
  each_object(o, "calls", WatchReport::kMaxCalls,
              [&](const json::object& e) { out->calls.push_back(read_calls(e)); });
  each_object(o, "caches", WatchReport::kMaxRows, [&](const json::object& e) {
    out->caches.push_back({read_text(e, "name"), read_count(e, "hits"), read_count(e, "misses")});
  });
  if (const auto* turns = find_object(o, "turns")) {
    for (const auto& [reason, n] : *turns) {
      out->turns.emplace_back(reason, foreign_count(detail::to_double(n).value_or(0)));
    }
  }
  each_object(o, "breakers", WatchReport::kMaxEvents, [&](const json::object& e) {
    out->breakers.push_back({read_text(e, "of"), read_count(e, "opened"), read_number(e, "open_s"),
                             static_cast<int>(find_int(e, "state").value_or(0))});
  });
  each_object(o, "events", WatchReport::kMaxEvents, [&](const json::object& e) {
    out->events.push_back({read_number(e, "at"), read_text(e, "what")});
  });
  out->more_events = read_count(o, "more_events");
  each_object(o, "rows", WatchReport::kMaxRows,
              [&](const json::object& e) { out->rows.push_back(read_row(e)); });
  out->left_out = read_count(o, "left_out");
  out->lag_name = read_text(o, "lag_name");
  out->interval = foreign_span(read_number(o, "interval_s"));
  each_object(o, "points", WatchSeries::kMaxPoints,
              [&](const json::object& e) { out->points.push_back(read_point(e)); });
  return out;
}

}  // namespace chorus::lab
