#pragma once

#include "chorus/base/time.hpp"
#include "chorus/fleet/disclosure.hpp"
#include "chorus/store/rows.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chorus::fleet {

/// What a person reads when their reminder is due. `name`: `@username` or a name; empty in private
/// chats. `due`: it comes late, and this is when it should have come.
std::string reminder_line(Language language, std::string_view name, std::string_view text,
                          std::optional<WallTime> due);
/// The person's reminders in one chat.
std::string reminders_list(Language language, std::span<const store::ReminderRow> rows);
std::string reminder_cancelled(Language language, std::string_view text);
std::string reminder_unknown(Language language);

/// The number of `/reminders cancel N`; nullopt: it asks for the list. 0: a number that is none.
std::optional<std::int32_t> cancelled_number(std::string_view command_text);

}  // namespace chorus::fleet
