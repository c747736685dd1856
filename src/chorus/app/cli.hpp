#pragma once

namespace chorus::app {

/// The whole program: parses the command line, runs one subcommand, answers the exit code. Errors
/// of the command line are one line on stderr and code 2.
int run_cli(int argc, char** argv);

}  // namespace chorus::app
