#pragma once

#include "chorus/fleet/phrases.hpp"

#include <span>
#include <string_view>

namespace chorus::fleet {

/// Phrases that a memory may not hold; the label is the MemoryRefusal.
std::span<const Phrase> memory_phrases();
/// English verbs that begin an order, and Turkish ones that end it (folded, sorted).
bool begins_an_order(std::string_view first_word);
bool ends_an_order(std::string_view last_word);
/// Turkish second-person verb forms (`yapmalisin`).
bool speaks_to_reader(std::string_view word);
/// Turkish verb forms that tell the reader what to do: `you shall`, `you will`.
bool orders_reader(std::string_view word);
/// Words in which somebody speaks of themselves; Turkish by the ending (`ogretmenim`).
bool is_first_person(std::string_view word);
/// Days and months: capitals that name nobody.
bool is_calendar_word(std::string_view word);

}  // namespace chorus::fleet
