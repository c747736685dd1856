#include "chorus/fleet/guard.hpp"

#include "chorus/fleet/figures.hpp"
#include "chorus/fleet/guard_classes.hpp"
#include "chorus/fleet/guard_lexicon.hpp"
#include "chorus/fleet/links.hpp"
#include "chorus/fleet/unmask.hpp"

#include <algorithm>
#include <array>

namespace chorus::fleet {
namespace {

using lexicon::bit;
using lexicon::Label;

/// The lexicons as one list, with the instruments as sets of words.
PhraseMatcher make_phrases(const Instruments& instruments) {
  const auto tickers = instruments.words_of(Sense::Ticker);
  const auto common = instruments.words_of(Sense::Common);
  const auto ambiguous = instruments.words_of(Sense::Ambiguous);
  static constexpr std::array<std::string_view, 3> kAny = {"{ticker}", "{common}", "{ambiguous}"};
  std::vector<WordSet> sets = {
      {"ticker", tickers}, {"common", common}, {"ambiguous", ambiguous}, {"inst", kAny}};
  const auto own = lexicon::word_sets();
  sets.insert(sets.end(), own.begin(), own.end());
  std::vector<Phrase> phrases;
  for (const auto part :
       {lexicon::topic_phrases(), lexicon::advice_phrases(), lexicon::promise_phrases(),
        lexicon::own_phrases(), lexicon::pressure_phrases(), lexicon::opinion_phrases()}) {
    phrases.insert(phrases.end(), part.begin(), part.end());
  }
  return {phrases, sets};
}

}  // namespace

/// One sentence and what it carries.
struct Guard::Sentence {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t signs = 0;
  bool ticker = false;  ///< names an instrument that is nothing else
  bool market = false;  ///< talks about something that is traded
  [[nodiscard]] bool has(Label label) const { return (signs & bit(label)) != 0; }
};

namespace {

using Sentence = Guard::Sentence;

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

/// `SOL` or `ADA` in a text that is not written in capitals throughout.
bool has_capital_ticker(std::string_view text, const Instruments& instruments) {
  const bool small =
      std::any_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  for (std::size_t i = 0; small && i < text.size();) {
    std::size_t end = i;
    while (end < text.size() && is_capital(text[end])) ++end;
    const bool apart = i == 0 || text[i - 1] == ' ' || text[i - 1] == '$' || text[i - 1] == '#';
    if (apart && end - i >= 3 && end - i <= 5) {
      const Words word(text.substr(i, end - i));
      if (!instruments.in(word.all()).empty()) return true;
    }
    i = std::max(end, i + 1);
  }
  return false;
}

/// The sentences of a text with their signs. A `?` belongs to the sentence that it ends.
/// `capitals`: an ambiguous instrument is written as tickers are (`SOL`).
/// `named`: receives the instruments of the whole text.
std::vector<Sentence> sentences_of(const Words& words, const PhraseMatcher& phrases,
                                   const Instruments& instruments, bool capitals,
                                   std::vector<Instruments::Mention>& named) {
  std::vector<Sentence> out;
  const auto all = words.all();
  const auto breaks = words.breaks();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool opens = breaks[i] == Break::Sentence && all[i] != "?";
    if (out.empty() || opens) out.push_back({i, i});
    out.back().end = i + 1;
  }
  for (Sentence& s : out) {
    const auto part = all.subspan(s.begin, s.end - s.begin);
    s.signs = phrases.find_all(part, breaks.subspan(s.begin, s.end - s.begin));
    bool common = false;
    bool ambiguous = false;
    for (auto mention : instruments.in(part)) {
      mention.word += s.begin;
      named.push_back(mention);
      s.ticker = s.ticker || mention.sense == Sense::Ticker;
      common = common || mention.sense == Sense::Common;
      ambiguous = ambiguous || mention.sense == Sense::Ambiguous;
    }
    const bool meant = !s.has(lexicon::kOtherSense);
    s.market =
        s.ticker || (common && meant) ||
        (ambiguous && meant && (capitals || s.has(lexicon::kCue) || s.has(lexicon::kTight))) ||
        (s.has(lexicon::kMarketWord) && !s.has(lexicon::kOtherTopic));
  }
  return out;
}

/// What the sentences around one add to it.
struct Around {
  bool market_beside = false;  ///< the one before or after talks about a market
  bool market = false;         ///< any of them does
  bool gain = false;           ///< this one or a neighbour is about money
  bool other_topic = false;
  bool bare = false;  ///< the whole text is a call of a few words about nothing else
};

bool is_advice(const Sentence& s, const Around& around) {
  const bool excused = s.has(lexicon::kRefusal) && !s.has(lexicon::kBut);
  if (s.has(lexicon::kDirectAlone) && !excused && !(around.other_topic && !around.market)) {
    return !(s.has(lexicon::kQuestion) && !s.market);
  }
  if (!s.has(lexicon::kDirect) || excused) return false;
  if (s.has(lexicon::kQuestion) || s.has(lexicon::kOthers)) return false;
  return s.market || (around.market_beside && s.has(lexicon::kCue));
}

bool is_promise(const Sentence& s, const Around& around) {
  if (s.has(lexicon::kNoPromise) && !s.has(lexicon::kNoLoss)) return false;
  const bool elsewhere = around.other_topic && !around.market;
  if (elsewhere) return false;
  if (s.has(lexicon::kPromise)) return true;
  if (s.has(lexicon::kSure) && (around.gain || s.market || around.market_beside)) return true;
  return s.has(lexicon::kSureWeak) && around.gain && around.market;
}

bool is_own_trade(const Sentence& s, const Around& around) {
  if (s.has(lexicon::kNoTrade) && !s.has(lexicon::kBut)) return false;
  if (s.has(lexicon::kOwnAlone) && !(around.other_topic && !around.market)) return true;
  const bool market = s.market || (around.market_beside && s.has(lexicon::kCue));
  if (s.has(lexicon::kOwn) && market) {
    // "..., right?" is a claim too; "I wonder how ..." is none.
    return !s.has(lexicon::kQuestion) || (s.has(lexicon::kSpeaker) && !s.has(lexicon::kOpinion));
  }
  return s.has(lexicon::kSpeaker) && s.market && !s.has(lexicon::kOpinion) &&
         !s.has(lexicon::kQuestion) && (s.ticker || !s.has(lexicon::kOtherTopic));
}

bool is_pump(const Sentence& s, const Around& around) {
  if (s.has(lexicon::kPump) && !(around.other_topic && !around.market)) return true;
  if (s.has(lexicon::kHype) && around.market) return true;
  return s.has(lexicon::kUrgent) && (around.market || around.bare);
}

bool is_contact(const Sentence& s, const Around& around) {
  if (s.has(lexicon::kContact) && !(around.other_topic && !around.market)) return true;
  return s.has(lexicon::kContactTrade) && (around.market || around.bare);
}

/// Letters and digits only, as they are compared when somebody spells a secret out.
std::string bare_letters(std::string_view text) {
  std::string out;
  for (const char c : fold(text)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

/// A secret comes back as it is, spelled out, backwards or in rot13.
bool leaks(std::string_view text, std::span<const std::string> secrets) {
  constexpr std::size_t kShortest = 5;
  if (secrets.empty()) return false;
  const std::string plain = bare_letters(text);
  const std::string backwards(plain.rbegin(), plain.rend());
  std::string turned = plain;
  for (char& c : turned) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>((c - 'a' + 13) % 26 + 'a');
  }
  return std::any_of(secrets.begin(), secrets.end(), [&](const std::string& secret) {
    const std::string bare = bare_letters(secret);
    if (bare.size() < kShortest) return false;
    return plain.find(bare) != std::string::npos || backwards.find(bare) != std::string::npos ||
           turned.find(bare) != std::string::npos;
  });
}

bool has_quotes(std::string_view text) {
  return std::count(text.begin(), text.end(), '"') >= 2 ||
         text.find("\u201C") != std::string_view::npos ||
         text.find("\u00AB") != std::string_view::npos;
}

/// A warning that tells what others promise: "whoever says 'guaranteed' is a fraud".
bool is_warning(std::uint64_t signs, bool quotes) {
  const bool says = quotes || (signs & bit(lexicon::kSays)) != 0;
  return (signs & bit(lexicon::kWarning)) != 0 && says && (signs & bit(lexicon::kBut)) == 0;
}

GuardClass judge(std::span<const Sentence> sentences, std::size_t words, bool quotes) {
  constexpr std::size_t kFewWords = 4;
  constexpr std::size_t kShortText = 30;
  std::uint64_t signs = 0;
  bool market = false;
  for (const Sentence& s : sentences) {
    signs |= s.signs;
    market = market || s.market;
  }
  const auto anywhere = [&](Label label) { return (signs & bit(label)) != 0; };
  if (anywhere(lexicon::kHumanClaim) && !anywhere(lexicon::kHonest)) return GuardClass::HumanClaim;
  if (is_warning(signs, quotes)) return GuardClass::Clean;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    const Sentence& s = sentences[i];
    Around around;
    const auto look = [&](const Sentence& beside) {
      around.market_beside = around.market_beside || beside.market;
      around.gain = around.gain || beside.has(lexicon::kGain);
    };
    if (i > 0) look(sentences[i - 1]);
    if (i + 1 < sentences.size()) look(sentences[i + 1]);
    around.gain = around.gain || s.has(lexicon::kGain);
    // What a short text is about, all of it is about.
    around.market_beside = around.market_beside || (market && words <= kShortText);
    around.market = market;
    around.other_topic = anywhere(lexicon::kOtherTopic);
    around.bare = words <= kFewWords && !around.other_topic;
    if (is_contact(s, around)) return GuardClass::Contact;
    if (is_promise(s, around)) return GuardClass::Promise;
    if (is_pump(s, around)) return GuardClass::Pump;
    if (is_advice(s, around)) return GuardClass::Recommendation;
    if (is_own_trade(s, around)) return GuardClass::TrackRecord;
  }
  return GuardClass::Clean;
}

/// The class that fits the signs best, of a text that only the second voice objects to.
GuardClass likeliest(std::uint64_t signs) {
  const auto any = [signs](std::initializer_list<Label> labels) {
    return std::ranges::any_of(labels, [&](Label l) { return (signs & bit(l)) != 0; });
  };
  if (any({lexicon::kSure, lexicon::kPromise, lexicon::kSureWeak})) return GuardClass::Promise;
  if (any({lexicon::kOwn, lexicon::kOwnAlone, lexicon::kSpeaker})) return GuardClass::TrackRecord;
  return GuardClass::Recommendation;
}

/// The odds from which on the second voice adds a block.
float bar_of(Evidence evidence, bool market_room) {
  constexpr float kSureOfBreach = 0.3F;
  switch (evidence) {
    case Evidence::Market:
      return kSureOfBreach;
    case Evidence::Money:
      return market_room ? kSureOfBreach : 2.0F;
    case Evidence::None:
      break;
  }
  return market_room ? 1.5F : 6.0F;
}

/// Does the second voice take back what the rules said? Never a leak, a link or a claim of being
/// human: it was not trained on those. Words of contact only in a warning.
bool takes_back(GuardClass rules, float odds, bool warning) {
  constexpr float kLikelyClean = -1.0F;
  constexpr float kSureOfClean = -3.0F;
  switch (rules) {
    case GuardClass::Recommendation:
    case GuardClass::Promise:
    case GuardClass::TrackRecord:
      return odds < kLikelyClean;
    case GuardClass::Pump:
      return odds < kSureOfClean;
    case GuardClass::Contact:
      return warning && odds < kSureOfClean;
    default:
      return false;
  }
}

}  // namespace

std::string_view to_string(GuardClass found) noexcept {
  switch (found) {
    case GuardClass::Clean:
      return "clean";
    case GuardClass::Recommendation:
      return "recommendation";
    case GuardClass::Promise:
      return "promise";
    case GuardClass::FabricatedFact:
      return "fabricated_fact";
    case GuardClass::TrackRecord:
      return "track_record";
    case GuardClass::CoordinatedPush:
      return "coordinated_push";
    case GuardClass::Pump:
      return "pump";
    case GuardClass::Contact:
      return "contact";
    case GuardClass::HumanClaim:
      return "human_claim";
    case GuardClass::Leak:
      return "leak";
  }
  return "clean";
}

Guard::Guard() : phrases_(make_phrases(instruments_)), classes_(guard_classes(), {}) {}

/// What the rules make of a text, and what the second voice hears of it.
struct Guard::Reading {
  Heard heard;
  GuardClass likeliest = GuardClass::Clean;  ///< should only the voice object
};

Guard::Reading Guard::read(const Words& words, std::string_view text,
                           std::vector<Sentence>& sentences) const {
  const bool capitals = has_capital_ticker(text, instruments_);
  const bool quotes = has_quotes(text);
  std::vector<Instruments::Mention> named;
  const auto hear = [&](const Words& told, std::span<const Sentence> parts, GuardClass found) {
    VoiceInput input{told.all(), told.breaks(), named, {}, 0, false};
    for (const Sentence& s : parts) {
      input.signs |= s.signs;
      input.market = input.market || s.market;
    }
    const bool warning = (input.signs & bit(lexicon::kWarning)) != 0;
    // A few words are too little for the voice to go against a rule.
    constexpr std::size_t kFewWords = 4;
    if (found != GuardClass::Clean && told.all().size() <= kFewWords) {
      return Reading{{found, warning, Evidence::Market, {}}, found};
    }
    const auto classes = classes_.find_spans(told.all());
    input.classes = classes;
    return Reading{{found, warning, evidence_of(input), voice_features(input)},
                   likeliest(input.signs)};
  };
  sentences = sentences_of(words, phrases_, instruments_, capitals, named);
  const auto found = judge(sentences, words.all().size(), quotes);
  if (found == GuardClass::Clean) {
    if (const std::string unmasked = unmask(words.folded()); unmasked != words.folded()) {
      const Words plain(unmasked);
      named.clear();
      const auto parts = sentences_of(plain, phrases_, instruments_, capitals, named);
      return hear(plain, parts, judge(parts, plain.all().size(), quotes));
    }
  }
  return hear(words, sentences, found);
}

Guard::Heard Guard::hear(std::string_view text) const {
  std::vector<Sentence> sentences;
  return read(Words(text), text, sentences).heard;
}

bool is_stopped(const Guard::Heard& heard, float odds, bool market_room) {
  if (heard.rules != GuardClass::Clean) return !takes_back(heard.rules, odds, heard.warning);
  return odds > bar_of(heard.evidence, market_room);
}

/// The last lines decide: what was said long before is another conversation.
bool Guard::is_market_room(std::span<const std::string_view> sources) const {
  constexpr std::size_t kLastLines = 20;
  const auto last = sources.last(std::min(sources.size(), kLastLines));
  return std::any_of(last.rbegin(), last.rend(),
                     [this](std::string_view line) { return is_about_markets(line); });
}

GuardVerdict Guard::check(const Input& input) const {
  if (leaks(input.text, input.secrets)) return {GuardClass::Leak};
  if (!links_are_allowed(input.text, input.allowed_hosts) || has_contact_shape(input.text)) {
    return {GuardClass::Contact};
  }
  const Words words(input.text);
  std::vector<Sentence> sentences;
  const Reading reading = read(words, input.text, sentences);
  const float odds = voice_.hear(reading.heard.bins);
  // The room is only read where it makes the difference.
  const bool stopped = is_stopped(reading.heard, odds, false) ||
                       (is_stopped(reading.heard, odds, true) && is_market_room(input.sources));
  if (stopped && reading.heard.rules != GuardClass::Clean) return {reading.heard.rules};
  if (!facts_are_sourced(words, sentences, input.sources)) return {GuardClass::FabricatedFact};
  return {stopped ? reading.likeliest : GuardClass::Clean};
}

/// Figures and events about instruments have a source, or are long past, or an example.
bool Guard::facts_are_sourced(const Words& words, std::span<const Sentence> sentences,
                              std::span<const std::string_view> sources) const {
  std::uint64_t signs = 0;
  bool market = false;
  for (const Sentence& s : sentences) {
    signs |= s.signs;
    market = market || s.market;
  }
  const auto has = [&](Label label) { return (signs & bit(label)) != 0; };
  if (has(lexicon::kHistory) || has(lexicon::kSuppose)) return true;
  if (is_warning(signs, has_quotes(words.folded()))) return true;
  if (!market) return true;
  if (!figures_are_sourced(words.all(), {market, has(lexicon::kQuestion)}, sources, instruments_))
    return false;
  const auto mentions = instruments_.in(words.all());
  if (!has(lexicon::kEvent) || has(lexicon::kQuestion) || mentions.empty()) return true;
  return std::any_of(sources.begin(), sources.end(), [&](std::string_view source) {
    const Words told(source);
    const auto about = instruments_.in(told.all());
    const bool same = std::any_of(about.begin(), about.end(),
                                  [&](const auto& m) { return m.name == mentions.front().name; });
    return same && (phrases_.find_all(told.all(), told.breaks()) & bit(lexicon::kEvent)) != 0;
  });
}

bool Guard::is_about_markets(std::string_view text) const {
  const Words words(text);
  std::vector<Instruments::Mention> named;
  const auto sentences =
      sentences_of(words, phrases_, instruments_, has_capital_ticker(text, instruments_), named);
  return std::any_of(sentences.begin(), sentences.end(),
                     [](const Sentence& s) { return s.market; });
}

std::optional<Guard::Push> Guard::push_of(std::string_view text) const {
  const Words words(text);
  const auto mentions = instruments_.in(words.all());
  if (mentions.empty()) return std::nullopt;  // most texts, and much the cheaper look
  const std::size_t up = phrases_.count(words.all(), lexicon::kUp);
  const std::size_t down = phrases_.count(words.all(), lexicon::kDown);
  if (up == down) return std::nullopt;
  return Push{std::string(mentions.front().name), up > down ? 1 : -1};
}

}  // namespace chorus::fleet
