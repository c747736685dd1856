#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/detail/text_tools.hpp"
#include "chorus/proto/telegram/entities.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace chorus::proto::telegram {

using detail::at;
using detail::is_space;
using detail::make_entity;
using detail::refuse_entities;

namespace {

struct TagType {
  std::string_view name;
  EntityType type;
};
constexpr TagType kTags[] = {
    {"a", EntityType::TextLink},
    {"b", EntityType::Bold},
    {"strong", EntityType::Bold},
    {"i", EntityType::Italic},
    {"em", EntityType::Italic},
    {"s", EntityType::Strikethrough},
    {"strike", EntityType::Strikethrough},
    {"del", EntityType::Strikethrough},
    {"u", EntityType::Underline},
    {"ins", EntityType::Underline},
    {"tg-spoiler", EntityType::Spoiler},
    {"span", EntityType::Spoiler},
    {"tg-emoji", EntityType::CustomEmoji},
    {"pre", EntityType::Pre},
    {"code", EntityType::Code},
    {"blockquote", EntityType::Blockquote},
};

const TagType* find_tag(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kTags), std::end(kTags),
                                         [name](const TagType& tag) { return tag.name == name; });
  return found != std::end(kTags) ? found : nullptr;
}

/// Code point of the reference at `pos` (`&lt;`, `&#60;`, `&#x3c;`), 0 when there is none; `pos`
/// then stays, otherwise it is moved behind it.
char32_t decode_reference(std::string_view text, std::size_t& pos) {
  std::size_t end = pos + 1;
  std::uint64_t code = 0;
  if (at(text, end) == '#') {
    ++end;
    const int base = at(text, end) == 'x' ? 16 : 10;
    if (base == 16) ++end;
    const auto digits = text.substr(std::min(end, text.size()), 10);
    const auto [stop, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
    end += static_cast<std::size_t>(stop - digits.data());
    if (error != std::errc{} || code == 0 || code >= 0x10FFFF || end - pos >= 10) return 0;
  } else {
    while (detail::is_alpha(at(text, end))) ++end;
    const auto name = text.substr(pos + 1, end - pos - 1);
    code = name == "lt"     ? std::uint64_t('<')
           : name == "gt"   ? std::uint64_t('>')
           : name == "amp"  ? std::uint64_t('&')
           : name == "quot" ? std::uint64_t('"')
                            : 0;
    if (code == 0) return 0;
  }
  pos = at(text, end) == ';' ? end + 1 : end;
  return static_cast<char32_t>(code);
}

bool is_surrogate(char32_t code) {
  return code >= 0xD800 && code <= 0xDFFF;
}

class HtmlParser {
 public:
  explicit HtmlParser(std::string_view text) : text_(text) {}

  Result<FormattedText> parse() {
    while (i_ < text_.size()) {
      if (text_[i_] == '&' && reference()) continue;
      if (text_[i_] != '<') {
        out_.push(text_[i_++]);
      } else if (at(text_, i_ + 1) == '/') {
        CH_TRY_VOID(end_tag());
      } else {
        CH_TRY_VOID(start_tag());
      }
    }
    if (!open_.empty()) {
      return refuse_entities(fmt::format("Can't find end tag corresponding to start tag \"{}\"",
                                         open_.back().tag->name));
    }
    if (bad_unicode_) {
      return refuse_entities(
          "Text contains invalid Unicode characters after decoding HTML entities, check for "
          "unmatched surrogate code units");
    }
    for (auto& entity : entities_) {  // the language of a code outside of a pre means nothing
      if (entity.type == EntityType::Code) entity.language.clear();
    }
    detail::sort_entities(entities_);
    return FormattedText{out_.take(), std::move(entities_)};
  }

 private:
  struct Open {
    const TagType* tag;
    std::string argument;
    std::int32_t offset;
    std::size_t output_at;
  };

  bool reference() {
    const char32_t code = decode_reference(text_, i_);
    if (code == 0) return false;
    bad_unicode_ = bad_unicode_ || is_surrogate(code);
    std::string bytes;
    append_utf8(bytes, is_surrogate(code) ? U'\uFFFD' : code);
    for (const char c : bytes) out_.push(c);
    return true;
  }

  void skip_space() {
    while (i_ < text_.size() && is_space(text_[i_])) ++i_;
  }

  std::unexpected<Error> refuse_at(std::string_view what, std::size_t where) const {
    return refuse_entities(fmt::format("{} at byte offset {}", what, where));
  }

  Result<void> start_tag() {
    const std::size_t begin = i_++;
    while (!is_space(at(text_, i_)) && text_[i_] != '>') ++i_;
    if (i_ >= text_.size()) return refuse_at("Unclosed start tag", begin);
    const std::string name = ascii_lower(text_.substr(begin + 1, i_ - begin - 1));
    const auto* tag = find_tag(name);
    if (tag == nullptr) {
      return refuse_at(fmt::format("Unsupported start tag \"{}\"", name), begin);
    }
    std::string argument;
    while (at(text_, i_) != '>') {
      skip_space();
      if (at(text_, i_) == '>') break;
      CH_TRY_VOID(attribute(*tag, begin, argument));
    }
    ++i_;
    if (tag->name == "span" && argument != "spoiler") {
      return refuse_at("Tag \"span\" must have class \"tg-spoiler\"", begin);
    }
    open_.push_back({tag, std::move(argument), out_.units(), out_.text().size()});
    return {};
  }

  Result<void> attribute(const TagType& tag, std::size_t begin, std::string& argument) {
    const std::size_t name_begin = i_;
    while (!is_space(at(text_, i_)) && text_[i_] != '=' && text_[i_] != '>') ++i_;
    const auto name = text_.substr(name_begin, i_ - name_begin);
    if (name.empty()) {
      if (i_ >= text_.size()) return refuse_at("Unclosed start tag", begin);
      return refuse_at(fmt::format("Empty attribute name in the tag \"{}\"", tag.name), begin);
    }
    skip_space();
    if (at(text_, i_) != '=') {
      if (tag.type == EntityType::Blockquote && name == "expandable") {
        argument = "expandable";
        return {};
      }
      return refuse_at(
          fmt::format("Expected equal sign in declaration of an attribute of the tag \"{}\"",
                      tag.name),
          begin);
    }
    ++i_;
    skip_space();
    if (i_ >= text_.size()) {
      return refuse_at(fmt::format("Unclosed start tag \"{}\"", tag.name), begin);
    }
    std::string value;
    if (text_[i_] == '\'' || text_[i_] == '"') {
      value = quoted_value();
    } else {
      const std::size_t token = i_;
      const auto in_token = [this] {
        const char c = at(text_, i_);
        return detail::is_alpha(c) || detail::is_digit(c) || c == '.' || c == '-';
      };
      while (in_token()) ++i_;
      value = ascii_lower(text_.substr(token, i_ - token));
      if (!is_space(at(text_, i_)) && text_[i_] != '>') {
        return refuse_at("Unexpected end of name token", token);
      }
    }
    if (i_ >= text_.size()) return refuse_at("Unclosed start tag", begin);
    keep_argument(tag, name, std::move(value), argument);
    return {};
  }

  std::string quoted_value() {
    std::string value;
    const char quote = text_[i_++];
    while (i_ < text_.size() && text_[i_] != quote) {
      if (text_[i_] == '&') {
        if (const char32_t code = decode_reference(text_, i_); code != 0) {
          append_utf8(value, is_surrogate(code) ? U'\uFFFD' : code);
          continue;
        }
      }
      value += text_[i_++];
    }
    if (i_ < text_.size()) ++i_;
    return value;
  }

  static void keep_argument(const TagType& tag, std::string_view name, std::string value,
                            std::string& argument) {
    if (tag.name == "a" && name == "href") {
      argument = std::move(value);
    } else if (tag.name == "code" && name == "class" && value.starts_with("language-")) {
      argument = value.substr(9);
    } else if (tag.name == "span" && name == "class" && value.starts_with("tg-")) {
      argument = value.substr(3);
    } else if (tag.name == "tg-emoji" && name == "emoji-id") {
      argument = std::move(value);
    } else if (tag.name == "blockquote" && name == "expandable") {
      argument = "expandable";
    }
  }

  Result<void> end_tag() {
    const std::size_t begin = i_;
    if (open_.empty()) return refuse_at("Unexpected end tag", begin);
    i_ += 2;
    while (!is_space(at(text_, i_)) && text_[i_] != '>') ++i_;
    const std::string name = ascii_lower(text_.substr(begin + 2, i_ - begin - 2));
    skip_space();
    if (at(text_, i_) != '>') return refuse_at("Unclosed end tag", begin);
    ++i_;
    const auto expected = open_.back().tag->name;
    if (!name.empty() && name != expected) {
      return refuse_entities(
          fmt::format("Unmatched end tag at byte offset {}, expected \"</{}>\", found \"</{}>\"",
                      begin, expected, name));
    }
    Open open = std::move(open_.back());
    open_.pop_back();
    const std::int32_t length = out_.units() - open.offset;
    return length > 0 ? close(open, length) : Result<void>();
  }

  Result<void> close(Open& open, std::int32_t length) {
    auto entity = make_entity(open.tag->type, open.offset, length);
    const auto same_range = [&](EntityType type) {
      return !entities_.empty() && entities_.back().type == type &&
             entities_.back().offset == open.offset && entities_.back().length == length;
    };
    switch (entity.type) {
      case EntityType::TextLink: {
        const std::string url =
            open.argument.empty() ? out_.text().substr(open.output_at) : std::move(open.argument);
        if (auto link = detail::link_entity(open.offset, length, url)) {
          entities_.push_back(std::move(*link));
        }
        return {};
      }
      case EntityType::CustomEmoji: {
        std::int64_t id = 0;
        const char* const last = open.argument.data() + open.argument.size();
        const auto [end, error] = std::from_chars(open.argument.data(), last, id);
        if (error != std::errc{} || end != last || id == 0) {
          return refuse_entities("Invalid custom emoji identifier specified");
        }
        entity.custom_emoji_id = std::to_string(id);
        break;
      }
      case EntityType::Pre:  // <pre><code class="language-x">: one pre with a language
        if (same_range(EntityType::Code) && !entities_.back().language.empty()) {
          entities_.back().type = EntityType::Pre;
          return {};
        }
        break;
      case EntityType::Code:
        if (same_range(EntityType::Pre) && !open.argument.empty()) {
          entities_.back().language = std::move(open.argument);
          return {};
        }
        entity.language = std::move(open.argument);
        break;
      case EntityType::Blockquote:
        if (open.argument == "expandable") entity.type = EntityType::ExpandableBlockquote;
        break;
      default:
        break;
    }
    entities_.push_back(std::move(entity));
    return {};
  }

  std::string_view text_;
  std::size_t i_ = 0;
  detail::TextSink out_;
  std::vector<Open> open_;
  std::vector<MessageEntity> entities_;
  bool bad_unicode_ = false;
};

}  // namespace

Result<FormattedText> parse_html(std::string_view text) {
  return HtmlParser(text).parse();
}

}  // namespace chorus::proto::telegram
