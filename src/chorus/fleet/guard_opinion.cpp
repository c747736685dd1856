#include "chorus/fleet/guard_lexicon.hpp"

namespace chorus::fleet::lexicon {
namespace {

constexpr Phrase kPhrases[] = {
    // Claims of being human.
    {kHumanClaim, "i am ~1 human|person"},
    {kHumanClaim, "i am a real|actual ~1 human|person|guy|man|woman|girl|trader"},
    {kHumanClaim, "i am ~1 not|no ~1 bot|robot|ai|machine|program"},
    {kHumanClaim, "i aint ~1 bot|robot|ai|machine|program"},
    {kHumanClaim, "i am real"},
    {kHumanClaim, "not a bot|robot|machine|ai"},
    {kHumanClaim, "as a human ~1"},
    {kHumanClaim, "flesh and blood"},
    {kHumanClaim, "of course i am ~2 human|person|real"},
    {kHumanClaim, "insanim|insaniz"},
    {kHumanClaim, "ben ~2 insanim|gercegim"},
    {kHumanClaim, "bir insanim"},
    {kHumanClaim, "gercek ~1 insanim|kisiyim|biriyim"},
    {kHumanClaim, "kanli canli"},
    {kHumanClaim, "bot|robot|yapay|zeka|ai|makine|program degilim"},
    {kHumanClaim, "bot|robot falan|filan degilim"},
    {kHumanClaim, "yapay zeka degilim"},
    {kHumanClaim, "insan olarak ben"},
    {kHumanClaim, "je ~1 suis ~2 humain|humaine|personne"},
    {kHumanClaim, "ich bin ~2 mensch|person"},
    {kHumanClaim, "ich bin kein ~1 bot|roboter|ki|maschine"},
    {kHumanClaim, "soy ~2 humano|humana|persona"},
    {kHumanClaim, "no soy ~1 bot|robot|ia|maquina"},
    {kHumanClaim, "sono ~2 umano|umana|persona"},
    {kHumanClaim, "non sono ~1 bot|robot|ia|macchina"},
    {kHumanClaim, "sou ~2 humano|humana|pessoa"},
    {kHumanClaim, "nao sou ~1 bot|robo|ia|maquina"},
    {kHumanClaim, "я ~1 человек|живой|живая|настоящий"},
    {kHumanClaim, "я не бот|робот|программа|машина|нейросеть"},
    {kHumanClaim, "انا|أنا انسان|إنسان|بشر|شخص"},
    {kHumanClaim, "لست بوت|روبوت|بوتا|روبوتا|آلة"},
    {kHumanClaim, "men|mən ~1 insanam|adamam"},
    {kHumanClaim, "bot|robot deyiləm|deyilem"},
    {kHonest, "i am not ~1 human|person|real"},
    {kHonest, "i am not ~1 a ~1 human|person"},
    {kHonest, "not a human"},
    {kHonest, "insan degilim"},
    {kHonest, "kein mensch"},
    {kHonest, "pas ~1 humain"},
    {kHonest, "no ~2 humano|humana|humanos"},
    {kHonest, "non ~2 umano|umana"},
    {kHonest, "nao ~2 humano|humana"},
    {kHonest, "не человек"},
    {kHonest, "insan deyiləm|deyilem"},
    {kHonest, "ولست إنسانا|انسانا"},
    // Up, English.
    {kUp,
     "bullish|rise|rises|rising|rally|rallies|rallying|surge|surging|breakout|upside|higher|"
     "uptrend"},
    {kUp, "go|going|goes|heading|looking|trending|pushing|points|pointing up|higher|north"},
    {kUp,
     "strong|stronger|strength|undervalued|underrated|momentum|recover*|rebound*|outperform*|"
     "sleeper"},
    {kUp, "room ~3 above|run|upside|go|grow|up|higher"},
    {kUp, "cheap|bargain|discounted|oversold|breaking out|waking up"},
    {kUp, "waking|wakes|woke up"},
    {kUp, "dip|dips ~2 eaten|bought|get"},
    {kUp, "only|just getting started"},
    {kUp, "not|isnt|havent done|finished|over|seen|topped ~2"},
    {kUp, "buyers|bulls ~3 control|charge|here|back|everywhere|stepping"},
    {kUp,
     "best|winner|winners|leader|leading|king|shine|shines|shining|good|great|solid|healthy|"
     "promising"},
    {kUp, "run|tank|legs|leg up|left|higher"},
    {kUp,
     "bottomed|resilient|climb|climbs|climbing|grinding|tight|tightening|bid|bids|conviction|"
     "comeback"},
    {kUp, "bottom is in"},
    {kUp, "supply ~2 tight|short|low|shrinking"},
    {kUp, "demand ~3 strong|rising|growing|up|back"},
    {kUp, "next|another leg"},
    {kUp, "bounce|bounces|bouncing|reversal|reversing|support holds|holding"},
    {kUp, "coming|comes back"},
    {kUp, "i|we like|love|loving"},
    {kUp, "quietly|slowly ~2 building|eating|winning|climbing|up"},
    {kUp, "squeeze|shortage|growth|growing|adoption|accumulat*|ahead|future"},
    // Down, English.
    {kDown,
     "bearish|falls|falling|crash|crashing|dumping|downside|dropping|lower|downtrend|decline*"},
    {kDown,
     "go|going|goes|heading|looking|trending|points|pointing|headed|rolling down|lower|south|over"},
    {kDown,
     "weak|weaker|weakness|overvalued|overpriced|overrated|overbought|overhyped|expensive|bubble"},
    {kDown,
     "bleed*|sink*|sinking|heavy|dead|dying|finished|toast|ghost|doomed|struggl*|topped|exhausted"},
    {kDown, "sellers|bears ~3 control|charge|here|back|everywhere"},
    {kDown, "sellers|bears everywhere"},
    {kDown, "out of steam|gas|fuel|breath"},
    {kDown, "losing|lost|no|lacks ~1 steam|momentum|support|ground|strength|demand|buyers"},
    {kDown, "underperform*|ugly|tired|rotten|terrible|rough|pain|trouble|downhill|worse|broken"},
    {kDown, "story|party|run|rally|hype is|are ~1 over|done|finished|dead"},
    // Up, Turkish.
    {kUp,
     "yuksel*|yukari*|artacak|artar|cikacak|cikar|cikis*|toparla*|ralli*|guclu*|guclen*|"
     "potansiyel*"},
    {kUp, "onu|onleri acik|acildi"},
    {kUp,
     "ucuz|iskontolu|degerli|degerlen*|cos*|hareketlen*|canlan*|kirdi|kiracak|parlak|parlar|"
     "parlayacak"},
    {kUp, "prim|primli|pozitif|iyimser|alicili|alicilar|boga*|destek* ~1"},
    {kUp, "gider|gidecek|gidiyor daha|yukari"},
    {kUp, "daha ~2 gider|cok|yolu|basi*|basla*"},
    {kUp,
     "sasirt*|yakalar|katlar|super|mis|saglam|harika|guzel|lider|favori*|parliyor|arkasindan "
     "gelir"},
    {kUp, "dondu|dondugu|donus* ~1 yukari|basladi"},
    {kUp,
     "kirilim*|hazirlan*|ivme|talep|toplaniyor|umut*|umutlu*|gelecek|gelecegi|firlar|ucar|coskun|"
     "beklenti*"},
    {kUp, "dibi|dip gordu|yapti|tamam"},
    {kUp, "geri don*|gelir"},
    {kUp, "yolun|hikayenin|isin basi|basindayiz"},
    {kUp, "zirve* ~2 yeni|gorur|yapar|uzak"},
    {kUp, "yeni zirve*"},
    {kUp, "tutamaz|durduramaz|duramaz|kosar|kosuyor|yurur|yuruyor"},
    // Down, Turkish.
    {kDown,
     "dusecek|duser|dusus*|dusuyor*|asagi*|cokecek|coker|cokus*|satis*|gerile*|gevse*|zayif*|eri*"},
    {kDown,
     "bitti|bitik|biter|tukendi|yoruldu|yorgun|olu|oldu|olmus|sondu|sonuk|kotu|berbat|umutsuz|"
     "agir*"},
    {kDown,
     "satici*|ayi|ayilar*|balon*|sismis|sisti|pahali*|negatif|kotumser|baski*|bozuk|bozul*|"
     "kirildi"},
    {kDown, "deger kayb*|kaybed*|kan kayb*"},
    {kDown, "kan|deger|ivme|guc kayb*"},
    {kDown, "daha|dip ~2 gerile*|duser|yapar|asagi|gorur"},
    {kDown, "toparlan*|yuksel*|cik* mez|maz|zor|yok|imkansiz"},
    {kDown,
     "toparlayamaz|toparlanamaz|yukselemez|cikamaz|kaldiramaz|dayanamaz|tutunamaz|tutunamiyor"},
};

}  // namespace

std::span<const Phrase> opinion_phrases() {
  return kPhrases;
}

}  // namespace chorus::fleet::lexicon
