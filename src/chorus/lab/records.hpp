#pragma once

#include "chorus/lab/ledger.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace chorus::lab {

/// What turns a ledger record into names.
struct RecordNames {
  std::string_view kind;
  std::string_view room;
  std::int64_t bot = -1;  ///< index of the bot that answered, -1 for none
};

/// One line of `-o ndjson` (without the newline): canonical JSON with times in microseconds since
/// `start`. No ids of the sandbox, no text: two virtual runs with one seed give the same bytes.
std::string record_line(const LedgerRecord& record, const RecordNames& names, MonoTime start);

/// Takes the lines of a run as they come, in order of sending. Must not block for long.
using RecordSink = std::function<void(std::string_view line)>;

/// Hash over all lines of a run, in order: equal for equal runs.
class RecordsHash {
 public:
  void add(std::string_view line);
  [[nodiscard]] std::string hex() const;  ///< 16 digits
  [[nodiscard]] std::uint64_t value() const { return value_; }
  /// Goes on after the lines that gave `value`.
  void carry_on(std::uint64_t value) { value_ = value; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace chorus::lab
