#pragma once

#include <string>
#include <string_view>

namespace chorus {

/// Text for an XML or HTML element or attribute; control characters and bad UTF-8 are left out or
/// replaced.
std::string xml_text(std::string_view text);

}  // namespace chorus
