#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/sandbox/content_folder.hpp"
#include "chorus/sandbox/recorder.hpp"
#include "chorus/sandbox/world.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace chorus::sandbox {

/// Keeps a world in a folder: one file of JSON lines, each the state of one thing, written before
/// anyone hears of the change; contents of uploads are files of their own in `files/`. A world that
/// is killed and opened again has lost and repeated nothing that it had answered (a power cut may
/// cost the last second: lines are written, not synced). A snapshot is the same format, so
/// compaction is writing the world out anew; it happens at the start, at the end, and when the file
/// has grown. One process per folder.
class WorldJournal final : public Recorder {
 public:
  WorldJournal(World& world, std::string folder, std::size_t compact_above = 64 * 1024 * 1024);
  ~WorldJournal() override;
  WorldJournal(const WorldJournal&) = delete;
  WorldJournal& operator=(const WorldJournal&) = delete;

  /// Locks the folder, brings the world back, and records from now on. The world must be empty.
  /// Errors: Conflict (another sandbox has the folder, with its process id), Unavailable (the
  /// folder cannot be written), ParseError (a damaged line that is not the last, with its number).
  Result<void> open();
  /// Writes a snapshot and lets the folder go.
  Result<void> close();
  /// False after a write failed (disk full): the world goes on in memory only, and this was logged.
  [[nodiscard]] bool healthy() const { return healthy_; }

  void account(const Account& account) override;
  void room(const Room& room) override;
  void room_removed(const Room& room) override;
  void member(const Room& room, const Account& account, Standing standing) override;
  void message(const Room& room, const Message& message) override;
  void event(const Event& event,
             std::span<const std::pair<PlatformUserId, std::int64_t>> queues) override;
  void confirmed_below(PlatformUserId bot, std::int64_t number) override;
  void confirmed(PlatformUserId bot, std::int64_t number) override;
  void cleared(PlatformUserId bot) override;
  void press(const ButtonPress& press) override;
  void press_done(std::int64_t id) override;
  void file(const StoredFile& file) override;
  void platform(Platform platform, std::string_view record) override;
  void reset() override;

 private:
  Result<void> lock();
  Result<void> load(std::string_view text);
  Result<void> compact();
  void write_world();
  void append(std::string line);
  bool flush(std::string_view bytes);

  // One record each; false when it does not make sense (a reference to nothing).
  bool apply(const json::object& record);
  bool apply_account(const json::object& record);
  bool apply_room(const json::object& record);
  bool apply_member(const json::object& record);
  bool apply_message(const json::object& record);
  bool apply_event(const json::object& record);
  bool apply_press(const json::object& record);
  bool apply_file(const json::object& record);
  EventQueue* queue_of(const json::object& record) const;

  World& world_;
  std::string folder_;
  ContentFolder contents_;
  std::size_t compact_above_;
  std::size_t written_ = 0;
  int file_ = -1;
  int lock_ = -1;
  bool healthy_ = true;
  bool snapshotting_ = false;
  std::string snapshot_;
};

}  // namespace chorus::sandbox
