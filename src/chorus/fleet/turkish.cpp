#include "chorus/fleet/turkish.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>

namespace chorus::fleet {
namespace {

constexpr std::string_view kNounParts[] = {
    "lar",  "ler",  "i",   "u",   "yi",  "yu",    "ni",    "nu",   "a",    "e",    "ya",   "ye",
    "na",   "ne",   "da",  "de",  "ta",  "te",    "dan",   "den",  "tan",  "ten",  "nda",  "nde",
    "ndan", "nden", "in",  "un",  "nin", "nun",   "la",    "le",   "yla",  "yle",  "im",   "um",
    "m",    "si",   "su",  "ci",  "cu",  "ki",    "imiz",  "umuz", "miz",  "iniz", "unuz", "niz",
    "lik",  "luk",  "dir", "tir", "dur", "tur",   "dim",   "tim",  "ymis", "mis",  "mus",  "ca",
    "ce",   "yim",  "yum", "s",   "n",   "cuyum", "ciyim", "yiz",  "yuz"};

/// Endings that stand after a consonant; after a vowel a `y` may come first.
constexpr std::string_view kDirective[] = {
    "in",        "un",        "iniz",      "unuz",        "sana",        "sene",      "saniz",
    "seniz",     "saniza",    "senize",    "san",         "sen",         "malisin",   "melisin",
    "malisiniz", "melisiniz", "mali",      "meli",        "maliyiz",     "meliyiz",   "alim",
    "elim",      "abilirsin", "ebilirsin", "abilirsiniz", "ebilirsiniz", "abilir",    "ebilir",
    "alir",      "elir",      "ardim",     "erdim",       "irdim",       "urdum",     "rdim",
    "rdum",      "inir",      "ilir",      "nir",         "unur",        "ulur",      "inmali",
    "ilmeli",    "ilmali",    "nmali",     "nmeli",       "inmeli",      "mani",      "meni",
    "manizi",    "menizi",    "man",       "men",         "maniz",       "meniz",     "mak",
    "mek",       "makta",     "mekte",     "maktan",      "mekten",      "ma",        "me",
    "mayin",     "meyin",     "mayiniz",   "meyiniz",     "masin",       "mesin",     "masana",
    "mesene",    "mamali",    "memeli",    "mamalisin",   "memelisin",   "arsin",     "ersin",
    "irsin",     "ursun",     "rsin",      "rsun",        "arsiniz",     "ersiniz",   "irsiniz",
    "ursunuz",   "rsiniz",    "acaksin",   "eceksin",     "acaksiniz",   "eceksiniz", "ip",
    "up",        "sin",       "sun",       "sinlar",      "sinler",      "mazsin",    "mezsin",
    "maman",     "memen",     "mamani",    "memeni",      "may",         "masan",     "mesen",
    "sak",       "sek"};

constexpr std::string_view kFirstPerson[] = {
    "dim",     "dum",     "tim",     "tum",    "dik",      "duk",      "tik",      "tuk",
    "iyorum",  "uyorum",  "yorum",   "iyom",   "uyom",     "yom",      "iyoruz",   "uyoruz",
    "yoruz",   "iyordum", "uyordum", "yordum", "iyorduk",  "misim",    "musum",    "misiz",
    "musuz",   "mistim",  "mustum",  "mistik", "mustuk",   "acagim",   "ecegim",   "acam",
    "ecem",    "icam",    "icem",    "ucam",   "ucem",     "acagiz",   "ecegiz",   "acaz",
    "ecez",    "arim",    "erim",    "irim",   "urum",     "rim",      "rum",      "ariz",
    "eriz",    "iriz",    "uruz",    "riz",    "maktayim", "mekteyim", "madim",    "medim",
    "miyorum", "muyorum", "mam",     "mem",    "madik",    "medik",    "mamistim", "memistim",
    "digim",   "dugum",   "tigim",   "tugum",  "diklerim", "duklarim", "tiklarim", "digimiz",
    "tigimiz"};

template <std::size_t N>
bool is_one_of(const std::string_view (&list)[N], std::string_view word) {
  return std::find(std::begin(list), std::end(list), word) != std::end(list);
}

template <std::size_t N>
bool ends_verb(const std::string_view (&list)[N], std::string_view rest) {
  if (is_one_of(list, rest)) return true;
  return rest.size() > 1 && rest.front() == 'y' && is_one_of(list, rest.substr(1));
}

}  // namespace

bool is_noun_tail(std::string_view rest) {
  constexpr std::size_t kLongest = 14;
  if (rest.size() > kLongest) return false;
  std::uint32_t reached = 1;  // bit per offset that a row of endings can reach
  for (std::size_t at = 0; at < rest.size(); ++at) {
    if ((reached >> at & 1U) == 0) continue;
    for (const std::string_view part : kNounParts) {
      if (rest.substr(at).starts_with(part)) reached |= 1U << (at + part.size());
    }
  }
  return (reached >> rest.size() & 1U) != 0;
}

bool is_directive_tail(std::string_view rest) {
  return rest.empty() || ends_verb(kDirective, rest);
}

bool is_first_person_tail(std::string_view rest) {
  return ends_verb(kFirstPerson, rest);
}

}  // namespace chorus::fleet
