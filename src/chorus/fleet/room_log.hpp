#pragma once

#include "chorus/base/ids.hpp"
#include "chorus/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
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
  std::optional<PlatformMessageId> thread;  ///< of the platform's own threads
  std::uint32_t depth = 0;                  ///< bot replies upon bot replies that lead here
  WallTime date{};
  MonoTime at{};
  bool from_past = false;  ///< read from the store: what was decided on it is not known here
  /// Basic groups: the same line's ids as other bots of ours see it.
  std::vector<std::pair<BotId, PlatformMessageId>> also;

  /// It is that message, as `reader` numbers it.
  [[nodiscard]] bool is(BotId reader, PlatformMessageId id) const;
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
  /// Row of the newest line; 0: nothing was said.
  [[nodiscard]] MessageRowId newest() const {
    return lines_.empty() ? MessageRowId{} : lines_.back().row;
  }
  /// The text nearly repeats one of the remembered ones.
  [[nodiscard]] bool repeats(std::string_view text, double similarity) const;

  /// 1 minus the greatest likeness of the newest text with the 20 before it; 1 when it is alone.
  [[nodiscard]] double novelty() const;
  /// Lines of bots in the thread (reply links, at most 8 up and then down) that `line` belongs to.
  [[nodiscard]] std::uint32_t bot_replies(const RoomLine& line) const;
  /// The newest question of a person, while nobody has answered it by a link; nullptr: there is
  /// none.
  [[nodiscard]] const RoomLine* open_question() const;
  /// Our bot that asked `person` something at most a minute ago and has had no answer yet; 0: none.
  [[nodiscard]] BotId open_pair(PlatformUserId person, MonoTime now) const;

  struct Facts {
    std::uint32_t people_per_minute = 0;  ///< messages of people in the last 60 s
    std::uint32_t bot_turns = 0;          ///< of any bot since a person spoke
    double bot_share = 0;                 ///< of the last 20 utterances
    std::optional<Duration> since_bot;    ///< since any bot spoke
    std::optional<Duration> silence;      ///< since anybody spoke
    std::optional<Duration> gap;          ///< between the newest utterance and the one before it
    BotId last_bot;                       ///< our bot that spoke last, whoever spoke after it
    bool last_line_is_bots = false;       ///< nobody has spoken after it
    std::uint32_t run = 0;                ///< utterances in a row by the last speaker
    std::uint32_t utterances_last_hour = 0;
  };
  /// Costs a look-up by time, whatever the room has said. `now` is not before the newest line.
  [[nodiscard]] Facts facts(MonoTime now) const;
  /// Utterances of one bot of ours in the last hour. Costs a look-up by time.
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
    std::uint32_t run;        ///< utterances in a row by this author up to here
    std::uint64_t from_bots;  ///< of all that were ever noted, up to and with this one
    std::uint64_t last_bot;   ///< number of the newest one by any bot up to here; 0: none
    std::uint64_t last_own;   ///< the same of our bots
  };
  void note(const RoomLine& line);
  /// The first utterance that is not older than `age`.
  [[nodiscard]] std::deque<Utterance>::const_iterator since(MonoTime now, Duration age) const;

  std::size_t most_lines_;
  std::size_t window_;
  bool group_;
  std::deque<RoomLine> lines_;
  std::deque<Utterance> said_;  ///< in the order of time
  std::map<BotId, std::deque<MonoTime>> spoke_;  ///< when our bots did, of what `said_` holds
  std::uint64_t noted_ = 0;     ///< utterances ever: the number of the newest
  /// A text until somebody asks what it is like, then its shape: most rooms are never asked.
  struct Shape {
    std::string text;
    std::vector<std::uint32_t> shingles;
    bool known = false;
    void settle();
  };
  mutable std::deque<Shape> shapes_;
  std::uint32_t bot_turns_ = 0;
};

}  // namespace chorus::fleet
