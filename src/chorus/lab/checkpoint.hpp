#pragma once

#include "chorus/lab/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chorus::lab {

/// What a run has come to at some moment of its window, with all that is needed to go on from there
/// in another process. Bounded, whatever the length of the run: some MB with hundreds of people.
struct Checkpoint {
  /// As if the run had ended then, with RunEnd::CutOff: of the messages under way it says
  /// `in_flight`. What is judged at the end only (how a room converses) is absent.
  RunResult result;
  /// JSON, for RunOptions::resume. No texts of people or bots, no secret.
  std::string state;
  /// Bytes of record lines (RunOptions::record, each with its line end) that belong to it.
  std::uint64_t record_bytes = 0;
};

/// Where a checkpoint stands. Errors: ParseError when the text is none.
struct CheckpointPlace {
  WallTime taken_at{};
  Duration measured{};  ///< of the window
  std::uint64_t record_bytes = 0;
  std::uint64_t seed = 0;
};
Result<CheckpointPlace> checkpoint_place(std::string_view state);

}  // namespace chorus::lab
