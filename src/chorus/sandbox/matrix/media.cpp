#include "chorus/sandbox/matrix/media.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/sandbox/matrix/call.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

/// Uploads. They live in the world's store, under either platform's name for them.
namespace chorus::sandbox::matrix {

namespace {

constexpr std::size_t kMaxUpload = 50 * 1024 * 1024;
constexpr std::string_view kPrefix = "media";

}  // namespace

std::string media_id(const StoredFile& file) {
  return fmt::format("{}{}", kPrefix, file.number);
}

std::string media_uri(std::string_view server, const StoredFile& file) {
  return fmt::format("mxc://{}/{}", server, media_id(file));
}

const StoredFile* find_media(const FileStore& files, std::string_view id) {
  if (!id.starts_with(kPrefix)) return nullptr;
  id.remove_prefix(kPrefix.size());
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
  if (error != std::errc{} || end != id.data() + id.size()) return nullptr;
  return files.find(number);
}

Reply upload_media(Call& call) {
  if (call.request.body.size() > kMaxUpload) {
    return Reply::error(413, "M_TOO_LARGE", "Upload request body is too large");
  }
  if (auto fine = charge(call, Limiter::MediaCreate); !fine) return fine.error();
  StoredFile file;
  file.name = call.query("filename").value_or("");
  const auto type = call.request.headers.get("Content-Type");
  file.mime = type.empty() ? "application/octet-stream" : to_valid_utf8(type);
  file.is_photo = file.mime.starts_with("image/");
  const auto& stored = call.world().add_file(std::move(file), std::string(call.request.body));
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("content_uri", media_uri(call.hub.server_name(), stored))
      .end_object();
  return Reply::ok(std::move(out));
}

Reply download_media(Call& call) {
  const auto* file = call.parts[0] == call.hub.server_name()
                         ? find_media(call.world().files(), call.parts[1])
                         : nullptr;
  if (file == nullptr || !file->content) return Reply::not_found("Not found");
  Reply reply;
  reply.content_type = file->mime;
  reply.body = *file->content;
  return reply;
}

Reply media_config(Call&) {
  return Reply::ok(fmt::format(R"({{"m.upload.size":{}}})", kMaxUpload));
}

}  // namespace chorus::sandbox::matrix
