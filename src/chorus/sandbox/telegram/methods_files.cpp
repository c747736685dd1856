#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/targets.hpp"
#include "chorus/sandbox/telegram/uploads.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <utility>
#include <vector>

/// Messages that hold a file, albums, and downloads. Source: reference telegram.md 1, 6 and 9.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr std::int64_t kMaxDownload = 20 * 1024 * 1024;
constexpr std::size_t kAlbumMin = 2;
constexpr std::size_t kAlbumMax = 10;

/// Puts file and caption into the draft; the caption stands after what the wire holds already.
void put_media(Call& call, Draft& draft, std::int64_t file, tg::FormattedText caption) {
  draft.file = file;
  draft.kind = kind_of(*call.world.files().find(file));
  draft.text = caption.text;
  if (caption.text.empty()) return;
  if (!draft.wire.empty()) draft.wire += ',';
  call.dialect.set_text(std::move(caption), true, draft.wire, draft.address);
}

Answer send_file(Call& call, std::string_view form) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto caption = formatted_text(call.params, true);
  if (!caption) return std::move(caption).error();
  Draft draft;
  if (auto options = common_options(call, **room, draft); !options) {
    return std::move(options).error();
  }
  auto file = file_of(call, form, {form});
  if (!file) return std::move(file).error();
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  put_media(call, draft, *file, std::move(*caption));
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return message_answer(call, **room, message);
}

/// The text member `name` of an InputMedia; empty when it has none.
std::string member(const json::object& media, std::string_view name) {
  return std::string(chorus::find_string(media, name).value_or(""));
}

struct Item {
  std::int64_t file = 0;
  tg::FormattedText caption;
};

Step<Item> item_of(Call& call, const json::object& media) {
  const auto type = member(media, "type");
  const auto* entities = find(media, "caption_entities");
  auto caption =
      formatted_caption(member(media, "caption"), member(media, "parse_mode"),
                        entities == nullptr ? std::string() : json::serialize(*entities));
  if (!caption) return std::unexpected(std::move(caption).error());
  auto file = file_of_value(call, member(media, "media"), type, {type, &media});
  if (!file) return std::unexpected(std::move(file).error());
  return Item{*file, std::move(*caption)};
}

}  // namespace

Answer send_photo(Call& call) {
  return send_file(call, "photo");
}
Answer send_document(Call& call) {
  return send_file(call, "document");
}
Answer send_media(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  return send_file(call, content_name(call.dialect.facts().method(call.method)->name));
}

Answer send_media_group(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  const auto parsed = parse_json(call.params.get("media"));
  const auto& media = parsed->get_array();  // checked by its type above
  if (media.size() < kAlbumMin || media.size() > kAlbumMax) {
    return Answer::bad("wrong number of messages to be sent as an album: from 2 to 10");
  }
  Draft common;
  if (auto options = common_options(call, **room, common); !options) {
    return std::move(options).error();
  }
  std::vector<Item> items;
  for (const auto& one : media) {
    auto item = item_of(call, one.get_object());
    if (!item) {
      auto& answer = item.error();
      const auto why = parse_json(answer.body);
      const auto words =
          why && why->is_object()
              ? std::string(chorus::find_string(why->get_object(), "description").value_or(""))
              : std::string();
      const auto at = words.find(": ");
      return Answer::bad(fmt::format("failed to send message #{} with the error message \"{}\"",
                                     items.size() + 1,
                                     at == std::string::npos ? words : words.substr(at + 2)));
    }
    items.push_back(std::move(*item));
  }
  // The platform charges an album by its messages.
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
      return std::move(charged).error();
    }
  }
  const auto group = drawn_for(**room, "album") >> 1;
  std::string out = "[";
  for (auto& item : items) {
    Draft draft = common;
    draft.wire = fmt::format(R"("media_group_id":"{}")", group);
    put_media(call, draft, item.file, std::move(item.caption));
    const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
    if (out.size() > 1) out += ',';
    call.dialect.append_message(out, **room, message, *call.bot, true);
  }
  return Answer::ok(out + "]");
}

namespace {

/// What stands before the caption: the album that the message is part of.
std::string without_caption(const Message& message) {
  if (!message.wire.starts_with(R"("media_group_id")")) return {};
  const auto end = message.wire.find(R"(,"caption)");
  return message.wire.substr(0, end);
}

Answer replace_media(Call& call, Target target, Item item, std::string markup) {
  auto& message = *target.message;
  Draft draft;
  draft.wire = without_caption(message);
  put_media(call, draft, item.file, std::move(item.caption));
  if (draft.wire == message.wire && draft.file == message.file && markup == message.markup) {
    return Answer::bad(kNotModified);
  }
  if (auto charged = charge(call, *target.room, SendLimits::Kind::Edit); !charged) {
    return std::move(charged).error();
  }
  message.kind = draft.kind;
  message.file = draft.file;
  message.text = std::move(draft.text);
  message.wire = std::move(draft.wire);
  message.address = std::move(draft.address);
  message.markup = std::move(markup);
  message.markup_shown = message.markup;
  call.world.edits(*target.room, message);
  return message_answer(call, *target.room, message);
}

}  // namespace

Answer edit_message_caption(Call& call) {
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto caption = formatted_text(call.params, true);
  if (!caption) return std::move(caption).error();
  auto markup = edited_markup(call);
  if (!markup) return std::move(markup).error();
  if (target->message->file == 0) {
    return Answer::bad("there is no caption in the message to edit");
  }
  return replace_media(call, *target, {target->message->file, std::move(*caption)},
                       std::move(*markup));
}

Answer edit_message_media(Call& call) {
  if (auto checked = check_parameters(call); !checked) return std::move(checked).error();
  auto target = edit_target(call);
  if (!target) return std::move(target).error();
  auto markup = edited_markup(call);
  if (!markup) return std::move(markup).error();
  const auto parsed = parse_json(call.params.get("media"));
  auto item = item_of(call, parsed->get_object());
  if (!item) return std::move(item).error();
  return replace_media(call, *target, std::move(*item), std::move(*markup));
}

Answer get_file(Call& call) {
  const auto id = call.params.get("file_id");
  if (id.empty()) return Answer::bad("file_id not specified");
  const auto* file = call.world.files().find_by_file_id(id, call.bot->id);
  if (file == nullptr) return Answer::bad("invalid file_id");
  if (!file->content) {
    return Answer::bad("wrong file_id or the file is temporarily unavailable");
  }
  if (file->size > kMaxDownload) return Answer::bad("file is too big");
  std::string out;
  JsonWriter writer(out);
  writer.begin_object()
      .field("file_id", id)
      .field("file_unique_id", file->unique_id)
      .field("file_size", file->size)
      .field("file_path", FileStore::path(*file))
      .end_object();
  return Answer::ok(out);
}

}  // namespace chorus::sandbox::telegram
