#include "chorus/fleet/memory/memory_extract.hpp"

#include "support/memory_learning.hpp"
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

using test::kept_of;

struct Said {
  const char* line;
  std::vector<std::string> kept;
};

TEST(MemoryExtract, KeepsWhatPeopleSayOfThemselvesInEnglish) {
  const MemoryGate gate;
  const std::vector<Said> table{
      {"My name is Ada", {"is called Ada"}},
      {"hi, my name is Ada Lovelace and I live in Izmir.",
       {"is called Ada Lovelace", "lives in Izmir"}},
      {"call me Deniz", {"is called Deniz"}},
      {"I'm from New Zealand", {"comes from New Zealand"}},
      {"I work as a nurse in the evenings", {"works as nurse in the evenings"}},
      {"I'm a software developer", {"works as software developer"}},
      {"my birthday is on 3 May", {"birthday: 3 May"}},
      {"I really like filter coffee", {"likes filter coffee"}},
      {"I love hiking, but I hate running", {"likes hiking", "dislikes running"}},
      {"I don't like horror films", {"dislikes horror films"}},
      {"my favourite colour is green", {"favourite colour: green"}},
      {"I have a cat called Minnos", {"has a cat called Minnos"}},
      {"I usually wake up at six", {"routine: usually wake up at six"}},
      {"every morning I walk by the sea", {"routine: every morning I walk by the sea"}},
      {"yesterday I finished my thesis", {"told of: yesterday I finished my thesis"}},
      {"we are good friends", {"calls the two of us friends"}},
      {"remember that I have an exam on Friday",
       {"asked to keep in mind: I have an exam on Friday"}},
      {"please remember: the meeting is on Monday",
       {"asked to keep in mind: the meeting is on Monday"}},
      {"Remember that my name is Ada", {"is called Ada"}},
      {"who are you? I live in Bursa", {"lives in Bursa"}},
  };
  for (const auto& [line, kept] : table) EXPECT_EQ(kept_of(gate, line), kept) << line;
}

TEST(MemoryExtract, KeepsWhatPeopleSayOfThemselvesInTurkish) {
  const MemoryGate gate;
  const std::vector<Said> table{
      {"Benim adım Ayşe", {"is called Ayşe"}},
      {"selam, ismim Mehmet Can", {"is called Mehmet Can"}},
      {"bana Dodo derler", {"is called Dodo"}},
      {"İzmir'de yaşıyorum", {"lives in İzmir"}},
      {"ben ankarada oturuyorum", {"lives in ankara"}},
      {"Adana'da doğdum", {"comes from Adana"}},
      {"3 Mayıs 1990'da doğdum", {"birthday: 3 Mayıs 1990"}},
      {"doğum günüm 3 Mayıs", {"birthday: 3 Mayıs"}},
      {"hemşire olarak çalışıyorum", {"works as hemşire"}},
      {"ben öğretmenim", {"works as öğretmen"}},
      {"kahveyi çok severim", {"likes kahveyi"}},
      {"kahveyi severim ama çayı sevmem", {"likes kahveyi", "dislikes çayı"}},
      {"kalabalıktan nefret ederim", {"dislikes kalabalıktan"}},
      {"en sevdiğim renk mavi", {"favourite renk: mavi"}},
      {"bir kedim var", {"has bir kedim"}},
      {"her sabah sahilde yürüyorum", {"routine: her sabah sahilde yürüyorum"}},
      {"dün tezimi bitirdim", {"told of: dün tezimi bitirdim"}},
      {"biz arkadaşız", {"calls the two of us friends"}},
      {"unutma: cuma günü sınavım var", {"asked to keep in mind: cuma günü sınavım var"}},
      {"unutma ki yarın toplantım var", {"asked to keep in mind: yarın toplantım var"}},
      {"şunu unutma: adım Ayşe", {"is called Ayşe"}},
  };
  for (const auto& [line, kept] : table) EXPECT_EQ(kept_of(gate, line), kept) << line;
}

TEST(MemoryExtract, LeavesAloneWhatStatesNothing) {
  for (const char* line :
       {"do you like coffee?", "I love you", "I like it", "I like how this works", "hello there",
        "remember when we met", "what is my name?", "I am tired", "I have a question",
        "my brother likes tea", "adın ne?", "seni seviyorum", "bunu severim", "naber", "",
        "I'm a bit late", "you like tea", "kahve sever misin?"}) {
    EXPECT_TRUE(extract_memories(line).empty()) << line;
  }
}

TEST(MemoryExtract, OnlyWhatPassesEndsSoon) {
  EXPECT_TRUE(extract_memories("remember that I have an exam on Friday").at(0).keeps);
  EXPECT_TRUE(extract_memories("yesterday I finished my thesis").at(0).keeps);
  EXPECT_FALSE(extract_memories("I live in Izmir").at(0).keeps);
}

TEST(MemoryExtract, IsBoundedOnAnyLine) {
  std::string line;
  for (int i = 0; i < 100; ++i) line += "I like tea, ";
  EXPECT_LE(extract_memories(line).size(), kCandidatesPerLine);
  EXPECT_TRUE(extract_memories(std::string(100'000, 'a')).empty());
  for (const auto& c : extract_memories("I like " + std::string(100'000, 'a'))) {
    EXPECT_EQ(MemoryGate().check(c), MemoryRefusal::TooLong);
  }
}

}  // namespace
}  // namespace chorus::fleet
