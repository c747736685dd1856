#pragma once

#include <string>

namespace chorus::app {

/// docs/settings.md: every setting, from the tables that the program itself reads.
std::string settings_docs();

}  // namespace chorus::app
