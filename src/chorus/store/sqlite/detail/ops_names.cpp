#include "chorus/store/sqlite/detail/operations.hpp"

#include <cstddef>
#include <utility>

// Numbers for the text ids of platforms, and the notes of adapters.
namespace chorus::store::detail {

namespace {

constexpr char kFindName[] =
    "SELECT id, author, thread, date, used_at FROM names WHERE platform = ? AND kind = ? AND "
    "name_index = ?";
constexpr char kAddName[] =
    "INSERT INTO names (platform, kind, name_index, name, author, thread, date, used_at) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id";
constexpr char kCompleteName[] =
    "UPDATE names SET author = ?, thread = ?, date = ?, used_at = ? WHERE id = ?";
constexpr char kReadName[] =
    "SELECT platform, kind, name_index, name, author, thread, date FROM names WHERE id = ?";
constexpr char kPutMark[] =
    "INSERT INTO bot_marks (bot, key, value) VALUES (?, ?, ?) ON CONFLICT (bot, key) DO UPDATE SET "
    "value = excluded.value";
constexpr char kRemoveMark[] = "DELETE FROM bot_marks WHERE bot = ? AND key = ?";
constexpr char kMarks[] = "SELECT key, value FROM bot_marks WHERE bot = ? ORDER BY key";
// An opt-out that stays has to find its person again.
constexpr char kForgetName[] =
    "DELETE FROM names WHERE kind = 1 AND id = ?1 AND NOT EXISTS "
    "(SELECT 1 FROM notices WHERE person = ?1 AND kind = 'stop')";
constexpr char kForgetAuthor[] = "UPDATE names SET author = 0 WHERE author = ?";

/// A name in use is written again at most once a day: `prune` adds that day.
constexpr auto kUsedStep = std::chrono::hours(24);

/// Sealed for its own index: the number is not known before the insert.
crypto::Place name_place(std::string_view index) {
  std::uint64_t place = 0;
  for (const char c : index.substr(0, sizeof place)) {
    place = place << 8U | static_cast<unsigned char>(c);
  }
  return {"names", "name", static_cast<std::int64_t>(place)};
}

/// What an event is known to belong to.
struct Belongs {
  PlatformUserId author;
  PlatformMessageId thread;
};

Result<NameRow> add(const Session& s, const NameAsk& ask, std::string_view index, Belongs to) {
  const std::string sealed = seal(s, name_place(index), ask.text);
  auto insert = s.db.run(kAddName);
  insert.bind(ask.platform).bind(ask.kind).bind_blob(index).bind_blob(sealed);
  insert.bind(to.author).bind(to.thread).bind(ask.date).bind(s.now);
  CH_TRY(const bool added, insert.row());
  if (!added) return fail(ErrorCode::Internal, "a name was not stored");
  NameRow row;
  row.id = insert.integer(0);
  row.platform = ask.platform;
  row.kind = ask.kind;
  row.text = ask.text;
  row.author = to.author;
  row.thread = to.thread;
  row.date = ask.date;
  CH_TRY_VOID(insert.finish());
  return row;
}

/// The row of a name, made or completed.
Result<NameRow> intern(const Session& s, const NameAsk& ask, Belongs to) {
  const std::string index = s.sealer.blind_index("names.name", ask.text);
  NameRow row;
  row.platform = ask.platform;
  row.kind = ask.kind;
  row.text = ask.text;
  WallTime used_at{};
  {
    auto query = s.db.run(kFindName);
    query.bind(ask.platform).bind(ask.kind).bind_blob(index);
    CH_TRY(const bool found, query.row());
    if (found) {
      row.id = query.integer(0);
      row.author = query.id<PlatformUserId>(1);
      row.thread = query.id<PlatformMessageId>(2);
      row.date = query.time(3);
      used_at = query.time(4);
    }
  }
  if (row.id == 0) return add(s, ask, index, to);
  const bool dated = to_micros(row.date) != 0;
  const bool more = (to.author && !row.author) || (to.thread && !row.thread) ||
                    (to_micros(ask.date) != 0 && !dated);
  if (!row.author) row.author = to.author;
  if (!row.thread) row.thread = to.thread;
  if (!dated) row.date = ask.date;
  if (more || s.now - used_at >= kUsedStep) {
    auto complete = s.db.run(kCompleteName);
    complete.bind(row.author).bind(row.thread).bind(row.date).bind(s.now).bind(row.id);
    CH_TRY_VOID(complete.finish());
  }
  return row;
}

Result<std::optional<NameRow>> read_name(const Session& s, std::int64_t id) {
  auto query = s.db.run(kReadName);
  query.bind(id);
  CH_TRY(const bool found, query.row());
  if (!found) return std::nullopt;
  NameRow row;
  row.id = id;
  row.platform = query.enumerator<Platform>(0);
  row.kind = query.enumerator<NameKind>(1);
  CH_TRY(row.text, unseal(s, name_place(query.blob(2)), query.blob(3)));
  row.author = query.id<PlatformUserId>(4);
  row.thread = query.id<PlatformMessageId>(5);
  row.date = query.time(6);
  return std::optional<NameRow>(std::move(row));
}

}  // namespace

Result<std::vector<NameRow>> intern_names(const Session& s, const std::vector<NameAsk>& names) {
  std::vector<NameRow> rows;
  rows.reserve(names.size());
  const auto number = [&](const NameAsk& like, NameKind kind,
                          const std::string& text) -> Result<std::int64_t> {
    if (text.empty()) return std::int64_t{0};
    NameAsk ask;
    ask.platform = like.platform;
    ask.kind = kind;
    ask.text = text;
    CH_TRY(const NameRow row, intern(s, ask, {}));
    return row.id;
  };
  for (const auto& ask : names) {
    // What an event refers to was there before it, and has the smaller number.
    CH_TRY(const auto author, number(ask, NameKind::User, ask.author));
    CH_TRY(const auto thread, number(ask, NameKind::Event, ask.thread));
    CH_TRY(NameRow row, intern(s, ask, {PlatformUserId(author), PlatformMessageId(thread)}));
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<std::optional<NameRow>>> find_names(const Session& s,
                                                       const std::vector<std::int64_t>& ids) {
  std::vector<std::optional<NameRow>> rows;
  rows.reserve(ids.size());
  for (const auto id : ids) {
    CH_TRY(auto row, read_name(s, id));
    if (row && row->author) {
      CH_TRY(auto who, read_name(s, row->author.value));
      if (who) row->author_text = std::move(who->text);
    }
    if (row && row->thread) {
      CH_TRY(auto root, read_name(s, row->thread.value));
      if (root) row->thread_text = std::move(root->text);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<void> put_mark(const Session& s, BotId bot, const std::string& key,
                      const std::optional<std::string>& value) {
  if (!value) return s.db.run(kRemoveMark).bind(bot).bind_text(key).finish();
  return s.db.run(kPutMark).bind(bot).bind_text(key).bind_text(*value).finish();
}

Result<std::vector<std::pair<std::string, std::string>>> marks(const Session& s, BotId bot) {
  std::vector<std::pair<std::string, std::string>> out;
  auto query = s.db.run(kMarks);
  query.bind(bot);
  while (true) {
    CH_TRY(const bool more, query.row());
    if (!more) return out;
    out.emplace_back(query.text(0), query.text(1));
  }
}

Result<void> forget_names(const Session& s, PlatformUserId person) {
  CH_TRY_VOID(s.db.run(kForgetAuthor).bind(person).finish());
  return s.db.run(kForgetName).bind(person).finish();
}

}  // namespace chorus::store::detail
