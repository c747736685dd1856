#include "chorus/lab/detail/scenario_sections.hpp"

namespace chorus::lab::detail {

namespace {

void read_threshold(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                    std::span<const OwnMetric> own, std::vector<Threshold>& out) {
  std::string expr;
  Threshold extra;
  if (node.IsMap()) {
    reader.map(node, "a threshold", keys_of("thresholds.*[]"),
               [&](const std::string& key, const YAML::Node& v) {
                 if (key == "expr") {
                   reader.text(v, "expr", expr);
                 } else if (key == "why") {
                   reader.text(v, "why", extra.why);
                 } else if (key == "abort_on_fail") {
                   reader.boolean(v, "abort_on_fail", extra.abort_on_fail);
                 } else if (key == "delay_eval") {
                   reader.duration(v, "delay_eval", extra.delay_eval);
                 } else if (key == "for") {
                   reader.duration(v, "for", extra.broken_for);
                 }
               });
  } else {
    reader.text(node, "a threshold", expr);
  }
  auto parsed = parse_threshold(metric, expr, own);
  if (!parsed) return reader.problem(node, parsed.error().message);
  parsed->why = std::move(extra.why);
  parsed->abort_on_fail = extra.abort_on_fail;
  parsed->delay_eval = extra.delay_eval;
  parsed->broken_for = extra.broken_for;
  out.push_back(std::move(*parsed));
}

}  // namespace

void read_thresholds(YamlReader& reader, const std::string& metric, const YAML::Node& node,
                     std::span<const OwnMetric> own, std::vector<Threshold>& out) {
  if (!node.IsSequence()) return read_threshold(reader, metric, node, own, out);
  for (const auto& item : node) read_threshold(reader, metric, item, own, out);
}

}  // namespace chorus::lab::detail
