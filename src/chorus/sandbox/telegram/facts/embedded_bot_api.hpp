#pragma once

#include "chorus/base/embedded.hpp"

/// The table of facts (bot_api.json), built into the binary.
namespace chorus::sandbox::embedded_bot_api {

std::span<const EmbeddedFile> files();

}  // namespace chorus::sandbox::embedded_bot_api
