#include "chorus/fleet/instruments.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/turkish.hpp"

#include <algorithm>

namespace chorus::fleet {
namespace {

using enum Sense;

constexpr Instrument kTable[] = {
    // coins
    {"btc+|bitcoin+|bitkoin+|bitcoyn+|xbt|btcusdt|btcusd|btctry", "BTC", Ticker},
    {"eth+|ethereum+|etherium+|etheryum+|eteryum+|ethusdt|ethusd", "ETH", Ticker},
    {"ether", "ETH", Ambiguous},
    {"xrp+", "XRP", Ticker},
    {"ripple", "XRP", Ambiguous},
    {"doge+|dogecoin+", "DOGE", Ticker},
    {"solana+|solusdt", "SOL", Ticker},
    {"sol|sols", "SOL", Ambiguous},
    {"cardano+", "ADA", Ticker},
    {"ada", "ADA", Ambiguous},
    {"avax+", "AVAX", Ticker},
    {"avalanche", "AVAX", Ambiguous},
    {"shib+|shiba+", "SHIB", Ticker},
    {"bnb+", "BNB", Ticker},
    {"pepe+", "PEPE", Ticker},
    {"ltc+|litecoin+", "LTC", Ticker},
    {"chainlink+", "LINK", Ticker},
    {"link", "LINK", Ambiguous},
    {"polkadot+", "DOT", Ticker},
    {"dot", "DOT", Ambiguous},
    {"trx+|tron", "TRX", Ticker},
    {"matic+", "MATIC", Ticker},
    {"polygon", "MATIC", Ambiguous},
    {"atom", "ATOM", Ambiguous},
    {"toncoin+", "TON", Ticker},
    {"ton", "TON", Ambiguous},
    {"sui", "SUI", Ambiguous},
    {"xlm+", "XLM", Ticker},
    {"stellar", "XLM", Ambiguous},
    {"xmr+|monero+", "XMR", Ticker},
    {"usdt+|tether+", "USDT", Ticker},
    {"usdc+", "USDC", Ticker},
    {"floki+|bonk+|kaspa+|hbar+|icp|algo|chz|chiliz|rndr|inj|fet|ftm|xtz|eos|bch|dogwifhat",
     "ALTCOIN", Ambiguous},
    {"aave|egld|theta|lunc|luna|filecoin|stx|imx|wld|ondo|arb|apt|sei|tia|uni|vet|gala|zec|dash|"
     "near",
     "ALTCOIN", Ambiguous},
    // Istanbul
    {"thyao+", "THYAO", Ticker},
    {"thy|thynin", "THYAO", Ambiguous},
    {"asels+", "ASELS", Ticker},
    {"aselsan+", "ASELS", Ambiguous},
    {"garan|garana|garandan|garanda|garani", "GARAN", Ticker},
    {"akbnk+", "AKBNK", Ticker},
    {"akbank+", "AKBNK", Ambiguous},
    {"otosan+", "FROTO", Ambiguous},
    {"isctr+", "ISCTR", Ticker},
    {"ykbnk+", "YKBNK", Ticker},
    {"eregl+|eregli+", "EREGL", Ticker},
    {"tuprs+|tupras+", "TUPRS", Ticker},
    {"kchol+", "KCHOL", Ticker},
    {"sahol+", "SAHOL", Ticker},
    {"bimas+", "BIMAS", Ticker},
    {"bim", "BIMAS", Ambiguous},
    {"froto+", "FROTO", Ticker},
    {"toaso+|tofas", "TOASO", Ticker},
    {"petkm+|petkim+", "PETKM", Ticker},
    {"ekgyo+", "EKGYO", Ticker},
    {"pgsus+", "PGSUS", Ticker},
    {"pegasus", "PGSUS", Ambiguous},
    {"tcell+", "TCELL", Ticker},
    {"turkcell+", "TCELL", Ambiguous},
    {"krdmd+", "KRDMD", Ticker},
    {"kardemir+", "KRDMD", Ambiguous},
    {"sasa+", "SASA", Ticker},
    {"hekts+|hektas+", "HEKTS", Ticker},
    {"vestl+", "VESTL", Ticker},
    {"vestel", "VESTL", Ambiguous},
    {"arclk+", "ARCLK", Ticker},
    {"halkb+", "HALKB", Ticker},
    {"vakbn+", "VAKBN", Ticker},
    {"sisecam", "SISE", Ambiguous},
    {"gubrf+|gubretas", "GUBRF", Ticker},
    {"kozal+|kozaa+", "KOZAL", Ticker},
    {"ttkom+|tavhl+|mgros+|ulker|ccola+|aefes+|sokm+|tkfen+|otkar+|doas|enkai+|alark+|astor|konty",
     "BIST", Ambiguous},
    {"kontr+|miatk+|yeotk+|smrtg+|gesan+|oyakc+|zoren+|brsan+|aghol+|cimsa|cwene+|odas", "BIST",
     Ambiguous},
    {"skbnk+|tskb+|albrk+|dohol+|ttrak+|isdmr+|vesbe+|cante+|reedr+|eupwr+|enjsa+|quagr+|agrot+",
     "BIST2", Ticker},
    {"karsn+|glyho+|kords+|akgrt|turcas|logo|mavi|tukas|bjkas|gsray|fener", "BIST3", Ambiguous},
    // New York
    {"tsla+", "TSLA", Ticker},
    {"tesla+", "TSLA", Common},
    {"aapl+", "AAPL", Ticker},
    {"apple", "AAPL", Ambiguous},
    {"nvda+|nvidia+", "NVDA", Ticker},
    {"amzn+", "AMZN", Ticker},
    {"amazon", "AMZN", Ambiguous},
    {"msft+", "MSFT", Ticker},
    {"microsoft", "MSFT", Ambiguous},
    {"googl+|goog", "GOOGL", Ticker},
    {"google|alphabet", "GOOGL", Ambiguous},
    {"meta", "META", Ambiguous},
    {"nflx+", "NFLX", Ticker},
    {"netflix", "NFLX", Ambiguous},
    {"amd", "AMD", Ambiguous},
    {"intc", "INTC", Ticker},
    {"intel", "INTC", Ambiguous},
    {"pltr+|palantir+", "PLTR", Ticker},
    {"gme|gamestop", "GME", Ticker},
    {"amc", "AMC", Ambiguous},
    {"coinbase", "COIN", Ambiguous},
    {"mstr|microstrategy", "MSTR", Ticker},
    {"baba", "BABA", Ambiguous},
    {"smci|qqq|voo|vti|spy|schd|soxl|tqqq|arkk|tsm|nio|rivn|sofi|brk|lcid|rklb|ionq|hood|avgo|orcl|"
     "uber|disney|boeing|ford",
     "US", Ambiguous},
    // metals, currencies, oil, indices
    {"altin|altini|altinin|altinlar+|altinla|altincilar|xau|xauusd|gold", "XAU", Common},
    {"altina|altinda|altindan", "XAU", Ambiguous},
    {"gumus+|silver|xag|xagusd", "XAG", Common},
    {"platin|platinum|paladyum|palladium|bakir|copper", "METAL", Ambiguous},
    {"dolar+|usdtry|usd", "USDTRY", Common},
    {"euro+|eurtry|eur", "EURTRY", Common},
    {"eurusd|eurodolar", "EURUSD", Ticker},
    {"sterlin+|gbp|gbpusd|pound|pounds", "GBP", Ambiguous},
    {"yen|usdjpy|jpy", "JPY", Ambiguous},
    {"dxy", "DXY", Ticker},
    {"ons|onsu|onsta|onsa", "XAU", Ambiguous},
    {"frank|ruble|yuan", "FX", Ambiguous},
    {"brent+|wti|usoil", "OIL", Ticker},
    {"petrol|oil|crude", "OIL", Ambiguous},
    {"dogalgaz|natgas", "GAS", Ambiguous},
    {"bist+|xu100|bist100|bist30|endeks+", "BIST100", Common},
    {"nasdaq+|nas100|us100|ndx", "NASDAQ", Ticker},
    {"spx|sp500|us500|spx500", "SPX", Ticker},
    {"us30|djia", "DOW", Ticker},
    {"dow|dax|ftse|nikkei", "DOW", Ambiguous},
};

bool is_currency(std::string_view name) {
  return name == "USDTRY" || name == "EURTRY" || name == "GBP" || name == "JPY" || name == "USDT" ||
         name == "USDC";
}

/// The currency itself, not `dolari` (`18den dolari aldim`).
bool is_unit(std::string_view word) {
  return !word.starts_with("dolari") && !word.starts_with("dolarlar") && word != "euroyu";
}

bool is_number_unit(std::string_view word) {
  return word == "bin" || word == "k" || word == "milyon" || word == "milyar" ||
         word == "trilyon" || word == "million" || word == "billion" || word == "trillion" ||
         word == "thousand" || word == "hundred" || word == "yuz";
}

/// A number for the first two letters: it tells of most words that they are no instrument.
std::size_t begin_of(std::string_view word) {
  const auto first = static_cast<unsigned char>(word.front());
  const auto second = static_cast<unsigned char>(word.size() > 1 ? word[1] : '\0');
  return (first * 32U + second) % Instruments::kBegins;
}

bool is_quantity(std::string_view word) {
  return is_number_word(word) || is_number_unit(word);
}

}  // namespace

std::span<const Instrument> instrument_table() {
  return kTable;
}

Instruments::Instruments() {
  for (const Instrument& one : kTable) {
    for (std::string_view word : split(one.words, '|')) {
      const bool noun = word.ends_with('+');
      if (noun) word.remove_suffix(1);
      (noun ? nouns_ : exact_).emplace(word, &one);
      begins_.set(begin_of(word));
    }
  }
}

const Instrument* Instruments::find(std::string_view word) const {
  if (word.empty() || (word.front() != '$' && !begins_.test(begin_of(word)))) return nullptr;
  if (const auto found = exact_.find(word); found != exact_.end()) return found->second;
  if (!word.empty() && word.front() == '$') word.remove_prefix(1);  // a cashtag
  if (word.size() > 3 && word.ends_with('s')) {                     // `silver's`
    if (const auto found = exact_.find(word.substr(0, word.size() - 1)); found != exact_.end()) {
      return found->second;
    }
  }
  if (const auto found = exact_.find(word); found != exact_.end()) return found->second;
  constexpr std::size_t kLongest = 10;
  for (std::size_t length = std::min(word.size(), kLongest); length >= 3; --length) {
    const auto found = nouns_.find(word.substr(0, length));
    if (found != nouns_.end() && is_noun_tail(word.substr(length))) return found->second;
  }
  return nullptr;
}

std::vector<Instruments::Mention> Instruments::in(std::span<const std::string_view> words) const {
  std::vector<Mention> mentions;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const Instrument* found = find(words[i]);
    if (found == nullptr) continue;
    std::string_view name = found->name;
    const bool pair_before = !mentions.empty() && mentions.back().word + 1 == i;
    if (is_currency(name)) {
      if (i > 0 && is_quantity(words[i - 1]) && is_unit(words[i])) continue;
      if (pair_before && words[i - 1] == "eur") {
        mentions.back().name = "EURUSD";
        continue;
      }
      if (pair_before && !is_currency(mentions.back().name)) continue;
    }
    mentions.push_back({i, name, found->sense});
  }
  return mentions;
}

std::vector<std::string_view> Instruments::words_of(Sense sense) const {
  std::vector<std::string_view> words;
  for (const Instrument& one : kTable) {
    if (one.sense != sense) continue;
    for (const std::string_view word : split(one.words, '|')) words.push_back(word);
  }
  return words;
}

}  // namespace chorus::fleet
