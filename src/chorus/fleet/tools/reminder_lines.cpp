#include "chorus/fleet/tools/reminder_lines.hpp"

#include "chorus/base/text.hpp"

#include <fmt/format.h>

#include <charconv>

namespace chorus::fleet {
namespace {

/// `2026-01-05 12:00 UTC`.
std::string minute_of(WallTime t) {
  const std::string iso = to_iso8601(t);
  return iso.substr(0, 10) + " " + iso.substr(11, 5) + " UTC";
}

}  // namespace

std::string reminder_line(Language language, std::string_view name, std::string_view text,
                          std::optional<WallTime> due) {
  const bool turkish = language == Language::Turkish;
  std::string out = turkish ? "⏰ Hatırlatma" : "⏰ Reminder";
  if (!name.empty()) out += std::string(turkish ? ", " : " for ").append(name);
  out += fmt::format(": {}", text);
  if (due) {
    out += turkish ? fmt::format("\n(Geç kaldı: zamanı {} idi.)", minute_of(*due))
                   : fmt::format("\n(This is late: it was due at {}.)", minute_of(*due));
  }
  return out;
}

std::string reminders_list(Language language, std::span<const store::ReminderRow> rows) {
  const bool turkish = language == Language::Turkish;
  if (rows.empty()) {
    return turkish ? "Burada kurulmuş bir hatırlatman yok." : "You have no reminders here.";
  }
  std::string out = turkish ? "Buradaki hatırlatmaların:" : "Your reminders here:";
  for (const auto& row : rows) {
    out += fmt::format("\n{}. {}: {}", row.number, minute_of(row.due), row.text);
  }
  out += turkish ? "\nSilmek için: " : "\nTo cancel one: ";
  return out + fmt::format("/reminders cancel {}", rows.front().number);
}

std::string reminder_cancelled(Language language, std::string_view text) {
  return std::string(language == Language::Turkish ? "Silindi: " : "Cancelled: ").append(text);
}

std::string reminder_unknown(Language language) {
  return language == Language::Turkish ? "Bu numarayla bir hatırlatman yok; /reminders listeler."
                                       : "You have no reminder of that number; /reminders lists "
                                         "them.";
}

std::optional<std::int32_t> cancelled_number(std::string_view command_text) {
  std::string_view rest = trim(command_text);
  const std::size_t space = rest.find_first_of(" \n\t");
  if (space == std::string_view::npos) return std::nullopt;
  rest = trim(rest.substr(space));
  constexpr std::string_view kCancel = "cancel";
  if (!iequals_ascii(rest.substr(0, kCancel.size()), kCancel)) return std::nullopt;
  rest = trim(rest.substr(kCancel.size()));
  std::int32_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{} || end != rest.data() + rest.size() || number < 1) return 0;
  return number;
}

}  // namespace chorus::fleet
