#include "chorus/lab/quality/quality_json.hpp"

#include "chorus/lab/detail/report_json.hpp"

#include <algorithm>
#include <cmath>

namespace chorus::lab {

namespace {

json::object values_json(std::span<const QualityValue> values) {
  json::object out;
  for (const auto& value : values) {
    json::object o;
    o["title"] = value.bound->title;
    o["value"] = value.sample.value ? json::value(std::round(*value.sample.value * 1e4) / 1e4)
                                    : json::value(nullptr);
    o["unit"] = to_string(value.bound->unit);
    o["n"] = value.sample.n;
    o["grade"] = to_string(value.grade());
    o["green"] = green_text(*value.bound);
    out[value.bound->name] = std::move(o);
  }
  return out;
}

std::vector<QualityValue> read_values(const json::object& values) {
  std::vector<QualityValue> out;
  for (const auto& bound : quality_bounds()) {
    QualityValue value{&bound, {}};
    if (const auto* o = find_object(values, bound.name)) {
      value.sample.value = find_double(*o, "value");
      value.sample.n = detail::read_count(*o, "n");
    }
    out.push_back(value);
  }
  return out;
}

}  // namespace

json::object quality_json(const QualityReport& report) {
  json::array rooms;
  for (const auto& room : report.rooms) {
    rooms.push_back(json::object{{"name", room.name},
                                 {"lines", room.lines},
                                 {"beyond", room.beyond},
                                 {"values", values_json(room.values)}});
  }
  json::object out;
  out["values"] = values_json(report.values);
  if (!report.baseline.empty()) {
    out["baseline"] =
        json::object{{"name", report.baseline_name}, {"values", values_json(report.baseline)}};
  }
  out["rooms"] = std::move(rooms);
  return out;
}

QualityReport read_quality(const json::object& quality) {
  QualityReport out;
  if (const auto* values = find_object(quality, "values")) out.values = read_values(*values);
  if (const auto* baseline = find_object(quality, "baseline")) {
    out.baseline_name = std::string(find_string(*baseline, "name").value_or(""));
    if (const auto* values = find_object(*baseline, "values")) out.baseline = read_values(*values);
  }
  const auto* rooms = find_array(quality, "rooms");
  if (!rooms) return out;
  for (const auto& entry : *rooms) {
    const auto* o = entry.if_object();
    if (!o) continue;
    QualityReport::Room room;
    room.name = std::string(find_string(*o, "name").value_or(""));
    const auto count = [&](std::string_view key) { return detail::read_count(*o, key); };
    room.lines = count("lines");
    room.beyond = count("beyond");
    if (const auto* values = find_object(*o, "values")) room.values = read_values(*values);
    out.rooms.push_back(std::move(room));
  }
  return out;
}

}  // namespace chorus::lab
