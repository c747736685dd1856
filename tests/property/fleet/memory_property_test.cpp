#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/memory/memory_decay.hpp"
#include "chorus/fleet/memory/memory_extract.hpp"
#include "chorus/fleet/memory/memory_index.hpp"
#include "chorus/fleet/memory/memory_words.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

const WallTime kStart = from_micros(1'780'000'000'000'000);
constexpr auto kHour = std::chrono::hours(1);

constexpr const char* kWords[] = {"tea",    "coffee", "izmir", "kahve",  "kahveyi", "deniz",
                                  "sea",    "cat",    "kedi",  "exam",   "friday",  "cuma",
                                  "likes",  "the",    "I",     "garden", "music",   "müzik"};

std::string some_text() {
  const auto words = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 18));
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(words.size(), 8); ++i) {
    out += std::string(i == 0 ? "" : " ") + kWords[words[i]];
  }
  return out;
}

Memory some_memory(std::int64_t id, int persons, int rooms) {
  Memory m;
  m.id = MemoryId(id);
  m.bot = BotId(1);
  m.person = PlatformUserId(*rc::gen::inRange(0, persons));
  m.room = RoomId(*rc::gen::inRange(0, rooms));
  m.kind = static_cast<MemoryKind>(*rc::gen::inRange(0, static_cast<int>(kMemoryKinds)));
  m.text = some_text();
  m.source = m.person ? MemorySource::Said : MemorySource::Operator;
  m.confidence = *rc::gen::inRange(1, 11) / 10.0;
  m.strength = *rc::gen::inRange(1, 11) / 10.0;
  m.uses = *rc::gen::inRange(0, 5);
  m.created = kStart - kHour * *rc::gen::inRange(0, 2000);
  m.last_used = m.created + kHour * *rc::gen::inRange(0, 100);
  if (*rc::gen::inRange(0, 5) == 0) m.expires = kStart + kHour * *rc::gen::inRange(-10, 10);
  return m;
}

// --- the index against its definition, written a second time over plain strings

std::set<std::string> stems_of(std::string text) {
  std::set<std::string> out;
  const Words words(text);
  for (const auto word : words.all()) {
    if (const auto stem = memory_stem(word); !stem.empty()) out.insert(std::string(stem));
  }
  return out;
}

struct Scored {
  MemoryId id;
  double score = 0;
  bool matched = false;
  MemoryKind kind{};
};

std::vector<MemoryId> by_definition(const std::vector<Memory>& all, const std::string& text,
                                    const MemoryViewer& viewer, const RecallRules& rules,
                                    WallTime now) {
  struct Doc {
    const Memory* memory;
    std::set<std::string> stems;
  };
  std::vector<Doc> docs;
  for (const Memory& m : all) {
    const bool person = !m.person || m.person == viewer.person;
    const bool room = !m.room || m.room == viewer.room;
    if (!person || !room || (m.expires && *m.expires <= now)) continue;
    std::string full = m.text;
    for (const auto& form : kMemoryForms) {
      if (!m.text.starts_with(form.prefix)) continue;
      full += " " + std::string(form.asked_with);
      break;
    }
    docs.push_back({&m, stems_of(full)});
  }
  double mean = 0;
  for (const Doc& d : docs) mean += static_cast<double>(d.stems.size());
  mean = std::max(1.0, mean / std::max<double>(1, static_cast<double>(docs.size())));
  std::map<MemoryId, double> relevance;
  double best = 0;
  for (const Doc& d : docs) {
    for (const std::string& stem : stems_of(text)) {
      if (!d.stems.contains(stem)) continue;
      double with = 0;
      for (const Doc& other : docs) with += other.stems.contains(stem) ? 1 : 0;
      const double n = static_cast<double>(docs.size());
      const double idf = std::log(1 + (n - with + 0.5) / (with + 0.5));
      const double length = static_cast<double>(d.stems.size()) / mean;
      relevance[d.memory->id] += idf * 2.2 / (1 + 1.2 * (0.6 + 0.4 * length));
    }
    if (relevance.contains(d.memory->id)) best = std::max(best, relevance[d.memory->id]);
  }
  const double half = to_seconds(rules.half_life);
  std::vector<Scored> scored;
  for (const Doc& d : docs) {
    const Memory& m = *d.memory;
    const bool matched = relevance.contains(m.id);
    if (!matched && (!m.person || m.person != viewer.person)) continue;
    const double age = std::max(0.0, to_seconds(Duration(now - m.created)));
    const double idle = std::max(0.0, to_seconds(Duration(now - m.last_used)));
    const double left =
        m.strength * (m.source == MemorySource::Said ? std::exp2(-idle / half) : 1.0) *
        m.confidence;
    const double rel = matched && best > 0 ? relevance[m.id] / best : 0;
    scored.push_back({m.id, 0.6 * rel + 0.15 * std::exp2(-age / half) + 0.25 * left, matched,
                      m.kind});
  }
  std::sort(scored.begin(), scored.end(), [](const Scored& a, const Scored& b) {
    // Sums in another order may differ in the last bits.
    return std::abs(a.score - b.score) > 1e-9 ? a.score > b.score : a.id > b.id;
  });
  std::vector<MemoryId> out;
  std::map<MemoryKind, std::size_t> kinds;
  std::size_t unasked = 0;
  for (const Scored& s : scored) {
    if (out.size() == rules.most) break;
    if (!s.matched && unasked >= rules.unasked) continue;
    if (s.kind != MemoryKind::UserNote && kinds[s.kind] >= rules.most_per_kind) continue;
    ++kinds[s.kind];
    unasked += s.matched ? 0 : 1;
    out.push_back(s.id);
  }
  return out;
}

TEST(MemoryProperty, RecallIsItsDefinition) {
  const bool ok = rc::check("index equals brute force", [] {
    MemoryIndex index;
    std::vector<Memory> all;
    const int count = *rc::gen::inRange(0, 40);
    for (int i = 1; i <= count; ++i) {
      all.push_back(some_memory(i, 3, 3));
      RC_ASSERT(index.put(all.back(), kStart).empty());
    }
    const MemoryViewer viewer{RoomId(*rc::gen::inRange(0, 3)),
                              PlatformUserId(*rc::gen::inRange(0, 3))};
    const std::string text = some_text();
    std::vector<MemoryId> found;
    for (const Recalled& r : index.recall(text, viewer, {}, kStart)) found.push_back(r.memory.id);
    RC_ASSERT(found == by_definition(all, text, viewer, {}, kStart));
  });
  EXPECT_TRUE(ok);
}

TEST(MemoryProperty, BoundsHoldWhateverComes) {
  const bool ok = rc::check("bounds", [] {
    const auto most = static_cast<std::size_t>(*rc::gen::inRange(1, 60));
    MemoryIndex index(most);
    std::set<MemoryId> there;
    const auto ids = *rc::gen::container<std::vector<int>>(200, rc::gen::inRange(1, 150));
    for (const int id : ids) {
      Memory m = some_memory(id, 2, 2);
      there.insert(m.id);
      for (const MemoryId gone : index.put(m, kStart)) RC_ASSERT(there.erase(gone) == 1U);
      RC_ASSERT(index.size() <= most);
      RC_ASSERT(index.size() == there.size());
      std::map<PlatformUserId, std::size_t> per_person;
      for (const Memory& kept : index.all()) ++per_person[kept.person];
      RC_ASSERT(per_person[PlatformUserId(1)] <= kMemoriesPerPerson);
    }
    RC_ASSERT(index.recall("tea coffee izmir", {RoomId(1), PlatformUserId(1)}, {}, kStart).size() <=
              RecallRules{}.most);
  });
  EXPECT_TRUE(ok);
}

TEST(MemoryProperty, EraseRemovesAllOfAPersonAndNothingElse) {
  const bool ok = rc::check("erase", [] {
    MemoryIndex index;
    std::size_t others = 0;
    const int count = *rc::gen::inRange(0, 60);
    for (int i = 1; i <= count; ++i) {
      const Memory m = some_memory(i, 4, 3);
      others += m.person == PlatformUserId(1) ? 0 : 1;
      index.put(m, kStart);
    }
    index.erase(PlatformUserId(1));
    RC_ASSERT(index.size() == others);
    for (const Memory& m : index.all()) RC_ASSERT(m.person != PlatformUserId(1));
    for (int room = 0; room < 3; ++room) {
      for (const auto& r :
           index.recall("tea coffee", {RoomId(room), PlatformUserId(1)}, {}, kStart)) {
        RC_ASSERT(!r.memory.person);
      }
    }
  });
  EXPECT_TRUE(ok);
}

TEST(MemoryProperty, TidyingTwiceIsTidyingOnce) {
  const bool ok = rc::check("tidy_up is idempotent and only takes away", [] {
    std::map<MemoryId, Memory> all;
    const int count = *rc::gen::inRange(0, 40);
    for (int i = 1; i <= count; ++i) all[MemoryId(i)] = some_memory(i, 2, 2);
    const auto list = [&] {
      std::vector<Memory> out;
      for (const auto& [id, m] : all) out.push_back(m);
      return out;
    };
    const TidyUp done = tidy_up(list(), {}, kStart);
    for (const MemoryId id : done.gone) RC_ASSERT(all.erase(id) == 1U);
    for (const Memory& m : done.changed) {
      RC_ASSERT(all.contains(m.id));
      RC_ASSERT(m.strength > 0 && m.strength <= 1.0 && m.confidence <= 1.0);
      RC_ASSERT(all[m.id].person == m.person && all[m.id].room == m.room);
      all[m.id] = m;
    }
    RC_ASSERT(done.gone.size() == done.expired + done.faded + done.merged);
    const TidyUp again = tidy_up(list(), {}, kStart);
    RC_ASSERT(again.gone.empty());
    RC_ASSERT(again.changed.empty());
  });
  EXPECT_TRUE(ok);
}

TEST(MemoryProperty, AnyLineIsReadWithoutHarm) {
  const MemoryGate gate;
  const bool ok = rc::check("extraction and gate take any bytes", [&] {
    const auto bytes = *rc::gen::container<std::string>(rc::gen::arbitrary<char>());
    const std::string tail = to_valid_utf8(bytes);
    for (const char* head : {"", "I like ", "my name is ", "remember that ", "unutma: ", "ben "}) {
      const std::string line = head + tail;
      (void)gate.check_line(line, false);
      const auto found = extract_memories(line);
      RC_ASSERT(found.size() <= kCandidatesPerLine);
      for (const auto& candidate : found) {
        if (gate.check(candidate)) continue;
        RC_ASSERT(code_point_count(candidate.text) <= kLongestMemory);
        RC_ASSERT(candidate.text.find('\n') == std::string::npos);
        RC_ASSERT(candidate.text.find('[') == std::string::npos);
        RC_ASSERT(is_valid_utf8(candidate.text));
      }
    }
  });
  EXPECT_TRUE(ok);
}

}  // namespace
}  // namespace chorus::fleet
