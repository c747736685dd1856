#pragma once

#include "chorus/fleet/persona/persona.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// What a character may not claim. Source: reference/practice.md 3.4 (6).
enum class LintRule : std::uint8_t {
  Human,            ///< it says that it is human
  HidesAutomation,  ///< it denies or hides that it is automated
  RealPerson,       ///< it says that it is, or speaks for, a person who exists
  LicensedAdviser,  ///< it says that it is licensed to advise
};
/// `human`, `hides_automation`, `real_person`, `licensed_adviser`.
std::string_view to_string(LintRule rule) noexcept;
/// One sentence for people.
std::string_view describe(LintRule rule) noexcept;

struct Finding {
  LintRule rule = LintRule::Human;
  std::string field;      ///< `description`, `rules[2]`, `facts[0].text`
  std::size_t begin = 0;  ///< bytes of the sentence within the field's text
  std::size_t end = 0;    ///< one past the last
  std::string excerpt;    ///< that sentence
  friend bool operator==(const Finding&, const Finding&) = default;
};

/// Claims in English and Turkish, and the plain claim to be human or no bot in German, French,
/// Spanish, Portuguese, Italian, Dutch, Russian and Arabic. A sentence that forbids a claim ("never
/// say that you are human") or denies it is none. At most one finding per rule and sentence, in
/// order of the document. Every text field is looked at. Empty: clean.
std::vector<Finding> lint_persona(const Persona& persona);

/// `[{rule, field, begin, end, excerpt, why}]`: as they are stored beside a persona and shown.
json::array findings_document(const std::vector<Finding>& findings);

/// The nearest character without findings: a claim to be human becomes one to be automated where
/// that leaves good words, any other sentence with a claim goes; entries without text go; a rule to
/// be open is added when there was anything to hide. The same persona when it is clean.
Persona propose_rewrite(const Persona& persona);

}  // namespace chorus::fleet
