// What a model wrote as the arguments of a call: it is refused in words of ours, or everything that
// comes out is inside the declared bounds. The text is also read as a time and as a list of names.
#include "chorus/base/check.hpp"
#include "chorus/base/text.hpp"
#include "chorus/fleet/tools/reminder_lines.hpp"
#include "chorus/fleet/tools/reminder_time.hpp"
#include "chorus/fleet/tools/tool_policy.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chorus;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const fleet::ToolSpec& tool : fleet::shipped_tools()) {
    const auto arguments = fleet::decode_arguments(tool.params, text);
    if (!arguments) {
      CH_CHECK(arguments.error().code == ErrorCode::InvalidArgument);
      continue;
    }
    for (const fleet::ToolParam& param : tool.params) {
      if (const auto number = arguments->whole(param.name)) {
        CH_CHECK(*number >= param.least && *number <= param.most);
      }
      if (const auto words = arguments->text(param.name); words && param.choices.empty()) {
        CH_CHECK(is_valid_utf8(*words));
        const auto length = static_cast<std::int64_t>(code_point_count(*words));
        CH_CHECK(length >= param.least && length <= param.most);
      }
      if (param.required) {
        CH_CHECK(arguments->text(param.name) || arguments->whole(param.name) ||
                 !arguments->texts(param.name).empty());
      }
    }
  }
  const WallTime now = from_micros(1'767'614'400'000'000);
  if (const auto due = fleet::reminder_time(std::nullopt, text, now)) {
    CH_CHECK(*due > now && *due - now <= fleet::kLongestReminder);
  }
  if (const auto number = fleet::cancelled_number(text)) CH_CHECK(*number >= 0);
  (void)fleet::room_tools(text);  // any text is none, or a list of known names
  if (const auto names = fleet::parse_tool_names(text)) {
    for (const auto& name : *names) CH_CHECK(fleet::find_tool(name) != nullptr);
  }
  return 0;
}
