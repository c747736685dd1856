#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/uploads.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// Sticker sets of a bot: JSON texts in its extras, stickers by the number of their file. Source:
/// Bot API, createNewStickerSet and following.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::string_view kSets = "telegram.stickers/";
constexpr std::size_t kMaxStickers = 120;
constexpr std::size_t kMaxSets = 100;

std::string key_of(std::string_view name) {
  return std::string(kSets) + ascii_lower(name);
}

Step<json::object> set_named(const Call& call) {
  const auto it = call.bot->extras.find(key_of(call.params.get("name")));
  if (it == call.bot->extras.end()) return std::unexpected(Answer::bad("STICKERSET_INVALID"));
  return parse_json(it->second)->get_object();
}

json::array& stickers_of(json::object& set) {
  return set["stickers"].as_array();
}

void keep(Call& call, const json::object& set) {
  call.world.set_extra(*call.bot, key_of(find_string(set, "name").value_or("")),
                       json::serialize(set));
}

/// The set that holds the sticker of `parameter`, and where.
struct Place {
  json::object set;
  std::size_t at = 0;
};

Step<Place> place_of(const Call& call, std::string_view parameter) {
  const auto* file = call.world.files().find_by_file_id(call.params.get(parameter), call.bot->id);
  if (file == nullptr) {
    return std::unexpected(Answer::bad("wrong file_id or the file is temporarily unavailable"));
  }
  for (const auto& [name, text] : call.bot->extras) {
    if (!name.starts_with(kSets)) continue;
    Place place{parse_json(text)->get_object()};
    const auto& all = stickers_of(place.set);
    const auto it = std::ranges::find_if(all, [&](const json::value& sticker) {
      return chorus::find_int(sticker.get_object(), "file") == file->number;
    });
    if (it == all.end()) continue;
    place.at = static_cast<std::size_t>(it - all.begin());
    return place;
  }
  return std::unexpected(Answer::bad("STICKERSET_INVALID"));
}

/// An InputSticker, stored: its file's number and what the set says of it.
Step<json::object> stored(Call& call, const json::object& input, std::string_view set_type) {
  json::object own{{"type", set_type}};
  const auto format = find_string(input, "format").value_or("static");
  own["width"] = 512;  // Source: Bot API: one side of a sticker is 512 pixels
  own["height"] = 512;
  own["is_animated"] = format == "animated";
  own["is_video"] = format == "video";
  auto file =
      file_of_value(call, find_string(input, "sticker").value_or(""), "sticker", {"sticker", &own});
  if (!file) return std::unexpected(std::move(file).error());
  json::object sticker = input;
  sticker.erase("sticker");
  sticker["file"] = *file;
  return sticker;
}

Step<json::object> stored_parameter(Call& call, const json::object& set) {
  const auto parsed = parse_json(call.params.get("sticker"));
  return stored(call, parsed->get_object(), find_string(set, "sticker_type").value_or("regular"));
}

/// A Sticker as the bot sees it.
void append_sticker(std::string& out, const Call& call, const json::object& sticker,
                    std::string_view set_name) {
  const auto* file = call.world.files().find(chorus::find_int(sticker, "file").value_or(0));
  if (file == nullptr) return;
  if (out.back() != '[') out += ',';
  JsonWriter writer(out);
  writer.begin_object()
      .field("file_id", FileStore::file_id(*file, call.bot->id))
      .field("file_unique_id", file->unique_id)
      .field("file_size", file->size)
      .field("set_name", set_name);
  // A file that was sent as a sticker before has an emoji of its own.
  const bool has_emoji = file->facts.find(R"("emoji":)") != std::string::npos;
  const auto* emoji = find_array(sticker, "emoji_list");
  if (!has_emoji && emoji != nullptr && !emoji->empty()) {
    writer.key("emoji").raw(json::serialize(emoji->front()));
  }
  if (const auto* mask = find_object(sticker, "mask_position")) {
    writer.key("mask_position").raw(json::serialize(*mask));
  }
  out += ',' + file->facts;
  writer.end_object();
}

std::size_t sets_of(const Account& bot) {
  return static_cast<std::size_t>(std::ranges::count_if(
      bot.extras, [](const auto& extra) { return extra.first.starts_with(kSets); }));
}

}  // namespace

Answer upload_sticker_file(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  const auto format = call.params.get("sticker_format");
  const json::object own{{"width", 512},
                         {"height", 512},
                         {"is_animated", format == "animated"},
                         {"is_video", format == "video"}};
  auto number = file_of(call, "sticker", {"sticker", &own});
  if (!number) return std::move(number).error();
  const auto* file = call.world.files().find(*number);
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("file_id", FileStore::file_id(*file, call.bot->id))
      .field("file_unique_id", file->unique_id)
      .field("file_size", file->size)
      .field("file_path", FileStore::path(*file))
      .end_object();
  return Answer::ok(out);
}

Answer create_sticker_set(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  const auto name = call.params.get("name");
  if (!ascii_lower(name).ends_with("_by_" + ascii_lower(call.bot->username))) {
    return Answer::bad("invalid sticker set name is specified");
  }
  if (call.bot->extras.contains(key_of(name))) {
    return Answer::bad("sticker set name is already occupied");
  }
  if (sets_of(*call.bot) >= kMaxSets) return Answer::bad("STICKERSETS_TOO_MUCH");
  const auto type = call.params.get("sticker_type");
  json::object set{{"name", name},
                   {"title", call.params.get("title")},
                   {"sticker_type", type.empty() ? std::string_view("regular") : type}};
  const auto parsed = parse_json(call.params.get("stickers"));
  const auto& given = parsed->get_array();
  if (given.empty()) return Answer::bad("STICKERS_EMPTY");
  if (given.size() > kMaxStickers) return Answer::bad("STICKERS_TOO_MUCH");
  json::array stickers;
  for (const auto& input : given) {
    auto sticker =
        stored(call, input.get_object(), find_string(set, "sticker_type").value_or("regular"));
    if (!sticker) return std::move(sticker).error();
    stickers.push_back(std::move(*sticker));
  }
  set["stickers"] = std::move(stickers);
  keep(call, set);
  return Answer::yes();
}

Answer get_sticker_set(Call& call) {
  auto set = set_named(call);
  if (!set) return std::move(set).error();
  const auto name = find_string(*set, "name").value_or("");
  std::string list = "[";
  for (const auto& sticker : stickers_of(*set)) {
    append_sticker(list, call, sticker.get_object(), name);
  }
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("name", name)
      .field("title", find_string(*set, "title").value_or(""))
      .field("sticker_type", find_string(*set, "sticker_type").value_or(""))
      .key("stickers")
      .raw(list + "]")
      .end_object();
  return Answer::ok(out);
}

Answer add_sticker(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto set = set_named(call);
  if (!set) return std::move(set).error();
  if (stickers_of(*set).size() >= kMaxStickers) return Answer::bad("STICKERS_TOO_MUCH");
  auto sticker = stored_parameter(call, *set);
  if (!sticker) return std::move(sticker).error();
  stickers_of(*set).push_back(std::move(*sticker));
  keep(call, *set);
  return Answer::yes();
}

Answer replace_sticker(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto place = place_of(call, "old_sticker");
  if (!place) return std::move(place).error();
  auto sticker = stored_parameter(call, place->set);
  if (!sticker) return std::move(sticker).error();
  stickers_of(place->set)[place->at] = std::move(*sticker);
  keep(call, place->set);
  return Answer::yes();
}

Answer delete_sticker(Call& call) {
  auto place = place_of(call, "sticker");
  if (!place) return std::move(place).error();
  auto& all = stickers_of(place->set);
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(place->at));
  keep(call, place->set);
  return Answer::yes();
}

Answer move_sticker(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto place = place_of(call, "sticker");
  if (!place) return std::move(place).error();
  auto& all = stickers_of(place->set);
  const auto last = static_cast<std::int64_t>(all.size()) - 1;
  const auto to = std::clamp<std::int64_t>(call.params.find_int("position").value_or(0), 0, last);
  json::value moved = all[place->at];
  all.erase(all.begin() + static_cast<std::ptrdiff_t>(place->at));
  all.insert(all.begin() + static_cast<std::ptrdiff_t>(to), std::move(moved));
  keep(call, place->set);
  return Answer::yes();
}

Answer change_sticker(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto place = place_of(call, "sticker");
  if (!place) return std::move(place).error();
  auto& sticker = stickers_of(place->set)[place->at].get_object();
  const std::string_view what = call.method == "setstickeremojilist"  ? "emoji_list"
                                : call.method == "setstickerkeywords" ? "keywords"
                                                                      : "mask_position";
  const auto parsed = parse_json(call.params.get(what));
  if (parsed) {
    sticker[what] = *parsed;
  } else {
    sticker.erase(what);
  }
  keep(call, place->set);
  return Answer::yes();
}

Answer rename_sticker_set(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto set = set_named(call);
  if (!set) return std::move(set).error();
  (*set)["title"] = call.params.get("title");
  keep(call, *set);
  return Answer::yes();
}

Answer delete_sticker_set(Call& call) {
  auto set = set_named(call);
  if (!set) return std::move(set).error();
  call.world.set_extra(*call.bot, key_of(find_string(*set, "name").value_or("")), {});
  return Answer::yes();
}

}  // namespace chorus::sandbox::telegram
