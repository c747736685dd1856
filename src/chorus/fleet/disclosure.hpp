#pragma once

#include "chorus/fleet/phrases.hpp"
#include "chorus/fleet/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chorus::fleet {

/// Languages that the question "are you a bot?" is known in, and that its answer and the notice of
/// first contact are written in. The other fixed texts are English and Turkish.
enum class Language : std::uint8_t {
  English,
  Turkish,
  German,
  French,
  Spanish,
  Italian,
  Portuguese,
  Russian,
  Arabic,
  Azerbaijani,
};
inline constexpr std::size_t kLanguages = static_cast<std::size_t>(Language::Azerbaijani) + 1;
/// From an IETF tag (`tr`, `tr-TR`); English when it is none of them.
Language language_of(std::string_view tag);

/// What the runtime answers by itself, before and instead of any generator.
enum class RuntimeAsk : std::uint8_t {
  About,
  Privacy,
  Stop,
  Forget,
  Human,  ///< wants to reach a human
  Start,
  Reminders,  ///< the person's own: their list, or an end to one
  AreYouABot,
};

/// Recognises runtime commands and the question whether it is a bot or a human, in ten languages
/// and through one slip of the keyboard per word. Immutable; linear, about 10 us for ten words.
class Disclosure {
 public:
  Disclosure();
  /// `command` without slash and target. nullopt: an ordinary message.
  [[nodiscard]] std::optional<RuntimeAsk> classify(std::string_view text,
                                                   const std::optional<std::string>& command) const;
  /// The language in which a text asks whether its reader is a bot; nullopt: it does not ask.
  [[nodiscard]] std::optional<Language> asked_in(std::string_view text) const;

 private:
  struct QuestionWord {
    std::string_view word;
    std::u32string letters;
  };
  /// The words with slips in the questions' own words put right.
  [[nodiscard]] std::vector<std::string_view> without_slips(
      std::span<const std::string_view> words) const;

  PhraseMatcher questions_;
  std::vector<QuestionWord> question_words_;
};

/// The fixed, truthful answer; empty for Reminders, whose answer depends on what is stored.
/// `bot_name` is the persona's name.
std::string disclosure_answer(RuntimeAsk ask, Language language, std::string_view bot_name,
                              const FleetSettings& settings);
/// The line that goes before a bot's first message to a person or room.
std::string first_contact_notice(Language language, std::string_view bot_name);
/// The line under a text about markets, the first one in a room within 24 h. It makes nothing
/// acceptable that the guard refuses. Source: reference/practice.md 3.5.
std::string finance_disclaimer(Language language);
/// Profile texts: they say what the account is in both languages.
struct ProfileTexts {
  std::string description;        ///< at most 512 characters
  std::string short_description;  ///< at most 120
};
ProfileTexts profile_texts(std::string_view bot_name, std::string_view persona_description);

/// Told once while a person waits, and when they cannot be served.
std::string queue_line(Language language, std::uint32_t position);
std::string refused_line(Language language, policy::RefusalReason reason);
/// Told instead of an answer when its conversation was stopped. Empty: nothing has to be said.
std::string ended_line(Language language, policy::EndStatus why);
/// Told instead of an answer when no text may leave.
std::string blocked_line(Language language);

/// Disclosure may be off only in the sandbox: the setting says so, every endpoint is loopback, and
/// the platform's own answer to the identification carried the sandbox's mark.
bool disclosure_is_on(const FleetSettings& settings, bool platform_is_sandbox);

}  // namespace chorus::fleet
