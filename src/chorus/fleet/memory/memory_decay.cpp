#include "chorus/fleet/memory/memory_decay.hpp"

#include <algorithm>
#include <tuple>

namespace chorus::fleet {
namespace {

constexpr double kReinforcement = 0.1;

auto scope_of(const Memory& m) {
  return std::tuple(m.person, m.room, m.kind, m.source);
}

}  // namespace

bool says_the_same(const Memory& a, const Memory& b, const DecayRules& rules) {
  if (scope_of(a) != scope_of(b)) return false;
  const MemorySlot slot = slot_of(a);
  if (slot != MemorySlot::None && slot == slot_of(b)) return true;
  return a.text == b.text || term_overlap(memory_terms(a), memory_terms(b)) >= rules.same_above;
}

Memory merged(const Memory& older, const Memory& newer, const DecayRules& rules, WallTime now) {
  Memory out = newer;
  const double a = strength_at(older, now, rules.half_life);
  const double b = strength_at(newer, now, rules.half_life);
  // A correction starts afresh; a repetition adds to what there was.
  const bool repeated = term_overlap(memory_terms(older), memory_terms(newer)) >= rules.same_above;
  out.strength = repeated ? 1 - (1 - a) * (1 - b) : b;
  out.confidence = repeated ? std::max(older.confidence, newer.confidence) : newer.confidence;
  out.uses = older.uses + newer.uses;
  out.last_used = std::max(newer.last_used, now);
  return out;
}

void reinforce(Memory& memory, Duration half_life, WallTime now) {
  memory.strength = std::min(1.0, strength_at(memory, now, half_life) + kReinforcement);
  memory.last_used = std::max(memory.last_used, now);
  ++memory.uses;
}

TidyUp tidy_up(std::span<const Memory> memories, const DecayRules& rules, WallTime now) {
  TidyUp out;
  struct Kept {
    Memory memory;
    bool changed = false;
  };
  std::vector<Kept> kept;
  for (const Memory& memory : memories) {
    if (memory.expires && *memory.expires <= now) {
      ++out.expired;
      out.gone.push_back(memory.id);
    } else if (memory.source == MemorySource::Said &&
               strength_at(memory, now, rules.half_life) < rules.floor) {
      ++out.faded;
      out.gone.push_back(memory.id);
    } else {
      kept.push_back({memory});
    }
  }
  // Oldest statement first within a scope, so that the newest is what the others are merged into.
  std::sort(kept.begin(), kept.end(), [](const Kept& a, const Kept& b) {
    return std::tuple(scope_of(a.memory), a.memory.created, a.memory.id) <
           std::tuple(scope_of(b.memory), b.memory.created, b.memory.id);
  });
  for (std::size_t i = 0; i < kept.size(); ++i) {
    std::size_t into = kept.size();
    for (std::size_t j = i + 1; j < kept.size(); ++j) {
      if (scope_of(kept[j].memory) != scope_of(kept[i].memory)) break;
      if (says_the_same(kept[i].memory, kept[j].memory, rules)) into = j;
    }
    if (into == kept.size()) {
      if (kept[i].changed) out.changed.push_back(kept[i].memory);
      continue;
    }
    kept[into].memory = merged(kept[i].memory, kept[into].memory, rules, now);
    kept[into].changed = true;
    out.gone.push_back(kept[i].memory.id);
    ++out.merged;
  }
  std::sort(out.gone.begin(), out.gone.end());
  std::sort(out.changed.begin(), out.changed.end(),
            [](const Memory& a, const Memory& b) { return a.id < b.id; });
  return out;
}

}  // namespace chorus::fleet
