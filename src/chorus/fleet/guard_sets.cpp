#include "chorus/fleet/guard_lexicon.hpp"

namespace chorus::fleet::lexicon {
namespace {

// ------------------------------------------------------------------------------------- English

constexpr std::string_view kTrade[] = {"buy",     "bvy",        "sell",      "short", "hold",
                                       "hodl",    "accumulate", "dump",      "dca",   "invest",
                                       "offload", "unload",     "liquidate", "ape"};
constexpr std::string_view kTrading[] = {
    "buying",  "selling", "shorting",  "longing",  "holding", "hodling",  "accumulating",
    "dumping", "dcaing",  "investing", "stacking", "loading", "unloading"};
/// Verbs that are trades only with an instrument.
constexpr std::string_view kMove[] = {
    "buy",        "bvy",       "sell",       "short",       "long",    "hold",     "hodl",
    "accumulate", "dump",      "dca",        "invest",      "grab",    "get",      "take",
    "add",        "trim",      "cut",        "ditch",       "drop",    "exit",     "enter",
    "close",      "open",      "load",       "stack",       "stock",   "scoop",    "pick",
    "snap",       "bag",       "jump",       "hop",         "pile",    "rotate",   "move",
    "shift",      "switch",    "swap",       "convert",     "put",     "throw",    "toss",
    "stick",      "park",      "allocate",   "lock",        "cash",    "avoid",    "skip",
    "leave",      "keep",      "set",        "scale",       "average", "double",   "ape",
    "bet",        "ride",      "flip",       "trade",       "stake",   "place",    "unload",
    "offload",    "liquidate", "own",        "go",          "stay",    "wait",     "sit",
    "reduce",     "increase",  "dip",        "fade",        "chase",   "consider", "try",
    "pour",       "roll",      "hedge",      "diversify",   "collect", "secure",   "lighten",
    "bail",       "steer",     "overweight", "underweight", "start",   "stop",     "sink",
    "shove",      "plow",      "funnel",     "spread",      "split",   "lever",    "borrow",
    "remortgage", "run",       "dive",       "lump",        "save",    "let",      "ladder",
    "slap",       "pull",      "back"};
constexpr std::string_view kLead[] = {
    "just",    "please",     "pls",      "plz",        "so",         "and",     "then",
    "now",     "today",      "honestly", "seriously",  "simply",     "maybe",   "guys",
    "bro",     "dude",       "friends",  "everyone",   "everybody",  "folks",   "mate",
    "man",     "yo",         "ok",       "okay",       "imo",        "imho",    "tbh",
    "frankly", "always",     "never",    "dont",       "quickly",    "better",  "but",
    "or",      "also",       "probably", "instead",    "fwiw",       "nfa",     "literally",
    "listen",  "look",       "trust",    "me",         "step",       "first",   "second",
    "next",    "lets",       "let",      "us",         "all",        "hey",     "yeah",
    "yes",     "nah",        "well",     "quick",      "tomorrow",   "tonight", "monday",
    "friday",  "definitely", "still",    "go",         "do",         "not",     "lol",
    "ffs",     "kids",       "people",   "absolutely", "personally", "slowly",  "gradually",
    "ahead",   "to",         "time",     "no",         "only",       "again",   "half",
    "buddy",   "pal",        "my",       "advice",     "tip",        "hot",     "pro",
    "rule",    "easy",       "fam",      "anon",       "sis",        "here",    "this",
    "morning", "week",       "at",       "open",       "close"};
constexpr std::string_view kShould[] = {
    "should", "shouldve",     "must",       "gotta",    "better",      "need",      "oughta",
    "ought",  "can",          "could",      "might",    "may",         "want",      "wanna",
    "have",   "would",        "will",       "shall",    "shoulda",     "id",        "ill",
    "d",      "lets",         "let",        "consider", "considering", "recommend", "suggest",
    "advise", "urge",         "sure",       "forget",   "worth",       "keep",      "start",
    "stop",   "gonna",        "try",        "best",     "smart",       "wise",      "smarter",
    "wiser",  "recommending", "suggesting", "advising"};
constexpr std::string_view kMoney[] = {
    "money",     "savings", "salary",   "cash",     "paycheck", "capital",  "pension",
    "bonus",     "income",  "stack",    "bag",      "bags",     "position", "positions",
    "portfolio", "shares",  "coins",    "holdings", "profits",  "gains",    "wallet",
    "account",   "rent",    "networth", "funds",    "fund"};
/// Deeds that are trades by themselves.
constexpr std::string_view kTraded[] = {
    "bought",   "sold",     "shorted", "longed",  "held",      "hodled",     "accumulated",
    "dumped",   "invested", "aped",    "dcaed",   "trimmed",   "rotated",    "flipped",
    "swapped",  "scooped",  "loaded",  "cashed",  "unloaded",  "offloaded",  "hedged",
    "bagged",   "staked",   "traded",  "doubled", "tripled",   "quadrupled", "stacked",
    "averaged", "sniped",   "netted",  "banked",  "pocketed",  "liquidated", "own",
    "hold",     "hodl",     "buy",     "sell",    "trade",     "short",      "dca",
    "stake",    "owned",    "bvy",     "nailed",  "predicted", "lost",       "gained",
    "earned",   "opened",   "closed",  "entered", "exited",    "copped",     "parked"};
/// ... and those that are only when an instrument or a number follows soon.
constexpr std::string_view kHandled[] = {
    "made",    "started",   "built",     "called",   "added",  "grabbed", "picked",
    "mined",   "got",       "took",      "put",      "moved",  "rode",    "caught",
    "cleared", "locked",    "left",      "timed",    "topped", "threw",   "bet",
    "went",    "jumped",    "joined",    "won",      "paid",   "turned",  "spent",
    "add",     "collected", "converted", "switched", "mine"};
constexpr std::string_view kAct[] = {
    "buy",  "bvy",    "sell",  "short",   "long",    "hold",  "hodl",  "accumulate", "dump",
    "dca",  "invest", "put",   "get",     "load",    "add",   "take",  "trim",       "cut",
    "exit", "enter",  "close", "rotate",  "move",    "avoid", "ditch", "grab",       "stack",
    "swap", "go",     "ape",   "offload", "unload",  "bet",   "drop",  "scoop",      "pick",
    "park", "throw",  "set",   "lock",    "convert", "own"};
constexpr std::string_view kTradingNow[] = {
    "buying",     "selling",    "shorting", "longing",    "holding",  "hodling",   "accumulating",
    "dumping",    "dca",        "dcaing",   "investing",  "trading",  "stacking",  "adding",
    "loading",    "scalping",   "staking",  "swinging",   "riding",   "sitting",   "long",
    "short",      "up",         "in",       "into",       "out",      "averaging", "trimming",
    "flipping",   "making",     "killing",  "positioned", "invested", "exposed",   "heavy",
    "bagholding", "underwater", "green",    "red",        "hedged",   "leveraged", "flat",
    "waiting",    "keeping",    "taking",   "closing",    "opening",  "rotating",  "winning",
    "mining",     "printing",   "earning",  "collecting", "rich"};

// ------------------------------------------------------------------------------------- Turkish

/// Verb stems that are trades of their own, when somebody is told to.
constexpr std::string_view kTell[] = {
    "al!",      "sat!",    "topla!",   "toplan!",      "biriktir!", "tut!",     "ekle!",
    "cik!",     "gir!",    "gec!",     "don!",         "don",       "kapat!",   "kapa!",
    "boz!",     "bozdur!", "cevir!",   "yatir!",       "yukle!",    "yuklen!",  "bosalt!",
    "bos",      "kac!",    "kap!",     "dal!",         "abani!",    "aban!",    "bekle!",
    "koy!",     "koydur!", "ac!",      "gidin",        "girin",     "bagla!",   "doldur!",
    "azalt!",   "artir!",  "arttir!",  "degerlendir!", "tasi!",     "kes!",     "realize",
    "parkla!",  "yapis!",  "bol!",     "dagit!",       "kaydir!",   "park",     "sakla!",
    "saklan!",  "elleme!", "birak!",   "uzaklas!",     "kurtul!",   "kacin!",   "longla!",
    "shortla!", "hodlla!", "stakele!", "cek!",         "devam",     "kacma!",   "bulundur!",
    "bulunsun", "dursun",  "kalsin",   "tutun",        "surdur!",   "kilitle!", "aktar!",
    "gom!",     "yonel!",  "kovala!",  "bindir!",      "satip",     "alip",     "bozun",
    "tercih",   "koru!",   "atin",     "atiniz",       "atsana",    "atsaniz",  "atmali*",
    "atarsin",  "atilir"};
/// ... and what a speaker says of themselves.
constexpr std::string_view kDid[] = {
    "al=",     "sat=",    "topla=",       "biriktir=",   "tut=",     "ekle=",     "cik=",
    "gir=",    "gec=",    "kapat=",       "kapa=",       "boz=",     "bozdur=",   "cevir=",
    "yatir=",  "yukle=",  "yuklen=",      "bosalt=",     "kac=",     "kap=",      "dal=",
    "bekle=",  "koy=",    "at=",          "ac=",         "bagla=",   "doldur=",   "azalt=",
    "artir=",  "arttir=", "degerlendir=", "tasi=",       "kes=",     "kazan=",    "kaybet=",
    "kaybed=", "et=",     "ed=",          "yap=",        "yaz=",     "yakala=",   "sok=",
    "katla=",  "patla=",  "longla=",      "shortla=",    "hodlla=",  "stakele=",  "cek=",
    "kur=",    "aktar=",  "dus=",         "bin=",        "in=",      "vur=",      "kaldir=",
    "gotur=",  "cikar=",  "ode=",         "calis=",      "islem",    "ver=",      "bat=",
    "oyna=",   "uyu=",    "gom=",         "bas=",        "kilitle=", "sakla=",    "dur=",
    "kal=",    "otur=",   "say=",         "tuttur=",     "bil=",     "soyle=",    "de=",
    "onerdi*", "ol=",     "demistim",     "soylemistim", "paylas=",  "isabet",    "yakaladik",
    "kurtar=", "kurtul=", "zenginles=",   "edin=",       "aldir=",   "topluyor*", "ayir=",
    "harca=",  "donus=",  "sur=",         "uzat=",       "realize"};
constexpr std::string_view kMine[] = {
    "maliyetim*",    "ortalamam*",  "portfoyum*",   "cuzdanim*",    "pozisyonum*", "kasam*",
    "kasamda",       "bakiyem*",    "lotum*",       "lotlarim*",    "hissem",      "hissemi",
    "hissemde",      "hisselerim*", "hisselerimi*", "coinim*",      "coinlerim*",  "altinim*",
    "altinlarim*",   "dolarim*",    "dolarlarim*",  "eurom*",       "birikimim*",  "birikimimi*",
    "islemim*",      "islemlerim*", "tahminim*",    "tahminlerim*", "sinyalim*",   "sinyallerim*",
    "kazancim*",     "karim",       "karimi",       "zararim*",     "getirim*",    "yatirimim*",
    "yatirimlarim*", "hesabim*",    "sepetim*",     "portfolyom*",  "btcm",        "ethm",
    "btclerim*",     "fonum",       "fonlarim*",    "stopum",       "hedefim",     "girisim",
    "analizlerim*",  "cagrilarim*", "onerilerim*",  "onerdigim*",   "soyledigim*", "dedigim*",
    "aldigim*",      "sattigim*",   "verdigim*",    "paylastigim*", "tuttugum*",   "bekledigim*",
    "isabetim*",     "oranim"};

// ------------------------------------------------------------------------------------- numbers

constexpr std::string_view kCurrencies[] = {
    "tl",    "lira*", "dolar*", "usd", "euro*",  "eur",   "$",     "dollars", "dollar", "try",
    "bucks", "usdt",  "k",      "bin", "milyon", "grand", "cents", "euros",   "pounds"};
constexpr std::string_view kPeriod[] = {
    "day",     "week", "month", "year",   "daily",    "weekly", "monthly", "yearly",  "gunde",
    "haftada", "ayda", "yilda", "gunluk", "haftalik", "aylik",  "yillik",  "annually"};

constexpr WordSet kSets[] = {
    {"tv", kTrade},      {"tving", kTrading},         {"move", kMove},     {"lead", kLead},
    {"should", kShould}, {"money", kMoney},           {"traded", kTraded}, {"handled", kHandled},
    {"act", kAct},       {"tradingnow", kTradingNow}, {"tell", kTell},     {"did", kDid},
    {"mine", kMine},     {"currencies", kCurrencies}, {"period", kPeriod}};

}  // namespace

std::span<const WordSet> word_sets() {
  return kSets;
}

}  // namespace chorus::fleet::lexicon
