#include "chorus/proto/telegram/entities.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/detail/text_tools.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace chorus::proto::telegram {

namespace {

using detail::make_entity;

/// The platform keeps this many entities of a message.
constexpr std::size_t kMaxEntities = 100;

std::int32_t end_of(const MessageEntity& entity) {
  return entity.offset + entity.length;
}

/// May be cut into pieces: pure looks.
bool is_splittable(EntityType type) {
  return type == EntityType::Bold || type == EntityType::Italic || type == EntityType::Underline ||
         type == EntityType::Strikethrough || type == EntityType::Spoiler;
}
bool is_pre(EntityType type) {
  return type == EntityType::Pre || type == EntityType::Code;
}
bool is_quote(EntityType type) {
  return type == EntityType::Blockquote || type == EntityType::ExpandableBlockquote;
}

/// Start and end of every entity on whole code points, inside of the text; empty ones go.
void fit_to_text(std::string_view text, std::vector<MessageEntity>& entities) {
  // UTF-16 positions in the middle of a surrogate pair.
  std::vector<std::int32_t> halves;
  std::int32_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xC0U) == 0x80U) continue;
    if (byte >= 0xF0) halves.push_back(++units);
    ++units;
  }
  const auto is_half = [&halves](std::int32_t at) {
    return std::binary_search(halves.begin(), halves.end(), at);
  };
  for (auto& entity : entities) {
    if (entity.offset < 0 || entity.length <= 0 || entity.offset >= units) {
      entity.length = 0;
      continue;
    }
    std::int32_t end = entity.length > units - entity.offset ? units : end_of(entity);
    if (is_half(end)) ++end;
    if (is_half(entity.offset)) --entity.offset;
    entity.length = end - entity.offset;
  }
  std::erase_if(entities, [](const MessageEntity& entity) {
    return entity.length <= 0 || (entity.type == EntityType::TextLink && entity.url.empty()) ||
           (entity.type == EntityType::TextMention && !entity.user) ||
           (entity.type == EntityType::CustomEmoji && entity.custom_emoji_id.empty());
  });
}

/// Of entities that overlap (nested ones included) the first stays. Sorted input.
void drop_overlapping(std::vector<MessageEntity>& entities) {
  std::int32_t end = 0;
  std::erase_if(entities, [&end](const MessageEntity& entity) {
    if (entity.offset < end) return true;
    end = end_of(entity);
    return false;
  });
}

bool overlap(const MessageEntity& a, const MessageEntity& b) {
  return a.offset < end_of(b) && b.offset < end_of(a);
}
bool cross(const MessageEntity& a, const MessageEntity& b) {
  const bool a_in_b = a.offset >= b.offset && end_of(a) <= end_of(b);
  const bool b_in_a = b.offset >= a.offset && end_of(b) <= end_of(a);
  return overlap(a, b) && !a_in_b && !b_in_a;
}

/// Looks of one type that overlap or touch become one. Sorted input.
std::vector<MessageEntity> merge_looks(const std::vector<MessageEntity>& looks) {
  constexpr std::array<EntityType, 5> kLooks = {EntityType::Bold, EntityType::Italic,
                                                EntityType::Underline, EntityType::Strikethrough,
                                                EntityType::Spoiler};
  std::vector<MessageEntity> merged;
  for (const EntityType type : kLooks) {
    std::int32_t end = -1;
    for (const auto& look : looks) {
      if (look.type != type) continue;
      if (look.offset > end) {
        merged.push_back(look);
      } else if (end_of(look) > end) {
        merged.back().length = end_of(look) - merged.back().offset;
      }
      end = std::max(end, end_of(look));
    }
  }
  return merged;
}

/// Cuts looks at every border of `fixed` and at every start of another look, as the server does:
/// after it no two of them cross. Code and pre carry no looks.
std::vector<MessageEntity> split_looks(const std::vector<MessageEntity>& looks,
                                       const std::vector<MessageEntity>& fixed) {
  const auto merged = merge_looks(looks);
  std::vector<std::int32_t> cuts;
  for (const auto& entity : fixed) {
    cuts.push_back(entity.offset);
    cuts.push_back(end_of(entity));
  }
  for (const auto& look : merged) cuts.push_back(look.offset);
  std::sort(cuts.begin(), cuts.end());

  std::vector<MessageEntity> out;
  for (const auto& look : merged) {
    std::int32_t begin = look.offset;
    while (begin < end_of(look)) {
      const auto next = std::upper_bound(cuts.begin(), cuts.end(), begin);
      const std::int32_t end = next == cuts.end() ? end_of(look) : std::min(*next, end_of(look));
      const auto piece = make_entity(look.type, begin, end - begin);
      const bool in_code = std::any_of(fixed.begin(), fixed.end(), [&](const auto& entity) {
        return is_pre(entity.type) && overlap(entity, piece);
      });
      if (!in_code) out.push_back(piece);
      begin = end;
    }
  }
  return out;
}

/// Sorted input. Quotes, then code, then links and the like, then looks: an earlier kind wins.
void resolve(std::vector<MessageEntity>& entities) {
  std::vector<MessageEntity> quotes;
  std::vector<MessageEntity> codes;
  std::vector<MessageEntity> marks;
  std::vector<MessageEntity> looks;
  for (auto& entity : entities) {
    auto& kind = is_quote(entity.type)        ? quotes
                 : is_pre(entity.type)        ? codes
                 : is_splittable(entity.type) ? looks
                                              : marks;
    kind.push_back(std::move(entity));
  }
  drop_overlapping(quotes);
  drop_overlapping(codes);
  drop_overlapping(marks);
  const auto crosses_any = [](const std::vector<MessageEntity>& others) {
    return [&others](const MessageEntity& entity) {
      return std::any_of(others.begin(), others.end(),
                         [&](const auto& other) { return cross(entity, other); });
    };
  };
  const auto overlaps_any = [](const std::vector<MessageEntity>& others) {
    return [&others](const MessageEntity& entity) {
      return std::any_of(others.begin(), others.end(),
                         [&](const auto& other) { return overlap(entity, other); });
    };
  };
  const auto holds_quote = [&quotes](const MessageEntity& entity) {
    return std::any_of(quotes.begin(), quotes.end(), [&](const auto& quote) {
      return overlap(entity, quote) && entity.length > quote.length;
    });
  };
  std::erase_if(codes, crosses_any(quotes));
  std::erase_if(codes, holds_quote);
  std::erase_if(marks, overlaps_any(codes));
  std::erase_if(marks, crosses_any(quotes));
  std::erase_if(marks, holds_quote);

  entities = std::move(quotes);
  entities.insert(entities.end(), codes.begin(), codes.end());
  entities.insert(entities.end(), marks.begin(), marks.end());
  const auto pieces = split_looks(looks, entities);
  entities.insert(entities.end(), pieces.begin(), pieces.end());
}

/// Control characters become spaces, carriage returns go (entities are moved along).
std::string clean(std::string_view text, std::vector<MessageEntity>& entities) {
  const auto is_control = [](char c) {
    return (c >= 0 && c < 32 && c != '\n' && c != '\r') || c == 127;
  };
  if (std::none_of(text.begin(), text.end(), [&](char c) { return c == '\r' || is_control(c); })) {
    return std::string(text);
  }
  std::string out;
  out.reserve(text.size());
  std::vector<std::int32_t> removed;  // UTF-16 positions
  std::int32_t units = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\r') {
      removed.push_back(units++);
      continue;
    }
    out += is_control(c) ? ' ' : c;
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0 ? 2 : 1;
  }
  const auto removed_before = [&removed](std::int32_t at) {
    return static_cast<std::int32_t>(std::lower_bound(removed.begin(), removed.end(), at) -
                                     removed.begin());
  };
  for (auto& entity : entities) {
    const std::int32_t end = end_of(entity);
    entity.offset -= removed_before(entity.offset);
    entity.length = end - removed_before(end) - entity.offset;
  }
  return out;
}

/// Spaces and line ends go from the end, and from the start up to the first entity.
void trim_text(std::string& text, std::vector<MessageEntity>& entities) {
  const auto last = text.find_last_not_of(" \n");
  text.resize(last == std::string::npos ? 0 : last + 1);
  const auto units = static_cast<std::int32_t>(utf16_length(text));
  for (auto& entity : entities) entity.length = std::min(entity.length, units - entity.offset);
  std::erase_if(entities, [](const MessageEntity& entity) { return entity.length <= 0; });
  std::size_t first = std::min(text.find_first_not_of(" \n"), text.size());
  if (!entities.empty()) first = std::min(first, static_cast<std::size_t>(entities[0].offset));
  if (first == 0) return;
  text.erase(0, first);  // one-byte characters: bytes are units
  for (auto& entity : entities) entity.offset -= static_cast<std::int32_t>(first);
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \n") == std::string_view::npos;
}

std::unexpected<Error> refuse(const char* text) {
  return fail(ErrorCode::InvalidArgument, text);
}

/// Adds what the server finds by itself where no mark, link or code stands already.
void add_detected(FormattedText& formatted) {
  auto detected = detect_entities(formatted.text);
  if (detected.empty()) return;
  std::erase_if(detected, [&](const MessageEntity& found) {
    return std::any_of(formatted.entities.begin(), formatted.entities.end(), [&](const auto& e) {
      if (is_splittable(e.type)) return false;
      return is_quote(e.type) ? cross(e, found) : overlap(e, found);
    });
  });
  if (detected.empty()) return;
  formatted.entities.insert(formatted.entities.end(), detected.begin(), detected.end());
  normalise_entities(formatted.text, formatted.entities);
}

Result<MessageEntity> parse_one_entity(const json::object& object, bool& known) {
  const auto type_name = find_string(object, "type");
  if (!type_name) return detail::refuse_entities("Can't find field \"type\"");
  const auto type = entity_type_from(*type_name);
  const auto offset = find_int(object, "offset");
  if (!offset) return detail::refuse_entities("Can't find field \"offset\"");
  const auto length = find_int(object, "length");
  if (!length) return detail::refuse_entities("Can't find field \"length\"");
  constexpr std::int64_t kFar = std::numeric_limits<std::int32_t>::max() / 4;
  known = type.has_value() && *offset >= 0 && *length > 0 && *offset < kFar && *length < kFar;
  if (!known) return MessageEntity();
  auto entity =
      make_entity(*type, static_cast<std::int32_t>(*offset), static_cast<std::int32_t>(*length));
  switch (*type) {
    case EntityType::TextLink:
      entity.url = detail::checked_link(find_string(object, "url").value_or(""));
      known = !entity.url.empty();
      break;
    case EntityType::TextMention: {
      const auto* user = find_object(object, "user");
      if (user == nullptr) return detail::refuse_entities("Can't find field \"user\"");
      const auto id = find_int(*user, "id");
      if (!id) return detail::refuse_entities("Can't find field \"id\"");
      entity.user.emplace().id = *id;
      break;
    }
    case EntityType::Pre:
      entity.language = find_string(object, "language").value_or("");
      break;
    case EntityType::CustomEmoji: {
      const auto id = find_int(object, "custom_emoji_id");
      if (!id) return detail::refuse_entities("Can't find field \"custom_emoji_id\"");
      entity.custom_emoji_id = std::to_string(*id);
      break;
    }
    case EntityType::Mention:
    case EntityType::Hashtag:
    case EntityType::Cashtag:
    case EntityType::BotCommand:
    case EntityType::Url:
    case EntityType::Email:
    case EntityType::PhoneNumber:
      known = false;
      break;  // the server finds these by itself
    default:
      break;
  }
  return entity;
}

}  // namespace

Result<ParseMode> parse_mode_from(std::string_view name) {
  if (name.empty() || iequals_ascii(name, "none")) return ParseMode::None;
  if (iequals_ascii(name, "markdown")) return ParseMode::Markdown;
  if (iequals_ascii(name, "markdownv2")) return ParseMode::MarkdownV2;
  if (iequals_ascii(name, "html")) return ParseMode::Html;
  return refuse("unsupported parse_mode");
}

Result<std::vector<MessageEntity>> parse_entities_parameter(std::string_view json_text) {
  std::vector<MessageEntity> entities;
  if (trim(json_text).empty()) return entities;
  const auto value = parse_json(json_text);
  if (!value) return refuse("can't parse entities JSON object");
  const auto* array = value->if_array();
  if (array == nullptr) return entities;
  for (const auto& element : *array) {
    const auto* object = element.if_object();
    if (object == nullptr) return detail::refuse_entities("expected an Object");
    bool known = false;
    CH_TRY(auto entity, parse_one_entity(*object, known));
    if (known) entities.push_back(std::move(entity));
  }
  return entities;
}

void normalise_entities(std::string_view text, std::vector<MessageEntity>& entities) {
  if (entities.empty()) return;
  fit_to_text(text, entities);
  detail::sort_entities(entities);
  if (entities.size() > kMaxEntities) entities.resize(kMaxEntities);
  resolve(entities);
  std::erase_if(entities, [text](const MessageEntity& entity) {
    return !is_pre(entity.type) && is_blank(entity_text(text, entity));
  });
  detail::sort_entities(entities);
}

Result<FormattedText> format_text(std::string_view text, ParseMode mode,
                                  std::vector<MessageEntity> explicit_entities, TextRules rules) {
  if (text.empty()) {
    if (rules.is_caption) return FormattedText();
    return refuse("message text is empty");
  }
  if (text.size() > rules.max_raw_bytes) {
    return refuse(rules.is_caption ? "message caption is too long" : "text is too long");
  }
  if (!is_valid_utf8(text)) return refuse("strings must be encoded in UTF-8");
  FormattedText formatted;
  if (mode == ParseMode::None) {
    formatted.text = text;
    formatted.entities = std::move(explicit_entities);
  } else {
    CH_TRY(formatted, mode == ParseMode::Markdown     ? parse_markdown(text)
                      : mode == ParseMode::MarkdownV2 ? parse_markdown_v2(text)
                                                      : parse_html(text));
  }
  formatted.text = clean(formatted.text, formatted.entities);
  normalise_entities(formatted.text, formatted.entities);
  trim_text(formatted.text, formatted.entities);
  if (formatted.text.empty() && !rules.is_caption) return refuse("text must be non-empty");
  if (code_point_count(formatted.text) > rules.max_code_points) {
    return refuse(rules.is_caption ? "message caption is too long" : "message is too long");
  }
  add_detected(formatted);
  return formatted;
}

FormattedText format_plain(std::string_view text) {
  FormattedText formatted;
  formatted.text =
      clean(is_valid_utf8(text) ? std::string(text) : to_valid_utf8(text), formatted.entities);
  trim_text(formatted.text, formatted.entities);
  formatted.entities = detect_entities(formatted.text);
  if (formatted.entities.size() > kMaxEntities) formatted.entities.resize(kMaxEntities);
  return formatted;
}

std::string_view entity_text(std::string_view text, const MessageEntity& entity) {
  if (entity.offset < 0 || entity.length <= 0) return {};
  const auto begin = utf16_to_byte_offset(text, static_cast<std::size_t>(entity.offset));
  if (!begin) return {};
  const auto rest = text.substr(*begin);
  const auto length = utf16_to_byte_offset(rest, static_cast<std::size_t>(entity.length));
  return length ? rest.substr(0, *length) : std::string_view();
}

}  // namespace chorus::proto::telegram
