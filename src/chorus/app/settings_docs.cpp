#include "chorus/app/settings_docs.hpp"

#include "chorus/app/service_settings.hpp"

#include <fmt/format.h>

namespace chorus::app {

namespace {

using config::Setting;

constexpr const char* kHead = R"(# Settings

<!-- Made by `chorus settings docs > docs/settings.md`; a test fails when it is stale. -->

Everything an operator can set, from the table that the program reads. A wrong value is refused with one
line that says what, where and what is allowed; an unknown name with the nearest one.

Which value counts, the strongest first: flag, environment, `.env` beside the file, what was stored with
`chorus settings set` (or the API), `chorus.yaml`, default. `chorus settings list` shows where each came
from. A setting that a flag or a variable gives cannot be stored over; the answer says which one it is.

    chorus settings list [--changed]     all of them, or those that are not at their default
    chorus settings get NAME             one, with what is allowed
    chorus settings set NAME VALUE       stored; counts at once, or says that it needs a restart
    chorus settings reset NAME           the stored value is forgotten
    GET /api/v1/settings                 the same over HTTP; GET, PUT {"value": ...} and DELETE
                                         /api/v1/settings/NAME

**at once**: a running `chorus serve` goes by the new value from then on. **restart**: the value is kept and
counts from the next start; until then `settings get` shows both.
)";

std::string shown_default(const Setting& setting) {
  if (setting.fallback.empty()) return "";
  return fmt::format("`{}`", setting.fallback);
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

}  // namespace

std::string settings_docs() {
  std::string out = kHead;
  std::string group;
  for (const auto& row : service_settings_table().rows()) {
    const Setting& s = row.setting;
    if (s.group != group) {
      group = s.group;
      out += fmt::format(
          "\n## {}\n\n| setting | default | allowed | takes effect | what it does |\n"
          "|---|---|---|---|---|\n",
          group);
    }
    out += fmt::format("| `{}` | {} | {} | {} | {} |\n", s.name, shown_default(s),
                       cell(config::allowed(s)),
                       s.takes == config::Takes::AtOnce ? "at once" : "restart", cell(s.what));
  }
  out +=
      "\nEach of them is `settings: { NAME: VALUE }` in `chorus.yaml`, and `CHORUS_NAME` in "
      "capital\n"
      "letters in the environment.\n";
  out +=
      "\n## The process itself\n\nGiven by flag, environment or file, never stored; each needs a "
      "restart.\n\n| variable | in chorus.yaml | default | what it is |\n|---|---|---|---|\n";
  for (const Setting& s : process_settings()) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", s.variable,
                       s.key.empty() ? "" : fmt::format("`{}`", s.key), shown_default(s),
                       cell(s.what));
  }
  return out;
}

}  // namespace chorus::app
