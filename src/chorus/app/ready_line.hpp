#pragma once

#include <string>

namespace chorus::app {

/// The one line on stdout that `serve` and `sandbox` print when they are ready (a contract).
struct ReadyLine {
  std::string listen, telegram, matrix, llm, control;
  [[nodiscard]] std::string to_json() const;  ///< without a newline; doors that are shut are ""
};

}  // namespace chorus::app
