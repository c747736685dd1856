#pragma once

#include "chorus/base/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chorus::fleet::detail {

/// What OutboxRow::options holds: the message a reaction or an edit is for, the id of a callback,
/// the thread that a message belongs to.
struct OutboxOptions {
  PlatformMessageId target{};
  std::string callback_id{};
  std::optional<PlatformMessageId> thread{};
};
std::string write_options(const OutboxOptions& options);
OutboxOptions read_options(std::string_view json_text);

}  // namespace chorus::fleet::detail
