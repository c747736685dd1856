#include "chorus/lab/detail/books.hpp"

#include "chorus/base/units.hpp"

#include <fmt/format.h>

namespace chorus::lab::detail {

namespace {

constexpr std::size_t kWorst = 10;

void fill_fairness(const Books& books, const Measure& measure, FairnessReport& out) {
  measure.people().fill(out);
  for (auto& [person, served] : measure.people().worst(kWorst)) {
    if (person < books.people.size()) served.name = books.people[person];
    out.worst_people.push_back(served);
  }
  for (auto& [place, served] : measure.groups().worst(kWorst)) {
    if (place < books.places.size()) served.name = books.places[place];
    out.worst_rooms.push_back(served);
  }
}

}  // namespace

RunResult close_books(Books books, Measure& measure) {
  auto out = std::move(books.out);
  const auto now = books.now;
  const auto load_ended = books.load_ended;
  out.duration = now - books.start;
  out.cooldown = now - load_ended;
  if (out.quality) measure.quality(*out.quality);
  out.fault_windows = books.faults.windows();
  out.faults_uncounted = books.faults.uncounted();
  judge_recovery(out.fault_windows, measure.served(), load_ended - books.start);
  measure.faults(out.fault_windows);
  for (const auto& w : out.fault_windows) {
    out.faults.push_back(fmt::format("at {}: {}", format_duration(w.begin), w.what));
  }
  measure.finish(out.ledger, now);
  measure.fill(out, load_ended);
  fill_fairness(books, measure, out.fairness);
  out.thresholds = evaluate(books.thresholds, [&](const Threshold& threshold) {
    return measure.lookup(threshold, load_ended);
  });
  for (std::size_t i = 0; i < out.thresholds.size(); ++i) {
    auto& threshold = out.thresholds[i];
    threshold.longest_broken = books.longest_broken[i];
    threshold.ok = threshold.ok && !threshold.broken_too_long();
  }
  out.little = {measure.service_count(), measure.service_seconds(), books.in_flight_seconds,
                to_seconds(out.measured)};
  out.little_error = out.little.error();
  return out;
}

}  // namespace chorus::lab::detail
