#include "chorus/fleet/memory/memory_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

using namespace std::chrono_literals;

const WallTime kNow = from_micros(1'780'000'000'000'000);
constexpr RoomId kRoom{9};
constexpr PlatformUserId kAda{77}, kBen{78};

Memory memory(std::int64_t id, std::string text, PlatformUserId person = kAda,
              MemoryKind kind = MemoryKind::UserNote) {
  Memory m;
  m.id = MemoryId(id);
  m.bot = BotId(1);
  m.room = person ? kRoom : RoomId{};
  m.person = person;
  m.kind = kind;
  m.text = std::move(text);
  m.source = person ? MemorySource::Said : MemorySource::Persona;
  m.created = m.last_used = kNow - 24h;
  return m;
}

/// A small corpus in both languages.
MemoryIndex corpus() {
  MemoryIndex index;
  const std::vector<std::pair<std::string, MemoryKind>> texts{
      {"is called Ada", MemoryKind::PersonalFact},
      {"lives in Izmir", MemoryKind::PersonalFact},
      {"works as nurse", MemoryKind::PersonalFact},
      {"birthday: 3 May", MemoryKind::PersonalFact},
      {"has a cat called Minnos", MemoryKind::PersonalFact},
      {"likes filter coffee", MemoryKind::Preference},
      {"likes kahveyi", MemoryKind::Preference},
      {"dislikes horror films", MemoryKind::Preference},
      {"likes hiking", MemoryKind::Preference},
      {"routine: every morning I walk by the sea", MemoryKind::Routine},
      {"routine: her sabah sahilde yürüyorum", MemoryKind::Routine},
      {"told of: yesterday I finished my thesis", MemoryKind::PastEvent},
      {"asked to keep in mind: I have an exam on Friday", MemoryKind::UserNote},
      {"asked to keep in mind: cuma günü sınavım var", MemoryKind::UserNote},
  };
  std::int64_t id = 0;
  for (const auto& [text, kind] : texts) index.put(memory(++id, text, kAda, kind), kNow);
  return index;
}

TEST(MemoryIndex, TheRightMemoryComesFirst) {
  const MemoryIndex index = corpus();
  const std::vector<std::pair<const char*, const char*>> asked{
      {"what is my name?", "is called Ada"},
      {"adım neydi?", "is called Ada"},
      {"which city do I live in", "lives in Izmir"},
      {"nerede yaşıyorum", "lives in Izmir"},
      {"Izmir'de hava nasıl", "lives in Izmir"},
      {"what is my job", "works as nurse"},
      {"when is my birthday", "birthday: 3 May"},
      {"how is the cat", "has a cat called Minnos"},
      {"Minnos!", "has a cat called Minnos"},
      {"filter coffees are great", "likes filter coffee"},
      {"bir kahve içelim mi", "likes kahveyi"},
      {"let us watch a horror film", "dislikes horror films"},
      {"a hiking tour", "likes hiking"},
      {"the sea in the morning", "routine: every morning I walk by the sea"},
      {"sahile iniyor musun", "routine: her sabah sahilde yürüyorum"},
      {"how did the thesis go", "told of: yesterday I finished my thesis"},
      {"wish me luck for the exam", "asked to keep in mind: I have an exam on Friday"},
      {"sınavım iyi geçsin", "asked to keep in mind: cuma günü sınavım var"},
  };
  std::size_t right = 0;
  for (const auto& [question, answer] : asked) {
    const auto found = index.recall(question, {kRoom, kAda}, {}, kNow);
    ASSERT_FALSE(found.empty()) << question;
    EXPECT_EQ(found[0].memory.text, answer) << question;
    EXPECT_FALSE(found[0].terms.empty()) << question;
    right += found[0].memory.text == answer ? 1 : 0;
  }
  EXPECT_EQ(right, asked.size());
}

TEST(MemoryIndex, SaysWhyItCameUp) {
  MemoryIndex index;
  index.put(memory(1, "likes filter coffee"), kNow);
  index.put(memory(2, "has a garden"), kNow);
  const auto found = index.recall("a Coffee, filtered please", {kRoom, kAda}, {}, kNow);
  ASSERT_GE(found.size(), 1U);
  EXPECT_EQ(found[0].terms, (std::vector<std::string>{"coffee", "filtered"}));
  EXPECT_DOUBLE_EQ(found[0].relevance, 1);
  EXPECT_GT(found[0].recency, 0.9);
  EXPECT_NEAR(found[0].strength, 1, 0.05);
  EXPECT_NEAR(found[0].score,
              0.6 * found[0].relevance + 0.15 * found[0].recency + 0.25 * found[0].strength, 1e-12);
}

TEST(MemoryIndex, NobodySeesWhatIsAnothersOrFromAnotherRoom) {
  MemoryIndex index;
  index.put(memory(1, "likes coffee", kAda), kNow);
  index.put(memory(2, "likes coffee too", kBen), kNow);
  auto elsewhere = memory(3, "likes coffee in private", kAda);
  elsewhere.room = RoomId(33);
  index.put(elsewhere, kNow);
  index.put(memory(4, "roasts coffee at home", PlatformUserId()), kNow);
  const auto ids = [&](MemoryViewer viewer) {
    std::vector<std::int64_t> out;
    for (const auto& r : index.recall("coffee", viewer, {}, kNow)) out.push_back(r.memory.id.value);
    std::sort(out.begin(), out.end());
    return out;
  };
  EXPECT_EQ(ids({kRoom, kAda}), (std::vector<std::int64_t>{1, 4}));
  EXPECT_EQ(ids({RoomId(33), kAda}), (std::vector<std::int64_t>{3, 4}));
  EXPECT_EQ(ids({kRoom, kBen}), (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(ids({kRoom, {}}), (std::vector<std::int64_t>{4})) << "talk that nobody asked for";
}

TEST(MemoryIndex, AnothersMemoriesDoNotMoveTheScores) {
  MemoryIndex index = corpus();
  const auto before = index.recall("coffee with the cat", {kRoom, kAda}, {}, kNow);
  for (std::int64_t i = 100; i < 140; ++i) index.put(memory(i, "likes coffee", kBen), kNow);
  const auto after = index.recall("coffee with the cat", {kRoom, kAda}, {}, kNow);
  ASSERT_EQ(before.size(), after.size());
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].score, after[i].score);
}

TEST(MemoryIndex, RecentAndStrongBreakTies) {
  MemoryIndex index;
  auto old = memory(1, "likes coffee black");
  old.created = old.last_used = kNow - 24h * 90;
  index.put(old, kNow);
  index.put(memory(2, "likes coffee white"), kNow);
  auto found = index.recall("coffee", {kRoom, kAda}, {}, kNow);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].memory.id, MemoryId(2));
  EXPECT_LT(found[1].strength, 0.2);
}

TEST(MemoryIndex, FewComeUnaskedAndNoneOfTheBots) {
  MemoryIndex index = corpus();
  index.put(memory(50, "once missed a train in Vienna", PlatformUserId()), kNow);
  const auto found = index.recall("zzz qqq", {kRoom, kAda}, {}, kNow);
  EXPECT_EQ(found.size(), 3U);
  for (const auto& r : found) {
    EXPECT_TRUE(r.terms.empty());
    EXPECT_EQ(r.memory.person, kAda);
  }
}

TEST(MemoryIndex, AtMostThreeOfAKind) {
  MemoryIndex index;
  for (std::int64_t i = 1; i <= 20; ++i) {
    index.put(memory(i, "likes coffee " + std::to_string(i), kAda, MemoryKind::Preference), kNow);
    index.put(memory(i + 100, "coffee note " + std::to_string(i)), kNow);
  }
  const auto found = index.recall("coffee", {kRoom, kAda}, {}, kNow);
  EXPECT_EQ(found.size(), 8U);
  const auto preferences = std::count_if(found.begin(), found.end(), [](const Recalled& r) {
    return r.memory.kind == MemoryKind::Preference;
  });
  EXPECT_LE(preferences, 3);
}

TEST(MemoryIndex, ExpiredOnesNeverCome) {
  MemoryIndex index;
  auto soon = memory(1, "exam on friday");
  soon.expires = kNow + 1h;
  index.put(soon, kNow);
  EXPECT_EQ(index.recall("exam", {kRoom, kAda}, {}, kNow).size(), 1U);
  EXPECT_TRUE(index.recall("exam", {kRoom, kAda}, {}, kNow + 1h).empty());
}

TEST(MemoryIndex, TheWeakestMakesRoom) {
  MemoryIndex index(3);
  auto weak = memory(1, "weak");
  weak.strength = 0.2;
  EXPECT_TRUE(index.put(weak, kNow).empty());
  index.put(memory(2, "second"), kNow);
  index.put(memory(3, "third"), kNow);
  EXPECT_EQ(index.put(memory(4, "fourth"), kNow), (std::vector{MemoryId(1)}));
  auto weaker = memory(5, "weaker");
  weaker.strength = 0.1;
  EXPECT_EQ(index.put(weaker, kNow), (std::vector{MemoryId(5)})) << "itself";
  EXPECT_EQ(index.size(), 3U);
}

TEST(MemoryIndex, OnePersonCannotTakeAll) {
  MemoryIndex index;
  index.put(memory(1, "of ben", kBen), kNow);
  for (std::int64_t i = 10; i < 210; ++i) index.put(memory(i, "n " + std::to_string(i)), kNow);
  EXPECT_EQ(index.size(), kMemoriesPerPerson + 1);
  EXPECT_NE(index.find(MemoryId(1)), nullptr);
}

TEST(MemoryIndex, EraseTakesAllOfAPerson) {
  MemoryIndex index = corpus();
  index.put(memory(90, "of ben", kBen), kNow);
  EXPECT_EQ(index.erase(kAda).size(), 14U);
  EXPECT_EQ(index.size(), 1U);
  EXPECT_TRUE(index.erase(kAda).empty());
  EXPECT_TRUE(index.erase(PlatformUserId()).empty()) << "the bot's own are nobody's";
}

TEST(Memory, RowsRoundTrip) {
  Memory m = memory(5, "likes tea");
  m.message = MessageRowId(4);
  m.confidence = 0.8;
  m.strength = 0.333;
  m.uses = 7;
  m.expires = kNow + 1h;
  EXPECT_EQ(memory_of(row_of(m)), m);
  auto row = row_of(m);
  row.kind = "episodic";
  EXPECT_FALSE(memory_of(row)) << "a newer program's";
  for (std::size_t i = 0; i < kMemoryKinds; ++i) {
    const auto kind = static_cast<MemoryKind>(i);
    EXPECT_EQ(memory_kind_of(to_string(kind)), kind);
  }
}

}  // namespace
}  // namespace chorus::fleet
