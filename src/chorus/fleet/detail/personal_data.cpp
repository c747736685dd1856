#include "chorus/fleet/detail/personal_data.hpp"

#include "chorus/base/json_writer.hpp"

namespace chorus::fleet::detail {
namespace {

void write_messages(JsonWriter& w, const std::vector<store::MessageRow>& rows) {
  w.key("messages").begin_array();
  for (const auto& row : rows) {
    w.begin_object().field("id", row.id.value).field("room", row.room.value);
    w.field("author", row.author.value).field("name", row.author_name);
    w.field("by_bot", static_cast<bool>(row.bot)).field("date", to_iso8601(row.date));
    w.field("text", row.text).end_object();
  }
  w.end_array();
}

void write_memories(JsonWriter& w, const std::vector<store::MemoryRow>& rows) {
  w.key("memories").begin_array();
  for (const auto& row : rows) {
    w.begin_object().field("id", row.id.value).field("bot", row.bot.value);
    w.field("room", row.room.value).field("kind", row.kind).field("text", row.text);
    w.field("source", row.source).field("message", row.message.value);
    w.field("confidence", row.confidence / 1000.0).field("uses", row.uses);
    w.field("created_at", to_iso8601(row.created_at));
    if (to_micros(row.expires_at) != 0) w.field("expires_at", to_iso8601(row.expires_at));
    w.end_object();
  }
  w.end_array();
}

void write_rest(JsonWriter& w, const store::PersonData& data) {
  w.key("notices").begin_array();
  for (const auto& row : data.notices) {
    w.begin_object().field("bot", row.bot.value).field("room", row.room.value);
    w.field("kind", row.kind).field("at", to_iso8601(row.at)).end_object();
  }
  w.end_array().key("conversations").begin_array();
  for (const auto& row : data.conversations) {
    w.begin_object().field("id", row.id.value).field("bot", row.bot.value);
    w.field("room", row.room.value).field("started_at", to_iso8601(row.started_at)).end_object();
  }
  w.end_array().key("reminders").begin_array();
  for (const auto& row : data.reminders) {
    w.begin_object().field("number", row.number).field("bot", row.bot.value);
    w.field("room", row.room.value).field("text", row.text);
    w.field("question", row.kind == store::ReminderKind::Question);
    w.field("due", to_iso8601(row.due)).field("created_at", to_iso8601(row.created_at));
    w.end_object();
  }
  w.end_array();
}

}  // namespace

rt::Task<Result<std::uint64_t>> PersonalData::erase(PlatformUserId person) {
  if (!person) co_return fail(ErrorCode::InvalidArgument, "no person is named");
  const auto erase_in_memory = [&] {
    const MonoTime now = loop_.now();
    std::erase_if(forgotten_,
                  [&](const auto& entry) { return now - entry.second > std::chrono::hours(1); });
    forgotten_[person] = now;
    for (const Place& place : places_) place.erase(person);
  };
  // Before, so that nothing is written back behind the deletion; and after, because something may
  // have been read from the store while it was under way.
  erase_in_memory();
  auto deleted = co_await store_.forget_person(person);
  erase_in_memory();
  co_return deleted;
}

rt::Task<Result<std::string>> PersonalData::export_json(PlatformUserId person) {
  if (!person) co_return fail(ErrorCode::InvalidArgument, "no person is named");
  CH_CO_TRY(const store::PersonData data, co_await store_.export_person(person));
  std::string out;
  JsonWriter w(out);
  w.begin_object().field("schema_version", 1).field("person", person.value);
  w.field("exported_at", to_iso8601(loop_.wall_now()));
  write_messages(w, data.messages);
  write_memories(w, data.memories);
  write_rest(w, data);
  w.key("in_memory").begin_object();
  for (const Place& place : places_) {
    w.field(place.name, static_cast<std::uint64_t>(place.count(person)));
  }
  w.end_object().end_object();
  co_return out;
}

bool PersonalData::forgotten_since(PlatformUserId person, MonoTime t) const {
  const auto it = forgotten_.find(person);
  return it != forgotten_.end() && it->second > t;
}

}  // namespace chorus::fleet::detail
