#pragma once

#include "chorus/fleet/phrases.hpp"

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace chorus::fleet {

/// How surely a word means something that is traded.
enum class Sense : std::uint8_t {
  Ticker,     ///< nothing else: `btc`, `thyao`
  Common,     ///< mostly, but also a medal, a wedding gift, a currency in the pocket: `gold`
  Ambiguous,  ///< only beside talk of markets: `sol`, `ada`, `apple`
};

struct Instrument {
  std::string_view words;  ///< folded, apart by `|`, as in a phrase
  std::string_view name;   ///< the one name for all of them: `BTC`, `XAU`, `USDTRY`
  Sense sense;
};

/// Real instruments that bots may be asked about. Data only.
std::span<const Instrument> instrument_table();

/// Finds instruments among words. Immutable.
class Instruments {
 public:
  Instruments();
  struct Mention {
    std::size_t word = 0;  ///< its place
    std::string_view name;
    Sense sense = Sense::Ticker;
  };
  /// In order. A currency after a number (`41 dolar`) or after an instrument (`BTC USD`) is a unit
  /// and no mention; pairs (`usd try`) are one.
  [[nodiscard]] std::vector<Mention> in(std::span<const std::string_view> words) const;
  /// Words of one sense, for a matcher's set.
  [[nodiscard]] std::vector<std::string_view> words_of(Sense sense) const;

  static constexpr std::size_t kBegins = 1024;

 private:
  [[nodiscard]] const Instrument* find(std::string_view word) const;

  std::unordered_map<std::string, const Instrument*, TextHash, std::equal_to<>> exact_;
  std::unordered_map<std::string, const Instrument*, TextHash, std::equal_to<>> nouns_;
  std::bitset<kBegins> begins_;  ///< the first two letters of all of them
};

}  // namespace chorus::fleet
