#include "chorus/fleet/disclosure_questions.hpp"

#include "chorus/fleet/disclosure.hpp"

namespace chorus::fleet {
namespace {

constexpr int kEn = static_cast<int>(Language::English);
constexpr int kTr = static_cast<int>(Language::Turkish);
constexpr int kDe = static_cast<int>(Language::German);
constexpr int kFr = static_cast<int>(Language::French);
constexpr int kEs = static_cast<int>(Language::Spanish);
constexpr int kIt = static_cast<int>(Language::Italian);
constexpr int kPt = static_cast<int>(Language::Portuguese);
constexpr int kRu = static_cast<int>(Language::Russian);
constexpr int kAr = static_cast<int>(Language::Arabic);
constexpr int kAz = static_cast<int>(Language::Azerbaijani);

constexpr Phrase kQuestions[] = {
    {kEn,
     "are|r you|u|ya ~3 "
     "bot|robot|ai|human|machine|program|chatbot|llm|gpt|chatgpt|automated|script"},
    {kEn, "areyou|ru ~2 bot|robot|ai|human|machine|real|chatbot|chatgpt"},
    {kEn, "are|r you|u ~1 real"},
    {kEn, "are|r you|u a|an|actually|really ~2 real|actual|living ~1 person|human|man|woman"},
    {kEn, "are|r you|u a person"},
    {kEn, "is this|these|that a|an|all|some ~1 bot|ai|robot|chatbot|automated|machine|script"},
    {kEn, "is this automated|ai|automatic|scripted|generated"},
    {kEn,
     "am i|we ~1 talking|speaking|chatting|writing|texting to|with ~4 "
     "bot|robot|ai|human|person|machine"},
    {kEn,
     "am i|we ~1 talking|speaking|chatting|writing|texting to|with ~3 "
     "computer|program|chatgpt|someone|somebody"},
    {kEn, "talking|speaking|chatting to|with ~2 bot|robot|ai|human|machine ?"},
    {kEn, "you are|r not ~2 human|real|person"},
    {kEn, "you are|r ~2 bot|robot|ai|chatbot|chatgpt|gpt ~2 right|arent|yes|no|?|huh|admit"},
    {kEn, "you are|r chatgpt|gpt|chatbot"},
    {kEn, "ur|youre|u ~1 bot|ai|robot|chatbot|chatgpt ~1 right|huh|yes|lol|?|no|innit"},
    {kEn, "you ~1 bot|robot|ai|human ?"},
    {kEn, "^ bot|robot|ai|human|chatbot ?"},
    {kEn, "bot or|vs human|person|not|real|man|what"},
    {kEn, "human|person|real or ~1 bot|robot|machine|ai|computer"},
    {kEn, "is|are there|anyone|anybody|someone ~4 person|human|real ~3 behind|there|here|typing"},
    {kEn, "actual|real|living|human person|human|being ~2 behind|typing|reading|there"},
    {kEn,
     "these|your|the|ur replies|answers|messages|responses ~3 "
     "automated|automatic|generated|bot|ai|scripted|canned"},
    {kEn, "replies|answers|messages|responses ~2 written|typed|generated ~2 by|or"},
    {kEn, "admit ~4 bot|ai|chatgpt|robot"},
    {kEn, "prove ~3 human|real|bot"},
    {kEn, "who|what made|runs|operates you"},
    {kEn, "what are you ?"},
    {kEn, "do you have ~1 feelings|body|consciousness"},

    {kTr,
     "bot|robot|insan|gercek|yapay|zeka|makine|makina|program|ai|chatbot|chatgpt|gpt|yazilim "
     "musun|misin|musunuz|misiniz"},
    {kTr,
     "botmusun|robotmusun|insanmisin|gercekmisin|botmusunuz|insanmisiniz|chatgptmisin|botmusn|"
     "zekamisin"},
    {kTr, "bot|robot|insan|gercek ~1 mi sun|sin|sunuz|siniz"},
    {kTr, "sen|siz ~2 bot|robot|insan|gercek|makine ~1 mu|mi|musun|misin|musunuz|misiniz"},
    {kTr, "insan ~2 yoksa ~1 bot|robot|makine|yapay"},
    {kTr, "^ bot mu ~1 insan mi"},
    {kTr, "^ insan mi ~2 bot|robot|makine mu|mi"},
    {kTr, "yapay zeka ~1 misin|misiniz"},
    {kTr, "gercek ~1 biri|kisi|insan|birisi ~1 misin|misiniz|mi"},
    {kTr,
     "botsun|botsunuz|robotsun|insansin|makinesin|zekasin|chatgptsin|programsin ~1 "
     "degil|dimi|di|mi|demi|!"},
    {kTr, "sen ~2 botsun|robotsun|zekasin|chatgptsin"},
    {kTr, "sen|siz ~1 nesin|kimsin|nesiniz"},
    {kTr,
     "botla|robotla|insanla|makineyle|makinayla|programla|zekayla|zekaylami ~1 mi ~1 "
     "konus*|yaz*|gorus*|mesaj*"},
    {kTr,
     "cevaplar|mesajlar|yanitlar|cevaplarin|mesajlarin|bunlar|cevap ~3 otomatik|bot|robot|yapay ~2 "
     "mi|mu"},
    {kTr, "karsimda|karsimdaki ~3 insan|bot|robot|makine|biri|kisi ~1 mi|mu|var"},
    {kTr, "insan|bot|robot|makine mi|mu ~1 yaziyo*|konusuyo*|cevap*"},

    {kDe,
     "bist du|n ~4 "
     "bot|roboter|mensch|ki|echt|maschine|person|chatgpt|programm|computer|real|automat"},
    {kDe, "du bist ~3 bot|roboter|chatgpt|ki|chatbot"},
    {kDe, "sind sie ~4 bot|roboter|mensch|ki|maschine|intelligenz|echt|person|programm|chatbot"},
    {kDe,
     "spreche|rede|schreibe|chatte ich ~4 mensch|menschen|bot|maschine|roboter|ki|person|computer"},
    {kDe, "sind|ist|sind das|dies|hier ~2 automatisch*|automatisiert*|generiert*"},
    {kDe,
     "schreibt|antwortet|sitzt|ist|sitz hier|da|dort|mir ~3 mensch|jemand|person|maschine|bot"},
    {kDe, "lauft ~2 automatisch"},
    {kDe, "bot|maschine oder ~2 mensch"},
    {kDe, "mensch oder ~2 bot|maschine|roboter|ki"},

    {kFr, "t|tes|tu|tai un|une ~1 bot|robot|ia|machine|humain|humaine|chatgpt|personne|programme"},
    {kFr, "t|tes chatgpt|humain|humaine|reel|reelle|vrai|vraie|ia"},
    {kFr, "es tu ~2 bot|robot|humain|humaine|ia|reel|reelle|machine|vrai|vraie|chatgpt"},
    {kFr, "tu es ~2 bot|robot|humain|humaine|ia|reel|reelle|machine|chatgpt"},
    {kFr, "vous etes|etes ~3 bot|robot|humain|ia|machine|chatgpt"},
    {kFr, "etes vous ~3 bot|robot|humain|humaine|ia|machine|personne|reel|reelle"},
    {kFr, "parle|discute|conversation|echange|cause|ecris ~4 humain|machine|bot|robot|ia|personne"},
    {kFr, "automatique|automatiques|automatisees|generees ~1 ces|les|tes|vos ~1 reponses|messages"},
    {kFr, "reponses|messages ~2 automatique*|automatisees|generees"},
    {kFr, "humain|personne|quelqu ~3 derriere"},
    {kFr, "y a ~2 humain|vrai|vraie"},

    {kEs, "eres|sos|usted ~3 bot|robot|humano|humana|ia|real|maquina|chatgpt|inteligencia"},
    {kEs, "eres|sos|usted ~1 persona"},
    {kEs, "es usted ~3 bot|robot|humano|humana|ia|real|maquina|persona"},
    {kEs,
     "hablando|hablo|chateando|escribiendo ~1 con ~3 persona|humano|bot|maquina|robot|ia|alguien"},
    {kEs, "esto|todo ~1 es automatico|automatizado|bot"},
    {kEs, "hay alguien ~3 ahi|detras|verdad|real"},
    {kEs, "respuestas|mensajes ~2 automaticas|automaticos|generadas"},
    {kEs, "^ es ~1 un bot|robot ?"},
    {kEs, "humano o ~2 bot|maquina|robot|ia"},

    {kIt, "sei|siete ~3 bot|robot|umano|umana|ia|reale|artificiale|chatgpt|intelligenza"},
    {kIt, "sei|siete ~1 persona|vero|vera"},
    {kIt, "^ se un bot|robot"},
    {kIt, "lei e ~2 bot|umano|persona|macchina|robot"},
    {kIt,
     "parlando|parlo|scrivo|chattando|scrivendo ~1 con ~3 "
     "persona|umano|bot|macchina|robot|ia|qualcuno"},
    {kIt, "risposte|messaggi ~1 automatiche|automatici|generate"},
    {kIt, "qualcuno ~2 carne|vero|dietro|umano"},
    {kIt, "umano o ~2 bot|macchina|robot|no"},

    {kPt,
     "voce|vc|ce|tu|senhor|senhora e|eh|es|e ~3 "
     "bot|robo|robot|humano|humana|ia|real|maquina|inteligencia"},
    {kPt, "voce|vc|ce|tu|senhor|senhora e|eh|es ~2 pessoa|chatgpt|gente"},
    {kPt, "^ es real|humano|humana|bot|robo"},
    {kPt,
     "falando|falo|conversando|teclando ~1 com ~3 humano|humana|maquina|bot|robo|pessoa|ia|alguem"},
    {kPt, "isso|isto|aqui ~1 e|eh automatico|automatizado|bot|robo"},
    {kPt, "tem gente|alguem|pessoa ~4 ai|verdade|vdd|real"},
    {kPt, "respostas|mensagens ~2 automaticas|geradas"},

    {kRu,
     "ты|вы ~3 бот|робот|человек|ии|живой|живая|настоящий|настоящая|нейросеть|машина|программа"},
    {kRu, "ты|вы ~3 искусственный|реальный|реальная|интеллект"},
    {kRu, "ты|вы chatgpt|gpt|чатгпт|чатжпт|гпт"},
    {kRu, "ты|вы ~1 chatgpt|gpt|чатгпт !"},
    {kRu,
     "с ~1 человеком|ботом|машиной|роботом|нейросетью ~2 "
     "разговариваю|говорю|общаюсь|переписываюсь|пишу"},
    {kRu,
     "разговариваю|говорю|общаюсь|переписываюсь ~1 с ~2 "
     "человеком|ботом|машиной|роботом|нейросетью"},
    {kRu, "автоматические|автоответы ~1 ответы|сообщения"},
    {kRu, "ответы|сообщения ~2 автоматические|генерируются|генерирует"},
    {kRu, "живой|живые|настоящий|человек ~2 есть|тут|здесь"},
    {kRu, "тут|здесь ~3 живой|живые|человек|люди"},
    {kRu, "это ~1 бот|робот ?"},
    {kRu, "ty|vy ~2 bot|robot|chelovek|zhivoy|zhivoi|neiroset"},

    {kAr,
     "انت|أنت|إنت|انتي|انتا|أنتي|حضرتك ~2 بوت|روبوت|انسان|إنسان|حقيقي|الة|آلة|بشر|مكنة|ذكاء|شات"},
    {kAr, "هل ~1 انت|أنت|إنت ~2 بوت|روبوت|انسان|إنسان|حقيقي|الة|آلة"},
    {kAr,
     "اتحدث|أتحدث|بكلم|اكلم|أكلم|بحكي|اتكلم|أتكلم ~2 "
     "شخص|انسان|إنسان|روبوت|بوت|مكنة|آلة|الة|حدا|بشر"},
    {kAr, "الردود|الرسائل|ردودك ~2 آلية|الية|تلقائية|اوتوماتيكية|أوتوماتيكية"},
    {kAr, "حدا|احد|أحد|شخص ~1 حقيقي"},
    {kAr, "بوت|روبوت ولا|والا|أم|ام|او|أو انسان|إنسان|بشر"},

    {kAz,
     "botsan|robotsan|insansan|adamsan|botsunuz|insansiniz|botsiniz|robotsunuz|chatgptsən|"
     "chatgptsen"},
    {kAz, "intellektsən|intellektsen|insansanmi|botsanmi|robotsanmi|masinsan|proqramsan"},
    {kAz, "insanla|botla|robotla|masinla|adamla ~3 danisiram|yazisiram|danisiriq"},
    {kAz, "cavablar|mesajlar|cavablarin ~2 avtomatik*"},
    {kAz, "qarsimdaki|qarsimda ~3 insan*|bot|robot|adam*|canli"},
    {kAz, "sən|siz ~2 bot|robot|insan|həqiqi|heqiqi|real"},
};

constexpr std::string_view kWords[] = {
    "bot",     "robot",   "human",     "machine", "automated", "chatbot",  "chatgpt", "person",
    "bist",    "roboter", "mensch",    "eres",    "humano",    "maquina",  "umano",   "macchina",
    "humain",  "insan",   "misin",     "musun",   "gercek",    "makine",   "voce",    "настоящий",
    "человек", "робот",   "нейросеть", "روبوت",   "botsan",    "robotsan", "real",    "automatic"};

}  // namespace

std::span<const Phrase> bot_questions() {
  return kQuestions;
}
std::span<const std::string_view> question_words() {
  return kWords;
}

}  // namespace chorus::fleet
