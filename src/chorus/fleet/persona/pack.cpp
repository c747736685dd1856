#include "chorus/fleet/persona/pack.hpp"

#include "chorus/fleet/persona/embedded_personas.hpp"

#include <algorithm>

namespace chorus::fleet {

std::vector<ShippedPersona> shipped_personas() {
  std::vector<ShippedPersona> out;
  for (const EmbeddedFile& file : embedded_personas::files()) {
    out.push_back({file.name.substr(0, file.name.rfind('.')), file.bytes});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

std::optional<ShippedPersona> find_shipped_persona(std::string_view id) {
  for (const ShippedPersona& persona : shipped_personas()) {
    if (persona.id == id) return persona;
  }
  return std::nullopt;
}

}  // namespace chorus::fleet
