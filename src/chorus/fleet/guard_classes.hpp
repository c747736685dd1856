#pragma once

#include "chorus/fleet/phrases.hpp"

#include <span>

namespace chorus::fleet {

/// Words of one meaning, Turkish and English in folded form, as labels from 0 on: what the second
/// voice of the guard hears beside the words themselves. Data only.
std::span<const Phrase> guard_classes();

}  // namespace chorus::fleet
