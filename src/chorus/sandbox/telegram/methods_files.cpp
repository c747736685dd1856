#include "chorus/base/json_writer.hpp"
#include "chorus/sandbox/telegram/call.hpp"

#include <fmt/format.h>

#include <utility>

/// Photos, documents and their download. Source: reference telegram.md 1 and 6.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr std::size_t kMaxUpload = 50 * 1024 * 1024;
constexpr std::size_t kMaxPhoto = 10 * 1024 * 1024;
constexpr std::int64_t kMaxDownload = 20 * 1024 * 1024;
constexpr std::int32_t kMaxPhotoSides = 10'000;  // width + height
constexpr std::int32_t kMaxPhotoRatio = 20;

/// The uploaded part: in the field itself, or in the part that `attach://NAME` names.
const tg::FilePart* uploaded(const Call& call, std::string_view field) {
  if (const auto* part = call.params.find_file(field)) return part;
  constexpr std::string_view kAttach = "attach://";
  const auto text = call.params.get(field);
  return text.starts_with(kAttach) ? call.params.find_file(text.substr(kAttach.size())) : nullptr;
}

Step<std::int64_t> store(Call& call, const tg::FilePart& part, bool photo) {
  if (part.content.empty()) return std::unexpected(Answer::bad("file must be non-empty"));
  if (part.content.size() > kMaxUpload) {
    return std::unexpected(Answer::error(413, "Request Entity Too Large"));
  }
  StoredFile file;
  file.name = std::string(part.filename);
  file.mime = std::string(part.content_type);
  file.is_photo = photo;
  if (photo) {
    if (part.content.size() > kMaxPhoto) return std::unexpected(Answer::bad("file is too big"));
    const auto size = image_size(part.content);
    if (!size) return std::unexpected(Answer::bad("IMAGE_PROCESS_FAILED"));
    const auto low = std::min(size->width, size->height);
    const auto high = std::max(size->width, size->height);
    if (low <= 0 || low + high > kMaxPhotoSides || high > low * kMaxPhotoRatio) {
      return std::unexpected(Answer::bad("PHOTO_INVALID_DIMENSIONS"));
    }
    file.width = size->width;
    file.height = size->height;
  }
  return call.world.add_file(std::move(file), std::string(part.content)).number;
}

Step<std::int64_t> file_of(Call& call, std::string_view field, bool photo) {
  if (const auto* part = uploaded(call, field)) return store(call, *part, photo);
  const auto text = call.params.get(field);
  if (text.empty() || text.starts_with("attach://")) {
    return std::unexpected(Answer::bad(fmt::format("there is no {} in the request", field)));
  }
  if (text.starts_with("http://") || text.starts_with("https://")) {
    // The sandbox reaches nothing outside of this machine.
    return std::unexpected(Answer::bad("failed to get HTTP URL content"));
  }
  const auto* file = call.world.files().find_by_file_id(text, call.bot->id);
  if (file == nullptr) {
    return std::unexpected(Answer::bad("wrong file_id or the file is temporarily unavailable"));
  }
  if (file->is_photo != photo) {
    return std::unexpected(Answer::bad(photo ? "can't use file of type Document as Photo"
                                             : "can't use file of type Photo as Document"));
  }
  return file->number;
}

Answer send_file(Call& call, std::string_view field, MessageKind kind) {
  auto room = resolve_chat(call, Access::Write);
  if (!room) return std::move(room).error();
  auto caption = formatted_text(call.params, true);
  if (!caption) return std::move(caption).error();
  Draft draft;
  if (auto options = common_options(call, **room, draft); !options) {
    return std::move(options).error();
  }
  auto file = file_of(call, field, kind == MessageKind::Photo);
  if (!file) return std::move(file).error();
  if (auto charged = charge(call, **room, SendLimits::Kind::Send); !charged) {
    return std::move(charged).error();
  }
  draft.kind = kind;
  draft.file = *file;
  draft.text = caption->text;
  if (!caption->text.empty()) {
    call.dialect.set_text(std::move(*caption), true, draft.wire, draft.address);
  }
  const auto& message = call.world.says(**room, *call.bot, std::move(draft), call.method);
  return message_answer(call, **room, message);
}

}  // namespace

Answer send_photo(Call& call) {
  return send_file(call, "photo", MessageKind::Photo);
}

Answer send_document(Call& call) {
  return send_file(call, "document", MessageKind::Document);
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
