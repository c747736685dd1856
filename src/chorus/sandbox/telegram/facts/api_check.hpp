#pragma once

#include "chorus/base/json.hpp"
#include "chorus/sandbox/telegram/facts/api_facts.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chorus::sandbox::telegram {

/// What is wrong with `value` as a value of `type`, in the server's words after `Bad Request: `;
/// nullopt when it fits. Members that the type does not have are fine, numbers may be decimal text,
/// as with the real server. `name` is how an error calls the value. O(size of the value); for
/// unions times the number of options that look alike.
std::optional<std::string> mismatch(const ApiFacts& facts, const ApiType& type,
                                    const json::value& value, std::string_view name);

/// How an error calls the type: `ReactionType`, `Integer`, `String`.
std::string_view word_for(const ApiType& type);

}  // namespace chorus::sandbox::telegram
