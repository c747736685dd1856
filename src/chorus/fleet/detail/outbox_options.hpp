#pragma once

#include "chorus/base/ids.hpp"

#include <string>
#include <string_view>

namespace chorus::fleet::detail {

/// What OutboxRow::options holds for rows that are not plain messages: the message a reaction or an
/// edit is for, the id of a callback.
struct OutboxOptions {
  PlatformMessageId target;
  std::string callback_id;
};
std::string write_options(const OutboxOptions& options);
OutboxOptions read_options(std::string_view json_text);

}  // namespace chorus::fleet::detail
