#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/store/store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::platform {

/// The text ids that one batch of events holds, and their numbers. Filled in two steps: `ask` for
/// each id, `intern` once, then the look-ups.
class NameBook {
 public:
  /// An id that is empty is left out.
  void ask(store::NameKind kind, std::string_view text);
  /// An event that is seen: who wrote it, in which thread and when goes with its name.
  void ask_event(std::string_view text, std::string_view author, std::string_view thread,
                 WallTime date);

  /// Gives every id its number, durably: what refers to them may be stored from then on. Errors:
  /// those of the store.
  rt::Task<Result<void>> intern(store::Store& store);

  /// Numbers from 1 in the order of the asking, without a store.
  void number_for_test();

  /// Checked: it was asked for.
  [[nodiscard]] const store::NameRow& row(store::NameKind kind, std::string_view text) const;
  [[nodiscard]] PlatformUserId user(std::string_view text) const;
  [[nodiscard]] PlatformChatId room(std::string_view text) const;
  [[nodiscard]] PlatformMessageId event(std::string_view text) const;

 private:
  using Key = std::pair<store::NameKind, std::string>;
  std::vector<store::NameAsk> asks_;  ///< in order of arrival: later ones get greater numbers
  std::map<Key, std::size_t> places_;
  std::vector<store::NameRow> rows_;
};

}  // namespace chorus::platform
