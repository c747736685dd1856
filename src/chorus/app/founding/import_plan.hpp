#pragma once

#include "chorus/app/founding/founding_file.hpp"
#include "chorus/app/founding/import_tally.hpp"
#include "chorus/base/id_source.hpp"
#include "chorus/crypto/fernet.hpp"
#include "chorus/store/rows.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chorus::app {

/// One line of a room log. Without its date, which the old system took from its own clock: bots
/// that heard the same message wrote it down at different times.
struct LineKey {
  PlatformChatId chat;
  BotId owner;
  PlatformMessageId message;
  friend auto operator<=>(const LineKey&, const LineKey&) = default;
};

/// What our store holds already of the things that an import brings.
struct ImportPresent {
  store::Snapshot snapshot;
  std::set<BotId> with_persona;  ///< bots that have a version of a card
  std::map<BotId, std::vector<store::MemoryRow>> memories;
  std::set<LineKey> lines;
};

struct ImportOptions {
  std::optional<crypto::FernetKey> key;  ///< of the founding system
  WallTime now{};
  Duration keep = std::chrono::hours(24 * 30);  ///< older messages are left out
};

/// What an import writes, and the account of every row: new things only, in an order that can be
/// written from front to back.
struct ImportPlan {
  std::vector<store::BotRow> bots;  ///< all Disabled, without a card
  std::vector<store::PersonaRow> personas;
  std::vector<store::RoomRow> rooms;
  std::vector<store::InboundUpdate> messages;
  std::vector<store::MemoryRow> memories;
  std::vector<std::pair<std::string, std::string>> settings;  ///< `founding.NAME` -> text
  /// Settings that chorus.yaml has a name for, as lines below `settings:`.
  std::vector<std::string> yaml;
  std::vector<std::string> unreadable;  ///< names of bots whose token did not open
  ImportTally tally;
};

/// Pure: the same input gives the same plan but for ids. A plan made after it was carried out holds
/// nothing new, and counts as already there what the first one took over.
ImportPlan plan_import(const FoundingTables& tables, const ImportPresent& present,
                       const ImportOptions& options, IdSource& ids);

/// The lines of the room log that a founding message may be, for looking them up before planning:
/// platform message id and date; nullopt when it can be none.
std::optional<std::pair<PlatformMessageId, WallTime>> founding_line(const json::object& message);
/// The chat of a founding `chats` row; nullopt when its id is no number.
std::optional<PlatformChatId> founding_chat(const json::object& chat);

}  // namespace chorus::app
