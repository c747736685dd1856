#pragma once

#include "chorus/base/embedded.hpp"

/// The chat page (web/chat/), built into the binary.
namespace chorus::sandbox::embedded_chat {

std::span<const EmbeddedFile> files();

}  // namespace chorus::sandbox::embedded_chat
