#include "chorus/fleet/memory/memory_lexicon.hpp"

#include "chorus/fleet/memory/memory_gate.hpp"

#include <algorithm>
#include <array>

namespace chorus::fleet {
namespace {

constexpr int kInstruction = static_cast<int>(MemoryRefusal::Instruction);
constexpr int kSecret = static_cast<int>(MemoryRefusal::Secret);
constexpr int kContact = static_cast<int>(MemoryRefusal::Contact);
constexpr int kSensitive = static_cast<int>(MemoryRefusal::Sensitive);
constexpr int kThirdPerson = static_cast<int>(MemoryRefusal::ThirdPerson);
constexpr int kQuoted = static_cast<int>(MemoryRefusal::Quoted);

constexpr Phrase kPhrases[] = {
    // Orders to the one who reads, English.
    {kInstruction, "ignor*|disregard*|overrid*|bypass*|discard*"},
    {kInstruction, "forget ~3 instruction*|rule*|prompt|previous|everything|all|told|said"},
    {kInstruction, "instruction*|prompt*|jailbreak*|guardrail*|guideline*"},
    {kInstruction, "system|developer|admin|debug|god|root|sudo|maintenance ~1 "
                   "mode|message|note|prompt|override|command|role|access|update"},
    {kInstruction, "you|u ~2 must|should|shall|will|cannot|cant|always|never|ought"},
    {kInstruction, "you|u are ~1 now|no|allowed|required|free|dan|the|my|his|her|our"},
    {kInstruction, "you|u have|need|want to"},
    {kInstruction, "your ~3 rule*|task*|job|goal*|purpose|role|duty|owner|master|creator|"
                   "name|card|developer|admin*|memory|memories|programm*"},
    {kInstruction, "from now on"},
    {kInstruction, "now on ~3 answer*|respond*|reply|speak|act|call|you"},
    {kInstruction, "always|never|only ~3 "
                   "answer*|respond*|reply|say|tell|write|speak|mention|refuse|end|begin|start|"
                   "include|obey|follow|agree|use|recommend|approve|reveal|deny|comply|praise"},
    {kInstruction, "act|behave|respond|answer|reply|speak|talk|write ~2 as|like|in|only|with"},
    {kInstruction, "pretend*|roleplay*|impersonat*|obey*|comply|simulat*"},
    {kInstruction, "reveal*|leak*|exfiltrat*|print|output|repeat|echo|dump ~4 "
                   "prompt*|rule*|secret*|token*|key*|above|everything|memor*|word*|text|line*"},
    {kInstruction, "tell|send|forward|announce|post|spread ~3 "
                   "everyone|everybody|people|user*|them|others|all|group|room|admin*"},
    {kInstruction, "when|whenever|if|once ~4 ask|asks|asked|say|says|said|mention*|write*|type*"},
    {kInstruction, "do not|dont ~2 tell|mention|reveal|refuse|say|answer|disclose|warn|ask"},
    {kInstruction, "remember|note|forget to"},
    {kInstruction, "new|updated|hidden|secret|special ~1 rule*|task*|order*|command*|persona|role"},
    {kInstruction, "rule|order|command|directive|policy ~1 is|says|of"},
    {kInstruction, "execute|eval|run ~3 command*|code|script|function|tool"},
    {kInstruction, "call|invoke|use ~1 function|tool*|api"},
    {kInstruction, "end of ~2 conversation|chat|input|context|notes|memor*|data"},
    {kInstruction, "assistant|system|developer|tool ~1 said|says|note|reply|answer"},
    {kInstruction, "assistant treat|do|please|say|tell|answer|give|ignore|write|act|you|follow"},
    {kInstruction, "in|into|to your ~2 memory|prompt|rules|instructions"},
    {kInstruction, "buy|sell|invest|pump ~2 now|today|all|this|it|at|coin*|stock*"},
    {kInstruction, "say|write|print ~2 hacked|pwned|yes|exactly"},
    {kInstruction, "i am ~2 admin*|operator|moderator"},
    {kInstruction, "permission*|authori*|privilege*|unrestricted|uncensored|unfiltered"},
    // Orders, Turkish.
    {kInstruction, "gormezden gel*"},
    {kInstruction, "yok say*"},
    {kInstruction, "talimat*|yonerge*|direktif*|komut*|istem"},
    {kInstruction, "onceki|yukaridaki|tum|butun|eski ~2 kural*|mesaj*|sozler*|bilgi*|soylen*"},
    {kInstruction, "kurallar* ~3 unut*|cigne*|degis*|uyma*"},
    {kInstruction, "sistem* ~2 mesaj*|prompt*|mod*|not*|rol*|yonet*"},
    {kInstruction, "gelistirici|yonetici|admin ~1 mod*|yetki*|olarak"},
    {kInstruction, "bundan sonra|boyle"},
    {kInstruction, "artik ~3 sen|siz|rolun|gorevin|adin"},
    {kInstruction, "sen ~2 artik|bir|bundan"},
    {kInstruction, "gibi|olarak davran*|konus*|cevap*|yanit*|yaz"},
    {kInstruction, "rol yap*"},
    {kInstruction, "rolun*|gorevin*|amacin*|sahibin*|yaraticin*"},
    {kInstruction, "her zaman ~4 yanit*|cevap*|soyle*|yaz|yazacak*|konus|kullan|oner|ekle|bitir"},
    {kInstruction, "daima|hep ~4 yanit*|cevap*|soyle*|yaz|yazacak*|konus|kullan|oner|ekle|bitir"},
    {kInstruction, "asla|sakin ~4 soyleme*|bahsetme*|reddetme*|verme*|yazma*|deme*|sorma*|etme*"},
    {kInstruction, "cevap|yanit ver*"},
    {kInstruction, "diye yaz*|soyle*|cevap*|yanit*|bagir*|tekrar*"},
    {kInstruction, "herkese|gruba|kullanicilara|onlara ~3 soyle*|yaz*|gonder*|duyur*|anlat*|de"},
    {kInstruction, "sorul*|sorarsa*|sorunca|derse*|yazarsa*|dediginde|yazdiginda"},
    {kInstruction, "itaat*|uymalisin|uyacaksin|zorundasin"},
    {kInstruction, "tekrarla|tekrar et"},
    {kInstruction, "sifir* ~1 hafiza*|bellek*"},
    {kInstruction, "gizli|yeni ~1 gorev*|kural*|emir*|rol*"},
    {kInstruction, "emred*"},
    {kInstruction, "yetkili* ~1 olarak"},
    // Other languages in which such orders travel.
    {kInstruction, "ignorier*|vergiss ~3 anweisung*|alle*|vorherig*|regel*"},
    {kInstruction, "anweisung*|instruccion*|instrucao|instrucoes|istruzion*"},
    {kInstruction, "oublie*|ignore* ~4 instruction*|consigne*|regle*"},
    {kInstruction, "olvida* ~4 instruccion*|regla*|anterior*"},
    {kInstruction, "игнорир*|забудь ~3 инструкц*|правил*|все|предыдущ*"},
    {kInstruction, "инструкц*"},
    // Secrets.
    {kSecret, "password*|passwd|passphrase*|passcode*|sifre*|parola*|secret*"},
    {kSecret, "api|private|secret|recovery|seed|encryption ~1 key*|phrase*|word*"},
    {kSecret, "token*|cvv|cvc|iban*|ssn|otp"},
    {kSecret, "my pin|code"},
    {kSecret, "pin ~1 code|kod*|is|#"},
    {kSecret, "credit|debit|bank|banka|kredi ~1 card*|kart*|account|hesa*"},
    {kSecret, "kart|hesap|pasaport|kimlik|ehliyet ~1 numara*|no|nom"},
    {kSecret, "social security"},
    {kSecret, "passport|account|licence|license|id ~1 number|no"},
    {kSecret, "tc kimlik|no"},
    // Contact data.
    {kContact, "phone|mobile|cell|telephone ~1 number|is|#"},
    {kContact, "my number|email*|mail|address|phone|telegram|whatsapp|instagram|discord|snapchat"},
    {kContact, "whatsapp*|instagram*|telegram*|discord*|snapchat*|tiktok*"},
    {kContact, "telefon*|numaram*|adres*|eposta*|posta*|mailim*"},
    {kContact, "street|avenue|boulevard|apartment|postcode|zip"},
    {kContact, "sokak*|sokag*|cadde*|mahalle*|apartman*|daire"},
    {kContact, "e mail*|posta*"},
    // What nobody needs to know.
    {kSensitive, "cancer*|diabet*|hiv|aids|depress*|pregnan*|illness*|disease*|disorder*|diagnos*"},
    {kSensitive, "medication*|therap*|antidepress*|epilep*|adhd|autis*|bipolar|suicid*|"
                 "surgery|sick"},
    {kSensitive, "hasta*|kanser*|diyabet*|hamile*|depresyon*|ilac*|tedavi*|teshis*|"
                 "ameliyat*|intihar*"},
    {kSensitive, "muslim*|islam*|christian*|catholic*|protestant*|jewish|jew|hindu*|"
                 "buddhis*|atheis*"},
    {kSensitive, "religio*|church*|mosque*|synagog*|pray*|quran|koran|bible|god"},
    {kSensitive, "musluman*|hristiyan*|yahudi*|ateist*|dindar*|namaz*|cami|camiye|camide|"
                 "kilise*|alevi*"},
    {kSensitive, "sunni*|kuran*|oruc*|tanri*|allah*|mezheb*"},
    {kSensitive, "vote*|voting|republican*|democrat*|communis*|socialis*|fascis*|politic*|"
                 "liberal*"},
    {kSensitive, "akp*|chp*|mhp*|hdp*|oy ~1 ver*|verd*"},
    {kSensitive, "siyas*|politik*|komunist*|sosyalist*|fasist*|trade union"},
    {kSensitive, "gay|lesbian*|bisexual*|transgender*|queer|sex*|escinsel*|lezbiyen*|cinsel*"},
    {kSensitive, "ethnic*|kurd|kurdish|kurdum|ermeni*|armenian*|etnik*|irkim|irkci*"},
    {kSensitive, "arrest*|convict*|prison*|hapis*|tutuk*|sabika*"},
    // Somebody else.
    {kThirdPerson, "^ he|she|they|his|their|him"},
    {kThirdPerson, "that|note|remember he|she|they|his|her|their"},
    // `her` alone is Turkish for `every`.
    {kThirdPerson, "her ~1 name|house|home|husband|job|car|life|mother|father|friend|phone|boss"},
    {kThirdPerson, "my|our ~1 wife|husband|boss|friend*|mother|father|mom|mum|dad|son|daughter|"
                   "brother|sister|neighbo*|colleague*|girlfriend|boyfriend|partner|teacher|ex|"
                   "child*|kids|parents|uncle|aunt|cousin*|family"},
    {kThirdPerson, "karim*|kocam*|esim*|patronum*|arkadasim*|annem*|babam*|oglum*|kizim*|"
                   "kardesim*"},
    {kThirdPerson, "abim*|ablam*|komsum*|sevgilim*|ortagim*|cocug*|cocukla*|ailem*|amcam*|teyzem*"},
    {kThirdPerson, "^ o|onun|onlar|onlarin"},
    {kThirdPerson, "everybody|everyone|people ~1 know*|say*|think*|hate*"},
    // Another's words.
    {kQuoted, "he|she|they ~1 said|says|told|wrote|asked"},
    {kQuoted, "dedi|demis|diyor|soyledi|soylemis|yazmis"},
};

constexpr std::array<std::string_view, 74> kOrders{
    "act",     "add",     "agree",   "always",  "answer",   "approve",  "assume",    "be",
    "become",  "begin",   "behave",  "block",   "buy",      "call",     "change",    "click",
    "confirm", "delete",  "disable", "do",      "dont",     "enable",   "end",       "enter",
    "execute", "follow",  "forget",  "forward", "give",     "go",       "greet",     "ignore",
    "include", "invite",  "join",    "keep",    "let",      "make",     "mention",   "mute",
    "never",   "obey",    "open",    "output",  "please",   "post",     "praise",    "pretend",
    "print",   "promote", "publish", "put",     "recommend", "refer",   "remove",    "repeat",
    "reply",   "respond", "reveal",  "run",     "say",      "sell",     "send",      "set",
    "share",   "show",    "speak",   "stop",    "switch",   "tell",     "translate", "treat",
    "use",     "write"};

constexpr std::array<std::string_view, 49> kTurkishOrders{
    "al",      "davet",   "etiketle",
    "ac",      "anlat",   "at",      "bahset",  "bahsetme", "basla",   "bitir",   "calistir",
    "cevapla", "davran",  "de",      "deme",    "ekle",     "engelle", "et",      "etme",
    "gel",     "gonder",  "goster",  "hatirlat", "kapat",   "konus",   "konusma", "kullan",
    "ol",      "olma",    "oner",    "paylas",  "reddetme", "sat",     "sil",     "sorma",
    "soyle",   "soyleme", "tanit",   "tekrarla", "unut",    "ver",     "verme",   "yanitla",
    "yap",     "yapma",   "yaz",     "yazma",   "yokla",    "yukle"};

constexpr std::array<std::string_view, 27> kCalendar{
    "april",    "august",  "december", "february", "friday",    "haziran", "january",
    "july",     "june",    "kasim",    "march",    "may",       "mayis",   "monday",
    "november", "october", "ocak",     "saturday", "september", "sunday",  "temmuz",
    "thursday", "tuesday", "wednesday", "cuma",    "pazar",     "pazartesi"};

bool is_among(std::span<const std::string_view> words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool ends_with_any(std::string_view word, std::span<const std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) {
    return word.size() > ending.size() && word.ends_with(ending);
  });
}

}  // namespace

std::span<const Phrase> memory_phrases() {
  return kPhrases;
}
bool begins_an_order(std::string_view first_word) {
  return is_among(kOrders, first_word);
}
bool ends_an_order(std::string_view last_word) {
  return is_among(kTurkishOrders, last_word);
}
bool is_calendar_word(std::string_view word) {
  static constexpr std::array<std::string_view, 12> kTurkish{
      "agustos", "aralik", "carsamba", "cumartesi", "ekim", "eylul",
      "mart",    "nisan",  "persembe", "sali",      "subat", "today"};
  return is_among(kCalendar, word) || is_among(kTurkish, word);
}

bool speaks_to_reader(std::string_view word) {
  static constexpr std::array<std::string_view, 19> kWords{
      "you",  "your", "yours", "yourself", "u",    "ur",     "sen",   "sana",  "seni", "senin",
      "siz",  "size", "sizi",  "sizin",    "sende", "senden", "ya'll", "yall", "kendin"};
  static constexpr std::array<std::string_view, 12> kEndings{
      "malisin", "melisin", "caksin", "ceksin", "yorsun", "arsin",
      "ersin",   "irsin",   "ursun",  "mazsin", "mezsin", "siniz"};
  return is_among(kWords, word) || ends_with_any(word, kEndings);
}

bool orders_reader(std::string_view word) {
  static constexpr std::array<std::string_view, 6> kEndings{
      "malisin", "melisin", "caksin", "ceksin", "malisiniz", "melisiniz"};
  return ends_with_any(word, kEndings);
}

bool is_first_person(std::string_view word) {
  static constexpr std::array<std::string_view, 18> kWords{
      "i",    "me",   "my",    "mine",  "we",    "our",  "us",    "myself", "am",
      "ben",  "bana", "beni",  "benim", "bende", "biz",  "bizim", "bize",   "kendim"};
  // Nouns that end like the first person without being it.
  static constexpr std::array<std::string_view, 12> kNot{
      "resim", "kurum", "durum", "bolum",  "yorum", "isim",
      "mevsim", "takim", "yarim", "egitim", "iletisim", "uretim"};
  static constexpr std::array<std::string_view, 2> kEndings{"im", "um"};
  if (is_among(kWords, word)) return true;
  return word.size() >= 4 && ends_with_any(word, kEndings) && !is_among(kNot, word);
}

}  // namespace chorus::fleet
