#pragma once

#include "chorus/base/json.hpp"
#include "chorus/fleet/persona/persona.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Older shapes of a persona, turned into a document of version 2:
///
/// - version 1 of this program (`style.length`, `active_hours` with `utc_offset_minutes`, ...);
/// - the founding system's persona and emotion profiles, alone or inside a bot of its set-up files
///   (`persona_profile`, `emotion_profile`, `persona_hint`, `stances`, `holdings`, ...), with its
///   loose types: style as a text, emoji as a text or a list, levels as numbers or words.
namespace chorus::fleet {

struct Upgraded {
  json::object document;  ///< version 2
  std::vector<PersonaProblem> problems;
  std::vector<std::string> notes;  ///< what was left out, never silently
};
Upgraded upgrade_persona(const json::object& old);

/// Keys that only version 2 has: a document with one of them and no version has forgotten it.
std::span<const std::string_view> keys_of_version_2();

}  // namespace chorus::fleet
