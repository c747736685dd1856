#pragma once

#include <span>
#include <string>
#include <string_view>

namespace chorus::fleet {

/// Every link of the text leads to one of these hosts (lower case) or below one. What looks like a
/// link counts, also without a scheme (`t.me/x`, `name.com`) and with its punctuation in words
/// (`t (dot) me`). Linear.
bool links_are_allowed(std::string_view text, std::span<const std::string> allowed);

/// It holds a phone number, IBAN, card number, wallet or mail address, by its shape. Linear.
bool has_contact_shape(std::string_view text);

}  // namespace chorus::fleet
