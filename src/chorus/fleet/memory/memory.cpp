#include "chorus/fleet/memory/memory.hpp"

#include "chorus/base/random.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/memory/memory_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace chorus::fleet {
namespace {

constexpr std::array<std::string_view, kMemoryKinds> kKindNames{
    "personal_fact", "past_event", "relationship", "preference", "routine", "user_note"};
constexpr std::array<std::string_view, 3> kSourceNames{"said", "persona", "operator"};

double from_thousandths(std::int32_t value) {
  return std::clamp(value, 0, 1000) / 1000.0;
}
std::int32_t to_thousandths(double value) {
  return static_cast<std::int32_t>(std::lround(std::clamp(value, 0.0, 1.0) * 1000));
}

}  // namespace

std::string_view to_string(MemoryKind kind) noexcept {
  return kKindNames[static_cast<std::size_t>(kind)];
}
std::optional<MemoryKind> memory_kind_of(std::string_view name) noexcept {
  const auto it = std::find(kKindNames.begin(), kKindNames.end(), name);
  if (it == kKindNames.end()) return std::nullopt;
  return static_cast<MemoryKind>(it - kKindNames.begin());
}
std::string_view to_string(MemorySource source) noexcept {
  return kSourceNames[static_cast<std::size_t>(source)];
}
std::optional<MemorySource> memory_source_of(std::string_view name) noexcept {
  const auto it = std::find(kSourceNames.begin(), kSourceNames.end(), name);
  if (it == kSourceNames.end()) return std::nullopt;
  return static_cast<MemorySource>(it - kSourceNames.begin());
}

std::optional<Memory> memory_of(const store::MemoryRow& row) {
  const auto kind = memory_kind_of(row.kind);
  const auto source = memory_source_of(row.source);
  if (!kind || !source) return std::nullopt;
  Memory memory;
  memory.id = row.id;
  memory.bot = row.bot;
  memory.room = row.room;
  memory.person = row.person;
  memory.kind = *kind;
  memory.text = row.text;
  memory.source = *source;
  memory.message = row.message;
  memory.confidence = from_thousandths(row.confidence);
  memory.strength = from_thousandths(row.strength);
  memory.uses = row.uses;
  memory.created = row.created_at;
  memory.last_used = row.last_used_at;
  if (to_micros(row.expires_at) != 0) memory.expires = row.expires_at;
  return memory;
}

store::MemoryRow row_of(const Memory& memory) {
  store::MemoryRow row;
  row.id = memory.id;
  row.bot = memory.bot;
  row.room = memory.room;
  row.person = memory.person;
  row.kind = to_string(memory.kind);
  row.text = memory.text;
  row.source = to_string(memory.source);
  row.message = memory.message;
  row.confidence = to_thousandths(memory.confidence);
  row.strength = to_thousandths(memory.strength);
  row.uses = memory.uses;
  row.created_at = memory.created;
  row.last_used_at = memory.last_used;
  row.expires_at = memory.expires.value_or(WallTime{});
  return row;
}

MemorySlot slot_of(const Memory& memory) {
  if (memory.kind != MemoryKind::PersonalFact) return MemorySlot::None;
  for (const auto& form : kMemoryForms) {
    if (form.slot != MemorySlot::None && memory.text.starts_with(form.prefix)) return form.slot;
  }
  return MemorySlot::None;
}

std::vector<std::uint64_t> memory_terms(std::string_view text) {
  std::vector<std::uint64_t> terms;
  const Words words(text);
  for (const std::string_view word : words.all()) {
    if (const auto stem = memory_stem(word); !stem.empty()) terms.push_back(stable_hash(stem));
  }
  std::sort(terms.begin(), terms.end());
  terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
  return terms;
}

std::vector<std::uint64_t> memory_terms(const Memory& memory) {
  std::string text = memory.text;
  for (const auto& form : kMemoryForms) {
    if (!memory.text.starts_with(form.prefix)) continue;
    text.append(" ").append(form.asked_with);
    break;
  }
  return memory_terms(text);
}

double term_overlap(const std::vector<std::uint64_t>& a, const std::vector<std::uint64_t>& b) {
  if (a.empty() || b.empty()) return 0;
  std::size_t common = 0;
  for (auto i = a.begin(), j = b.begin(); i != a.end() && j != b.end();) {
    if (*i == *j) {
      ++common, ++i, ++j;
    } else if (*i < *j) {
      ++i;
    } else {
      ++j;
    }
  }
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

double strength_at(const Memory& memory, WallTime now, Duration half_life) {
  if (memory.source != MemorySource::Said || now <= memory.last_used ||
      half_life <= Duration::zero()) {
    return memory.strength;
  }
  return memory.strength *
         std::exp2(-to_seconds(Duration(now - memory.last_used)) / to_seconds(half_life));
}

}  // namespace chorus::fleet
