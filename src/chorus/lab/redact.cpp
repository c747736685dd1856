#include "chorus/lab/redact.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <algorithm>

namespace chorus::lab {

namespace {
constexpr std::string_view kHidden = "***";
}

Redactor::Redactor(const std::vector<Secret>& secrets) {
  for (const auto& secret : secrets) {
    std::string plain(secret.reveal());
    auto quoted = json::serialize(json::value(plain));
    quoted = quoted.substr(1, quoted.size() - 2);
    if (quoted != plain) values_.push_back(std::move(quoted));
    values_.push_back(std::move(plain));
  }
  std::ranges::sort(values_, std::ranges::greater{}, &std::string::size);
}

std::string Redactor::operator()(std::string text) const {
  for (const auto& value : values_) {
    if (text.find(value) != std::string::npos) text = replace_all(std::move(text), value, kHidden);
  }
  return text;
}

void Redactor::apply(RunResult& r) const {
  if (idle()) return;
  const auto hide = [&](std::string& text) { text = (*this)(std::move(text)); };
  const auto hide_keys = [&](std::map<std::string, std::uint64_t>& counts) {
    std::map<std::string, std::uint64_t> out;
    for (const auto& [key, n] : counts) out[(*this)(key)] += n;
    counts = std::move(out);
  };
  for (auto* text : {&r.description, &r.end_reason, &r.sentence, &r.target}) hide(*text);
  for (auto* lines : {&r.reasons, &r.findings, &r.not_proven, &r.faults}) {
    std::ranges::for_each(*lines, hide);
  }
  for (auto& t : r.thresholds) hide(t.threshold.why);
  for (auto& metric : r.metrics) hide(metric.key);
  if (r.quality) {
    for (auto& room : r.quality->rooms) hide(room.name);
  }
  for (auto& process : r.processes) hide(process.name);
  for (auto* pairs : {&r.founding, &r.environment}) {
    for (auto& [key, value] : *pairs) hide(value);
  }
  hide_keys(r.errors);
  hide_keys(r.not_simulated);
}

}  // namespace chorus::lab
