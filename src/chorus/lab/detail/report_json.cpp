#include "chorus/lab/detail/report_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace chorus::lab::detail {

namespace {

constexpr std::size_t kMaxRead = 100;

/// Five digits are more than a curve shows, and keep the page small.
json::value short_number(double value) {
  if (!std::isfinite(value)) return nullptr;
  if (value == 0) return 0;
  const double scale = std::pow(10, 4 - std::floor(std::log10(std::abs(value))));
  const double rounded = std::isfinite(scale) ? std::round(value * scale) / scale : value;
  return std::isfinite(rounded) ? rounded : value;
}

std::string leg_key(std::string_view leg) {
  return fmt::format("leg_latency{{leg:{}}}", leg);
}

json::array served(const std::vector<Served>& list) {
  json::array out;
  for (const auto& s : list) {
    out.push_back(json::object{{"name", s.name},
                               {"required", s.required},
                               {"answered", s.answered},
                               {"mean_ms", short_number(s.mean_ms)}});
  }
  return out;
}

void read_served(const json::object& o, std::string_view key, std::vector<Served>& out) {
  const auto* list = find_array(o, key);
  if (!list) return;
  for (const auto& entry : *list) {
    if (!entry.is_object() || out.size() >= kMaxRead) continue;
    const auto& e = entry.get_object();
    Served s;
    s.name = find_string(e, "name").value_or("");
    s.required = static_cast<std::uint32_t>(read_count(e, "required"));
    s.answered = static_cast<std::uint32_t>(read_count(e, "answered"));
    s.mean_ms = find_double(e, "mean_ms").value_or(0);
    out.push_back(std::move(s));
  }
}

}  // namespace

json::object legs_json(const RunResult& r) {
  json::array parts;
  const auto add = [&](std::string_view leg, std::string_view title) {
    const auto* m = find_summary(r, leg_key(leg));
    if (!m || m->count == 0) return;
    parts.push_back(json::object{{"leg", leg},
                                 {"title", title},
                                 {"n", m->count},
                                 {"mean", short_number(m->mean)},
                                 {"p50", short_number(m->p50)},
                                 {"p95", short_number(m->p95)},
                                 {"max", short_number(m->max)}});
  };
  for (std::size_t i = 0; i < kLegCount; ++i) {
    add(to_string(static_cast<Leg>(i)), title_of(static_cast<Leg>(i)));
  }
  add(kLlmLeg, "of that, at the LLM");
  json::object o;
  o["replies"] = r.legs.replies;
  o["split"] = r.legs.split;
  o["llm_calls"] = r.legs.llm_calls;
  o["llm_unknown"] = r.legs.llm_unknown;
  o["parts"] = std::move(parts);
  return o;
}

std::uint64_t read_count(const json::object& o, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, find_int(o, key).value_or(0)));
}

std::optional<double> to_double(const json::value& value) {
  if (value.is_double()) return value.get_double();
  if (value.is_int64()) return static_cast<double>(value.get_int64());
  if (value.is_uint64()) return static_cast<double>(value.get_uint64());
  return std::nullopt;
}

void read_legs(const json::object& o, LegCounts& out) {
  out.replies = read_count(o, "replies");
  out.split = read_count(o, "split");
  out.llm_calls = read_count(o, "llm_calls");
  out.llm_unknown = read_count(o, "llm_unknown");
}

json::object fairness_json(const FairnessReport& f) {
  json::object o;
  o["people"] = f.people;
  o["jain"] = short_number(f.jain);
  o["gini"] = short_number(f.gini);
  json::array curve;
  for (const auto& [x, y] : f.lorenz) {
    curve.push_back(json::array{short_number(x), short_number(y)});
  }
  o["lorenz"] = std::move(curve);
  o["worst_people"] = served(f.worst_people);
  o["worst_rooms"] = served(f.worst_rooms);
  return o;
}

void read_fairness(const json::object& o, FairnessReport& out) {
  out.people = static_cast<std::uint32_t>(read_count(o, "people"));
  out.jain = find_double(o, "jain").value_or(1);
  out.gini = find_double(o, "gini").value_or(0);
  if (const auto* curve = find_array(o, "lorenz")) {
    for (const auto& point : *curve) {
      const auto* pair = point.if_array();
      if (!pair || pair->size() != 2 || out.lorenz.size() >= kMaxRead) continue;
      out.lorenz.emplace_back(to_double((*pair)[0]).value_or(0), to_double((*pair)[1]).value_or(0));
    }
  }
  read_served(o, "worst_people", out.worst_people);
  read_served(o, "worst_rooms", out.worst_rooms);
}

json::object obedience_json(const Obedience& b) {
  return json::object{{"limited", b.limited},
                      {"waited", b.waited},
                      {"early", b.early},
                      {"worst_early_ms", short_number(b.worst_early_ms)}};
}

void read_obedience(const json::object& o, Obedience& out) {
  out.limited = read_count(o, "limited");
  out.waited = read_count(o, "waited");
  out.early = read_count(o, "early");
  out.worst_early_ms = find_double(o, "worst_early_ms").value_or(0);
}

json::object llm_json(const RunResult& r) {
  json::object o{{"calls", r.llm_calls},
                 {"prompt_tokens", r.llm_prompt_tokens},
                 {"completion_tokens", r.llm_completion_tokens}};
  if (r.llm_prices) {
    const auto& p = *r.llm_prices;
    o["prices"] = json::object{{"input", p.input}, {"output", p.output}};
    o["cost"] = short_number((static_cast<double>(r.llm_prompt_tokens) * p.input +
                              static_cast<double>(r.llm_completion_tokens) * p.output) /
                             1e6);
  }
  return o;
}

void read_llm(const json::object& o, RunResult& out) {
  out.llm_calls = read_count(o, "calls");
  out.llm_prompt_tokens = static_cast<std::int64_t>(read_count(o, "prompt_tokens"));
  out.llm_completion_tokens = static_cast<std::int64_t>(read_count(o, "completion_tokens"));
  if (const auto* prices = find_object(o, "prices")) {
    out.llm_prices = LlmPrices{find_double(*prices, "input").value_or(0),
                               find_double(*prices, "output").value_or(0)};
  }
}

json::object scrape_json(const ScrapeReport& s) {
  json::object o;
  o["url"] = s.url;
  o["scrapes"] = s.scrapes;
  o["failed"] = s.failed;
  o["left_out"] = s.left_out;
  o["last_error"] = s.last_error;
  json::array at;
  for (const double t : s.at) at.push_back(short_number(t));
  o["at"] = std::move(at);
  json::array list;
  for (const auto& one : s.series) {
    json::object labels;
    for (const auto& [k, v] : one.labels) labels[k] = v;
    json::array values;
    for (const double v : one.values) values.push_back(short_number(v));
    list.push_back(json::object{{"name", one.name},
                                {"labels", std::move(labels)},
                                {"shows", to_string(one.shows)},
                                {"values", std::move(values)}});
  }
  o["series"] = std::move(list);
  return o;
}

ScrapeReport read_scrape(const json::object& o) {
  ScrapeReport out;
  out.url = find_string(o, "url").value_or("");
  out.scrapes = read_count(o, "scrapes");
  out.failed = read_count(o, "failed");
  out.left_out = read_count(o, "left_out");
  out.last_error = find_string(o, "last_error").value_or("");
  const auto numbers = [](const json::object& from, std::string_view key) {
    std::vector<double> list;
    if (const auto* found = find_array(from, key)) {
      for (const auto& v : *found) {
        if (list.size() >= ScrapeLog::kMaxPoints) break;
        list.push_back(to_double(v).value_or(std::numeric_limits<double>::quiet_NaN()));
      }
    }
    return list;
  };
  out.at = numbers(o, "at");
  const auto* list = find_array(o, "series");
  if (!list) return out;
  for (const auto& entry : *list) {
    if (!entry.is_object() || out.series.size() >= ScrapeLog::kMaxShown) continue;
    const auto& e = entry.get_object();
    ScrapedSeries s;
    s.name = find_string(e, "name").value_or("");
    if (const auto* labels = find_object(e, "labels")) {
      for (const auto& [k, v] : *labels) {
        if (v.is_string()) s.labels.emplace_back(k, v.get_string());
      }
    }
    const auto shows = find_string(e, "shows").value_or("");
    for (const auto kind : {ScrapedSeries::Shows::PerSecond, ScrapedSeries::Shows::Mean}) {
      if (to_string(kind) == shows) s.shows = kind;
    }
    s.values = numbers(e, "values");
    s.values.resize(out.at.size(), std::numeric_limits<double>::quiet_NaN());
    out.series.push_back(std::move(s));
  }
  return out;
}

json::array away_json(const std::vector<Away>& away) {
  json::array out;
  for (const auto& a : away) {
    out.push_back(json::object{{"from_s", to_seconds(a.from)},
                               {"back_s", to_seconds(a.back)},
                               {"until_s", to_seconds(a.until)},
                               {"in_flight", a.in_flight}});
  }
  return out;
}

std::vector<Away> read_away(const json::array& list) {
  std::vector<Away> out;
  const auto span = [](const json::object& o, std::string_view key) {
    return from_seconds(std::clamp(find_double(o, key).value_or(0), 0.0, 1e9));
  };
  for (const auto& entry : list) {
    if (!entry.is_object()) continue;
    const auto& o = entry.get_object();
    out.push_back(
        {span(o, "from_s"), span(o, "back_s"), span(o, "until_s"), read_count(o, "in_flight")});
  }
  return out;
}

}  // namespace chorus::lab::detail
