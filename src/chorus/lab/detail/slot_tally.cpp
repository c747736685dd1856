#include "chorus/lab/detail/slot_tally.hpp"

#include "chorus/base/json_writer.hpp"

namespace chorus::lab::detail {

namespace {

std::string_view name_of(SlotOutcome::How how) {
  switch (how) {
    case SlotOutcome::How::Completed:
      return "completed";
    case SlotOutcome::How::Stopped:
      return "stopped";
    case SlotOutcome::How::Refused:
      return "refused";
    case SlotOutcome::How::GaveUp:
      break;
  }
  return "gave_up";
}

std::int64_t micros(Duration d) {
  return d / std::chrono::microseconds(1);
}

}  // namespace

SlotTally::SlotTally(const Scenario& scenario, const RecordSink& record)
    : record_(record),
      duration_(metrics_.at("conversation_duration")),
      wait_(metrics_.at("conversation_wait")),
      success_(metrics_.at("conversations_success")),
      started_(metrics_.at("conversations_started")),
      completed_(metrics_.at("conversations_completed")),
      live_(metrics_.at("conversations_live")),
      live_of_one_(metrics_.at("conversations_live_of_one")) {
  for (const auto& people : scenario.people) {
    kinds_.push_back({people.kind, &metrics_.at("conversation_duration", {{"kind", people.kind}})});
  }
}

void SlotTally::add(const SlotOutcome& outcome) {
  using How = SlotOutcome::How;
  const auto total = outcome.ended - outcome.asked;
  auto& point = series_.at(outcome.ended);
  const bool began = outcome.how == How::Completed || outcome.how == How::Stopped;
  if (began) {
    ++summary_.started;
    started_.add();
    success_.rate(outcome.how == How::Completed);
    if (outcome.began > outcome.asked) wait_.record(outcome.began - outcome.asked);
  }
  if (outcome.how == How::Completed) {
    ++summary_.completed;
    completed_.add();
    duration_.record(total);
    kinds_[outcome.kind].duration->record(total);
    ++point.answered;
    point.latency.record(total);
  } else {
    ++point.errors;
    if (outcome.how == How::Stopped) ++summary_.abandoned;
    if (outcome.how == How::Refused) {
      metrics_.at("conversations_refused").add();
      metrics_.at("conversations_refused", {{"reason", std::string(outcome.status)}}).add();
    }
  }
  ++series_.at(outcome.asked).sent;
  std::string line;
  line.reserve(160);
  JsonWriter json(line);
  json.begin_object()
      .field("record", "conversation")
      .field("kind", kinds_[outcome.kind].name)
      .field("person", outcome.person)
      .field("asked_us", micros(outcome.asked))
      .field("began_us", micros(outcome.began))
      .field("ended_us", micros(outcome.ended))
      .field("outcome", name_of(outcome.how));
  if (!outcome.status.empty()) json.field("why", outcome.status);
  json.end_object();
  hash_.add(line);
  if (record_) record_(line);
}

}  // namespace chorus::lab::detail
