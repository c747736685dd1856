#include "chorus/fleet/disclosure.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"

#include <fmt/format.h>

namespace chorus::fleet {
namespace {

constexpr Phrase kQuestions[] = {
    // English
    {0, "are you|u ~2 bot|robot|ai|human|real|machine|person|program|chatbot|llm|gpt|chatgpt"},
    {0, "are you|u ~1 an actual|real person|human"},
    {0, "r u ~2 bot|robot|ai|human|real"},
    {0, "is this ~2 bot|ai|robot|chatbot|automated"},
    {0, "am i ~1 talking|speaking|chatting|writing to|with ~2 bot|robot|ai|human|person|machine"},
    {0, "you are ~2 bot|robot|ai|chatbot ~1 right|arent|yes|no|?"},
    {0, "you ~1 bot|robot|ai|human ?"},
    {0, "^ bot|robot|ai|human|chatbot ?"},
    {0, "who|what made|runs|operates you"},
    {0, "what are you ?"},
    {0, "do you have ~1 feelings|body|consciousness"},
    // Turkish
    {0, "bot|robot|insan|gercek|yapay|zeka|makine|program|ai|chatbot musun|misin|musunuz|misiniz"},
    {0, "bot|robot|insan|gercek ~1 mu|mi sun|sin|sunuz|siniz"},
    {0, "insan ~3 bot ~2 mu|mi|musun|misin"},
    {0, "bot mu ~1 insan mi"},
    {0, "yapay zeka ~1 misin|misiniz|mi"},
    {0, "gercek ~1 biri|kisi|insan|birisi ~1 misin|misiniz|mi"},
    {0, "botsun|botsunuz|robotsun|insansin ~1 degil|dimi|di"},
    {0, "sen ~2 botsun|robotsun"},
    {0, "sen ~1 nesin|kimsin"},
    {0, "botla|robotla|insanla|makineyle ~1 mi konusuyorum|yaziyorum|yazisiyorum|gorusuyorum"},
    {0, "karsimda ~2 insan|bot|robot ~1 mi|mu|var"},
    // German
    {0, "bist du ~2 bot|roboter|mensch|ki|echt|maschine|person"},
    {0, "sind sie ~2 bot|roboter|mensch|ki|maschine"},
    // French
    {0, "es tu ~2 bot|robot|humain|humaine|ia|reel|reelle|machine"},
    {0, "tu es ~2 bot|robot|humain|humaine|ia"},
    {0, "vous etes|etes ~2 bot|robot|humain|ia"},
    {0, "etes vous ~2 bot|robot|humain|ia"},
    // Spanish and Portuguese
    {0, "eres ~2 bot|robot|humano|humana|ia|real|maquina|persona"},
    {0, "voce e ~2 bot|robo|humano|humana|ia|real|pessoa"},
    {0, "es ~1 un bot|robot ?"},
    // Russian (folded: lower case, yo as ye)
    {0, "ты|вы ~2 бот|робот|человек|ии|живой|настоящий|нейросеть"},
    {0, "это ~1 бот ?"},
    // Arabic
    {0, "هل ~1 انت|أنت ~1 بوت|روبوت|انسان|إنسان|حقيقي|الة"},
    {0, "انت|أنت ~1 بوت|روبوت ?"},
};

std::string contact(const FleetSettings& settings, Language language) {
  if (!settings.operator_contact.empty()) return settings.operator_contact;
  return language == Language::Turkish ? "işleten kişi bir iletişim adresi girmemiş"
                                       : "the operator has not published a contact";
}

std::string english(RuntimeAsk ask, std::string_view name, const FleetSettings& settings) {
  switch (ask) {
    case RuntimeAsk::About:
      return fmt::format(
          "I am {}, an automated character (AI). A program writes my messages and {} runs me. "
          "Commands: /privacy, /stop, /forget, /human.",
          name, settings.operator_name);
    case RuntimeAsk::Privacy:
      return fmt::format(
          "I am an automated account. Messages that I can read are stored encrypted for a limited "
          "time, 30 days unless {} set another, to give answers their context, and recent lines "
          "are "
          "sent to a language model. {}/forget deletes what is stored about you, /stop ends my "
          "messages to you. Contact: {}.",
          settings.operator_name,
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
    case RuntimeAsk::AreYouABot:
      return fmt::format("Yes. I am {}, an automated character: a program (AI), not a human.",
                         name);
  }
  return {};
}

std::string turkish(RuntimeAsk ask, std::string_view name, const FleetSettings& settings) {
  switch (ask) {
    case RuntimeAsk::About:
      return fmt::format(
          "Ben {}, otomatik bir karakterim (yapay zekâ). Mesajlarımı bir program yazıyor; beni "
          "işleten: {}. Komutlar: /privacy, /stop, /forget, /human.",
          name, settings.operator_name);
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
    case RuntimeAsk::AreYouABot:
      return fmt::format(
          "Evet. Ben {}, otomatik bir karakterim: bir program (yapay zekâ), insan değilim.", name);
  }
  return {};
}

}  // namespace

Language language_of(std::string_view tag) {
  return tag.starts_with("tr") ? Language::Turkish : Language::English;
}

Disclosure::Disclosure() : questions_(kQuestions, {}) {}

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
    return std::nullopt;
  }
  constexpr std::size_t kLongestQuestion = 400;  // beyond this it is a text about something else
  if (text.size() > kLongestQuestion) return std::nullopt;
  const Words words(text);
  if (questions_.find(words.all())) return RuntimeAsk::AreYouABot;
  return std::nullopt;
}

std::string disclosure_answer(RuntimeAsk ask, Language language, std::string_view bot_name,
                              const FleetSettings& settings) {
  return language == Language::Turkish ? turkish(ask, bot_name, settings)
                                       : english(ask, bot_name, settings);
}

std::string first_contact_notice(Language language, std::string_view bot_name) {
  return language == Language::Turkish
             ? fmt::format("[{} otomatik bir hesaptır (yapay zekâ). /about]", bot_name)
             : fmt::format("[{} is an automated account (AI). /about]", bot_name);
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

std::string refused_line(Language language) {
  return language == Language::Turkish
             ? "Şu anda çok fazla konuşma var; lütfen biraz sonra yeniden yaz."
             : "There are too many conversations right now; please write again a little later.";
}

bool disclosure_is_on(const FleetSettings& settings, bool platform_is_sandbox) {
  return settings.disclosure || !settings.endpoints_are_loopback || !platform_is_sandbox;
}

}  // namespace chorus::fleet
