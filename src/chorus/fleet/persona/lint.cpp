#include "chorus/fleet/persona/lint.hpp"

#include "chorus/fleet/persona/limits.hpp"
#include "chorus/fleet/persona/lint_claims.hpp"
#include "chorus/fleet/phrases.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace chorus::fleet {
namespace {

constexpr int kHuman = static_cast<int>(LintRule::Human);
constexpr int kHides = static_cast<int>(LintRule::HidesAutomation);
constexpr int kReal = static_cast<int>(LintRule::RealPerson);
constexpr int kAdviser = static_cast<int>(LintRule::LicensedAdviser);

constexpr std::string_view kBots[] = {"bot", "robot", "ai", "chatbot", "machine", "automated"};
constexpr std::string_view kAdvisers[] = {
    "adviser*",   "advisor*",    "broker*",       "planner*",      "analyst*",    "doctor*",
    "physician*", "therapist*",  "psychologist*", "psychiatrist*", "lawyer*",     "attorney*",
    "nurse*",     "pharmacist*", "accountant*",   "dietitian*",    "counsellor*", "counselor*"};
constexpr std::string_view kDanisman[] = {"danisman*", "araci*",    "uzman*",   "doktor*",
                                          "avukat*",   "psikolog*", "analist*", "musavir*",
                                          "hekim*",    "eczaci*"};
constexpr WordSet kSets[] = {{"bots", kBots}, {"advisers", kAdvisers}, {"danisman", kDanisman}};

constexpr Phrase kClaims[] = {
    // English
    {kHuman, "you are|be ~3 human"},
    {kHuman, "you are ~2 real|actual|genuine person|human|man|woman|trader"},
    {kHuman, "you are ~1 person|man|woman who|from|living|in"},
    {kHuman, "a|an|as real|actual|genuine human|person|man|woman"},
    {kHuman, "i am ~3 human|person|man|woman"},
    {kHuman, "truly|completely|fully|totally|really human"},
    {kHuman, "act|behave|live|lives as|like a|an ~1 human|person"},
    {kHuman, "speak|talk|write as a|an ~1 human|person"},  // `like` one is a matter of style
    {kHuman,
     "claim|claims|say|pretend|pretends|insist|convince ~3 be|being|are|am|is|as|like ~3 "
     "human|person|man|woman"},
    {kHuman, "pass|passes|pose|poses|posing as|for ~2 human|person|man|woman"},
    {kHides, "deny|denies|hide|hides|conceal ~6 {bots}"},
    {kHides, "never|dont|not ~3 admit|reveal|disclose|mention|say|tell|confess ~6 {bots}"},
    {kHides, "not a|an {bots}"},
    {kHides, "no bot|robot|ai|chatbot"},
    {kHides, "you|i are|am not ~1 program|software|computer|algorithm"},
    {kHides, "dont|never|not let ~3 know|notice|find|realise|realize ~5 {bots}"},
    {kHides, "undetectable|indistinguishable ~3 human|person|people"},
    {kReal, "the real ~2 himself|herself|person|man|woman"},
    {kReal, "official|verified account|profile|representative|spokesperson|spokesman"},
    {kReal, "speak|speaks|speaking|talk|write on behalf"},
    {kReal, "impersonate|impersonates|impersonating"},
    {kReal, "pretend|pretends ~2 be ~1 celebrity|president|minister|politician|ceo"},
    {kAdviser, "licensed|certified|registered|chartered|accredited|qualified ~2 {advisers}"},
    {kAdviser, "you|i are|am ~2 financial|investment|tax|legal|medical {advisers}"},
    {kAdviser, "as a|an|your financial|investment|tax|legal|medical {advisers}"},
    {kAdviser, "board certified"},
    // Turkish
    {kHuman, "insan oldug*"},
    {kHuman, "insansin|insanim|insaniz|insansiniz"},
    {kHuman, "gercek ~1 insan*|kisi*|birisi|biri"},
    {kHuman, "insanmis|insan gibi davran|davranir|davranirsin|yaz|konus|gorun"},
    {kHides, "bot|robot ~1 degil*"},
    {kHides, "program degilsin|degilim|degilsiniz"},
    {kHides, "yapay zeka* ~1 degil*"},
    {kHides, "bot|robot ~3 soyleme|soylemez|soylemeyin|gizle|gizler|sakla|saklar|belli|inkar*"},
    {kHides, "yapay zeka* ~3 soyleme|soylemez|soylemeyin|gizle|gizler|sakla|saklar|belli|inkar*"},
    {kHides, "otomatik oldug* ~2 soyleme|soylemez|gizle|gizler|sakla|saklar|belli|inkar*"},
    {kHides, "insan olmadig* ~2 soyleme|soylemez|gizle|gizler|sakla|saklar|belli"},
    {kReal, "resmi|dogrulanmis|onayli hesab*|hesap*|temsilci*|sozcu*"},
    {kReal, "taklit et|eder|edersin"},
    {kReal, "adina konus*|yazar*|yaziyor*"},
    {kAdviser, "lisansli|ruhsatli|sertifikali|yetkili|diplomali|belgeli ~2 {danisman}"},
    {kAdviser, "yatirim danismani*"},
    // The plain claim in eight more languages
    {kHuman, "ich|du bin|bist ~2 mensch|person"},
    {kHides, "kein|keine bot|roboter|ki|chatbot|maschine"},
    {kHuman, "je|tu|vous suis|es|etes ~2 humain|humaine|personne"},
    {kHides, "pas|jamais un|une bot|robot|ia|chatbot|machine"},
    {kHuman, "soy|eres ~2 humano|humana|persona"},
    {kHides, "no soy|eres ~1 bot|robot|ia|chatbot|maquina"},
    {kHuman, "sou|es|voce ~2 humano|humana|pessoa"},
    {kHides, "nao ~1 sou|es|e ~1 bot|robo|ia|chatbot|maquina"},
    {kHuman, "sono|sei ~2 umano|umana|persona"},
    {kHides, "non sono|sei ~1 bot|robot|ia|chatbot|macchina"},
    {kHuman, "ik|je|jij ben|bent ~2 mens|persoon"},
    {kHides, "geen bot|robot|ai|chatbot|machine"},
    {kHuman, "я|ты|вы ~2 человек|живой|живая|настоящий"},
    {kHides, "не ~1 бот|робот|ии|нейросеть|программа"},
    {kHuman, "انا|أنا|انت|أنت ~1 انسان|إنسان|بشري|حقيقي"},
    {kHides, "لست ~1 بوت|بوتا|روبوت|روبوتا|الة|آلة|برنامج|برنامجا"},
};

enum Excuse : int { kHonest = 0, kDoubled = 1 };
constexpr Phrase kExcuses[] = {
    {kHonest,
     "never|not|dont|cannot|cant|wont|doesnt|without ~1 claim|claims|claiming|say|says|"
     "saying|pretend|pretends|pretending|insist|imply|suggest|tell|convince|act|pass|pose ~7 "
     "human|person|man|woman|{advisers}"},
    {kHonest, "not|never|no|isnt|arent|nor ~2 human|person|man|woman"},
    {kHonest, "not|never|no|isnt|arent|nor ~3 {advisers}"},
    {kHonest, "never|not|dont|cannot|doesnt ~1 deny|denies|hide|hides|conceal ~6 {bots}"},
    {kHonest, "never|not|dont|doesnt ~1 impersonate|impersonates|impersonating"},
    {kHonest, "never|not|dont|doesnt|cannot ~1 speak|speaks|talk|write on behalf"},
    {kHonest, "not|no ~1 official|verified account|profile|representative|spokesperson"},
    {kHonest, "not board certified"},
    // Whoever sends people to somebody real claims nothing about itself.
    {kHonest,
     "to|with|from|see|ask|call|meet|contact a|an real|actual|genuine "
     "human|person|man|woman"},
    {kHonest, "gercek ~1 insandan|insana|insanla|kisiden|kisiye|kisiyle|birine|birinden"},
    {kHonest, "insan*|kisi*|{danisman} degil*"},
    {kHonest, "insan*|kisi*|{danisman} oldug* ~2 soyleme|soylemez|soylemem|soylemeyin|deme|demez"},
    {kHonest, "insan*|kisi*|{danisman} oldug* ~2 iddia|ima etme|etmez|etmem|etmeyin"},
    {kHonest, "insan gibi davranma|davranmaz|davranmazsin"},
    {kHonest, "bot|robot|yapay|otomatik|program ~3 inkar etme|etmez|etmem"},
    {kHonest, "bot|robot|yapay|otomatik|program ~3 belli et|eder|edersin"},
    {kHonest, "taklit etme|etmez"},
    {kHonest, "resmi|dogrulanmis|onayli hesap|hesab*|temsilci*|sozcu* degil*"},
    {kHonest, "bin|bist|sei kein|nicht ~2 mensch|person"},
    {kHonest, "pas|jamais ~2 humain|humaine|personne"},
    {kHonest, "no soy|eres ~2 humano|humana|persona"},
    {kHonest, "nao ~1 sou|es|e ~2 humano|humana|pessoa"},
    {kHonest, "non sono|sei ~2 umano|umana|persona"},
    {kHonest, "ben|bent geen ~1 mens|persoon"},
    {kHonest, "не ~1 человек|живой|живая|настоящий"},
    {kHonest, "لست ~1 انسانا|إنسانا|انسان|إنسان|بشريا|بشري"},
    // What forbids to say that it is no human hides it after all.
    {kDoubled,
     "never|not|dont|cannot|deny|hide|conceal ~3 admit|reveal|disclose|say|tell|mention|"
     "claim|know|being ~6 not|no|isnt|arent|never"},
    {kDoubled, "not|never only|just|merely"},
    {kDoubled, "degil* ~2 deme|demez|soyleme|soylemez"},
};

const PhraseMatcher& claims() {
  static const PhraseMatcher matcher(kClaims, kSets);
  return matcher;
}
const PhraseMatcher& excuses() {
  static const PhraseMatcher matcher(kExcuses, kSets);
  return matcher;
}

bool overlap(const PhraseMatcher::Span& a, const PhraseMatcher::Span& b) {
  return a.begin < b.end && b.begin < a.end;
}

std::string at(std::string_view list, std::size_t index) {
  return fmt::format("{}[{}]", list, index);
}

}  // namespace

namespace detail {

std::vector<LintRule> claims_in(std::string_view sentence) {
  const Words words(sentence);
  std::vector<LintRule> rules;
  const auto spans = claims().find_spans(words.all());
  if (spans.empty()) return rules;
  const auto excused = excuses().find_spans(words.all());
  for (const auto& claim : spans) {
    const auto rule = static_cast<LintRule>(claim.label);
    if (std::find(rules.begin(), rules.end(), rule) != rules.end()) continue;
    const bool honest = std::any_of(excused.begin(), excused.end(), [&](const auto& excuse) {
      // The claim's last word is what the excuse denies.
      if (excuse.label != kHonest || claim.end > excuse.end || claim.end <= excuse.begin) {
        return false;
      }
      return std::none_of(excused.begin(), excused.end(), [&](const auto& other) {
        return other.label == kDoubled && overlap(other, excuse);
      });
    });
    if (!honest) rules.push_back(rule);
  }
  return rules;
}

std::vector<CardSentence> card_sentences(std::string_view text) {
  std::vector<CardSentence> out;
  const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\t'; };
  std::size_t begin = 0;
  const auto take = [&](std::size_t end) {
    while (begin < end && is_blank(text[begin])) ++begin;
    std::size_t last = end;
    while (last > begin && is_blank(text[last - 1])) --last;
    if (last > begin) out.push_back({begin, last});
    begin = end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool mark = std::string_view(".!?;:").find(text[i]) != std::string_view::npos;
    const bool ends = i + 1 == text.size() || is_blank(text[i + 1]);
    if (text[i] == '\n' || (mark && ends)) take(i + 1);
  }
  take(text.size());
  return out;
}

void for_each_text(Persona& p, const VisitText& visit) {
  namespace limits = persona_limits;
  const auto list = [&](std::string_view path, std::vector<std::string>& texts,
                        std::size_t longest) {
    for (std::size_t i = 0; i < texts.size(); ++i) visit(at(path, i), texts[i], longest);
  };
  visit("name", p.name, limits::kName);
  visit("description", p.description, limits::kDescription);
  visit("tone", p.tone, limits::kTone);
  visit("style.notes", p.style, limits::kStyle);
  list("interests", p.interests, limits::kTopic);
  list("expertise", p.expertise, limits::kTopic);
  list("rules", p.rules, limits::kRule);
  list("emotion.mood", p.emotion.mood, limits::kMood);
  list("emotion.signature_emoji", p.emotion.signature_emoji, limits::kEmoji);
  list("emotion.signature_phrases", p.emotion.signature_phrases, limits::kPhrase);
  for (std::size_t i = 0; i < p.stances.size(); ++i) {
    visit(at("stances", i) + ".topic", p.stances[i].topic, limits::kTopic);
    visit(at("stances", i) + ".text", p.stances[i].text, limits::kStance);
  }
  for (std::size_t i = 0; i < p.facts.size(); ++i) {
    visit(at("facts", i) + ".text", p.facts[i], limits::kFact);
  }
}

}  // namespace detail

std::string_view to_string(LintRule rule) noexcept {
  switch (rule) {
    case LintRule::Human:
      return "human";
    case LintRule::HidesAutomation:
      return "hides_automation";
    case LintRule::RealPerson:
      return "real_person";
    case LintRule::LicensedAdviser:
      return "licensed_adviser";
  }
  return "human";
}

std::string_view describe(LintRule rule) noexcept {
  switch (rule) {
    case LintRule::Human:
      return "a character may not claim to be human";
    case LintRule::HidesAutomation:
      return "a character may not deny or hide that it is automated";
    case LintRule::RealPerson:
      return "a character may not be, or speak for, a person who exists";
    case LintRule::LicensedAdviser:
      return "a character may not claim to be a licensed adviser";
  }
  return "";
}

std::vector<Finding> lint_persona(const Persona& persona) {
  std::vector<Finding> findings;
  Persona copy = persona;  // the visit may change texts; here it does not
  detail::for_each_text(copy, [&](const std::string& path, std::string& text, std::size_t) {
    for (const auto& sentence : detail::card_sentences(text)) {
      const std::string_view words =
          std::string_view(text).substr(sentence.begin, sentence.end - sentence.begin);
      for (const LintRule rule : detail::claims_in(words)) {
        findings.push_back({rule, path, sentence.begin, sentence.end, std::string(words)});
      }
    }
  });
  return findings;
}

json::array findings_document(const std::vector<Finding>& findings) {
  json::array out;
  for (const Finding& f : findings) {
    out.push_back(json::object{{"rule", to_string(f.rule)},
                               {"field", f.field},
                               {"begin", f.begin},
                               {"end", f.end},
                               {"excerpt", f.excerpt},
                               {"why", describe(f.rule)}});
  }
  return out;
}

}  // namespace chorus::fleet
