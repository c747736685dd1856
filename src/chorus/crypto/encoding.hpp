#pragma once

#include "chorus/base/error.hpp"

#include <string>
#include <string_view>

namespace chorus::crypto {

/// Lower-case hexadecimal.
std::string to_hex(std::string_view bytes);
/// RFC 4648 section 4, with padding.
std::string to_base64(std::string_view bytes);
/// RFC 4648 section 5, without padding.
std::string to_base64url(std::string_view bytes);

/// Whole input or ParseError; upper and lower case. Errors never hold the input: it may be a key.
Result<std::string> from_hex(std::string_view text);
/// Either alphabet, padded or not, nothing else (no spaces, no line breaks). ParseError otherwise.
Result<std::string> from_base64(std::string_view text);

}  // namespace chorus::crypto
