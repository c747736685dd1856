#include "chorus/proto/telegram/detail/text_tools.hpp"
#include "chorus/proto/telegram/entities.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace chorus::proto::telegram {

using detail::at;
using detail::make_entity;
using detail::refuse_entities;

namespace {

bool is_legacy_mark(char c) {
  return c == '_' || c == '*' || c == '`' || c == '[';
}

/// `\` followed by printable ASCII stands for that character.
bool is_escape(std::string_view text, std::size_t i) {
  const char next = at(text, i + 1);
  return text[i] == '\\' && next > 0 && next <= 126;
}

}  // namespace

Result<FormattedText> parse_markdown(std::string_view text) {
  detail::TextSink out;
  std::vector<MessageEntity> entities;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && is_legacy_mark(at(text, i + 1))) {
      out.push(text[++i]);
      continue;
    }
    if (!is_legacy_mark(c)) {
      out.push(c);
      continue;
    }
    const std::size_t begin = i++;
    const char end_mark = c == '[' ? ']' : c;
    const bool is_pre = c == '`' && at(text, i) == '`' && at(text, i + 1) == '`';
    std::string language;
    if (is_pre) {
      i += 2;
      language = text.substr(i, detail::pre_language_length(text, i));
      i += language.size();
      i += detail::line_end_length(text, i);
    }
    const auto ends_here = [&] {
      return text[i] == end_mark && (!is_pre || (at(text, i + 1) == '`' && at(text, i + 2) == '`'));
    };
    const std::int32_t offset = out.units();
    while (i < text.size() && !ends_here()) out.push(text[i++]);
    if (i >= text.size()) {
      return refuse_entities(
          fmt::format("Can't find end of the entity starting at byte offset {}", begin));
    }
    const std::int32_t length = out.units() - offset;
    if (c == '[') {
      std::string_view url = text.substr(begin + 1, i - begin - 1);
      if (at(text, i + 1) == '(') {
        const std::size_t url_begin = i + 2;
        i = std::min(text.find(')', url_begin), text.size());
        url = text.substr(url_begin, i - url_begin);
      }
      auto link = length > 0 ? detail::link_entity(offset, length, url) : std::nullopt;
      if (link) entities.push_back(std::move(*link));
    } else if (length > 0) {
      const auto type = c == '_'   ? EntityType::Italic
                        : c == '*' ? EntityType::Bold
                        : is_pre   ? EntityType::Pre
                                   : EntityType::Code;
      auto entity = make_entity(type, offset, length);
      entity.language = std::move(language);
      entities.push_back(std::move(entity));
    }
    if (is_pre) i += 2;
  }
  return FormattedText{out.take(), std::move(entities)};
}

namespace {

/// MarkdownV2: a stack of open entities over one pass.
class MarkdownV2Parser {
 public:
  explicit MarkdownV2Parser(std::string_view text) : text_(text) {}

  Result<FormattedText> parse() {
    for (; i_ < text_.size(); ++i_) {
      if (is_escape(text_, i_)) {
        emit(text_[++i_]);
      } else if (reserved().find(text_[i_]) == std::string_view::npos) {
        emit(text_[i_]);
      } else if (ends_entity()) {
        CH_TRY_VOID(end());
      } else {
        CH_TRY_VOID(begin());
      }
    }
    if (in_quote_ && open_.back().type == EntityType::Blockquote) close_quote();
    if (!open_.empty()) return no_end();
    detail::sort_entities(entities_);
    return FormattedText{out_.take(), std::move(entities_)};
  }

 private:
  struct Open {
    EntityType type;
    std::string language;
    std::int32_t offset;
    std::size_t input_at;   // byte offset of the opening mark
    std::size_t output_at;  // bytes of output before it
  };

  void emit(char c) {
    out_.push(c);
    line_start_ = false;
  }

  [[nodiscard]] std::string_view reserved() const {
    if (!open_.empty() &&
        (open_.back().type == EntityType::Code || open_.back().type == EntityType::Pre)) {
      return "`";
    }
    return "_*[]()~`>#+-=|{}.!\n";
  }

  [[nodiscard]] bool next_is(char c, std::size_t ahead = 1) const {
    return at(text_, i_ + ahead) == c;
  }

  /// A quote ends with the first line that does not go on with '>'.
  [[nodiscard]] bool line_leaves_quote(std::size_t newline) const {
    return newline + 1 >= text_.size() || text_[newline + 1] != '>';
  }

  [[nodiscard]] bool is_expandability_mark() const {
    return open_.back().type == EntityType::Blockquote && text_[i_] == '|' && next_is('|') &&
           (i_ + 2 >= text_.size() || (next_is('\n', 2) && line_leaves_quote(i_ + 2)));
  }

  [[nodiscard]] bool ends_entity() const {
    if (open_.empty()) return false;
    const char c = text_[i_];
    if (in_quote_ && c == '\n' && line_leaves_quote(i_)) return true;
    switch (open_.back().type) {
      case EntityType::Bold:
        return c == '*';
      case EntityType::Italic:
        return c == '_' && !next_is('_');
      case EntityType::Underline:
        return c == '_' && next_is('_');
      case EntityType::Strikethrough:
        return c == '~';
      case EntityType::Spoiler:
        return c == '|' && next_is('|');
      case EntityType::Code:
        return c == '`';
      case EntityType::Pre:
        return c == '`' && next_is('`') && next_is('`', 2);
      case EntityType::Blockquote:
        return is_expandability_mark();
      default:
        return c == ']';  // TextLink and CustomEmoji
    }
  }

  std::unexpected<Error> refuse_reserved() const {
    return refuse_entities(fmt::format(
        "Character '{}' is reserved and must be escaped with the preceding '\\'", text_[i_]));
  }

  static std::string_view name_of(const Open& open) {
    switch (open.type) {
      case EntityType::Bold:
        return "Bold";
      case EntityType::Italic:
        return "Italic";
      case EntityType::Underline:
        return "Underline";
      case EntityType::Strikethrough:
        return "Strikethrough";
      case EntityType::Spoiler:
        return "Spoiler";
      case EntityType::Code:
        return "Code";
      case EntityType::Pre:
        return open.language.empty() ? "Pre" : "PreCode";
      case EntityType::CustomEmoji:
        return "CustomEmoji";
      case EntityType::Blockquote:
        return "BlockQuote";
      default:
        return "TextUrl";
    }
  }

  std::unexpected<Error> no_end() const {
    return refuse_entities(fmt::format("Can't find end of {} entity at byte offset {}",
                                       name_of(open_.back()), open_.back().input_at));
  }

  void push(EntityType type, std::size_t input_at, std::string language = {}) {
    open_.push_back({type, std::move(language), out_.units(), input_at, out_.text().size()});
  }

  Result<void> begin() {
    const std::size_t start = i_;
    switch (text_[i_]) {
      case '_':
        if (next_is('_')) {
          ++i_;
          push(EntityType::Underline, start);
        } else {
          push(EntityType::Italic, start);
        }
        return {};
      case '*':
        push(EntityType::Bold, start);
        return {};
      case '~':
        push(EntityType::Strikethrough, start);
        return {};
      case '[':
        push(EntityType::TextLink, start);
        return {};
      case '|':
        if (!next_is('|')) return refuse_reserved();
        ++i_;
        push(EntityType::Spoiler, start);
        return {};
      case '!':
        if (!next_is('[')) return refuse_reserved();
        ++i_;
        push(EntityType::CustomEmoji, start);
        return {};
      case '`':
        begin_code();
        return {};
      case '\n':
        emit('\n');
        line_start_ = true;
        return {};
      case '>':
        if (!line_start_) return refuse_reserved();
        if (!in_quote_) {  // else: the mark of one more line of the same quote
          push(EntityType::Blockquote, start);
          in_quote_ = true;
        }
        return {};
      default:
        return refuse_reserved();
    }
  }

  void begin_code() {
    const std::size_t start = i_;
    if (!next_is('`') || !next_is('`', 2)) {
      push(EntityType::Code, start);
      return;
    }
    i_ += 3;
    std::string language(text_.substr(i_, detail::pre_language_length(text_, i_)));
    i_ += language.size();
    i_ += detail::line_end_length(text_, i_);
    push(EntityType::Pre, start, std::move(language));
    --i_;  // the loop goes on with the first byte of the content
  }

  void add(MessageEntity entity) {
    if (entity.length > 0) entities_.push_back(std::move(entity));
  }

  void close_quote(EntityType type = EntityType::Blockquote) {
    const std::int32_t offset = open_.back().offset;
    add(make_entity(type, offset, out_.units() - offset));
    open_.pop_back();
    in_quote_ = false;
  }

  Result<void> end() {
    if (open_.back().type == EntityType::Blockquote) {
      if (text_[i_] == '|') {
        i_ += 2;
        if (i_ < text_.size()) emit('\n');
        close_quote(EntityType::ExpandableBlockquote);
      } else {
        emit('\n');
        close_quote();
      }
      line_start_ = true;
      return {};
    }
    if (text_[i_] == '\n') return no_end();  // the quote ended inside of another entity
    const Open open = open_.back();
    auto entity = make_entity(open.type, open.offset, out_.units() - open.offset);
    switch (open.type) {
      case EntityType::Underline:
      case EntityType::Spoiler:
        ++i_;
        break;
      case EntityType::Pre:
        i_ += 2;
        entity.language = open.language;
        break;
      case EntityType::TextLink: {
        CH_TRY(const auto url, link_target(open));
        auto link = detail::link_entity(open.offset, entity.length, url);
        if (!link) entity.length = 0;
        if (link) entity = std::move(*link);
        break;
      }
      case EntityType::CustomEmoji: {
        CH_TRY(entity.custom_emoji_id, emoji_target());
        break;
      }
      default:
        break;
    }
    add(std::move(entity));
    open_.pop_back();
    return {};
  }

  /// `(...)` after a ']' at i_; leaves i_ on the ')'. nullopt: it does not end.
  std::optional<std::string> target() {
    std::string url;
    i_ += 2;
    while (i_ < text_.size() && text_[i_] != ')') {
      if (is_escape(text_, i_)) ++i_;
      url += text_[i_++];
    }
    if (i_ >= text_.size()) return std::nullopt;
    return url;
  }

  Result<std::string> link_target(const Open& open) {
    if (!next_is('(')) return out_.text().substr(open.output_at);  // the text is the link
    const std::size_t start = i_ + 2;
    auto url = target();
    if (!url) {
      return refuse_entities(fmt::format("Can't find end of a URL at byte offset {}", start));
    }
    return std::move(*url);
  }

  Result<std::string> emoji_target() {
    if (!next_is('(')) return refuse_entities("Custom emoji entity must contain a tg://emoji URL");
    const std::size_t start = i_ + 2;
    const auto url = target();
    if (!url) {
      return refuse_entities(
          fmt::format("Can't find end of a custom emoji URL at byte offset {}", start));
    }
    return detail::linked_emoji(*url);
  }

  std::string_view text_;
  std::size_t i_ = 0;
  detail::TextSink out_;
  std::vector<Open> open_;
  std::vector<MessageEntity> entities_;
  bool in_quote_ = false;
  bool line_start_ = true;
};

}  // namespace

Result<FormattedText> parse_markdown_v2(std::string_view text) {
  return MarkdownV2Parser(text).parse();
}

}  // namespace chorus::proto::telegram
