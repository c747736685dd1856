#include "chorus/app/commands/commands.hpp"
#include "chorus/app/commands/serve_flags.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/http_call.hpp"
#include "chorus/app/serve_files.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace chorus::app {

namespace {

/// Encrypted rooms that a running `chorus serve` has met; none when it does not run.
std::vector<std::string> unreadable_rooms(const ServeConfig& config) {
  std::vector<std::string> rooms;
  const auto key = read_admin_key(config);
  if (!key) return rooms;
  net::Url base;
  base.host = config.listen.host;
  base.port = config.listen.port;
  const auto answer =
      http_call(net::Method::Get, base, "/api/v1/status", "", *key, std::chrono::seconds(5));
  if (!answer) return rooms;
  const auto value = parse_json(answer->body);
  if (!value || !value->is_object()) return rooms;
  const auto* matrix = find_object(value->get_object(), "matrix");
  const auto* list = matrix == nullptr ? nullptr : find_array(*matrix, "encrypted_rooms");
  if (list == nullptr) return rooms;
  for (const auto& room : *list) {
    if (room.is_string()) rooms.emplace_back(room.get_string());
  }
  return rooms;
}

int run_doctor(const ServeFlags& flags) {
  const Terminal t = Terminal::detect();
  const auto config = load_serve_config(inputs_of(flags));
  if (!config) return complain_config(config.error());
  int problems = 0;
  const auto line = [&](bool ok, const std::string& text) {
    if (!ok) ++problems;
    std::printf("%s %s\n", ok ? t.green("ok ").c_str() : t.red("BAD").c_str(), text.c_str());
  };

  const auto note = [&](const std::string& text) {
    std::printf("%s %s\n", t.dim("-  ").c_str(), text.c_str());
  };

  std::printf("Where each value comes from (secrets masked):\n");
  for (const auto& origin : config->origins) {
    std::printf("  %-22s %-44s %s\n", origin.name.c_str(), origin.value.c_str(),
                t.dim(origin.source).c_str());
  }
  std::printf("\n");
  line(true, "settings are valid");  // else the configuration had been refused

  const auto sealed = store::sealed_by(store_path(*config));
  if (sealed) {
    line(true,
         fmt::format("store {}{}", store_path(*config), *sealed ? " opens" : " is not made yet"));
  } else {
    // Held by a running chorus serve is as it should be.
    const bool held = sealed.error().code == ErrorCode::Conflict;
    line(held,
         std::string(held ? split(sealed.error().message, ';').front() : sealed.error().message));
  }
  // Looked at as a start does. A start that finds neither a key nor a store makes the ring.
  crypto::KeyRingOptions asked{config->key_file, config->data, {}, {}};
  if (!config->token_encryption_key.empty()) asked.environment_key = config->token_encryption_key;
  if (sealed) asked.sealed_by = *sealed;
  const auto file = crypto::load_key_ring(config->key_file, config->data);
  const bool no_file = !file && file.error().code == ErrorCode::NotFound;
  if (no_file && !asked.environment_key && !asked.sealed_by) {
    line(sealed.has_value(),
         sealed ? fmt::format("key ring {} will be made at the first start", config->key_file)
                : file.error().message);
  } else {
    crypto::SystemRandom random;
    const auto ring = crypto::open_key_ring(asked, random);
    line(ring.has_value(), ring ? fmt::format("key ring {} (fingerprint {})", ring->ring.origin(),
                                              ring->ring.fingerprint())
                                : ring.error().message);
  }
  const auto base = net::Url::parse(config->telegram_api_base);
  const auto reached = http_call(net::Method::Get, *base, "/", "", {}, std::chrono::seconds(5));
  line(reached.has_value(), reached
                                ? fmt::format("{} answers", base->origin())
                                : fmt::format("{}: {}", base->origin(), reached.error().message));
  if (config->matrix) {
    const auto& home = config->matrix->homeserver;
    const auto there = http_call(net::Method::Get, home, home.path + "/_matrix/client/versions", "",
                                 {}, std::chrono::seconds(5));
    line(there.has_value(), there ? fmt::format("{} answers", home.origin())
                                  : fmt::format("{}: {}", home.origin(), there.error().message));
    if (config->matrix->allow_invites.empty()) {
      note("bots of Matrix take no invitation: matrix.allow_invites is empty");
    }
    for (const auto& room : unreadable_rooms(*config)) {
      note(fmt::format("the room {} is encrypted: bots neither read nor write there", room));
    }
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  line(files.rlim_max >= 4096, fmt::format("{} open files are allowed", files.rlim_max));
  std::printf("\n%s\n",
              problems == 0 ? "Nothing is wrong." : (counted(problems, "problem") + ".").c_str());
  return problems == 0 ? kExitPass : kExitFailure;
}

}  // namespace

void add_doctor_command(CLI::App& root, Invocation& invocation) {
  auto* command = root.add_subcommand("doctor", "Where each value comes from, and what is wrong");
  auto flags = add_serve_flags(*command);
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_doctor(*flags); }; });
}

}  // namespace chorus::app
