#include "chorus/app/cli_errors.hpp"

#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

namespace chorus::app {

namespace {

/// The command that was named, and its words.
struct Named {
  const CLI::App* command;
  std::string path;
};

Named deepest(const CLI::App& root) {
  Named named{&root, root.get_name()};
  while (!named.command->get_subcommands().empty()) {
    named.command = named.command->get_subcommands().front();
    named.path += " " + named.command->get_name();
  }
  return named;
}

std::vector<std::string> flags_of(const CLI::App& command) {
  std::vector<std::string> out;
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) out.push_back("--" + name);
    for (const auto& name : option->get_snames()) out.push_back("-" + name);
  }
  return out;
}

/// The first word that looks like a flag and is none.
std::optional<std::string> unknown_flag(const std::vector<std::string>& flags,
                                        const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) {
    const auto name = argument.substr(0, argument.find('='));
    if (name.starts_with("--") && std::ranges::find(flags, name) == flags.end()) return name;
    if (!name.starts_with("-") || name.starts_with("--") || name.size() < 2) continue;
    const bool is_number = name.find_first_not_of("-0123456789.") == std::string::npos;
    if (!is_number && std::ranges::find(flags, name.substr(0, 2)) == flags.end()) return name;
  }
  return std::nullopt;
}

std::string unexpected(const CLI::App& root, const Named& named,
                       const std::vector<std::string>& arguments) {
  const auto flags = flags_of(*named.command);
  if (const auto flag = unknown_flag(flags, arguments)) {
    const auto hint = nearest(*flag, flags);
    return fmt::format("{} has no flag '{}'{}", named.path, *flag,
                       hint ? fmt::format(", did you mean '{}'?", *hint) : "");
  }
  const auto left = root.remaining(true);
  const auto first = std::ranges::find_if(arguments, [&](const std::string& argument) {
    return std::ranges::find(left, argument) != left.end();
  });
  return fmt::format("{} does not know what to do with '{}'", named.path,
                     first == arguments.end() ? std::string() : *first);
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  return std::from_chars(text.data(), end, value).ptr == end && !text.empty();
}

/// `Could not convert: --people = abc`.
std::string not_converted(std::string_view what) {
  const auto colon = what.find(": ");
  const auto equals = what.find(" = ");
  if (colon == std::string_view::npos || equals == std::string_view::npos || equals < colon) {
    return std::string(what);
  }
  const auto name = what.substr(colon + 2, equals - colon - 2);
  const auto value = what.substr(equals + 3);
  return is_number(value) ? fmt::format("{}: {} is not possible here", name, value)
                          : fmt::format("{}: expected a number, not '{}'", name, value);
}

/// `--for: 1 required TEXT missing`, `--for: At Most 1 required but received 2`.
std::string mismatched(std::string_view what) {
  const auto name = what.substr(0, what.find(':'));
  if (what.ends_with("missing")) return fmt::format("{} needs a value", name);
  if (what.find("At Most 1 required but received") != std::string_view::npos) {
    return fmt::format("{} is given more than once", name);
  }
  return std::string(what);
}

/// `--people: Value many not in range 0 to 1000000`.
std::string out_of_range(std::string_view what) {
  constexpr std::string_view kBefore = ": Value ";
  constexpr std::string_view kBetween = " not in range ";
  const auto before = what.find(kBefore);
  const auto between = what.find(kBetween);
  if (before == std::string_view::npos || between == std::string_view::npos || between < before) {
    return std::string(what);
  }
  const auto value = what.substr(0, between).substr(before + kBefore.size());
  return fmt::format("{}: expected a number from {}, not '{}'", what.substr(0, before),
                     what.substr(between + kBetween.size()), value);
}

}  // namespace

std::string command_line_complaint(const CLI::App& root, const CLI::ParseError& error,
                                   const std::vector<std::string>& arguments) {
  const Named named = deepest(root);
  const std::string_view what = error.what();
  std::string said;
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    said = unexpected(root, named, arguments);
  } else if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr) {
    said = not_converted(what);
  } else if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    said = mismatched(what);
  } else if (dynamic_cast<const CLI::ValidationError*>(&error) != nullptr) {
    said = out_of_range(what);
  } else {
    said = what;
  }
  return fmt::format("{} (see {} --help)", said, named.path);
}

}  // namespace chorus::app
