#pragma once

#include "chorus/lab/fault_track.hpp"
#include "chorus/lab/measure.hpp"
#include "chorus/lab/result.hpp"

#include <string>
#include <vector>

namespace chorus::lab::detail {

/// Everything of a run that its result needs beside its measures, by value: a checkpoint's is
/// closed on another thread while the run goes on.
struct Books {
  RunResult out;  ///< what neither measures nor thresholds tell
  FaultTrack faults;
  std::vector<Threshold> thresholds;
  std::vector<Duration> longest_broken;
  std::vector<std::string> people;  ///< names, by person
  std::vector<std::string> places;  ///< labels, by place
  double in_flight_seconds = 0;
  MonoTime start{};
  MonoTime load_ended{};
  MonoTime now{};
};

/// The result at `books.now`. `measure` is told what is known at the end only.
RunResult close_books(Books books, Measure& measure);

}  // namespace chorus::lab::detail
