#include "chorus/platform/matrix/names.hpp"

#include "chorus/base/check.hpp"

namespace chorus::platform {

void NameBook::ask(store::NameKind kind, std::string_view text) {
  if (text.empty()) return;
  const auto [place, fresh] = places_.try_emplace(Key(kind, text), asks_.size());
  (void)place;
  if (fresh) asks_.push_back({.kind = kind, .text = std::string(text)});
}

void NameBook::ask_event(std::string_view text, std::string_view author, std::string_view thread,
                         WallTime date) {
  ask(store::NameKind::Event, thread);
  ask(store::NameKind::Event, text);
  ask(store::NameKind::User, author);
  auto& asked = asks_[places_.at(Key(store::NameKind::Event, text))];
  asked.author = author;
  asked.thread = thread;
  asked.date = date;
}

rt::Task<Result<void>> NameBook::intern(store::Store& store) {
  if (asks_.empty()) co_return Result<void>{};
  CH_CO_TRY(rows_, co_await store.intern_names(asks_));
  co_return Result<void>{};
}

void NameBook::number_for_test() {
  rows_.clear();
  for (const auto& ask : asks_) {
    store::NameRow row;
    row.id = static_cast<std::int64_t>(rows_.size()) + 1;
    row.kind = ask.kind;
    row.text = ask.text;
    row.date = ask.date;
    rows_.push_back(std::move(row));
  }
}

const store::NameRow& NameBook::row(store::NameKind kind, std::string_view text) const {
  const auto place = places_.find(Key(kind, text));
  CH_CHECK(place != places_.end() && place->second < rows_.size());
  return rows_[place->second];
}

PlatformUserId NameBook::user(std::string_view text) const {
  return PlatformUserId(row(store::NameKind::User, text).id);
}
PlatformChatId NameBook::room(std::string_view text) const {
  return PlatformChatId(row(store::NameKind::Room, text).id);
}
PlatformMessageId NameBook::event(std::string_view text) const {
  return PlatformMessageId(row(store::NameKind::Event, text).id);
}

}  // namespace chorus::platform
