#include "chorus/fleet/links.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/folding.hpp"
#include "chorus/fleet/unmask.hpp"

#include <algorithm>
#include <vector>

namespace chorus::fleet {
namespace {

bool is_letter(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_host_char(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.';
}

constexpr std::string_view kEndings[] = {
    ".com",    ".net",     ".org",  ".io",   ".me",     ".co",    ".xyz",     ".app",
    ".info",   ".ru",      ".link", ".gg",   ".ly",     ".top",   ".site",    ".club",
    ".com.tr", ".example", ".biz",  ".shop", ".online", ".store", ".finance", ".exchange",
    ".trade",  ".money",   ".vip",  ".cc",   ".su",     ".page",  ".dev",     ".ai",
    ".to",     ".tv",      ".live", ".pro",  ".fun",    ".icu",   ".life",    ".world"};

/// `x.y` with something that can only be an address: a known ending, or a path behind letters.
bool looks_like_host(std::string_view host, char next) {
  const std::size_t dot = host.find_last_of('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const std::string_view ending = host.substr(dot + 1);
  const bool letters = ending.size() >= 2 && std::all_of(ending.begin(), ending.end(), is_letter);
  if (letters && next == '/') return true;
  return std::any_of(std::begin(kEndings), std::end(kEndings), [&](std::string_view known) {
    return host.size() > known.size() && host.ends_with(known);
  });
}

/// Hosts of what looks like a link: `http(s)://host`, `www.host`, `t.me/x`, `name.com`.
std::vector<std::string> hosts_in(std::string_view lower) {
  std::vector<std::string> hosts;
  for (std::size_t i = 0; i < lower.size();) {
    if (!is_host_char(lower[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < lower.size() && is_host_char(lower[end])) ++end;
    std::string host(lower.substr(i, end - i));
    while (!host.empty() && host.back() == '.') host.pop_back();
    const bool scheme = i >= 3 && lower.compare(i - 3, 3, "://") == 0;
    const char next = end < lower.size() ? lower[end] : '\0';
    if (!host.empty() && (scheme || host.starts_with("www.") || looks_like_host(host, next))) {
      hosts.push_back(host.starts_with("www.") ? host.substr(4) : host);
    }
    i = end;
  }
  return hosts;
}

bool are_allowed(std::span<const std::string> hosts, std::span<const std::string> allowed) {
  return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& a) {
      return host == a || (host.size() > a.size() + 1 && host.ends_with(a) &&
                           host[host.size() - a.size() - 1] == '.');
    });
  });
}

bool is_contact_word(std::string_view word) {
  if (word.starts_with("0x") && word.size() >= 40) return true;
  if (word.starts_with("bc1") && word.size() >= 9) return true;
  const std::size_t at = word.find('@');
  if (at != std::string_view::npos && at > 0 && word.find('.', at) != std::string_view::npos) {
    return true;
  }
  // A base58 wallet address: long, letters of both cases and digits.
  if (word.size() < 26 || word.find('/') != std::string_view::npos) return false;
  const auto any = [&](char from, char to) {
    return std::any_of(word.begin(), word.end(), [&](char c) { return c >= from && c <= to; });
  };
  return any('0', '9') && any('a', 'z') && any('A', 'Z');
}

}  // namespace

bool links_are_allowed(std::string_view text, std::span<const std::string> allowed) {
  const std::string folded = fold(text);
  return are_allowed(hosts_in(ascii_lower(text)), allowed) &&
         are_allowed(hosts_in(unmask_links(folded)), allowed);
}

bool has_contact_shape(std::string_view raw) {
  const std::string text = unmask_links(raw);
  std::size_t digits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\0';
    if (is_digit(c)) {
      ++digits;
    } else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '+') {
      if (digits >= 10) return true;
      digits = 0;
    }
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != ' ' && text[i] != '\n') continue;
    if (is_contact_word(std::string_view(text).substr(begin, i - begin))) return true;
    begin = i + 1;
  }
  return false;
}

}  // namespace chorus::fleet
