#include "chorus/lab/records.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/random.hpp"

#include <fmt/format.h>

namespace chorus::lab {

std::string record_line(const LedgerRecord& record, const RecordNames& names, MonoTime start) {
  const auto& m = record.message;
  const auto us = [&](MonoTime at) {
    return std::chrono::duration_cast<std::chrono::microseconds>(at - start).count();
  };
  std::string out;
  out.reserve(320);
  JsonWriter json(out);
  json.begin_object()
      .field("record", "message")
      .field("n", record.sequence)
      .field("kind", names.kind)
      .field("person", m.person)
      .field("room", names.room)
      .field("measured", m.measured)
      .field("intended_us", us(m.intended))
      .field("woke_us", us(m.woke))
      .field("accepted_us", us(m.accepted))
      .field("outcome", to_string(record.outcome));
  if (record.taken) json.field("taken_us", us(*record.taken));
  if (record.replied) {
    json.field("replied_us", us(*record.replied)).field("via", to_string(record.via));
    json.field("bot", names.bot);
  }
  if (record.completed) json.field("completed_us", us(*record.completed));
  json.field("replies", record.replies);
  if (record.late) json.field("late", true);
  json.end_object();
  return out;
}

void RecordsHash::add(std::string_view line) {
  value_ = stable_hash(line, value_);
}

std::string RecordsHash::hex() const {
  return fmt::format("{:016x}", value_);
}

}  // namespace chorus::lab
