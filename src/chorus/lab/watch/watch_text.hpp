#pragma once

#include "chorus/lab/watch/watch_report.hpp"

#include <string>
#include <utility>
#include <vector>

namespace chorus::lab {

/// Parts of a terminal's summary: title and lines of at most 100 columns; only those with content.
std::vector<std::pair<std::string, std::string>> watch_sections(const WatchReport& report);
/// The same as tables, below what every result has.
std::string watch_markdown(const WatchReport& report);

}  // namespace chorus::lab
