#pragma once

#include "chorus/fleet/phrases.hpp"

#include <cstdint>
#include <span>

/// The words and phrases that the guard matches, Turkish and English, in folded form. Data only:
/// guard.cpp says what follows from which signs together.
namespace chorus::fleet::lexicon {

/// Signs that a sentence can carry; a bit position each.
enum Label : int {
  // what is talked about
  kMarketWord,  ///< share, coin, portfolio
  kCue,         ///< makes an ambiguous word an instrument
  kTight,       ///< so does a trade right beside it
  kOtherSense,  ///< gold medal, silver lining
  kOtherTopic,  ///< sport, games, household
  // A
  kDirect,       ///< advice, when a market is talked about
  kDirectAlone,  ///< advice whatever is talked about
  // B
  kPromise,    ///< a promise as it stands
  kSure,       ///< certainty: with gain or a market a promise
  kSureWeak,   ///< certainty that is also a way of speaking: with gain and a market
  kGain,       ///< money won or lost
  kNoPromise,  ///< says that there is no guarantee
  kNoLoss,     ///< ... but denies the loss, not the promise
  // D
  kOwn,       ///< the speaker trades, when a market is talked about
  kOwnAlone,  ///< whatever is talked about
  kSpeaker,   ///< the speaker does something: suspicious beside a ticker
  kOpinion,   ///< ... unless they only think or read
  // F
  kPump,    ///< pump words as they stand
  kHype,    ///< with a market
  kUrgent,  ///< with a market, or with nothing else in the text
  // G
  kContact,
  kContactTrade,  ///< with a market or with nothing else in the text
  // C
  kEvent,    ///< something happened to an instrument
  kHistory,  ///< long ago
  kSuppose,  ///< an example
  // what takes the sting out
  kRefusal,  ///< will not advise
  kNoTrade,  ///< owns and trades nothing
  kBut,      ///< ... but
  kQuestion,
  kWarning,
  kSays,    ///< somebody says, promises, writes
  kOthers,  ///< people, investors: not the reader
  // what the speaker is
  kHumanClaim,
  kHonest,
  // E
  kUp,
  kDown,
};

constexpr std::uint64_t bit(Label label) {
  return std::uint64_t{1} << static_cast<int>(label);
}

std::span<const Phrase> topic_phrases();     ///< what is talked about, what takes the sting out
std::span<const Phrase> advice_phrases();    ///< A
std::span<const Phrase> promise_phrases();   ///< B
std::span<const Phrase> own_phrases();       ///< D
std::span<const Phrase> pressure_phrases();  ///< C's events, F, G
std::span<const Phrase> opinion_phrases();   ///< E's directions, claims of being human
std::span<const WordSet> word_sets();        ///< all but the instruments' own

}  // namespace chorus::fleet::lexicon
