#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace chorus::app {

/// What is wrong with a command line, in one line: which flag or word, the nearest that exists, and
/// whose --help tells more. `arguments` are the words after the program's name; `root` has tried
/// to parse them.
std::string command_line_complaint(const CLI::App& root, const CLI::ParseError& error,
                                   const std::vector<std::string>& arguments);

}  // namespace chorus::app
