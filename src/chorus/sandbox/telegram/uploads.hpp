#pragma once

#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/call.hpp"

#include <cstdint>
#include <string_view>

/// Files of a call: uploaded in it, or known by their id.
namespace chorus::sandbox::telegram {

/// The uploaded part: in the field itself, or in the part that `attach://NAME` names; nullptr when
/// there is none.
const proto::telegram::FilePart* uploaded(const Call& call, std::string_view field);
/// The same for a value that stands inside of another parameter.
const proto::telegram::FilePart* attached(const Call& call, std::string_view value);

/// What a file is sent as: `photo`, `document`, or another member of a message (`video`).
struct FileForm {
  std::string_view name;
  const json::object* own = nullptr;  ///< attributes that stand beside the file, not in the call
};

/// Number of the stored file that `field` names: an upload is stored, with the attributes that the
/// call gives it.
Step<std::int64_t> file_of(Call& call, std::string_view field, FileForm form);
/// The same for `value` (a file id, or `attach://`); `field` is how errors call it.
Step<std::int64_t> file_of_value(Call& call, std::string_view value, std::string_view field,
                                 FileForm form);
/// How a message shows the file.
MessageKind kind_of(const StoredFile& file);

}  // namespace chorus::sandbox::telegram
