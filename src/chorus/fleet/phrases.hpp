#pragma once

#include "chorus/fleet/folding.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::fleet {

/// Lets a map of strings be asked with a view.
struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

/// One line of a lexicon: a phrase and what it means. The phrase is written in folded words:
///   word      exactly this word          stem*    a word that begins so
///   *end      a longer word that ends so
///   stem+     with Turkish noun endings (`btc+`: btcye)
///   stem!     the Turkish verb as an advice (`al!`: alsana, almalisin)
///   stem=     the Turkish verb as a deed of the speaker (`al=`: aldim, aliyorum)
///   a|b|c*    one of these               #        a number (digits, `$12`, `%5`)
///   {assets}  a word of the named set    ~N       up to N words of anything
///   ^         the text begins here       ;        a part of a sentence begins here
///   !         the text ends here (`?` is skipped)
struct Phrase {
  int label = 0;
  std::string_view pattern;
};

/// A set of words that phrases refer to by name; entries as between the `|` of a phrase.
struct WordSet {
  std::string_view name;
  std::span<const std::string_view> words;
};

/// Compiled phrases: finds which of them occur in a text. Immutable after construction. Each word
/// is looked up once (a hash per prefix, at most 24); then only phrases that can begin with it are
/// tried. A phrase with gaps looks at a bounded number of words, so the cost is linear in the text:
/// 1,000 phrases over 20 words cost about 15 us.
class PhraseMatcher {
 public:
  PhraseMatcher(std::span<const Phrase> phrases, std::span<const WordSet> sets);

  /// Label of the first phrase found, in order of the text's words; nullopt when there is none.
  /// `skip` labels (bit per label, labels < 64) are passed over.
  [[nodiscard]] std::optional<int> find(std::span<const std::string_view> words,
                                        std::uint64_t skip = 0) const;
  /// Bit per label (< 64) of all phrases found. `breaks` as in Words: without them a part of a
  /// sentence begins at the first word only.
  [[nodiscard]] std::uint64_t find_all(std::span<const std::string_view> words,
                                       std::span<const Break> breaks = {}) const;

  /// How many phrases with this label begin at how many words.
  [[nodiscard]] std::size_t count(std::span<const std::string_view> words, int label) const;
  /// Every phrase found with the words that it covers, in order of their first word.
  struct Span {
    int label = 0;
    std::size_t begin = 0;
    std::size_t end = 0;  ///< one past the last
  };
  [[nodiscard]] std::vector<Span> find_spans(std::span<const std::string_view> words) const;

 private:
  using TermId = std::uint16_t;
  struct Step {
    enum class Kind : std::uint8_t { Words, Gap, ClauseBegin, End };
    Kind kind = Kind::Words;
    std::uint16_t value = 0;  ///< term id or gap
  };
  struct Compiled {
    int label = 0;
    bool at_begin = false;
    std::vector<Step> steps;
  };
  enum class Tail : std::uint8_t { Any, Noun, Directive, FirstPerson };
  struct Stem {
    std::string begin;
    Tail tail;
    TermId term;
  };
  struct Seen;  // a text with the terms of each word

  void add(const Phrase& phrase, std::span<const WordSet> sets);
  TermId term_of(std::string_view part, std::span<const WordSet> sets);
  void enter(std::string_view word, TermId term, std::span<const WordSet> sets);
  void terms_of(std::string_view word, std::vector<TermId>& out) const;
  template <class LetterAt, class Fits>
  static void walk(std::span<const Stem> stems, std::size_t letters, LetterAt letter_at, Fits fits,
                   std::vector<TermId>& out);
  /// One past the last word that the phrase covers from `at` on; nullopt when it does not match.
  [[nodiscard]] static std::optional<std::size_t> matches(const Compiled& phrase, std::size_t step,
                                                          const Seen& text, std::size_t at);
  template <class Visit>
  void visit_matches(std::span<const std::string_view> words, std::span<const Break> breaks,
                     const std::uint64_t& skip, Visit visit) const;

  std::vector<Compiled> phrases_;
  std::unordered_map<std::string, TermId> terms_;       ///< by how they are written
  std::vector<std::vector<std::uint32_t>> begin_with_;  ///< phrases by their first term
  std::unordered_map<std::string, std::vector<TermId>, TextHash, std::equal_to<>> words_;
  std::vector<Stem> stems_;  ///< sorted by `begin`
  std::vector<Stem> ends_;   ///< spelled backwards, sorted
  std::vector<TermId> numbers_;
};

/// A number as chats write it: `12`, `1.5`, `%20`, `$63`, `100k`.
bool is_number_word(std::string_view word);

}  // namespace chorus::fleet
