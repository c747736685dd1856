#pragma once

#include "chorus/sandbox/files.hpp"

#include <string>
#include <string_view>

namespace chorus::sandbox::matrix {

/// The name of an upload in `mxc://` uris.
std::string media_id(const StoredFile& file);
std::string media_uri(std::string_view server, const StoredFile& file);
/// nullptr for an unknown name.
const StoredFile* find_media(const FileStore& files, std::string_view id);

}  // namespace chorus::sandbox::matrix
