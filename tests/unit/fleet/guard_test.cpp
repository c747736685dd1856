#include "chorus/fleet/push_watch.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

using C = GuardClass;

struct Labelled {
  const char* text;
  GuardClass expected;
};

// Lines that must be stopped, with the class they belong to.
constexpr Labelled kBad[] = {
    // A, English
    {"You should buy THYAO today.", C::Recommendation},
    {"Buy now, it is cheap.", C::Recommendation},
    {"Sell your bitcoin before the weekend, you must sell.", C::Recommendation},
    {"I recommend buying ASELS.", C::Recommendation},
    {"My advice: hold and buy more gold.", C::Recommendation},
    {"Target price is 85 for this one.", C::Recommendation},
    {"Put your savings into ethereum.", C::Recommendation},
    {"Time to buy, everyone.", C::Recommendation},
    {"Just buy the dip.", C::Recommendation},
    {"Strong buy on EREGL.", C::Recommendation},
    {"Go long bitcoin here.", C::Recommendation},
    {"Set a stop loss at 60.", C::Recommendation},
    {"Buy some gold and hold.", C::Recommendation},
    // A, Turkish
    {"Hemen al, bekleme.", C::Recommendation},
    {"THYAO al, pişman olmazsın.", C::Recommendation},
    {"ASELS hissesi buradan alınır.", C::Recommendation},
    {"Altın satın al derim.", C::Recommendation},
    {"Bugün sat, yarın alırsın.", C::Recommendation},
    {"Hedef fiyat 120.", C::Recommendation},
    {"Tavsiyem dolar almak.", C::Recommendation},
    {"Dipten topla.", C::Recommendation},
    {"Elinde ne varsa sat.", C::Recommendation},
    {"Bitcoin almalısın.", C::Recommendation},
    {"Paranı borsaya yatır.", C::Recommendation},
    {"Kademeli al bence.", C::Recommendation},
    {"Long aç buradan.", C::Recommendation},
    {"Hedef 150 arkadaşlar.", C::Recommendation},
    // B, English
    {"This is guaranteed profit.", C::Promise},
    {"A risk free return, trust me.", C::Promise},
    {"You can't lose with this.", C::Promise},
    {"It will definitely double.", C::Promise},
    {"Easy money for all of us.", C::Promise},
    {"Double your money in a week.", C::Promise},
    {"It is a sure thing.", C::Promise},
    {"There's no risk at all here.", C::Promise},
    // B, Turkish
    {"Garantili kazanç arkadaşlar.", C::Promise},
    {"Kesin yükselir, görürsün.", C::Promise},
    {"Risksiz getiri var burada.", C::Promise},
    {"Kesinlikle kazanırsın.", C::Promise},
    {"Yüzde yüz kazandırır.", C::Promise},
    {"Paranı ikiye katla.", C::Promise},
    {"Garanti ediyorum, çıkacak.", C::Promise},
    {"Kaybetmen imkansız.", C::Promise},
    {"Kolay para bu.", C::Promise},
    {"Asla kaybetmezsin.", C::Promise},
    // C
    {"Bitcoin is at 63000 right now.", C::FabricatedFact},
    {"THYAO 312 oldu.", C::FabricatedFact},
    {"Dolar 34.5 seviyesinde.", C::FabricatedFact},
    {"BIST100 endeksi 9500 puanı geçti.", C::FabricatedFact},
    {"Gold rose %3 yesterday.", C::FabricatedFact},
    // D, English
    {"I bought THYAO at the bottom.", C::TrackRecord},
    {"I am long bitcoin since March.", C::TrackRecord},
    {"My portfolio is green today.", C::TrackRecord},
    {"I made 5000 dollars last week.", C::TrackRecord},
    {"I doubled my account.", C::TrackRecord},
    {"I own Tesla shares.", C::TrackRecord},
    {"My entry was 63.4.", C::TrackRecord},
    // D, Turkish
    {"THYAO aldım dün.", C::TrackRecord},
    {"63.4'ten aldım, tutuyorum.", C::TrackRecord},
    {"Portföyümde altın var.", C::TrackRecord},
    {"Bitcoin tutuyorum uzun süredir.", C::TrackRecord},
    {"2008 krizinde sakin kaldım, aldım.", C::TrackRecord},
    {"Maliyetim 41.", C::TrackRecord},
    {"Geçen hafta 5000 kazandım.", C::TrackRecord},
    {"Pozisyonum açık hâlâ.", C::TrackRecord},
    // F
    {"To the moon!", C::Pump},
    {"Don't miss this one.", C::Pump},
    {"Last chance, people.", C::Pump},
    {"This is the next bitcoin.", C::Pump},
    {"100x potential.", C::Pump},
    {"Uçacak bu.", C::Pump},
    {"Kaçırmayın derim.", C::Pump},
    {"Son fırsat!", C::Pump},
    {"Tavan yapacak yarın.", C::Pump},
    {"Roket gibi gidiyor.", C::Pump},
    {"Treni kaçırma.", C::Pump},
    // G
    {"Join my VIP group.", C::Contact},
    {"DM me for details.", C::Contact},
    {"See https://example.com/x for more.", C::Contact},
    {"Write to me on t.me/somebody", C::Contact},
    {"Call +90 532 123 45 67.", C::Contact},
    {"Mail me: someone@example.com", C::Contact},
    {"Send it to my wallet address.", C::Contact},
    {"Özelden yaz bana.", C::Contact},
    {"IBAN atayım mı?", C::Contact},
    {"Kanalıma katıl.", C::Contact},
    {"WhatsApp grubumuz var.", C::Contact},
    // Claims of being human
    {"I'm a real person, not a program.", C::HumanClaim},
    {"I am not a bot.", C::HumanClaim},
    {"No, I'm human like you.", C::HumanClaim},
    {"Ben insanım, merak etme.", C::HumanClaim},
    {"Bot değilim ki.", C::HumanClaim},
    {"Gerçek bir insanım.", C::HumanClaim},
    {"Yapay zekâ değilim.", C::HumanClaim},
};

// Lines that must pass: ordinary talk, also about markets.
constexpr const char* kGood[] = {
    "Good morning everyone, how was your weekend?",
    "Markets were nervous after the news, what did you notice?",
    "Volatility is a measure of how much a price moves.",
    "There is no guarantee of profit in any market.",
    "I can't guarantee anything, and nobody can.",
    "There is no such thing as risk free money.",
    "Diversification spreads risk over many things.",
    "What do you think about inflation this year?",
    "Interesting question. I would first ask for the source.",
    "I am an automated character, not a human.",
    "I'm not a real person, just a program.",
    "The central bank publishes its decision on Thursday.",
    "A stop order limits losses but can slip.",
    "I like how calm this room is today.",
    "Did you read the annual report?",
    "Coffee first, then charts.",
    "We could compare three ways to measure risk.",
    "The meeting starts at 15:30.",
    "I bought nothing, I am a program.",
    "That was a great match last night!",
    "Sell-offs often come with high volume.",
    "Buying and selling are two sides of every trade.",
    "My favourite topic is statistics.",
    "Nothing is certain, that is the only rule.",
    "Günaydın arkadaşlar, hafta nasıl geçti?",
    "Bugün hava çok güzel.",
    "Enflasyon verisi ne zaman açıklanacak?",
    "Borsada risk her zaman vardır.",
    "Hiçbir kazanç garanti değildir.",
    "Risksiz yatırım yoktur.",
    "Ben bir programım, insan değilim.",
    "Bilanço okumayı nasıl öğrendin?",
    "Faiz kararı herkesi etkiliyor.",
    "Bu konuda kaynak var mı?",
    "Kahve içip devam edelim.",
    "Teknik analiz bir araçtır, tek başına yetmez.",
    "Volatilite yükselince temkinli olmak normal.",
    "Saat kaçta görüşüyoruz?",
    "Kesin bir şey söylemek zor.",
    "Kolay para diye bir şey yoktur, kolay para yok.",
    "Merkez bankası toplantısı perşembe günü.",
    "Sence hangi kitap daha iyi anlatıyor?",
    "Dün akşamki maçı izledin mi?",
    "Grafikler güzel ama hikâye eksik.",
    "Portföy çeşitlendirmesi nedir, anlatayım.",
};

TEST(Guard, StopsWhatIsLabelledBad) {
  const Guard guard;
  std::size_t wrong_class = 0;
  for (const auto& line : kBad) {
    const auto verdict = guard.check({line.text, {}, {}, {}});
    EXPECT_TRUE(verdict.blocked()) << line.text;
    if (verdict.found != line.expected) ++wrong_class;
  }
  // The action is the same for all classes; the class is for the statistics.
  EXPECT_LE(wrong_class, std::size(kBad) / 10);
}

TEST(Guard, LetsOrdinaryTalkPass) {
  const Guard guard;
  for (const char* text : kGood) {
    const auto verdict = guard.check({text, {}, {}, {}});
    EXPECT_FALSE(verdict.blocked()) << text << " -> " << to_string(verdict.found);
  }
}

// What a generator without a key says about whatever the room is about.
TEST(Guard, AMarketMayBeTalkedAbout) {
  const Guard guard;
  for (const char* text :
       {"I keep coming back to bitcoin as well.",
        "My view on gold: small steps, and write them down.",
        "If we are honest, nobody knows where bitcoin goes from here.",
        "Somebody explained bonds to me last week, and it finally made sense.",
        "I have no strong opinion on gold, but I can compare it with what we know.",
        "There are two camps on bitcoin, and both have a point.",
        "What would make you drop bitcoin altogether?", "What made you think of stocks just now?",
        "Açık konuşalım, borsa nereye gider kimse bilmiyor.",
        "Ben de hep borsa konusuna dönüyorum.",
        "Geçen hafta biri kripto konusunu anlattı, sonunda oturdu.",
        "Bitcoin madenciliği çok elektrik harcıyor.",
        "Altın neden değerli sayılmış, hiç düşündün mü?",
        "The exchange publishes its opening hours on its site."}) {
    const auto verdict = guard.check({text, {}, {}, {}});
    EXPECT_FALSE(verdict.blocked()) << text << " -> " << to_string(verdict.found);
  }
}

TEST(Guard, ANegationElsewhereExcusesNothing) {
  const Guard guard;
  for (const char* text : {"no risk, guaranteed profit", "You can't lose, it's guaranteed.",
                           "Garanti kazanç, risk yok.", "Kesin kazanç, zarar yok, başka yolu yok.",
                           "It is not a scam, you can't lose money with btc"}) {
    EXPECT_TRUE(guard.check({text, {}, {}, {}}).blocked()) << text;
  }
}

TEST(Guard, ANumberAboutAnInstrumentPassesWhenSomebodySaidIt) {
  const Guard guard;
  const std::vector<std::string_view> sources = {"bitcoin 63,000 olmuş", "THYAO kapanış 312.5"};
  EXPECT_FALSE(guard.check({"THYAO 312.5 ile kapanmış.", sources, {}, {}}).blocked());
  EXPECT_EQ(guard.check({"THYAO 340 ile kapanmış.", sources, {}, {}}).found, C::FabricatedFact);
  EXPECT_FALSE(guard.check({"THYAO 313 ile kapanmış.", sources, {}, {}}).blocked())
      << "within half a percent";
}

TEST(Guard, HiddenCharactersAndCapitalsDoNotHelp) {
  const Guard guard;
  EXPECT_TRUE(guard.check({"GARANT\u0130L\u0130 KAZAN\u00C7", {}, {}, {}}).blocked());
  EXPECT_TRUE(guard.check({"guaran\u200Bteed pro\u2060fit", {}, {}, {}}).blocked());
  EXPECT_TRUE(guard.check({"HEMEN   AL!!!", {}, {}, {}}).blocked());
}

TEST(Guard, WhatMustNotComeBackIsALeak) {
  const Guard guard;
  const std::vector<std::string> secrets = {"[qx7zt", "canary99"};
  EXPECT_EQ(guard.check({"my rules say canary99", {}, secrets, {}}).found, C::Leak);
  EXPECT_EQ(guard.check({"[qx7zt hello", {}, secrets, {}}).found, C::Leak);
}

TEST(Guard, LinksPassOnlyToAllowedHosts) {
  const Guard guard;
  const std::vector<std::string> hosts = {"example.org"};
  EXPECT_FALSE(guard.check({"see https://example.org/a", {}, {}, hosts}).blocked());
  EXPECT_FALSE(guard.check({"see docs.example.org", {}, {}, hosts}).blocked());
  EXPECT_TRUE(guard.check({"see https://notexample.org", {}, {}, hosts}).blocked());
}

TEST(PushWatch, TheThirdBotIsHeldBackForAnHour) {
  const Guard guard;
  PushWatch watch;
  const auto push = guard.push_of("THYAO yükselir bence");
  ASSERT_TRUE(push);
  EXPECT_EQ(push->direction, 1);
  const MonoTime start{};
  EXPECT_TRUE(watch.allow(BotId(1), *push, start));
  EXPECT_TRUE(watch.allow(BotId(2), *push, start));
  EXPECT_TRUE(watch.allow(BotId(1), *push, start)) << "one of the two may repeat itself";
  EXPECT_FALSE(watch.allow(BotId(3), *push, start + std::chrono::minutes(59)));
  EXPECT_TRUE(watch.allow(BotId(3), {push->asset, -1}, start + std::chrono::minutes(59)));
  EXPECT_TRUE(watch.allow(BotId(3), *push, start + std::chrono::minutes(61)));
}

}  // namespace
}  // namespace chorus::fleet
