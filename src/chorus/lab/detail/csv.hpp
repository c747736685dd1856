#pragma once

#include "chorus/base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::lab::detail {

struct CsvRow {
  std::size_t line = 1;  ///< of the file, where the row begins
  std::vector<std::string> cells;
};

/// The rows of a CSV file (RFC 4180: quoted cells may hold commas, line ends and doubled quotes;
/// LF and CRLF). Empty lines are passed over, a byte order mark too. Errors: ParseError with the
/// line, for an unclosed quote and for more than `max_rows`.
Result<std::vector<CsvRow>> parse_csv(std::string_view content, std::size_t max_rows);

}  // namespace chorus::lab::detail
