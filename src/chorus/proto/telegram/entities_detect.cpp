#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/detail/text_tools.hpp"
#include "chorus/proto/telegram/detail/url_finder.hpp"
#include "chorus/proto/telegram/entities.hpp"

#include <algorithm>

namespace chorus::proto::telegram {

namespace {

using detail::at;
using detail::is_alpha;
using detail::is_digit;

/// A range of bytes; turned into UTF-16 units at the end, in one pass.
struct Found {
  EntityType type;
  std::size_t begin;
  std::size_t end;
};

bool is_name_byte(char c) {
  return is_alpha(c) || is_digit(c) || c == '_';
}

/// What may stand in a hashtag.
bool is_tag_letter(char32_t c) {
  return c == '_' || c == 0x200C || c == 0xB7 || detail::is_letter(c) ||
         detail::is_decimal_digit(c);
}

class Detector {
 public:
  explicit Detector(std::string_view text) : text_(text) {}

  std::vector<MessageEntity> run() {
    for (std::size_t i = 0; i < text_.size(); ++i) {
      switch (text_[i]) {
        case '@':
          mention(i);
          break;
        case '/':
          command(i);
          break;
        case '#':
          hashtag(i);
          break;
        case '$':
          cashtag(i);
          break;
        case '+':
          phone(i);
          break;
        case '.':
        case ':':
          may_have_urls_ = true;
          break;
        default:
          break;
      }
    }
    if (may_have_urls_) {
      for (const auto& url : detail::find_urls(text_)) {
        found_.push_back({url.is_email ? EntityType::Email : EntityType::Url, url.begin, url.end});
      }
    }
    return entities();
  }

 private:
  [[nodiscard]] char32_t before(std::size_t i) const {
    if (i == 0) return 0;
    std::size_t start = i - 1;
    while (start > 0 && (static_cast<unsigned char>(text_[start]) & 0xC0U) == 0x80U) --start;
    std::size_t bytes = 0;
    return decode_utf8(text_.substr(start), bytes);
  }
  [[nodiscard]] char32_t code_at(std::size_t i) const {
    if (i >= text_.size()) return 0;
    std::size_t bytes = 0;
    return decode_utf8(text_.substr(i), bytes);
  }
  [[nodiscard]] std::size_t name_end(std::size_t i) const {
    while (is_name_byte(at(text_, i))) ++i;
    return i;
  }

  void mention(std::size_t i) {
    if (detail::is_word(before(i))) return;
    const std::size_t end = name_end(i + 1);
    const auto name = text_.substr(i + 1, end - i - 1);
    if (name.size() < 2 || name.size() > 32 || detail::is_word(code_at(end))) return;
    // Shorter names exist only for the platform's own inline bots.
    if (name.size() < 4 && !iequals_ascii(name, "gif") && !iequals_ascii(name, "vid") &&
        !iequals_ascii(name, "pic")) {
      return;
    }
    found_.push_back({EntityType::Mention, i, end});
  }

  void command(std::size_t i) {
    const auto stops = [](char32_t c) {
      return detail::is_word(c) || c == '/' || c == '<' || c == '>';
    };
    if (stops(before(i))) return;
    std::size_t end = name_end(i + 1);
    if (end - i - 1 < 1 || end - i - 1 > 64) return;
    if (at(text_, end) == '@') {
      const std::size_t target_end = name_end(end + 1);
      const std::size_t target = target_end - end - 1;
      if (target < 3 || target > 32) return;
      end = target_end;
    }
    if (stops(code_at(end))) return;
    found_.push_back({EntityType::BotCommand, i, end});
  }

  void hashtag(std::size_t i) {
    if (is_tag_letter(before(i))) return;
    std::size_t at_byte = i + 1;
    std::size_t end = at_byte;
    std::size_t letters = 0;
    bool has_letter = false;
    while (at_byte < text_.size()) {
      std::size_t bytes = 0;
      const char32_t code = decode_utf8(text_.substr(at_byte), bytes);
      if (!is_tag_letter(code)) break;
      at_byte += bytes;
      if (letters < 256) {
        ++letters;
        has_letter = has_letter || detail::is_letter(code);
        end = at_byte;
      }
    }
    if (!has_letter || at(text_, at_byte) == '#') return;
    found_.push_back({EntityType::Hashtag, i, end});
  }

  void cashtag(std::size_t i) {
    const auto stops = [](char32_t c) { return is_tag_letter(c) || c == '$'; };
    if (stops(before(i))) return;
    std::size_t end = i + 1;
    if (text_.substr(end).starts_with("1INCH")) {
      end += 5;
    } else {
      while (at(text_, end) >= 'A' && at(text_, end) <= 'Z') ++end;
    }
    if (end == i + 1 || end > i + 9 || stops(code_at(end))) return;
    found_.push_back({EntityType::Cashtag, i, end});
  }

  /// `+` and 7 to 15 digits with single separators. The platform's own rule is not published.
  void phone(std::size_t i) {
    if (detail::is_word(before(i))) return;
    std::size_t digits = 0;
    std::size_t end = i + 1;
    std::size_t j = i + 1;
    while (digits <= 15) {
      const char c = at(text_, j);
      if (is_digit(c)) {
        ++digits;
        end = ++j;
      } else if ((c == ' ' || c == '-' || c == '(' || c == ')') && j > i + 1 && j - end < 2) {
        ++j;
      } else {
        break;
      }
    }
    if (digits < 7 || digits > 15 || detail::is_word(code_at(end))) return;
    found_.push_back({EntityType::PhoneNumber, i, end});
  }

  /// The first of two that overlap stays; bytes become UTF-16 units.
  std::vector<MessageEntity> entities() {
    std::sort(found_.begin(), found_.end(), [](const Found& a, const Found& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    std::vector<MessageEntity> entities;
    std::size_t byte = 0;
    std::int32_t units = 0;
    const auto advance = [&](std::size_t to) {
      units += static_cast<std::int32_t>(utf16_length(text_.substr(byte, to - byte)));
      byte = to;
    };
    for (const auto& found : found_) {
      if (found.begin < byte) continue;
      advance(found.begin);
      const std::int32_t offset = units;
      advance(found.end);
      entities.push_back(detail::make_entity(found.type, offset, units - offset));
    }
    return entities;
  }

  std::string_view text_;
  std::vector<Found> found_;
  bool may_have_urls_ = false;
};

}  // namespace

std::vector<MessageEntity> detect_entities(std::string_view text) {
  return Detector(text).run();
}

}  // namespace chorus::proto::telegram
