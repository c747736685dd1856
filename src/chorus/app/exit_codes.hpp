#pragma once

namespace chorus::app {

/// What scripts and CI rely on (the design's section 10).
enum ExitCode : int {
  kExitPass = 0,
  kExitFailure = 1,  ///< anything not named here
  kExitUsage = 2,    ///< the command line
  kExitThreshold = 99,
  kExitInvalidConfig = 104,  ///< a file, variable or setting that does not validate
  kExitInterrupted = 105,    ///< a report is still written
  kExitRunFailed = 107,      ///< a valid scenario failed while running
  kExitAborted = 108,        ///< a threshold aborted the run
  kExitInvalidRun = 120,
  kExitRegression = 121,
  kExitNotReady = 122,
};

}  // namespace chorus::app
