#include "chorus/fleet/disclosure.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/disclosure_questions.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/slips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

std::string contact(const FleetSettings& settings, Language language) {
  if (!settings.operator_contact.empty()) return settings.operator_contact;
  return language == Language::Turkish ? "işleten kişi bir iletişim adresi girmemiş"
                                       : "the operator has not published a contact";
}

/// Who runs the bots; words of ours when no name was given, or an empty one.
std::string operator_of(const FleetSettings& settings, Language language) {
  static const std::string kUnnamed = FleetSettings{}.operator_name;
  const std::string_view name = trim(settings.operator_name);
  if (!name.empty() && name != kUnnamed) return std::string(name);
  return language == Language::Turkish ? "adını vermemiş bir kişi veya kurum" : kUnnamed;
}

std::string truthful_answer(Language language, std::string_view name) {
  switch (language) {
    case Language::English:
      return fmt::format("Yes. I am {}, an automated character: a program (AI), not a human.",
                         name);
    case Language::Turkish:
      return fmt::format(
          "Evet. Ben {}, otomatik bir karakterim: bir program (yapay zekâ), insan değilim.", name);
    case Language::German:
      return fmt::format("Ja. Ich bin {}, eine automatische Figur: ein Programm (KI), kein Mensch.",
                         name);
    case Language::French:
      return fmt::format(
          "Oui. Je suis {}, un personnage automatique : un programme (IA), pas un humain.", name);
    case Language::Spanish:
      return fmt::format("Sí. Soy {}, un personaje automático: un programa (IA), no un ser humano.",
                         name);
    case Language::Italian:
      return fmt::format(
          "Sì. Sono {}, un personaggio automatico: un programma (IA), non un essere umano.", name);
    case Language::Portuguese:
      return fmt::format(
          "Sim. Sou {}, um personagem automático: um programa (IA), não um ser humano.", name);
    case Language::Russian:
      return fmt::format("Да. Я {}, автоматический персонаж: программа (ИИ), не человек.", name);
    case Language::Arabic:
      return fmt::format("نعم. أنا {}، شخصية آلية: برنامج (ذكاء اصطناعي) ولست إنسانا.", name);
    case Language::Azerbaijani:
      return fmt::format(
          "Bəli. Mən {}, avtomatik personajam: proqram (süni intellekt), insan deyiləm.", name);
  }
  return {};
}

std::string english(RuntimeAsk ask, std::string_view name, const FleetSettings& settings) {
  switch (ask) {
    case RuntimeAsk::About:
      return fmt::format(
          "I am {}, an automated character (AI). A program writes my messages and {} runs me. "
          "Commands: /privacy, /stop, /forget, /human.",
          name, operator_of(settings, Language::English));
    case RuntimeAsk::Privacy:
      return fmt::format(
          "I am an automated account. Messages that I can read are stored encrypted for a limited "
          "time, 30 days unless {} set another, to give answers their context, and recent lines "
          "are "
          "sent to a language model. {}/forget deletes what is stored about you, /stop ends my "
          "messages to you. Contact: {}.",
          operator_of(settings, Language::English),
          settings.memory ? "What you tell me of yourself I may keep in mind for longer, for you "
                            "alone. "
                          : "",
          contact(settings, Language::English));
    case RuntimeAsk::Stop:
      return "Understood. I will not write to you again. /start lets me answer again.";
    case RuntimeAsk::Forget:
      return "Done. What was stored about you has been deleted.";
    case RuntimeAsk::Human:
      return fmt::format("I am a program and no human reads along here. Contact: {}.",
                         contact(settings, Language::English));
    case RuntimeAsk::Start:
      return fmt::format(
          "Hello! I am {}, an automated character (AI), not a human. Write to me and I will "
          "answer. "
          "/about says more, /stop ends my messages.",
          name);
    case RuntimeAsk::Reminders:
      return {};
    case RuntimeAsk::AreYouABot:
      return truthful_answer(Language::English, name);
  }
  return {};
}

std::string turkish(RuntimeAsk ask, std::string_view name, const FleetSettings& settings) {
  switch (ask) {
    case RuntimeAsk::About:
      return fmt::format(
          "Ben {}, otomatik bir karakterim (yapay zekâ). Mesajlarımı bir program yazıyor; beni "
          "işleten: {}. Komutlar: /privacy, /stop, /forget, /human.",
          name, operator_of(settings, Language::Turkish));
    case RuntimeAsk::Privacy:
      return fmt::format(
          "Ben otomatik bir hesabım. Okuyabildiğim mesajlar, yanıtlara bağlam vermek için sınırlı "
          "bir süre (işleten başka bir süre seçmediyse 30 gün) şifreli saklanır ve son satırlar "
          "bir "
          "dil modeline gönderilir. {}/forget hakkında saklananları siler, /stop sana yazmamı "
          "bitirir. İletişim: {}.",
          settings.memory ? "Kendin hakkında söylediklerini, yalnızca seninle konuşurken kullanmak "
                            "üzere daha uzun aklımda tutabilirim. "
                          : "",
          contact(settings, Language::Turkish));
    case RuntimeAsk::Stop:
      return "Anlaşıldı. Sana artık yazmayacağım. /start ile yeniden yanıt verebilirim.";
    case RuntimeAsk::Forget:
      return "Tamam. Hakkında saklananlar silindi.";
    case RuntimeAsk::Human:
      return fmt::format("Ben bir programım, burada mesajları okuyan bir insan yok. İletişim: {}.",
                         contact(settings, Language::Turkish));
    case RuntimeAsk::Start:
      return fmt::format(
          "Merhaba! Ben {}, otomatik bir karakterim (yapay zekâ), insan değilim. Bana yazarsan "
          "yanıt veririm. /about daha fazlasını anlatır, /stop mesajlarımı bitirir.",
          name);
    case RuntimeAsk::Reminders:
      return {};
    case RuntimeAsk::AreYouABot:
      return truthful_answer(Language::Turkish, name);
  }
  return {};
}

}  // namespace

Language language_of(std::string_view tag) {
  static constexpr std::string_view kTags[] = {"en", "tr", "de", "fr", "es",
                                               "it", "pt", "ru", "ar", "az"};
  const std::string lower = ascii_lower(tag.substr(0, tag.find_first_of("-_")));
  for (std::size_t i = 0; i < std::size(kTags); ++i) {
    if (lower == kTags[i]) return static_cast<Language>(i);
  }
  return Language::English;
}

Disclosure::Disclosure() : questions_(bot_questions(), {}) {
  for (const std::string_view word : question_words()) {
    question_words_.push_back({word, code_points(word)});
  }
}

std::vector<std::string_view> Disclosure::without_slips(
    std::span<const std::string_view> words) const {
  std::vector<std::string_view> out(words.begin(), words.end());
  for (std::string_view& word : out) {
    if (word.size() < 3 ||
        std::ranges::find(question_words_, word, &QuestionWord::word) != question_words_.end()) {
      continue;
    }
    const std::u32string typed = code_points(word);
    const auto meant = std::ranges::find_if(
        question_words_, [&](const QuestionWord& known) { return is_slip(typed, known.letters); });
    if (meant != question_words_.end()) word = meant->word;
  }
  return out;
}

std::optional<Language> Disclosure::asked_in(std::string_view text) const {
  constexpr std::size_t kLongestQuestion = 400;  // beyond this it is a text about something else
  constexpr std::size_t kMostWordsWithSlips = 12;
  if (text.size() > kLongestQuestion) return std::nullopt;
  const Words words(text);
  auto found = questions_.find(words.all());
  if (!found && words.all().size() <= kMostWordsWithSlips) {
    found = questions_.find(without_slips(words.all()));
  }
  if (!found) return std::nullopt;
  return static_cast<Language>(*found);
}

std::optional<RuntimeAsk> Disclosure::classify(std::string_view text,
                                               const std::optional<std::string>& command) const {
  if (command) {
    const std::string name = ascii_lower(*command);
    if (name == "about" || name == "help") return RuntimeAsk::About;
    if (name == "privacy") return RuntimeAsk::Privacy;
    if (name == "stop") return RuntimeAsk::Stop;
    if (name == "forget") return RuntimeAsk::Forget;
    if (name == "human") return RuntimeAsk::Human;
    if (name == "start") return RuntimeAsk::Start;
    if (name == "reminders") return RuntimeAsk::Reminders;
    return std::nullopt;
  }
  if (asked_in(text)) return RuntimeAsk::AreYouABot;
  return std::nullopt;
}

std::string disclosure_answer(RuntimeAsk ask, Language language, std::string_view bot_name,
                              const FleetSettings& settings) {
  if (ask == RuntimeAsk::AreYouABot) return truthful_answer(language, bot_name);
  return language == Language::Turkish ? turkish(ask, bot_name, settings)
                                       : english(ask, bot_name, settings);
}

std::string first_contact_notice(Language language, std::string_view bot_name) {
  switch (language) {
    case Language::English:
      return fmt::format("[{} is an automated account (AI). /about]", bot_name);
    case Language::Turkish:
      return fmt::format("[{} otomatik bir hesaptır (yapay zekâ). /about]", bot_name);
    case Language::German:
      return fmt::format("[{} ist ein automatisches Konto (KI). /about]", bot_name);
    case Language::French:
      return fmt::format("[{} est un compte automatique (IA). /about]", bot_name);
    case Language::Spanish:
      return fmt::format("[{} es una cuenta automática (IA). /about]", bot_name);
    case Language::Italian:
      return fmt::format("[{} è un account automatico (IA). /about]", bot_name);
    case Language::Portuguese:
      return fmt::format("[{} é uma conta automática (IA). /about]", bot_name);
    case Language::Russian:
      return fmt::format("[{} — автоматический аккаунт (ИИ). /about]", bot_name);
    case Language::Arabic:
      return fmt::format("[{} حساب آلي (ذكاء اصطناعي). /about]", bot_name);
    case Language::Azerbaijani:
      return fmt::format("[{} avtomatik hesabdır (süni intellekt). /about]", bot_name);
  }
  return {};
}

std::string finance_disclaimer(Language language) {
  return language == Language::Turkish ? "Yatırım tavsiyesi değildir; yapay zekâ üretimidir."
                                       : "Not investment advice; written by an AI.";
}

ProfileTexts profile_texts(std::string_view bot_name, std::string_view persona_description) {
  const std::string mark = fmt::format(
      "{} is an automated character (AI), not a human. / {} otomatik bir karakterdir "
      "(yapay zekâ), insan değildir.",
      bot_name, bot_name);
  ProfileTexts texts;
  texts.description = mark;
  if (!persona_description.empty()) {
    texts.description += "\n";
    texts.description += persona_description;
  }
  texts.description += "\n/about /privacy /stop /forget /human";
  texts.description = truncate_code_points(texts.description, 512);
  texts.short_description = truncate_code_points(
      "Automated account (AI), not a human. / Otomatik hesap (yapay zekâ), insan değil.", 120);
  return texts;
}

std::string queue_line(Language language, std::uint32_t position) {
  return language == Language::Turkish
             ? fmt::format("Sıradasın: {}. sıra. Sıran gelince yanıtlayacağım.", position)
             : fmt::format("You are number {} in line. I will answer when it is your turn.",
                           position);
}

std::string refused_line(Language language, policy::RefusalReason reason) {
  const bool turkish = language == Language::Turkish;
  switch (reason) {
    case policy::RefusalReason::UserLimit:
    case policy::RefusalReason::UserQueueFull:
      return turkish ? "Bekleyen mesajların var; onlar yanıtlandığında lütfen yeniden yaz."
                     : "As many of your messages are waiting as one person may have here; please "
                       "write again when one of them is answered.";
    default:
      return turkish ? "Şu anda çok fazla konuşma var; lütfen biraz sonra yeniden yaz."
                     : "There are too many conversations right now; please write again a little "
                       "later.";
  }
}

std::string ended_line(Language language, policy::EndStatus why) {
  const bool turkish = language == Language::Turkish;
  switch (why) {
    case policy::EndStatus::Idle:
      return turkish ? "Mesajın üzerinde çok uzun süre ilerleme olmadı, bu yüzden bıraktım; lütfen "
                       "yeniden yaz."
                     : "Nothing has moved on your message for too long, so I stopped working on "
                       "it; please write again.";
    case policy::EndStatus::TimedOut:
      return turkish ? "Bu, bir konuşmanın sürebileceğinden uzun sürdü, bu yüzden bıraktım; lütfen "
                       "yeniden yaz."
                     : "This took longer than a conversation may last, so I stopped; please write "
                       "again.";
    case policy::EndStatus::QueueTimeout:
      return turkish ? "Sıran zamanında gelmedi; lütfen biraz sonra yeniden yaz."
                     : "Your turn did not come in time; please write again a little later.";
    default:
      return {};
  }
}

std::string blocked_line(Language language) {
  return language == Language::Turkish ? "Bu konuda söyleyecek yararlı bir şeyim yok."
                                       : "I have nothing useful to say on that one.";
}

bool disclosure_is_on(const FleetSettings& settings, bool platform_is_sandbox) {
  return settings.disclosure || !settings.endpoints_are_loopback || !platform_is_sandbox;
}

}  // namespace chorus::fleet
