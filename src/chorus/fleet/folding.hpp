#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Text made comparable: what the guard, the disclosure rules and the floor match on.
namespace chorus::fleet {

/// Lower case without Turkish and Latin diacritics (both Turkish i's become `i`), Cyrillic in lower
/// case; combining marks, zero-width, bidi and tag characters dropped; full-width, circled and
/// mathematical letters are the plain ones. Look-alikes of other scripts are left as they are
/// (unmask.hpp). Input is UTF-8; so is the result.
std::string fold(std::string_view text);

/// What stands before a word: nothing, the end of a part (`,` `;` `:` a dash) or of a sentence.
enum class Break : std::uint8_t { None, Clause, Sentence };

/// Words of a folded text, in order: runs of letters, digits, `@`, `_`, `$`, `%` and of everything
/// beyond ASCII punctuation. An apostrophe ends a word and its suffix is dropped (`THYAO'yu` gives
/// `thyao`); English contractions are written out (`I'm` and `im` give `i am`, `don't` gives
/// `dont`). `?` is a word of its own. The views live as long as the object.
class Words {
 public:
  explicit Words(std::string_view text);  ///< folds first
  [[nodiscard]] std::span<const std::string_view> all() const { return words_; }
  /// Of the same length as `all()`: what stands before each word.
  [[nodiscard]] std::span<const Break> breaks() const { return breaks_; }
  [[nodiscard]] bool has(std::string_view word) const;
  [[nodiscard]] const std::string& folded() const { return folded_; }
  Words(const Words&) = delete;  // the views point into this object
  Words& operator=(const Words&) = delete;

 private:
  std::string folded_;
  std::string spaced_;
  std::vector<std::string_view> words_;
  std::vector<Break> breaks_;
};

/// Hashes of the character 5-grams of a folded text without punctuation, sorted, unique, at most
/// 512. Texts shorter than 5 characters give one hash.
std::vector<std::uint32_t> shingles(std::string_view text);
/// Jaccard similarity of two sorted sets is at least `threshold`.
bool similar(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b, double threshold);

/// Jaccard similarity of two sorted sets, in [0,1]; 0 when one is empty.
double likeness(std::span<const std::uint32_t> a, std::span<const std::uint32_t> b);

/// Removes what must not reach a prompt or a chat: control characters (newline stays), zero-width,
/// bidi and tag characters, and the tokens of chat templates (`<|...|>`, `[INST]`).
std::string sanitise_text(std::string_view text, std::size_t max_code_points);
/// A display name for a prompt or an answer: one line, no markup or delimiter characters, at most
/// 32 code points; `someone` when nothing is left.
std::string sanitise_name(std::string_view name);

}  // namespace chorus::fleet
