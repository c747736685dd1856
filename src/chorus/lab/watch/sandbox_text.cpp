#include "chorus/lab/watch/sandbox_text.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <fmt/format.h>

namespace chorus::lab {

namespace {

std::string escaped(std::string_view text) {
  auto out = replace_all(std::string(text), "\\", "\\\\");
  return replace_all(replace_all(std::move(out), "\"", "\\\""), "\n", "\\n");
}

void add_method(const json::object& m, std::string& calls, std::string& times) {
  const auto labels =
      fmt::format("door=\"{}\",method=\"{}\"", escaped(find_string(m, "door").value_or("")),
                  escaped(find_string(m, "method").value_or("")));
  const auto count = find_int(m, "count").value_or(0);
  if (const auto* statuses = find_object(m, "statuses")) {
    for (const auto& [status, n] : *statuses) {
      calls += fmt::format("sandbox_calls_total{{{},status=\"{}\"}} {}\n", labels, escaped(status),
                           as_int(n).value_or(0));
    }
  }
  if (const auto* within = find_array(m, "at_most_ms")) {
    for (const auto& pair : *within) {
      const auto* two = pair.if_array();
      if (!two || two->size() != 2) continue;
      times += fmt::format("sandbox_call_seconds_bucket{{{},le=\"{}\"}} {}\n", labels,
                           static_cast<double>(as_int((*two)[0]).value_or(0)) / 1000,
                           as_int((*two)[1]).value_or(0));
    }
  }
  times += fmt::format(
      "sandbox_call_seconds_bucket{{{0},le=\"+Inf\"}} {1}\n"
      "sandbox_call_seconds_sum{{{0}}} {2}\nsandbox_call_seconds_count{{{0}}} {1}\n",
      labels, count, find_double(m, "seconds").value_or(0));
}

}  // namespace

Result<std::string> sandbox_exposition(std::string_view stats_json) {
  CH_TRY(const auto value, parse_json(stats_json));
  const auto* stats = value.if_object();
  const auto* ledger = stats ? find_object(*stats, "ledger") : nullptr;
  const auto* methods = stats ? find_array(*stats, "by_method") : nullptr;
  if (!ledger || !methods) {
    return fail(ErrorCode::ParseError,
                "it is no sandbox, or one of an older chorus that does not tell its methods");
  }
  std::string calls = "# TYPE sandbox_calls_total counter\n";
  std::string times = "# TYPE sandbox_call_seconds histogram\n";
  for (const auto& entry : *methods) {
    if (const auto* m = entry.if_object()) add_method(*m, calls, times);
  }
  const auto of = [&](std::string_view key) { return find_int(*ledger, key).value_or(0); };
  return calls + times +
         fmt::format(
             "# TYPE sandbox_messages_total counter\n"
             "sandbox_messages_total{{side=\"person\"}} {}\n"
             "sandbox_messages_total{{side=\"bot\"}} {}\n"
             "# TYPE sandbox_pending_updates gauge\nsandbox_pending_updates {}\n",
             of("person_messages"), of("bot_messages"), of("pending"));
}

}  // namespace chorus::lab
