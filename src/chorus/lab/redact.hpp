#pragma once

#include "chorus/base/secret.hpp"
#include "chorus/lab/result.hpp"

#include <string>
#include <vector>

namespace chorus::lab {

/// Takes the secrets of a scenario out of what people and files get to see: `***` stands in their
/// place, also where one is written as JSON. What the target itself prints is not the lab's.
class Redactor {
 public:
  Redactor() = default;
  explicit Redactor(const std::vector<Secret>& secrets);

  [[nodiscard]] bool idle() const { return values_.empty(); }
  [[nodiscard]] std::string operator()(std::string text) const;
  /// Every text of a result that a person could have written or a bot could have said.
  void apply(RunResult& result) const;

 private:
  std::vector<std::string> values_;  ///< longest first, so that none hides in another
};

}  // namespace chorus::lab
