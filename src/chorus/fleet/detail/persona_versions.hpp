#pragma once

#include "chorus/base/error.hpp"
#include "chorus/fleet/persona/zone.hpp"

#include <string>
#include <string_view>

namespace chorus::fleet::detail {

/// What a bot is given as its persona, ready to be stored: the id of a shipped character or a
/// document of any shape becomes a document of version 2; empty stays empty. Errors: those of
/// `parse_persona`, InvalidArgument for an unknown id or time zone.
Result<std::string> checked_persona(std::string_view given, ZoneSource* zones);

}  // namespace chorus::fleet::detail
