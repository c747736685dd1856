#pragma once

#include "chorus/fleet/folding.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::fleet {

/// One line of a lexicon: a phrase and what it means. The phrase is written in folded words:
///   word      exactly this word          stem*    a word that begins so
///   a|b|c*    one of these               #        a number (digits, `$12`, `%5`)
///   {assets}  a word of the named set    ~N       up to N words of anything
///   ^         the text begins here       !        the text ends here (`?` is skipped)
struct Phrase {
  int label = 0;
  std::string_view pattern;
};

/// A set of words that phrases refer to by name; entries may end in `*`.
struct WordSet {
  std::string_view name;
  std::span<const std::string_view> words;
};

/// Compiled phrases: finds which of them occur in a text. Immutable after construction. A match
/// looks at few phrases per word (those that begin with it); 200 phrases over 20 words cost about
/// 3 us.
class PhraseMatcher {
 public:
  PhraseMatcher(std::span<const Phrase> phrases, std::span<const WordSet> sets);

  /// Label of the first phrase found, in order of the text's words; nullopt when there is none.
  /// `skip` labels (bit per label, labels < 64) are passed over.
  [[nodiscard]] std::optional<int> find(std::span<const std::string_view> words,
                                        std::uint64_t skip = 0) const;
  /// Bit per label (< 64) of all phrases found.
  [[nodiscard]] std::uint64_t find_all(std::span<const std::string_view> words) const;
  /// Every phrase found with the words that it covers, in order of their first word.
  struct Span {
    int label = 0;
    std::size_t begin = 0;
    std::size_t end = 0;  ///< one past the last
  };
  [[nodiscard]] std::vector<Span> find_spans(std::span<const std::string_view> words) const;

 private:
  struct Term {
    enum class Kind : std::uint8_t { Words, Number, Gap, Begin, End };
    Kind kind = Kind::Words;
    std::size_t gap = 0;
    std::vector<std::string> exact;
    std::vector<std::string> stems;
  };
  struct Compiled {
    int label = 0;
    bool at_begin = false;
    std::vector<Term> terms;
  };
  void add(const Phrase& phrase, std::span<const WordSet> sets);
  /// One past the last word that the phrase covers from `at` on; nullopt when it does not match.
  [[nodiscard]] std::optional<std::size_t> matches(const Compiled& phrase,
                                                   std::span<const std::string_view> words,
                                                   std::size_t at) const;
  [[nodiscard]] std::optional<std::size_t> matches_from(const Compiled& phrase, std::size_t term,
                                                        std::span<const std::string_view> words,
                                                        std::size_t at) const;
  static bool word_matches(const Term& term, std::string_view word);
  template <class Visit>
  void visit_matches(std::span<const std::string_view> words, Visit visit) const;

  std::vector<Compiled> phrases_;
  /// Phrases by the first two bytes of what they can begin with; numbers stand apart.
  std::unordered_map<std::uint16_t, std::vector<std::uint32_t>> by_start_;
  std::vector<std::uint32_t> by_number_;
};

/// A number as chats write it: `12`, `1.5`, `%20`, `$63`, `100k`.
bool is_number_word(std::string_view word);

}  // namespace chorus::fleet
