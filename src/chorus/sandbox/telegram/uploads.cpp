#include "chorus/sandbox/telegram/uploads.hpp"

#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

/// Source: reference telegram.md 1 and 6.
namespace chorus::sandbox::telegram {

namespace tg = proto::telegram;

namespace {

constexpr std::size_t kMaxUpload = 50 * 1024 * 1024;
constexpr std::size_t kMaxPhoto = 10 * 1024 * 1024;
constexpr std::int32_t kMaxPhotoSides = 10'000;  // width + height
constexpr std::int32_t kMaxPhotoRatio = 20;
constexpr std::string_view kAttach = "attach://";

bool is_photo(const FileForm& form) {
  return form.name == "photo";
}

Step<void> measure_photo(const tg::FilePart& part, StoredFile& file) {
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
  return {};
}

/// What the message says of a file of this form, but for its ids and size: what the caller gave,
/// and what the type requires.
std::string describe(Call& call, const tg::FilePart& part, const FileForm& form) {
  const auto& facts = call.dialect.facts();
  const auto* member = facts.object("Message")->field(form.name);
  const auto* object = member == nullptr ? nullptr : facts.object(member->type.name);
  if (object == nullptr) return {};
  json::object own = form.own != nullptr ? *form.own : json::object();
  const auto note = [&](std::string_view name, std::string_view value) {
    if (!value.empty() && !own.contains(name)) own[name] = value;
  };
  note("file_name", part.filename);
  note("mime_type", part.content_type);
  if (const auto size = image_size(part.content)) {
    note("width", fmt::format("{}", size->width));
    note("height", fmt::format("{}", size->height));
  }
  static constexpr std::array<std::string_view, 6> kNotHere = {
      "file_id", "file_unique_id", "file_size", "thumbnail", "photo", "cover"};
  return shape_for(call, nullptr, &own).members(*object, kNotHere);
}

Step<std::int64_t> store(Call& call, const tg::FilePart& part, const FileForm& form) {
  if (part.content.empty()) return std::unexpected(Answer::bad("file must be non-empty"));
  if (part.content.size() > kMaxUpload) {
    return std::unexpected(Answer::error(413, "Request Entity Too Large"));
  }
  StoredFile file;
  file.name = std::string(part.filename);
  file.mime = std::string(part.content_type);
  file.is_photo = is_photo(form);
  if (file.is_photo) {
    if (auto measured = measure_photo(part, file); !measured) {
      return std::unexpected(std::move(measured).error());
    }
  } else if (form.name != "document") {
    file.form = std::string(form.name);
    file.facts = describe(call, part, form);
  }
  return call.world.add_file(std::move(file), std::string(part.content)).number;
}

}  // namespace

MessageKind kind_of(const StoredFile& file) {
  if (!file.form.empty()) return MessageKind::Media;
  return file.is_photo ? MessageKind::Photo : MessageKind::Document;
}

const tg::FilePart* attached(const Call& call, std::string_view value) {
  return value.starts_with(kAttach) ? call.params.find_file(value.substr(kAttach.size())) : nullptr;
}

const tg::FilePart* uploaded(const Call& call, std::string_view field) {
  if (const auto* part = call.params.find_file(field)) return part;
  return attached(call, call.params.get(field));
}

Step<std::int64_t> file_of(Call& call, std::string_view field, FileForm form) {
  if (const auto* part = call.params.find_file(field)) return store(call, *part, form);
  return file_of_value(call, call.params.get(field), field, form);
}

Step<std::int64_t> file_of_value(Call& call, std::string_view value, std::string_view field,
                                 FileForm form) {
  if (const auto* part = attached(call, value)) return store(call, *part, form);
  if (value.empty() || value.starts_with(kAttach)) {
    return std::unexpected(Answer::bad(fmt::format("there is no {} in the request", field)));
  }
  if (value.starts_with("http://") || value.starts_with("https://")) {
    // The sandbox reaches nothing outside of this machine.
    return std::unexpected(Answer::bad("failed to get HTTP URL content"));
  }
  const auto* file = call.world.files().find_by_file_id(value, call.bot->id);
  if (file == nullptr) {
    return std::unexpected(Answer::bad("wrong file_id or the file is temporarily unavailable"));
  }
  // Every file but a photo may be sent as any other: it stays what it was uploaded as.
  if (file->is_photo != is_photo(form)) {
    return std::unexpected(Answer::bad(is_photo(form)
                                           ? "can't use file of type Document as Photo"
                                           : "can't use file of type Photo as Document"));
  }
  return file->number;
}

}  // namespace chorus::sandbox::telegram
