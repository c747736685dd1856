#include "chorus/proto/telegram/detail/url_finder.hpp"

#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/detail/text_tools.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace chorus::proto::telegram::detail {

namespace {

/// Country codes, two letters each, in order.
constexpr std::string_view kCountries =
    "acadaeafagaialamaoaqarasatauawaxazbabbbdbebfbgbhbibjbmbnbobrbsbtbwbybzcacccdcfcgchcickclcm"
    "cncocrcucvcwcxcyczdedjdkdmdodzeceeegereseteufifjfkfmfofrgagbgdgegfggghgiglgmgngpgqgrgsgtgu"
    "gwgyhkhmhnhrhthuidieiliminioiqirisitjejmjojpkekgkhkikmknkpkrkwkykzlalblclilklrlsltlulvlyma"
    "mcmdmemgmhmkmlmmmnmompmqmrmsmtmumvmwmxmymznancnenfngninlnonpnrnunzompapepfpgphpkplpmpnprps"
    "ptpwpyqarerorsrurwsasbscsdsesgshsisjskslsmsnsosrssstsusvsxsysztctdtftgthtjtktltmtntotrtttv"
    "twtzuaugukusuyuzvavcvevgvivnvuwfwsyeytzazmzw";

constexpr std::array<std::string_view, 96> kGeneric = {
    "academy",  "agency",   "app",       "art",    "asia",    "audio",  "auto",    "bank",
    "bar",      "beauty",   "bet",       "bike",   "biz",     "black",  "blog",    "blue",
    "bot",      "business", "cafe",      "camp",   "capital", "cards",  "care",    "cash",
    "casino",   "cat",      "center",    "chat",   "city",    "cloud",  "club",    "codes",
    "com",      "company",  "community", "coop",   "cool",    "data",   "dating",  "day",
    "design",   "dev",      "digital",   "direct", "earth",   "edu",    "email",   "energy",
    "exchange", "expert",   "express",   "fan",    "finance", "fun",    "fund",    "game",
    "games",    "global",   "gov",       "group",  "guru",    "health", "help",    "host",
    "how",      "info",     "ink",       "int",    "jobs",    "land",   "life",    "link",
    "live",     "market",   "media",     "mil",    "mobi",    "money",  "museum",  "name",
    "net",      "network",  "news",      "ninja",  "one",     "online", "org",     "page",
    "pro",      "shop",     "site",      "space",  "store",   "tech",   "website", "xyz"};

bool is_known_tld(std::string_view tld) {
  const std::string lower = ascii_lower(tld);
  if (lower.size() == 2) {
    for (std::size_t i = 0; i + 1 < kCountries.size(); i += 2) {
      if (kCountries.substr(i, 2) == lower) return true;
    }
    return false;
  }
  return std::find(kGeneric.begin(), kGeneric.end(), lower) != kGeneric.end();
}

bool is_host_byte(char c) {
  return is_alpha(c) || is_digit(c) || c == '_' || c == '-';
}

/// Code points that a host or a path may hold beyond ASCII's own rules.
bool is_url_symbol(char32_t c) {
  if (c >= 0x2000 && c <= 0x206F) {  // joiners and dashes of General Punctuation
    return c == 0x200C || c == 0x200D || (c >= 0x2010 && c <= 0x2015);
  }
  return c > ' ' && c != 0xA0 && c != 0x3000 && c != 0x1680;
}

bool is_path_symbol(char32_t c) {
  return c != '<' && c != '>' && c != '"' && c != 0xAB && c != 0xBB && is_url_symbol(c);
}

bool is_user_symbol(char32_t c) {
  constexpr std::string_view kNot = "/[]{}()'`<>\"@";
  if (c < 0x80 && kNot.find(static_cast<char>(c)) != std::string_view::npos) return false;
  return is_path_symbol(c);
}

bool is_domain_symbol(char32_t c) {
  if (c < 0xC0) return c < 0x80 && (c == '.' || c == '~' || is_host_byte(static_cast<char>(c)));
  return is_url_symbol(c);
}

char32_t code_at(std::string_view text, std::size_t i, std::size_t& next) {
  std::size_t bytes = 0;
  const char32_t code = decode_utf8(text.substr(i), bytes);
  next = i + bytes;
  return code;
}

/// Start of the code point before `i`.
std::size_t previous(std::string_view text, std::size_t i) {
  do {
    --i;
  } while (i > 0 && (static_cast<unsigned char>(text[i]) & 0xC0U) == 0x80U);
  return i;
}

template <class Accepts>
std::size_t walk_back(std::string_view text, std::size_t from, std::size_t floor, Accepts accepts) {
  while (from > floor) {
    const std::size_t before = previous(text, from);
    std::size_t next = 0;
    if (before < floor || !accepts(code_at(text, before, next))) break;
    from = before;
  }
  return from;
}

template <class Accepts>
std::size_t walk_on(std::string_view text, std::size_t from, Accepts accepts) {
  while (from < text.size()) {
    std::size_t next = 0;
    if (!accepts(code_at(text, from, next))) break;
    from = next;
  }
  return from;
}

/// End of `:port` and path that follow a host which ends at `end`.
std::size_t tail_end(std::string_view text, std::size_t end) {
  if (at(text, end) == ':') {
    std::size_t digits = end + 1;
    while (is_digit(at(text, digits))) ++digits;
    if (digits > end + 1 && digits - end <= 6) end = digits;
  }
  const char c = at(text, end);
  if (c != '/' && c != '?' && c != '#') return end;
  std::size_t path = walk_on(text, end + 1, is_path_symbol);
  // Brackets that the path did not open belong to the sentence around it.
  std::array<int, 3> balance{};
  constexpr std::string_view kOpen = "([{";
  constexpr std::string_view kClose = ")]}";
  for (std::size_t i = end; i < path; ++i) {
    if (const auto open = kOpen.find(text[i]); open != std::string_view::npos) ++balance[open];
    if (const auto close = kClose.find(text[i]); close != std::string_view::npos) {
      if (--balance[close] < 0) path = i;
    }
  }
  constexpr std::string_view kBadEnd = ".:;,('?!`";
  while (path > end + 1 && kBadEnd.find(text[path - 1]) != std::string_view::npos) --path;
  return c == '/' || path > end + 1 ? path : end;
}

bool is_ipv4(const std::vector<std::string_view>& parts) {
  if (parts.size() != 4) return false;
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    if (part.empty() || part.size() > 3 || (part.size() > 1 && part[0] == '0')) return false;
    int value = 0;
    for (const char c : part) {
      if (!is_digit(c)) return false;
      value = value * 10 + (c - '0');
    }
    return value <= 255;
  });
}

bool is_good_host(std::string_view host, bool has_protocol) {
  const auto parts = split(host, '.');
  if (parts.size() < 2) return false;
  bool has_non_digit = false;
  for (const auto part : parts) {
    if (part.empty() || part.size() > 63 || part.back() == '-') return false;
    has_non_digit = has_non_digit || !std::all_of(part.begin(), part.end(), is_digit);
  }
  if (is_ipv4(parts)) return true;
  if (!has_non_digit) return false;
  const auto tld = parts.back();
  if (code_point_count(tld) < 2 || tld.find('_') != std::string_view::npos) return false;
  if (parts[parts.size() - 2].find('_') != std::string_view::npos) return false;
  if (tld.starts_with("xn--")) return tld.size() > 5;
  if (tld.find('-') != std::string_view::npos) return false;
  return has_protocol || is_known_tld(tld);
}

bool is_email(std::string_view text) {
  const auto at_sign = text.find('@');
  if (at_sign == std::string_view::npos || at_sign == 0) return false;
  const auto user_parts = split(text.substr(0, at_sign), '.');
  if (user_parts.size() > 11 || user_parts.back().empty() || user_parts.back().size() > 35) {
    return false;
  }
  for (const auto part : user_parts) {
    if (part.size() > 35) return false;
    if (!std::all_of(part.begin(), part.end(),
                     [](char c) { return is_host_byte(c) || c == '+'; })) {
      return false;
    }
  }
  const auto parts = split(text.substr(at_sign + 1), '.');
  if (parts.size() < 2 || parts.size() > 7) return false;
  const auto tld = parts.back();
  if (tld.size() < 2 || tld.size() > 8 || !std::all_of(tld.begin(), tld.end(), is_alpha)) {
    return false;
  }
  return std::all_of(parts.begin(), parts.end() - 1, [](std::string_view part) {
    return !part.empty() && part.size() <= 30 &&
           std::all_of(part.begin(), part.end(), is_host_byte) && part.front() != '-' &&
           part.front() != '_' && part.back() != '-' && part.back() != '_';
  });
}

/// Bytes of the protocol that ends at `begin` (`https://`), 0 when there is none, nullopt when
/// there is one that makes no link.
std::optional<std::size_t> protocol_before(std::string_view text, std::size_t begin) {
  const auto before = text.substr(0, begin);
  if (!before.ends_with("://")) return 0;
  std::size_t start = begin - 3;
  while (start > 0 && (is_alpha(text[start - 1]) || is_digit(text[start - 1]) ||
                       text[start - 1] == '+' || text[start - 1] == '-')) {
    --start;
  }
  const auto protocol = ascii_lower(text.substr(start, begin - 3 - start));
  if (protocol.ends_with("https")) return 8;
  if (protocol.ends_with("http") && protocol != "shttp") return 7;
  if (protocol.ends_with("ftp") && protocol != "tftp" && protocol != "sftp") return 6;
  return std::nullopt;
}

void find_hosts(std::string_view text, std::vector<FoundUrl>& found) {
  std::size_t floor = 0;  // what stands before it was used
  std::size_t dot = 0;
  while ((dot = text.find('.', dot)) != std::string_view::npos && dot + 1 < text.size()) {
    const std::size_t domain = walk_back(text, dot, floor, is_domain_symbol);
    const std::size_t domain_end =
        walk_on(text, dot, [](char32_t c) { return c == '@' || is_domain_symbol(c); });
    const auto run = text.substr(domain, domain_end - domain);
    const auto last_at = run.rfind('@');
    std::size_t begin = domain;
    std::size_t host = domain;
    if (last_at != std::string_view::npos) {  // the dot stands in the user part
      begin = walk_back(text, domain, floor, is_user_symbol);
      host = domain + last_at + 1;
    } else if (domain > floor && text[domain - 1] == '@') {
      begin = walk_back(text, domain - 1, floor, is_user_symbol);
    }
    std::size_t host_end = domain_end;
    while (host_end > host && text[host_end - 1] == '.') --host_end;
    const auto protocol = protocol_before(text.substr(floor), begin - floor);
    bool good = protocol.has_value() && host_end > host;
    if (good && *protocol == 0 && begin > 0) {
      std::size_t next = 0;
      const char32_t before = code_at(text, previous(text, begin), next);
      good = !is_word(before) && before != '/' && before != '#' && before != '@';
    }
    const bool email = good && *protocol == 0 && is_email(text.substr(begin, host_end - begin));
    const bool link = good && !email && (begin == host || *protocol > 0) &&
                      is_good_host(text.substr(host, host_end - host), *protocol > 0);
    // The tail is looked for only behind a good host: it may be long.
    std::size_t end = host_end;
    if ((email || link) && host_end == domain_end) end = tail_end(text, host_end);
    good = link || (email && end == host_end);
    if (good) found.push_back({begin - *protocol, end, email});
    dot = std::max(dot + 1, good ? end : domain_end);
    if (good) floor = end;
  }
}

void find_tg_links(std::string_view text, std::vector<FoundUrl>& found) {
  std::size_t colon = 0;
  while ((colon = text.find("://", colon)) != std::string_view::npos) {
    const auto before =
        ascii_lower(text.substr(colon < 3 ? 0 : colon - 3, std::min<std::size_t>(colon, 3)));
    const std::size_t scheme = before.ends_with("ton") ? 3 : before.ends_with("tg") ? 2 : 0;
    std::size_t end = colon + 3;
    while (end < text.size() && end - colon - 3 < 253 && is_host_byte(text[end])) ++end;
    if (scheme == 0 || end == colon + 3) {
      colon += 3;
      continue;
    }
    end = tail_end(text, end);
    found.push_back({colon - scheme, end, false});
    colon = end;
  }
}

}  // namespace

std::vector<FoundUrl> find_urls(std::string_view text) {
  std::vector<FoundUrl> found;
  find_tg_links(text, found);
  find_hosts(text, found);
  return found;
}

}  // namespace chorus::proto::telegram::detail
