#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/chat_state.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/uploads.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <utility>

/// What a chat is called, shows and allows. Source: Bot API, setChatTitle and following; the words
/// are tdlib's.
namespace chorus::sandbox::telegram {

namespace {

constexpr std::size_t kTitleMax = 128;
constexpr std::size_t kDescriptionMax = 255;
constexpr std::string_view kMayNotChangePhoto = "not enough rights to change chat photo";

}  // namespace

Answer set_chat_permissions(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto room = administered_chat(call, "can't change private chat permissions",
                                "not enough rights to change chat permissions");
  if (!room) return std::move(room).error();
  if ((*room)->type == RoomType::Channel) {
    return Answer::bad("can't change channel chat permissions");
  }
  const auto& type = *call.dialect.facts().object("ChatPermissions");
  const auto parsed = parse_json(call.params.get("permissions"));
  json::object own = parsed->get_object();
  for (const auto& field : type.fields) {
    if (!own.contains(field.name)) own[field.name] = false;  // what is not granted is taken
  }
  call.world.set_extra(**room, kPermissions,
                       "{" + shape_for(call, *room, &own).members(type) + "}");
  return Answer::yes();
}

Answer set_chat_title(Call& call) {
  auto room = administered_chat(call, "can't change private chat title",
                                "not enough rights to change chat title");
  if (!room) return std::move(room).error();
  const auto title = trim(call.params.get("title"));
  if (title.empty()) return Answer::bad("title can't be empty");
  if (code_point_count(to_valid_utf8(title)) > kTitleMax) return Answer::bad("title is too long");
  if (title == (*room)->title) return Answer::bad("chat title is not modified");
  std::string wire = R"("new_chat_title":)";
  append_json_string(wire, title);
  call.world.rename(**room, to_valid_utf8(title));
  call.dialect.announce(**room, *call.bot, std::move(wire));
  return Answer::yes();
}

Answer set_chat_description(Call& call) {
  auto room = administered_chat(call, "can't change private chat description",
                                "not enough rights to set chat description");
  if (!room) return std::move(room).error();
  const auto text = to_valid_utf8(call.params.get("description"));
  if (code_point_count(text) > kDescriptionMax) return Answer::bad("chat description is too long");
  if (text == chat_extra(**room, kDescription)) {
    return Answer::bad("chat description is not modified");
  }
  call.world.set_extra(**room, kDescription, text);
  return Answer::yes();
}

Answer set_chat_photo(Call& call) {
  auto room = administered_chat(call, "can't change private chat photo", kMayNotChangePhoto);
  if (!room) return std::move(room).error();
  if (uploaded(call, "photo") == nullptr) {
    return Answer::bad("there is no photo in the request");  // file ids are not taken here
  }
  auto file = file_of(call, "photo", {"photo"});
  if (!file) return std::move(file).error();
  call.world.set_extra(**room, kPhoto, fmt::format("{}", *file));
  call.dialect.announce(**room, *call.bot, {}, {}, *file);
  return Answer::yes();
}

Answer delete_chat_photo(Call& call) {
  auto room = administered_chat(call, "can't change private chat photo", kMayNotChangePhoto);
  if (!room) return std::move(room).error();
  if (chat_extra(**room, kPhoto).empty()) return Answer::bad("chat photo is not modified");
  call.world.set_extra(**room, kPhoto, {});
  call.dialect.announce(**room, *call.bot, R"("delete_chat_photo":true)");
  return Answer::yes();
}

Answer set_chat_sticker_set(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto room = administered_chat(call, "method is available only for supergroups",
                                "not enough rights to change supergroup sticker set");
  if (!room) return std::move(room).error();
  if ((*room)->type != RoomType::Supergroup) {
    return Answer::bad("method is available only for supergroups");
  }
  call.world.set_extra(**room, kStickerSet, std::string(call.params.get("sticker_set_name")));
  return Answer::yes();
}

Answer delete_chat_sticker_set(Call& call) {
  auto room = administered_chat(call, "method is available only for supergroups",
                                "not enough rights to change supergroup sticker set");
  if (!room) return std::move(room).error();
  call.world.set_extra(**room, kStickerSet, {});
  return Answer::yes();
}

}  // namespace chorus::sandbox::telegram
