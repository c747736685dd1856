#pragma once

#include "chorus/fleet/ports.hpp"

namespace chorus::platform::detail {

/// It declares tools, or goes on after calls.
bool uses_tools(const fleet::GenerationRequest& request);

/// The same request for a provider that knows no tools: results of earlier calls become notes from
/// the user's side, because their words are data. They stay between their marks.
fleet::GenerationRequest without_tools(fleet::GenerationRequest request);

}  // namespace chorus::platform::detail
