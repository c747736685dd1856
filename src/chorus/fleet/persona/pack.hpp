#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// A character that ships with the program: the file `personas/<id>.json`.
struct ShippedPersona {
  std::string_view id;
  std::string_view json;
};

/// In order of id. The views live as long as the program.
std::vector<ShippedPersona> shipped_personas();
std::optional<ShippedPersona> find_shipped_persona(std::string_view id);

}  // namespace chorus::fleet
