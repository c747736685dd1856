#pragma once

#include "chorus/fleet/memory/detail/clauses.hpp"
#include "chorus/fleet/memory/memory_gate.hpp"

#include <optional>

namespace chorus::fleet::detail {

/// What a clause states about its author; nullopt when no rule reads it.
std::optional<MemoryCandidate> read_english(const Clause& clause);
std::optional<MemoryCandidate> read_turkish(const Clause& clause);

/// A candidate whose text is `prefix` and `value`; nullopt for an empty value.
std::optional<MemoryCandidate> stated(MemoryKind kind, std::string_view prefix, std::string value,
                                      double confidence);
/// A name at `at`: one word, or up to three that are capitalised; empty when there is none.
std::string name_at(const Clause& clause, std::size_t at, std::size_t end);

}  // namespace chorus::fleet::detail
