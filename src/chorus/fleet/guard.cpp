#include "chorus/fleet/guard.hpp"

#include "chorus/base/text.hpp"
#include "chorus/fleet/guard_lexicon.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace chorus::fleet {
namespace {

constexpr std::uint64_t bit(int label) {
  return std::uint64_t{1} << label;
}

std::vector<Phrase> asset_phrases() {
  std::vector<Phrase> phrases;
  for (const std::string_view asset : lexicon::assets()) phrases.push_back({0, asset});
  return phrases;
}

std::optional<double> number_in(std::string_view word) {
  while (!word.empty() && (word.front() == '$' || word.front() == '%')) word.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{}) return std::nullopt;
  const std::string_view unit(end, static_cast<std::size_t>(word.data() + word.size() - end));
  if (unit == "k" || unit == "bin") value *= 1e3;
  if (unit == "m") value *= 1e6;
  return value;
}

/// Every number of the text has its like (within half a percent) in the sources.
bool numbers_are_sourced(std::span<const std::string_view> words,
                         std::span<const std::string_view> sources) {
  std::vector<double> known;
  for (const std::string_view source : sources) {
    const Words source_words(source);
    for (const std::string_view word : source_words.all()) {
      if (!is_number_word(word)) continue;
      if (const auto n = number_in(word)) known.push_back(*n);
    }
  }
  return std::all_of(words.begin(), words.end(), [&](std::string_view word) {
    if (!is_number_word(word)) return true;
    const auto n = number_in(word);
    return n && std::any_of(known.begin(), known.end(), [&](double k) {
             return std::abs(k - *n) <= 0.005 * std::max(std::abs(k), std::abs(*n));
           });
  });
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
}

/// Hosts of what looks like a link: `http(s)://host`, `www.host`, `t.me/x`, `name.com`.
std::vector<std::string> hosts_in(std::string_view text) {
  static constexpr std::string_view kEndings[] = {".com", ".net", ".org",  ".io",   ".me",    ".co",
                                                  ".xyz", ".app", ".info", ".ru",   ".link",  ".gg",
                                                  ".ly",  ".top", ".site", ".club", ".com.tr"};
  std::vector<std::string> hosts;
  const std::string lower = ascii_lower(text);
  for (std::size_t i = 0; i < lower.size();) {
    if (!is_host_char(lower[i])) {
      ++i;
      continue;
    }
    std::size_t end = i;
    while (end < lower.size() && is_host_char(lower[end])) ++end;
    std::string host = lower.substr(i, end - i);
    while (!host.empty() && host.back() == '.') host.pop_back();
    const bool scheme = i >= 3 && lower.compare(i - 3, 3, "://") == 0;
    const bool known = host.starts_with("www.") ||
                       std::any_of(std::begin(kEndings), std::end(kEndings), [&](auto ending) {
                         return host.size() > ending.size() && host.ends_with(ending);
                       });
    if (!host.empty() && (scheme || known)) {
      hosts.push_back(host.starts_with("www.") ? host.substr(4) : host);
    }
    i = end;
  }
  return hosts;
}

/// Phone numbers, IBANs, card numbers, wallet addresses and mail addresses by their shape.
bool has_contact_shape(std::string_view text) {
  std::size_t digits = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\0';
    if (c >= '0' && c <= '9') {
      ++digits;
    } else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '+') {
      if (digits >= 10) return true;
      digits = 0;
    }
  }
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] != ' ' && text[i] != '\n') continue;
    const std::string_view word = text.substr(begin, i - begin);
    begin = i + 1;
    if (word.starts_with("0x") && word.size() >= 40) return true;
    if (word.starts_with("bc1") && word.size() >= 26) return true;
    const std::size_t at = word.find('@');
    if (at != std::string_view::npos && at > 0 && word.find('.', at) != std::string_view::npos) {
      return true;
    }
  }
  return false;
}

bool links_are_allowed(std::string_view text, std::span<const std::string> allowed) {
  const auto hosts = hosts_in(text);
  return std::all_of(hosts.begin(), hosts.end(), [&](const std::string& host) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const std::string& a) {
      return host == a || (host.size() > a.size() + 1 && host.ends_with(a) &&
                           host[host.size() - a.size() - 1] == '.');
    });
  });
}

}  // namespace

std::string_view to_string(GuardClass found) noexcept {
  switch (found) {
    case GuardClass::Clean:
      return "clean";
    case GuardClass::Recommendation:
      return "recommendation";
    case GuardClass::Promise:
      return "promise";
    case GuardClass::FabricatedFact:
      return "fabricated_fact";
    case GuardClass::TrackRecord:
      return "track_record";
    case GuardClass::CoordinatedPush:
      return "coordinated_push";
    case GuardClass::Pump:
      return "pump";
    case GuardClass::Contact:
      return "contact";
    case GuardClass::HumanClaim:
      return "human_claim";
    case GuardClass::Leak:
      return "leak";
  }
  return "clean";
}

Guard::Guard()
    : phrases_(lexicon::guard_phrases(), lexicon::word_sets()), assets_(asset_phrases(), {}) {}

GuardVerdict Guard::check(const Input& input) const {
  for (const std::string& secret : input.secrets) {
    if (!secret.empty() && input.text.find(secret) != std::string_view::npos) {
      return {GuardClass::Leak};
    }
  }
  if (!links_are_allowed(input.text, input.allowed_hosts) || has_contact_shape(input.text)) {
    return {GuardClass::Contact};
  }
  const Words words(input.text);
  const std::uint64_t found = phrases_.find_all(words.all());
  const auto has = [&](int label) { return (found & bit(label)) != 0; };
  if (has(lexicon::kHumanClaim) && !has(lexicon::kHonestNegation)) return {GuardClass::HumanClaim};
  if (has(lexicon::kContact)) return {GuardClass::Contact};
  if (has(lexicon::kPromise) && !has(lexicon::kNegatedPromise)) return {GuardClass::Promise};
  if (has(lexicon::kPump)) return {GuardClass::Pump};
  if (has(lexicon::kRecommendation)) return {GuardClass::Recommendation};
  if (has(lexicon::kTrackRecord)) return {GuardClass::TrackRecord};
  if (has(lexicon::kPrice) && !numbers_are_sourced(words.all(), input.sources)) {
    return {GuardClass::FabricatedFact};
  }
  return {};
}

std::optional<Guard::Push> Guard::push_of(std::string_view text) const {
  const Words words(text);
  const std::uint64_t found = phrases_.find_all(words.all());
  const bool up = (found & bit(lexicon::kBullish)) != 0;
  const bool down = (found & bit(lexicon::kBearish)) != 0;
  if (up == down) return std::nullopt;
  for (std::size_t i = 0; i < words.all().size(); ++i) {
    if (assets_.find(words.all().subspan(i, 1))) {
      return Push{std::string(words.all()[i].substr(0, 5)), up ? 1 : -1};
    }
  }
  return std::nullopt;
}

bool PushWatch::allow(BotId bot, const Guard::Push& push, MonoTime now) {
  constexpr std::size_t kMostBots = 2;
  constexpr std::size_t kMostRemembered = 1000;
  std::erase_if(seen_, [&](const Seen& s) { return now - s.at >= std::chrono::hours(1); });
  std::vector<BotId> others;
  for (const Seen& s : seen_) {
    if (s.asset == push.asset && s.direction == push.direction && s.bot != bot &&
        std::find(others.begin(), others.end(), s.bot) == others.end()) {
      others.push_back(s.bot);
    }
  }
  if (others.size() >= kMostBots) return false;
  if (seen_.size() >= kMostRemembered) seen_.erase(seen_.begin());
  seen_.push_back({bot, push.asset, push.direction, now});
  return true;
}

}  // namespace chorus::fleet
