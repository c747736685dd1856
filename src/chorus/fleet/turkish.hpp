#pragma once

#include <string_view>

/// Endings of Turkish words, in folded form (two vowels of harmony are left: a/e and i/u). They
/// tell `btcye` and `fonlardan` from words that only begin so, and `alsana` (an advice) and
/// `aldim` (something done by the speaker) from `alan` and `alinti`.
namespace chorus::fleet {

/// What may follow a noun: number, possession and case in a row (`lar` `im` `dan`), or nothing.
bool is_noun_tail(std::string_view rest);
/// What may follow a verb's stem when somebody is told or advised to do it: imperative, necessity,
/// `-sana`, `-abilirsin`, the passive `-inir`, the infinitive, `-irsin`; or nothing.
bool is_directive_tail(std::string_view rest);
/// What may follow a verb's stem when the speaker did, does or will do it, also denied.
bool is_first_person_tail(std::string_view rest);

}  // namespace chorus::fleet
