#include "chorus/fleet/guard_classes.hpp"

namespace chorus::fleet {
namespace {

/// One label a line; the order is part of the trained weights.
constexpr Phrase kClasses[] = {
    // telling somebody to trade
    {0,
     "al!|sat!|topla!|biriktir!|ekle!|tut!|gir!|cik!|gec!|don!|bozdur!|boz!|cevir!|yatir!|koy!|"
     "bosalt!|bagla!|kapat!|azalt!|artir!|aktar!|kaydir!|yonel!|yukle!|kac!|yolla!|birak!|bekle!|"
     "dokunma|elleme!|degerlendir!|sokul!|yaklas!|aban!|bulundur!|vazgec!|kurtul!|dagit!|tasi!|"
     "realize"},
    {1,
     "buy|buying|grab|accumulate|stack|scoop|load|own|invest|bag|add|get|pick|hold|keep|hodl|enter|"
     "join|dca|reinvest|longing|collect"},
    {2,
     "sell|selling|dump|trim|exit|unload|offload|ditch|liquidate|cut|drop|close|short|reduce|"
     "lighten|bail|cash|leave|avoid|escape|shed|lower"},
    {3,
     "put|move|shift|rotate|park|throw|stick|convert|pour|switch|allocate|swap|roll|transfer|steer|"
     "change|rebalance|split|place|hedge|diversify"},
    {4,
     "should|shud|must|need|ought|better|gotta|hafta|consider|recommend*|suggest*|advis*|urge*|"
     "advocate|prudent|wise|wiser|smart|sensible|worth|encourage|opinion|tip|pick|play|move"},
    {5,
     "oner*|tavsiye*|nacizane|derim|diyorum|bence|lazim|gerek|gerekir|gerekiyor|gerekli|sart|"
     "mantikli|makul|isabetli|uygun|yerinde|dogru|dogrusu|fayda|faydali|yarar|vakti|zamani|sirasi|"
     "firsat*|haddim"},
    {6,
     "*malisin|*melisin|*maniz|*meniz|*mani|*meni|*manin|*menin|*mana|*mende|*manda|*sana|*sene|*"
     "irsin|*arsin|*ersin|*ursun|*abilirsin|*ebilirsin|*malisiniz|*melisiniz|*mali|*meli"},
    // trades done
    {7,
     "bought|sold|shorted|trimmed|dumped|loaded|grabbed|picked|accumulated|invested|flipped|"
     "swapped|unloaded|exited|closed|opened|added|entered|aped|staked|mined|held|owned|traded|rode|"
     "caught|scooped|stacked|bailed|rotated|hedged|doubled|cleared|took|timed|nailed|scalped|"
     "sniped|averaged"},
    {8,
     "al=|sat=|topla=|biriktir=|ekle=|gir=|cik=|gec=|bozdur=|boz=|cevir=|yatir=|kapat=|bosalt=|tut="
     "|tasi=|kap=|yakala=|doldur=|ac=|bekle=|kaldir=|bas="},
    {9,
     "*dim|*dum|*tim|*tum|*dik|*duk|*tik|*tuk|*misim|*musum|*mistim|*mustum|*yorum|*yoruz|*iyom|*"
     "uyom|*digim|*dugum|*tigim|*tugum|*irim|*arim|*erim|*urum|*dayim|*deyim|*tayim|*teyim|*dayiz|*"
     "deyiz|*acagim|*ecegim|*duydum"},
    {10,
     "*mis|*mus|*misler|*muslar|*miss|aldi|satti|yatirdi|girdi|cikti|kaybetti|kazandi|batti|aliyor|"
     "satiyor|kaybediyor|yatiriyor|*yormus|*irmis|*ardi|*lardi|*lerdi|*dilar|*diler|alirmis|"
     "diyorlar"},
    {11,
     "holding|holder|sitting|long|short|invested|exposed|bagholder*|bagholding|underwater|hodling|"
     "averaging|stacking|trading|scalping|staking|riding|stuck|heavy"},
    {12,
     "duruyor|yatiyor|bekliyor|elimde|elimdeki|bende|bendeki|bizde|kasada|cuzdanda|cuzdanim*|"
     "kenarda|hesabimda|hesabim*|portfoyum*|portfoyde|icerideyim|icerdeyim|maliyetim*|ortalamam*|"
     "pozisyonum*|*larim|*lerim|*larimi|*lerimi|*imiz|*umuz|takasimda|stopum|lot"},
    // who
    {13, "i|ive|my|me|mine|myself|id|ill|we|our|us|ours"},
    {14,
     "ben|benim|bana|bende|beni|biz|bizim|bize|kendim|kendi|esim*|hanim*|kocam*|ailecek|ailem*"},
    {15, "you|u|ur|your|yours|youre|youll|youd|youve|ya|yall|yourself"},
    {16,
     "sen|sana|senin|seni|siz|size|sizin|sizi|elindeki|elinde|elinizde*|portfoyun*|paran*|birikim*|"
     "maasin*|icin|icini|iciniz|abla|hocam|kanka|reis|kardesim|gencler|beyler|dostum|arkadaslar|"
     "teyzecim|efendim"},
    {17,
     "he|she|they|his|her|their|him|them|uncle|aunt|neighbour|neighbor|cousin|friend|boss|dad|mum|"
     "mom|sister|brother|guy|people|someone|somebody|investors|traders|company|bank|fund|author|"
     "grandparents|grandma|nan|stranger*|whoever|anyone|everyone|everybody|traders|humans|folks"},
    {18,
     "o|onlar|amca*|dayi*|teyze*|komsu*|kuzen*|arkadas*|enist*|baba*|dede*|mudur*|halam|hala|"
     "yengem|kayinpeder*|annem|anneannem|babaannem|herkes*|insanlar*|kimse|biri|birisi|kisi|"
     "kisiler|yatirimcilar|sirket*|banka|bankalar|kuyumcu*|cocuk*|osmanli*|hollanda*|newton|"
     "buffett|keynes"},
    // certainty, gain, loss
    {19,
     "guarant*|certain*|sure|surely|definitely|promise*|swear|swore|inevitable|doubt|lock|locked|"
     "undoubtedly|word|vouch|ironclad|bulletproof|foolproof|assured|assure|positive|confident|fact|"
     "gauranteed|absolutely|literally|bet|bank|mark|law|law|decided|period|matter"},
    {20,
     "kesin*|garanti*|mutlaka|emin*|suphe*|soz|sozum|sozu|kefil*|yemin*|imza*|bahse|iddia*|net|"
     "kacinilmaz|tartis*|imkansiz|mumkun|imkani|ihtimal*|sans*|asla|hic|yazin|not|guvence*|guvende*"
     "|taahhut*|adim|namus*|sabit|saglam|sasmaz|sekmez|lami|cimi|kacari|adam|biyik*|sakal*|netim|"
     "namusum|fix"},
    {21,
     "cant|cannot|wont|never|no|not|nothing|nobody|noone|none|zero|without|impossible|neither|isnt|"
     "doesnt|couldnt|nil|dont"},
    {22,
     "yok|degil|sifir|olmaz|olamaz|*mez|*maz|*mezsin|*mazsin|*meyecek|*mayacak|*memek|*mamak|*"
     "meyen|*mayan|*madi|*medi|*mamis|*memis|*masi|*mesi|unut"},
    {23,
     "profit*|gain*|double*|doubles|triple*|rich|money|returns|return|yield|pays|pay|paid|win|wins|"
     "winner|winning|earn*|million*|income|payout*|multiply|upside|rise|rises|recover*|bounce|grow|"
     "up|higher|above|ahead|moon|principal|capital|deposit"},
    {24,
     "kazan*|kar|kari|karini|karda|kardayim|karla|getiri*|katla*|zengin*|milyoner*|yuksel*|cikar|"
     "cikacak|ucar|ucacak|uctu|artar|artacak|degerlen*|tavan*|kat|kati|katina|ikiye|uce|para|prim|"
     "rekor|koseyi|amorti|temettu*|fazlasi|ustune|gelir|geri"},
    {25,
     "lose|loses|losing|loss|losses|lost|risk|risks|risky|downside|drop|drops|fall|falls|fail|"
     "fails|crash*|down|red|rekt|liquidated|burned|broke|tank*|hurt|below|lower|shrink|decline|"
     "miss|misses|danger|worst"},
    {26,
     "kaybet*|kaybed*|kayip|kayb*|zarar*|risk*|bat|batma*|batar*|batir*|batmaz|dusmez|duser*|dusus*"
     "|dusme*|likit|yan=|yanarsa|yandi*|eksi*|korkma|korkacak|uzmez|uzulmez|pisman*|cokse|terse|"
     "ters|sifirl*|eksil*"},
    {27,
     "refund*|reimburse*|cover*|compensate|shortfall|back|pocket|backed|insured|protected|safe|"
     "safer|safest|secure*"},
    {28,
     "oderim|oderiz|oderler|karsila*|iade*|telafi|cebimden|cebinden|farkini|benden|anapara*|koruma*"
     "|veririm|garantim|kapima|hesap"},
    // what, how much, when
    {29,
     "money|savings|salary|cash|pension|bonus|capital|income|rent|deposit|deposits|paycheck|payday|"
     "portfolio|account|wallet|position*|bag|bags|stake|shares|stack|holdings|exposure|allocation|"
     "refund"},
    {30,
     "para|parayi|parani|paran|paranin|birikim*|maas*|ikramiye*|mevduat*|nakit*|nakde|sermaye*|"
     "portfoy*|kredi*|hesab*|lira*|tasarruf*|emekli*|vade*|kenara|koseye|sepet*|yastik"},
    {31,
     "half|third|quarter|rest|all|some|most|part|chunk|bit|percent|everything|lot|piece|twenty|ten|"
     "few|little"},
    {32,
     "yarisi*|yarisini|tamami*|hepsi*|cogu*|kismi*|kismini|ceyreg*|ucte|birini|biraz|azar|kademe*|"
     "ufak|miktar*|yuzde|agirlig*|bolumunu|tane|lot|komple|butun|tum"},
    {33,
     "now|today|tomorrow|asap|immediately|already|tonight|soon|before|until|till|dip|dips|cheap|"
     "open|week|month|weekend|morning|ipo|earnings|close"},
    {34,
     "hemen|simdi|bugun|yarin|artik|once|aksam|sabah|acilista|kapanis*|hafta*|ay|aya|seviye*|"
     "seviyeden|fiyat*|dipte|dipten|dusunce|dususte|cekil*|bilanco*|ucuzken|derhal|once"},
    {35,
     "yesterday|ago|last|since|back|once|years|earlier|previously|monday|friday|tuesday|thursday|"
     "decade|been|early|bottom|top|crash"},
    {36,
     "dun|gecen*|gecenlerde|onceden|beri|yillardir|senedir|yildir|aydir|zamaninda|hala|evvel|gun|"
     "sene|yil|yaz|yazin|tepede|tepeden|zirvede|cok"},
    {37,
     "summer|christmas|year|years|month|weeks|end|eventually|always|every|monthly|weekly|daily|"
     "forever|ever|day"},
    {38,
     "sonu|sonuna|seneye|haftaya|yakinda|ayda|yilda|gunde|her|hep|hepsi|eninde|sonunda|aylik|"
     "gunluk|yillik|haftalik|daima|surekli|duzenli"},
    // position words, results
    {39,
     "stop|stoploss|target|entry|average|avg|basis|leverage*|margin|limit|calls|puts|longs|shorts|"
     "trade|trades|profit|hedge|trailing|pullback|retest"},
    {40,
     "stop*|hedef*|kaldirac*|short*|long*|pozisyon*|islem*|kagit*|kagid*|tahta*|mal|mali|ortalama*|"
     "maliyet*|destek*|direnc*|realizasyon*|temettu*|viop*|vadeli*|spot|scalp*|trade*"},
    {41,
     "called|predicted|prediction*|told|right|picks|calls|hit|record|rate|green|beat|outperform*|"
     "winners|history|signal*|accurate|correct|mentioned|spot|checked|followers|win|wins|beaten"},
    {42,
     "tahmin*|dedi*|demis*|demistim|soyle*|yazmis*|oner*|paylas*|tuttu|tutar|isabet*|hakli|analiz*|"
     "sinyal*|cagri*|ongoru*|hedefe|yesil*|artida|bildim|haberiniz|gordunuz|takipci*"},
    {43,
     "house|car|wedding|loans|holiday|van|college|tuition|kids|wife|husband|divorce|retire*|"
     "mortgage"},
    {44,
     "ev|araba|dugun*|tatil*|kira*|okul*|ceyiz*|borc*|sunnet|villa|koy|pesinat*|cocugun|torun*"},
    // what makes it talk about markets and no more
    {45,
     "what|why|how|who|when|where|which|does|do|did|is|are|mean|means|meaning|explain*|difference|"
     "definition|called|defined|wonder|anyone|curious|reckon|think"},
    {46,
     "ne|nedir|neden|nasil|kim|hangi|hangisi|kac|mi|mu|midir|mudur|miyim|misin|misiniz|mis|sizce|"
     "sence|acaba|demek|denir|anlami|fark|farki|bilen|tanim*|kavram*|merak|anlat*|dusunuyorsun"},
    {47,
     "bot|ai|program|software|code|advice|adviser|advisor|licensed|recommend|opinion|decision|"
     "decide|predict|guess|tell|view|idea|knows|know|yours|promise|able|qualified"},
    {48,
     "bot*|yapay|zeka*|program*|tavsiye*|yonlendirme*|danisman*|uzman*|lisansli|veremem|edemem|"
     "diyemem|soyleyemem|bulunamam|bilemem|bilemez|bilmem|yorum|karar*|karisma*|onermem|vermem|"
     "yapmam|yapmiyorum|vermiyorum|anlamam|kusura"},
    {49,
     "scam*|fraud*|fake|liar|lying|trap|careful|beware|watch|block|report*|believe|run|warning|"
     "arrested|ponzi|trust|click|ads|ad|promising|promises|claims|claimed|offers|says|said|"
     "shouting"},
    {50,
     "dolandir*|tuzak*|inanma*|kanma*|engelle*|sikayet*|dikkat|yalan*|sahte*|kacin|supheli*|"
     "suphelen*|uzak|vaat*|vaad*|diyen*|soyleyen*|teklif|reklam*|itibar|kaptir*|magdur*|duyunca"},
    {51,
     "article|report|bulletin|news|headline|read|book|film|documentary|according|history|invented|"
     "century|museum|watched|podcast|story"},
    {52,
     "haber*|bulten*|ajans*|kitap*|okudum|belgesel*|tarih*|gazete*|yaziyor|yazdi|izledim|film*|"
     "dizi*|eskiden|krizi*|anlatti*"},
    {53, "if|unless|when|once|whenever|then|wait|case|even"},
    {54,
     "eger|olsam|*sam|*sem|*san|*sen|*arsa|*erse|*irsa|*ursa|*rsan|*rsen|*caksan|*ceksen|madem|"
     "olsa|bile|kosul*|koy|yerinde|yerinizde"},
    {55,
     "soup|bread|cake|dough|recipe|pasta|pizza|coffee|tea|milk|salt|cheese|shoes|jacket|dress|"
     "couch|sofa|bike|guitar|tent|garden|bakery|kitchen|cat|dog|train|bus|ferry|rain|weather|match|"
     "team|goal|exam|school|doctor|film|song|concert|movie|party|ticket*|house|baby|kids|mum|phone|"
     "fridge|warranty|glue|cotton|lottery|chess|poker|quiz"},
    {56,
     "ekmek|sut|corba|yemek*|tarif*|kahve*|cay|peynir|domates*|mont*|kazak*|ayakkabi*|koltuk*|"
     "bisiklet*|gitar*|cadir*|bahce*|kedi*|kopek*|otobus*|vapur*|yagmur*|hava|mac*|takim*|gol|"
     "sinav*|okul*|doktor*|sarki*|konser*|dugun*|bilet*|telefon*|kombi*|servis*|forma|tavla*|oyun*|"
     "hoca|karpuz|pasta|kitab*|fermuar*|asi|pamuk"},
    {57, "reason|point|nothing|only|just|simply|simple|easy|best|right|good|great|perfect|ideal"},
    {58, "tek|sadece|basit|guzel|iyi|en|tam|saglam|rahat|kolay|uygun|ucuz|boyle|oyle"},
    {59,
     "lol|haha|bro|mate|trust|thank|honestly|seriously|regret|forget|relax|sleep|worry|shame|sad|"
     "hurts|proud|happy|glad|luck|genius"},
    {60,
     "valla*|inan*|sukur|masallah|iyi|keske|pismanim|rahatim|merak|dua|gitsin|unut|bosver|ferah|"
     "gulu*|moralim|canim|dert*|deger|degdi|akillandim|bayram"},
    // what is traded, whatever its name
    {kClassTraded,
     "share|shares|stock|stocks|equit*|token*|coin|coins|altcoin*|memecoin*|crypto*|warrant*|option|"
     "options|puts|straddle|futures|etf*|fund|funds|tracker*|index|indices|bond|bonds|gilt*|"
     "treasur*|bill|bills|paper|reit*|nft*|presale|ipo|warrants|forex|fx|commodit*|metal|metals|"
     "miner|miners|bullion|sovereign*|krugerrand*|ounce|ounces|oz|sats|satoshi*|uranium|copper|"
     "palladium|platinum|natgas|crude|wheat|lithium|semis|semiconductor*|airlines|banks|smallcap*|"
     "caps|tech|blue|listed|listing|lira|franc|francs|yen|pound|peso|litecoin|defi|stablecoin*|"
     "usdt|usdc|nasdaq|dow|ftse|dax|spx|voo|spy|qqq|vanguard|berkshire|boeing|ford|shell|lloyds|"
     "disney|netflix|intel|meta|luna|pepe|shiba|isa|401k|roth|ira|pension*"},
    {kClassTraded,
     "hisse*|kagit*|kagid*|coin*|token*|kripto*|altcoin*|varant*|opsiyon*|vadeli*|viop*|fon|fonu|"
     "fona|fonda|fondan|fonlar*|endeks*|tahvil*|bono*|eurobond*|halka|arz*|emtia*|doviz*|dovi*|"
     "dolar*|euro*|avro*|sterlin*|frank*|yen|kur|kurdan|gram|ceyrek*|cumhuriyet|kulce*|ziynet*|"
     "bilezik*|ons|gumus*|altin*|petrol*|bakir*|borsa*|bist*|nasdaq*|nft*|onsatis*|bitcoin*|"
     "ether*|mevduat*|bes|banka*|holding*|cimento*|sanayi*|havacilik|enerji|perakende|bankacilik*|"
     "stablecoin*|usdt|hissedar*|ortag*"},
    // what markets do and how one trades there
    {kClassTrading,
     "trade|trades|traded|trading|trader|traders|market|markets|exchange*|broker*|bell|print|"
     "earnings|expiry|expire*|dividend*|coupon*|split|vest*|ledger|order|orders|filled|entry|exit|"
     "breakout|chart|charts|candle*|resistance|support|volume|bid|ask|spread|rally|bull|bulls|bear|"
     "bears|bullish|bearish|bottom|rates|fed|halving|squeeze|unwound|unwind|carry|swing|leverage*|"
     "margin|drawdown|liquid*|stak*|unstak*|yield|apy|apr|portfolio*|position|positions|bag|bags|"
     "invest*|holdings|exposure|basis|hedge*|hedging|scalp*|dca|rebalanc*|price|prices|priced|"
     "pump|dump|whales|shorts|longs|long|short|dip|dips|ath|pullback|backtest*|signal*|picks|lots"},
    {kClassTrading,
     "islem*|piyasa*|seans*|tahta*|tavan*|taban*|emir|emri|emrim|emrini|grafik*|mum|mumda|mumu|"
     "destek*|direnc*|hacim*|hacmi|ralli*|boga|bogalar|ayilar|faiz*|merkez|bilanco*|temettu*|"
     "bedelsiz*|bedelli*|kaldirac*|teminat*|likit*|stake*|stak*|unstake|portfoy*|pozisyon*|"
     "maliyet*|lot|lotluk|stop|stopum|stopunu|stoplar*|hedef*|yatirim*|yatirimci*|sermaye*|getiri*|"
     "short*|long|longla*|shortla*|scalp*|trade*|trader*|sinyal*|realiz*|fiyat*|carpan*|halving*|"
     "acilis*|kapanis*|aciga|kuyumcu*|araci|borsaci*|kripto*|dip|dipten|dipte|zirve*|"
     "tepeden|kademe*|vade|vadede"},
    // money
    {kClassMoney,
     "money|cash|savings|saving|salary|wage|wages|payday|paycheck|bonus|pension*|grand|bucks|quid|"
     "dollars|dollar|euros|pounds|cents|penny|pennies|fifty|hundred|thousand|million*|profit*|"
     "loss|losses|gain|gains|return|returns|income|capital|principal|deposit*|rich|wealth*|"
     "millionaire*|loan|loans|mortgage|debt|rent|earn|earns|earned|earning|pays|paid|payout*|"
     "percent|fee|fees|refund*|allowance|interest|worth|inherit*|bank|account|fiver|k|usd|eur|gbp"},
    {kClassMoney,
     "para|paran|parani|paranin|parayi|param|paralar*|paramiz*|nakit*|nakde|birikim*|tasarruf*|"
     "maas*|ikramiye*|tazminat*|emekli*|lira*|tl|bin|milyon*|kurus*|kar|kari|karin|karini|karda|"
     "kardayim|kardasin|karla|zarar*|kayip*|kayb*|kaybet*|kazanc*|kazan=|kazandir*|getiri|gelir|"
     "sermaye*|anapara*|zengin*|milyoner*|kredi*|borc*|kira*|pesinat*|yuzde|katla*|hesap|hesabin*|"
     "hesabim*|hesaba|cuzdan*|miras*|taksit*|taksid*|iade*|ucret|amorti"},
};

}  // namespace

std::span<const Phrase> guard_classes() {
  return kClasses;
}

}  // namespace chorus::fleet
