#include "chorus/proto/telegram/reactions.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/proto/telegram/encode.hpp"

#include <algorithm>
#include <array>

namespace chorus::proto::telegram {

namespace {

constexpr std::array<std::string_view, 73> kAllowed = {
    "❤",  "👍",         "👎", "🔥", "🥰",          "👏", "😁", "🤔", "🤯", "😱",
    "🤬", "😢",         "🎉", "🤩", "🤮",          "💩", "🙏", "👌", "🕊", "🤡",
    "🥱", "🥴",         "😍", "🐳", "❤‍🔥",  "🌚", "🌭", "💯", "🤣", "⚡",
    "🍌", "🏆",         "💔", "🤨", "😐",          "🍓", "🍾", "💋", "🖕", "😈",
    "😴", "😭",         "🤓", "👻", "👨‍💻", "👀", "🎃", "🙈", "😇", "😨",
    "🤝", "✍",          "🤗", "🫡", "🎅",          "🎄", "☃",  "💅", "🤪", "🗿",
    "🆒", "💘",         "🙉", "🦄", "😘",          "💊", "🙊", "😎", "👾", "🤷‍♂",
    "🤷", "🤷‍♀", "😡",
};

constexpr std::string_view kVariationSelector = "\xEF\xB8\x8F";

std::unexpected<Error> refuse(std::string text) {
  return fail(ErrorCode::InvalidArgument, std::move(text));
}
std::unexpected<Error> refuse_type(const std::string& why) {
  return refuse("can't parse ReactionType: " + why);
}

Result<ReactionType> parse_reaction(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return refuse_type("expected an Object");
  const auto* type = find(*object, "type");
  if (type == nullptr) return refuse_type("Can't find field \"type\"");
  const auto name = find_string(*object, "type");
  if (!name) return refuse_type("Field \"type\" must be of type String");
  if (*name == "emoji") {
    if (find(*object, "emoji") == nullptr) return refuse_type("Can't find field \"emoji\"");
    const auto emoji = find_string(*object, "emoji");
    if (!emoji) return refuse_type("Field \"emoji\" must be of type String");
    if (emoji->empty()) return refuse("invalid reaction type specified");
    return ReactionType{ReactionType::Kind::Emoji, std::string(*emoji)};
  }
  if (*name == "custom_emoji") {
    if (find(*object, "custom_emoji_id") == nullptr) {
      return refuse_type("Can't find field \"custom_emoji_id\"");
    }
    const auto id = find_int(*object, "custom_emoji_id");
    if (!id) return refuse_type("Field \"custom_emoji_id\" must be a valid Number");
    return ReactionType{ReactionType::Kind::CustomEmoji, std::to_string(*id)};
  }
  return refuse_type("invalid reaction type specified");
}

}  // namespace

std::span<const std::string_view> allowed_reactions() {
  return kAllowed;
}

bool is_allowed_reaction(std::string_view emoji) {
  return std::find(kAllowed.begin(), kAllowed.end(), emoji) != kAllowed.end();
}

std::string_view normalise_reaction(std::string_view emoji) {
  const std::string plain = replace_all(std::string(emoji), kVariationSelector, "");
  const auto* const found = std::find(kAllowed.begin(), kAllowed.end(), plain);
  return found != kAllowed.end() ? *found : std::string_view();
}

Result<std::vector<ReactionType>> parse_reactions(std::string_view json_text) {
  std::vector<ReactionType> reactions;
  if (trim(json_text).empty()) return reactions;
  auto value = parse_json(json_text);
  if (!value) return refuse("can't parse reaction types JSON object");
  if (value->is_null()) return reactions;
  const auto* array = value->if_array();
  if (array == nullptr) return refuse("expected an Array of ReactionType");
  for (const auto& element : *array) {
    CH_TRY(auto reaction, parse_reaction(element));
    reactions.push_back(std::move(reaction));
  }
  return reactions;
}

std::string reaction_parameter(std::string_view emoji) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  if (!emoji.empty()) {
    write_reaction_type(writer, ReactionType{ReactionType::Kind::Emoji, std::string(emoji)});
  }
  writer.end_array();
  return out;
}

}  // namespace chorus::proto::telegram
