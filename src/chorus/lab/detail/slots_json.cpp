#include "chorus/lab/detail/report_json.hpp"

#include <algorithm>

namespace chorus::lab::detail {

namespace {

constexpr std::size_t kMostRead = 100;

json::object by_name(const std::map<std::string, std::uint64_t>& values) {
  json::object out;
  for (const auto& [name, n] : values) out[name] = n;
  return out;
}

std::map<std::string, std::uint64_t> read_names(const json::object& o, std::string_view key) {
  std::map<std::string, std::uint64_t> out;
  const auto* names = find_object(o, key);
  if (!names) return out;
  for (const auto& [name, value] : *names) {
    if (out.size() < kMostRead) out[name] = read_count(*names, name);
  }
  return out;
}

}  // namespace

json::object slots_json(const SlotAccount& slots) {
  json::array differences;
  for (const auto& line : slots.differences) differences.emplace_back(line);
  return {{"requests", slots.requests},
          {"at_once", slots.at_once},
          {"queued", slots.queued},
          {"from_queue", slots.from_queue},
          {"gave_up", slots.gave_up},
          {"refused", by_name(slots.refused)},
          {"ended", by_name(slots.ended)},
          {"peak", slots.peak},
          {"left", slots.left},
          {"took_s", to_seconds(slots.took)},
          {"differences", std::move(differences)}};
}

SlotAccount read_slots(const json::object& o) {
  SlotAccount out;
  out.requests = read_count(o, "requests");
  out.at_once = read_count(o, "at_once");
  out.queued = read_count(o, "queued");
  out.from_queue = read_count(o, "from_queue");
  out.gave_up = read_count(o, "gave_up");
  out.refused = read_names(o, "refused");
  out.ended = read_names(o, "ended");
  out.peak = read_count(o, "peak");
  out.left = read_count(o, "left");
  const auto took = to_double(o.contains("took_s") ? o.at("took_s") : json::value(0));
  out.took = from_seconds(std::clamp(took.value_or(0), 0.0, 1e6));
  if (const auto* differences = find_array(o, "differences")) {
    for (const auto& line : *differences) {
      if (line.is_string() && out.differences.size() < kMostRead) {
        out.differences.emplace_back(line.get_string());
      }
    }
  }
  return out;
}

}  // namespace chorus::lab::detail
