// Mark-up, explicit entities, detection, keyboards and reactions: no crash, entities inside the
// text.
#include "chorus/base/check.hpp"
#include "chorus/proto/telegram/entities.hpp"
#include "chorus/proto/telegram/keyboard.hpp"
#include "chorus/proto/telegram/reactions.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

namespace telegram = chorus::proto::telegram;

void check(const telegram::FormattedText& formatted) {
  for (const auto& entity : formatted.entities) {
    CH_CHECK(!telegram::entity_text(formatted.text, entity).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto mode : {telegram::ParseMode::None, telegram::ParseMode::Markdown,
                          telegram::ParseMode::MarkdownV2, telegram::ParseMode::Html}) {
    if (const auto formatted = telegram::format_text(text, mode)) check(*formatted);
  }
  check(telegram::format_plain(text));
  // The first line as the parameter `entities` of the rest.
  const auto line = text.substr(0, text.find('\n'));
  if (auto entities = telegram::parse_entities_parameter(line)) {
    const auto rest = text.substr(line.size());
    const auto formatted =
        telegram::format_text(rest, telegram::ParseMode::None, *std::move(entities), {});
    if (formatted) check(*formatted);
  }
  if (const auto markup = telegram::parse_reply_markup(text)) {
    (void)telegram::has_callback_button(markup->inline_json, "x");  // only a crash would be wrong
  }
  (void)telegram::parse_reactions(text);  // likewise
  return 0;
}
