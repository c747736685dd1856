#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chorus::yaml {

/// Something wrong in a file. Line and column count from 1; 0 means that the place is not in the
/// file (a flag, a rule over the whole file).
struct Problem {
  int line = 0;
  int column = 0;
  std::string message;
  friend bool operator==(const Problem&, const Problem&) = default;
};
/// `file.yaml:12:5: unknown key 'durtion', did you mean 'duration'?`
std::string to_string(const Problem& problem, std::string_view file);
/// One line for each.
std::string to_string(const std::vector<Problem>& problems, std::string_view file);
/// Problems are found in the order of the walk; people read in that of the file.
void sort_by_place(std::vector<Problem>& problems);

}  // namespace chorus::yaml
