#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chorus::fleet {

/// One line that was said in a room, as the floor and the prompt need it.
struct RoomLine {
  MessageRowId row;  ///< of the store; 0 until it is known
  PlatformMessageId message;
  BotId owner;            ///< whose message id it is (basic groups); 0 = everybody's
  BotId bot;              ///< author when ours
  PlatformUserId author;  ///< platform account
  std::string name;
  std::string text;
  bool from_bot = false;  ///< any bot, ours or not
  std::optional<PlatformMessageId> reply_to;
  std::uint32_t depth = 0;  ///< bot replies upon bot replies that lead here
  WallTime date{};
  MonoTime at{};
  bool from_past = false;  ///< read from the store: what was decided on it is not known here
  /// Basic groups: the same line's ids as other bots of ours see it.
  std::vector<std::pair<BotId, PlatformMessageId>> also;
};

/// What a room has lately said: the newest lines, who spoke when, and the shape of the newest
/// texts. Pure and bounded: `lines` lines, 512 utterances of at most an hour, `window` text shapes.
/// Lines written by ourselves are added when they were sent, so nothing depends on the platform
/// showing bots each other's messages. One thread.
class RoomLog {
 public:
  /// `group`: who spoke when and the shapes of texts are kept; a private chat keeps lines only.
  RoomLog(std::size_t lines, std::size_t window, bool group);

  /// Adds a line that was just said. False: that message is there already (a platform's echo of our
  /// own line, another bot's copy); a copy only adds what it knows.
  bool add(RoomLine line);
  /// Adds an older line in front, from the store. Nothing happens when the log is full.
  void prepend(RoomLine line);
  /// True once for a line that came from the store: it is this process's to decide from then on.
  bool take_up(BotId owner, PlatformMessageId message);
  /// Replaces the text of a line. False: it is not in memory.
  bool edit(BotId owner, PlatformMessageId message, std::string text);
  /// Removes what one person said.
  void forget(PlatformUserId author);

  [[nodiscard]] const std::deque<RoomLine>& lines() const { return lines_; }
  [[nodiscard]] const RoomLine* find(BotId owner, PlatformMessageId message) const;
  [[nodiscard]] const RoomLine* find_row(MessageRowId row) const;
  /// The text nearly repeats one of the remembered ones.
  [[nodiscard]] bool repeats(std::string_view text, double similarity) const;

  struct Facts {
    std::uint32_t people_per_minute = 0;  ///< messages of people in the last 60 s
    std::uint32_t bot_turns = 0;          ///< of any bot since a person spoke
    double bot_share = 0;                 ///< of the last 20 utterances
    std::optional<Duration> since_bot;    ///< since any bot spoke
    std::optional<Duration> silence;      ///< since anybody spoke
    BotId last_bot;                       ///< our bot that spoke last
    bool last_line_is_bots = false;       ///< nobody has spoken after it
    std::uint32_t run = 0;                ///< utterances in a row by the last speaker
    std::uint32_t utterances_last_hour = 0;
  };
  [[nodiscard]] Facts facts(MonoTime now) const;
  /// Utterances of one bot in the last hour.
  [[nodiscard]] std::uint32_t spoken_last_hour(BotId bot, MonoTime now) const;
  /// Turns of `from` right after `to` in the last minute.
  [[nodiscard]] std::uint32_t pair_turns(BotId from, PlatformUserId to, MonoTime now) const;

 private:
  struct Utterance {
    MonoTime at;
    BotId bot;
    PlatformUserId author;
    PlatformUserId previous;  ///< who spoke before
    bool from_bot;
  };
  void note(const RoomLine& line);

  std::size_t most_lines_;
  std::size_t window_;
  bool group_;
  std::deque<RoomLine> lines_;
  std::deque<Utterance> said_;
  std::deque<std::vector<std::uint32_t>> shapes_;
  std::uint32_t bot_turns_ = 0;
};

}  // namespace chorus::fleet
