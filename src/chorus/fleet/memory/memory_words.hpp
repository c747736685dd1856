#pragma once

#include "chorus/fleet/memory/memory.hpp"

#include <algorithm>
#include <array>
#include <string_view>

/// The words that memories are made of: the fixed beginnings of texts that the extraction writes,
/// the words by which people ask for them, and the words that carry nothing.
namespace chorus::fleet {

struct MemoryForm {
  std::string_view prefix;  ///< of the text
  MemorySlot slot = MemorySlot::None;
  std::string_view asked_with;  ///< both languages: the text's value is in the person's own
};

inline constexpr std::array kMemoryForms{
    MemoryForm{"is called ", MemorySlot::Name, "name call adim adimi ismim ismimi kimim"},
    MemoryForm{"lives in ", MemorySlot::Home, "live city town nerede yasiyorum oturuyorum sehir"},
    MemoryForm{"works as ", MemorySlot::Job, "work job profession meslek isim calisiyorum"},
    MemoryForm{"birthday: ", MemorySlot::Birthday, "birthday born dogum gunum dogdum"},
    MemoryForm{"comes from ", MemorySlot::None, "home town country nereli memleket"},
    MemoryForm{"works at ", MemorySlot::None, "work job company calisiyorum is"},
    MemoryForm{"likes ", MemorySlot::None, "love enjoy favourite severim seviyorum sevdigim"},
    MemoryForm{"dislikes ", MemorySlot::None, "like hate sevmem sevmiyorum nefret severim"},
    MemoryForm{"favourite ", MemorySlot::None, "like favorite sevdigim severim"},
    MemoryForm{"has ", MemorySlot::None, "have pet var hayvan"},
    MemoryForm{"routine: ", MemorySlot::None, "usually often habit genelde rutin"},
    MemoryForm{"told of: ", MemorySlot::None, "happened anlattim olmustu"},
    MemoryForm{"asked to keep in mind: ", MemorySlot::None, "remember hatirla unutma demistim"},
};

/// Folded, sorted.
inline constexpr std::array<std::string_view, 105> kMemoryStopWords{
    "?", "a", "acaba", "am", "ama", "an", "and", "are", "as", "asked", "at", "bana", "be", "ben",
    "beni", "benim", "bir", "biz", "bu", "but", "by", "called", "can", "cok", "comes", "da",
    "daha", "de", "did", "diye", "do", "does", "dont", "en", "for", "from", "gibi", "had", "has",
    "have", "he", "hello", "her", "hi", "his", "how", "i", "icin", "ile", "in", "is", "it", "its",
    "keep", "ki", "mi", "mind", "misin", "mu", "my", "nasil", "ne", "not", "o", "of", "oh", "ok",
    "olarak", "on", "or", "our", "please", "sana", "sen", "she", "so", "some", "su", "that", "the",
    "their", "them", "there", "they", "this", "to", "told", "var", "ve", "was", "we", "were",
    "what", "when", "where", "which", "who", "will", "with", "ya", "yok", "you", "your", "zaman",
    "zaten"};

static_assert(std::is_sorted(kMemoryStopWords.begin(), kMemoryStopWords.end()));

/// The part of a folded word that is compared; empty for one that carries nothing.
constexpr std::string_view memory_stem(std::string_view word) {
  constexpr std::size_t kLetters = 5;
  if (word.size() < 2) return {};
  if (std::binary_search(kMemoryStopWords.begin(), kMemoryStopWords.end(), word)) return {};
  // Words beyond ASCII (Cyrillic, Greek) take more bytes per letter; a cut inside one is harmless,
  // because stems are only compared.
  const bool wide = static_cast<unsigned char>(word.front()) >= 0x80;
  return word.substr(0, wide ? 2 * kLetters : kLetters);
}

}  // namespace chorus::fleet
