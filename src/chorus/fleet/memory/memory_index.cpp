#include "chorus/fleet/memory/memory_index.hpp"

#include "chorus/base/random.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/memory/memory_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace chorus::fleet {
namespace {

// The usual BM25 constants; texts are short and alike in length, so length counts for little.
constexpr double kSaturation = 1.2;
constexpr double kLength = 0.4;

constexpr double kRelevanceWeight = 0.6;
constexpr double kRecencyWeight = 0.15;
constexpr double kStrengthWeight = 0.25;

constexpr std::size_t kMostTerms = 64;  ///< of a question

struct Term {
  std::uint64_t hash = 0;
  std::string word;
  double weight = 0;
};

/// Words of the question, each stem once, the first ones of a long text.
std::vector<Term> terms_of(std::string_view text) {
  std::vector<Term> terms;
  const Words words(text);
  for (const std::string_view word : words.all()) {
    const auto stem = memory_stem(word);
    if (stem.empty()) continue;
    const std::uint64_t hash = stable_hash(stem);
    if (std::any_of(terms.begin(), terms.end(), [&](const Term& t) { return t.hash == hash; })) {
      continue;
    }
    terms.push_back({hash, std::string(word), 0});
    if (terms.size() == kMostTerms) break;
  }
  return terms;
}

bool has(const std::vector<std::uint64_t>& terms, std::uint64_t hash) {
  return std::binary_search(terms.begin(), terms.end(), hash);
}

bool is_expired(const Memory& memory, WallTime now) {
  return memory.expires && *memory.expires <= now;
}

double recency_of(const Memory& memory, WallTime now, Duration half_life) {
  if (now <= memory.created || half_life <= Duration::zero()) return 1;
  return std::exp2(-to_seconds(Duration(now - memory.created)) / to_seconds(half_life));
}

/// The same order on every machine: by score, then the newest.
bool comes_first(const Recalled& a, const Recalled& b) {
  return a.score != b.score ? a.score > b.score : a.memory.id > b.memory.id;
}

/// The first ones of a sorted list, as far as the rules let them in.
std::vector<Recalled> best_of(std::vector<Recalled> found, const RecallRules& rules) {
  std::vector<Recalled> out;
  std::array<std::size_t, kMemoryKinds> per_kind{};
  std::size_t unasked = 0;
  for (Recalled& r : found) {
    if (out.size() >= rules.most) break;
    if (r.terms.empty() && unasked >= rules.unasked) continue;
    std::size_t& same = per_kind[static_cast<std::size_t>(r.memory.kind)];
    if (r.memory.kind != MemoryKind::UserNote && same >= rules.most_per_kind) continue;
    ++same;
    if (r.terms.empty()) ++unasked;
    out.push_back(std::move(r));
  }
  return out;
}

}  // namespace

MemoryIndex::MemoryIndex(std::size_t most, Duration half_life)
    : most_(std::max<std::size_t>(most, 1)), half_life_(half_life) {}

std::vector<MemoryId> MemoryIndex::put(Memory memory, WallTime now) {
  const MemoryId id = memory.id;
  const PlatformUserId person = memory.person;
  remove(id);
  Item item{std::move(memory), {}};
  item.terms = memory_terms(item.memory);
  items_.emplace(id, std::move(item));
  by_person_[person].insert(id);
  return make_room(person, now);
}

std::vector<MemoryId> MemoryIndex::make_room(PlatformUserId person, WallTime now) {
  std::vector<MemoryId> gone;
  const auto drop = [&](std::optional<PlatformUserId> whose) {
    if (const auto id = weakest(whose, now)) {
      remove(*id);
      gone.push_back(*id);
    }
  };
  if (person) {
    const auto it = by_person_.find(person);
    if (it != by_person_.end() && it->second.size() > kMemoriesPerPerson) drop(person);
  }
  if (items_.size() > most_) drop(std::nullopt);
  return gone;
}

std::optional<MemoryId> MemoryIndex::weakest(std::optional<PlatformUserId> person,
                                             WallTime now) const {
  std::optional<MemoryId> found;
  double least = 0;
  const auto look = [&](const Memory& memory) {
    const double left =
        is_expired(memory, now) ? -1 : strength_at(memory, now, half_life_) * memory.confidence;
    if (!found || left < least) {
      found = memory.id;
      least = left;
    }
  };
  if (person) {
    const auto it = by_person_.find(*person);
    if (it == by_person_.end()) return std::nullopt;
    for (const MemoryId id : it->second) look(items_.at(id).memory);
  } else {
    for (const auto& [id, item] : items_) look(item.memory);
  }
  return found;
}

bool MemoryIndex::remove(MemoryId id) {
  const auto it = items_.find(id);
  if (it == items_.end()) return false;
  const auto person = by_person_.find(it->second.memory.person);
  person->second.erase(id);
  if (person->second.empty()) by_person_.erase(person);
  items_.erase(it);
  return true;
}

std::vector<MemoryId> MemoryIndex::erase(PlatformUserId person) {
  const auto it = by_person_.find(person);
  if (!person || it == by_person_.end()) return {};
  std::vector<MemoryId> gone(it->second.begin(), it->second.end());
  by_person_.erase(it);
  for (const MemoryId id : gone) items_.erase(id);
  return gone;
}

const Memory* MemoryIndex::find(MemoryId id) const {
  const auto it = items_.find(id);
  return it == items_.end() ? nullptr : &it->second.memory;
}

std::vector<Memory> MemoryIndex::all() const {
  std::vector<Memory> out;
  out.reserve(items_.size());
  for (const auto& [id, item] : items_) out.push_back(item.memory);
  return out;
}

std::vector<const Memory*> MemoryIndex::of(const MemoryViewer& scope) const {
  std::vector<const Memory*> out;
  const auto it = by_person_.find(scope.person);
  if (it == by_person_.end()) return out;
  for (const MemoryId id : it->second) {
    const Memory& memory = items_.at(id).memory;
    if (memory.room == scope.room) out.push_back(&memory);
  }
  return out;
}

void MemoryIndex::collect(PlatformUserId person, RoomId room, WallTime now,
                          std::vector<const Item*>& out) const {
  const auto it = by_person_.find(person);
  if (it == by_person_.end()) return;
  for (const MemoryId id : it->second) {
    const Item& item = items_.at(id);
    if (item.memory.room && item.memory.room != room) continue;
    if (!is_expired(item.memory, now)) out.push_back(&item);
  }
}

std::vector<Recalled> MemoryIndex::recall(std::string_view text, const MemoryViewer& viewer,
                                          const RecallRules& rules, WallTime now) const {
  // Frequencies count only what this viewer may be shown: another person's memories change nothing.
  std::vector<const Item*> shown;
  collect(PlatformUserId{}, viewer.room, now, shown);
  if (viewer.person) collect(viewer.person, viewer.room, now, shown);
  if (shown.empty()) return {};

  std::vector<Term> terms = terms_of(text);
  const auto count = static_cast<double>(shown.size());
  double mean_length = 0;
  for (const Item* item : shown) mean_length += static_cast<double>(item->terms.size()) / count;
  for (Term& term : terms) {
    const auto with = static_cast<double>(std::count_if(
        shown.begin(), shown.end(), [&](const Item* item) { return has(item->terms, term.hash); }));
    term.weight = std::log1p((count - with + 0.5) / (with + 0.5));
  }

  std::vector<Recalled> found;
  double best = 0;
  for (const Item* item : shown) {
    Recalled r;
    const double length = static_cast<double>(item->terms.size()) / std::max(mean_length, 1.0);
    // A term stands in a text at most once, as its terms are a set.
    const double per_term =
        (kSaturation + 1) / (1 + kSaturation * (1 - kLength + kLength * length));
    for (const Term& term : terms) {
      if (!has(item->terms, term.hash)) continue;
      r.relevance += term.weight * per_term;
      r.terms.push_back(term.word);
    }
    const bool own = viewer.person && item->memory.person == viewer.person;
    if (r.terms.empty() && (!own || rules.unasked == 0)) continue;
    r.memory = item->memory;
    r.recency = recency_of(item->memory, now, rules.half_life);
    r.strength = strength_at(item->memory, now, rules.half_life) * item->memory.confidence;
    best = std::max(best, r.relevance);
    found.push_back(std::move(r));
  }
  for (Recalled& r : found) {
    r.relevance = best > 0 ? r.relevance / best : 0;
    r.score = kRelevanceWeight * r.relevance + kRecencyWeight * r.recency +
              kStrengthWeight * r.strength;
  }
  std::sort(found.begin(), found.end(), comes_first);

  return best_of(std::move(found), rules);
}

}  // namespace chorus::fleet
