#pragma once

#include "chorus/base/json.hpp"
#include "chorus/lab/result.hpp"

#include <optional>

// Parts of `result.json` that the report is drawn from, written and read back. Reading takes any
// object; what is missing or odd stays empty.
namespace chorus::lab::detail {

json::object legs_json(const RunResult& result);
json::object fairness_json(const FairnessReport& fairness);
json::object obedience_json(const Obedience& obedience);
json::object llm_json(const RunResult& result);
json::object slots_json(const SlotAccount& slots);
json::object scrape_json(const ScrapeReport& scrape);
json::array away_json(const std::vector<Away>& away);

/// 0 for everything but a whole number above it.
std::uint64_t read_count(const json::object& o, std::string_view key);
/// A number of any kind; nullopt for everything else.
std::optional<double> to_double(const json::value& value);
void read_legs(const json::object& o, LegCounts& out);
void read_fairness(const json::object& o, FairnessReport& out);
void read_obedience(const json::object& o, Obedience& out);
void read_llm(const json::object& o, RunResult& out);
SlotAccount read_slots(const json::object& o);
ScrapeReport read_scrape(const json::object& o);
std::vector<Away> read_away(const json::array& list);

}  // namespace chorus::lab::detail
