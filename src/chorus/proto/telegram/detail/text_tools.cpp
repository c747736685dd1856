#include "chorus/proto/telegram/detail/text_tools.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace chorus::proto::telegram::detail {

namespace {

struct Range {
  char32_t first;
  char32_t last;
};

/// Blocks above ASCII whose code points are neither letters nor digits.
constexpr std::array<Range, 17> kNoLetters = {{
    {0x80, 0xA9},        // controls and Latin-1 signs (0xAA is a letter)
    {0xAB, 0xB4},        //
    {0xB6, 0xB9},        //
    {0xBB, 0xBF},        //
    {0xD7, 0xD7},        // multiplication sign
    {0xF7, 0xF7},        // division sign
    {0x2B0, 0x36F},      // modifiers and combining marks
    {0x55A, 0x55F},      // Armenian punctuation
    {0x5BE, 0x5CF},      // Hebrew punctuation
    {0x600, 0x61F},      // Arabic signs
    {0x2000, 0x20FF},    // punctuation, super- and subscripts, currency
    {0x2150, 0x2BFF},    // number forms, arrows, mathematics, technical, dingbats
    {0x3000, 0x3004},    // CJK punctuation
    {0x3008, 0x3030},    //
    {0xE000, 0xF8FF},    // private use
    {0xFE00, 0xFE6F},    // variation selectors, vertical and small forms
    {0x1F000, 0x1FAFF},  // pictographs
}};

/// First code points of the decimal digits of scripts in common use.
constexpr std::array<char32_t, 8> kDigitZeros = {0x660, 0x6F0, 0x966,  0x9E6,
                                                 0xE50, 0xED0, 0xAE66, 0xFF10};

constexpr std::int64_t kMaxUserId = (std::int64_t(1) << 52) - 1;

bool begins_with_ci(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() && iequals_ascii(text.substr(0, lower.size()), lower);
}

std::optional<std::int64_t> positive_number(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value <= 0) {
    return std::nullopt;
  }
  return value;
}

/// What follows `tg://NAME?` or `tg:NAME?`; nullopt when it is another link.
std::optional<std::string_view> tg_query(std::string_view url, std::string_view name) {
  if (!begins_with_ci(url, "tg:")) return std::nullopt;
  url.remove_prefix(3);
  if (url.starts_with("//")) url.remove_prefix(2);
  if (!begins_with_ci(url, name)) return std::nullopt;
  url.remove_prefix(name.size());
  if (url.starts_with('/')) url.remove_prefix(1);
  if (!url.starts_with('?')) return url.empty() ? std::optional(url) : std::nullopt;
  return url.substr(1);
}

std::optional<std::string_view> query_value(std::string_view query, std::string_view name) {
  query = query.substr(0, query.find('#'));
  for (const auto part : split(query, '&')) {
    const auto equals = part.find('=');
    if (equals != std::string_view::npos && part.substr(0, equals) == name) {
      return part.substr(equals + 1);
    }
  }
  return std::nullopt;
}

bool is_host(std::string_view host) {
  return !host.empty() && std::none_of(host.begin(), host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"' || c == '\\';
  });
}

int priority_of(EntityType type) {
  switch (type) {
    case EntityType::Blockquote:
    case EntityType::ExpandableBlockquote:
      return 0;
    case EntityType::Pre:
      return 11;
    case EntityType::Code:
      return 20;
    case EntityType::TextLink:
    case EntityType::TextMention:
      return 49;
    case EntityType::Bold:
      return 90;
    case EntityType::Italic:
      return 91;
    case EntityType::Underline:
      return 92;
    case EntityType::Strikethrough:
      return 93;
    case EntityType::Spoiler:
      return 94;
    case EntityType::CustomEmoji:
      return 99;
    default:
      return 50;
  }
}

}  // namespace

std::unexpected<Error> refuse_entities(const std::string& why) {
  return fail(ErrorCode::InvalidArgument, "can't parse entities: " + why);
}

bool is_decimal_digit(char32_t c) {
  if (c < 0x80) return c >= '0' && c <= '9';
  return std::any_of(kDigitZeros.begin(), kDigitZeros.end(),
                     [c](char32_t zero) { return c >= zero && c < zero + 10; });
}

bool is_letter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  if (c >= 0xE0000 || is_decimal_digit(c)) return false;
  return std::none_of(kNoLetters.begin(), kNoLetters.end(),
                      [c](const Range& range) { return c >= range.first && c <= range.last; });
}

bool is_word(char32_t c) {
  return c == '_' || is_letter(c) || is_decimal_digit(c);
}

std::string checked_link(std::string_view url) {
  url = trim(url);
  for (const std::string_view scheme : {"tg", "ton"}) {
    if (!begins_with_ci(url, std::string(scheme) + ":")) continue;
    auto rest = url.substr(scheme.size() + 1);
    if (rest.starts_with("//")) rest.remove_prefix(2);
    const auto host_end = std::min(rest.find_first_of("/?#"), rest.size());
    const auto host = rest.substr(0, host_end);
    if (!is_host(host) || host.find_first_of(":@") != std::string_view::npos) return {};
    return fmt::format("{}://{}{}", scheme, ascii_lower(host), rest.substr(host_end));
  }
  std::string_view protocol = "http://";
  for (const std::string_view known : {"http://", "https://", "ftp://"}) {
    if (!begins_with_ci(url, known)) continue;
    if (known == "ftp://") return {};
    protocol = known;
    url.remove_prefix(known.size());
  }
  const auto host_end = std::min(url.find_first_of("/?#"), url.size());
  const auto authority = url.substr(0, host_end);
  const auto user_end = authority.rfind('@');
  const auto host_port =
      user_end == std::string_view::npos ? authority : authority.substr(user_end + 1);
  const auto colon = host_port.rfind(':');
  const auto host = host_port.substr(0, colon);
  if (!is_host(host) || host.find('.') == std::string_view::npos) return {};
  if (colon != std::string_view::npos) {
    const auto port = positive_number(host_port.substr(colon + 1));
    if (!port || *port > 65535) return {};
  }
  const auto path = url.substr(host_end);
  return fmt::format("{}{}{}{}{}{}", protocol,
                     user_end == std::string_view::npos ? "" : authority.substr(0, user_end + 1),
                     ascii_lower(host),
                     colon == std::string_view::npos ? "" : host_port.substr(colon),
                     path.starts_with('/') ? "" : "/", path);
}

std::optional<std::int64_t> linked_user(std::string_view url) {
  const auto query = tg_query(url, "user");
  if (!query) return std::nullopt;
  const auto id = query_value(*query, "id");
  if (!id) return std::nullopt;
  const auto number = positive_number(*id);
  return number && *number <= kMaxUserId ? number : std::nullopt;
}

Result<std::string> linked_emoji(std::string_view url) {
  const auto query = tg_query(url, "emoji");
  if (!query) return refuse_entities("Custom emoji entity must contain a tg://emoji URL");
  const auto id = query_value(*query, "id");
  if (!id) return refuse_entities("Custom emoji URL must have an emoji identifier");
  const auto number = positive_number(*id);
  if (!number) return refuse_entities("Invalid custom emoji identifier specified");
  return std::to_string(*number);
}

std::optional<MessageEntity> link_entity(std::int32_t offset, std::int32_t length,
                                         std::string_view url) {
  auto entity = make_entity(EntityType::TextLink, offset, length);
  if (const auto user = linked_user(url)) {
    entity.type = EntityType::TextMention;
    entity.user.emplace().id = *user;
    return entity;
  }
  entity.url = checked_link(url);
  if (entity.url.empty()) return std::nullopt;
  return entity;
}

void sort_entities(std::vector<MessageEntity>& entities) {
  std::sort(entities.begin(), entities.end(), [](const auto& a, const auto& b) {
    if (a.offset != b.offset) return a.offset < b.offset;
    if (a.length != b.length) return a.length > b.length;
    return priority_of(a.type) < priority_of(b.type);
  });
}

std::size_t pre_language_length(std::string_view text, std::size_t i) {
  std::size_t end = i;
  while (!is_space(at(text, end)) && text[end] != '`') ++end;
  // A word that runs into the closing mark (or the end) is content.
  return end < text.size() && text[end] != '`' ? end - i : 0;
}

std::size_t line_end_length(std::string_view text, std::size_t i) {
  const char first = at(text, i);
  if (first != '\n' && first != '\r') return 0;
  const char second = at(text, i + 1);
  return (second == '\n' || second == '\r') && second != first ? 2 : 1;
}

}  // namespace chorus::proto::telegram::detail
