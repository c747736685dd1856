#pragma once

#include "chorus/base/json.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include <optional>
#include <string>
#include <vector>

namespace chorus::fleet {

/// One difference of two cards.
struct PersonaChange {
  std::string field;  ///< `tone`, `hours.zone`, `interests`
  /// As JSON text. An entry of a list that went has no `after`, one that came no `before`.
  std::optional<std::string> before;
  std::optional<std::string> after;
  /// `tone: "calm" -> "lively"`, `interests: + "tea"`, `interests: - "coffee"`.
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const PersonaChange&, const PersonaChange&) = default;
};

/// Field by field in the order of the document; lists by their entries, then by their order.
std::vector<PersonaChange> diff_personas(const Persona& before, const Persona& after);

}  // namespace chorus::fleet
