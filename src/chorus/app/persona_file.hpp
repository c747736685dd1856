#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/json.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::app {

/// A persona in a file, YAML or (by its ending) JSON, with the place of every value in it.
struct PersonaFile {
  struct Place {
    int line = 0;  ///< from 1; 0: not known
    int column = 0;
  };
  std::string name;  ///< of the file, for messages
  json::value document;
  std::map<std::string, Place> places;  ///< by path as in fleet::PersonaProblem; YAML only

  /// `FILE:LINE:COL: persona.PATH: what`; the nearest place that is known.
  [[nodiscard]] std::string locate(const fleet::PersonaProblem& problem) const;
};

/// Errors: Misconfigured, one line per problem with `file:line:col`: not readable, not YAML, a key
/// twice, too large (256 KiB, 10,000 values, 16 levels).
Result<PersonaFile> read_persona_file(const std::string& path);
/// The same for text that is at hand; `name` decides by its ending.
Result<PersonaFile> parse_persona_file(std::string_view text, std::string name);

/// The text that `persona` of chorus.yaml stands for: a file of that name in `folder` (.yaml, .yml
/// or .json), checked here so that a problem has its place; anything else as it is. Errors:
/// Misconfigured.
Result<std::string> configured_persona(const std::string& folder, const std::string& persona);

/// The document as YAML; read again it is the same document.
std::string persona_yaml(const json::object& document);

}  // namespace chorus::app
