#include "chorus/app/commands/commands.hpp"
#include "chorus/app/exit_codes.hpp"
#include "chorus/app/ready_line.hpp"
#include "chorus/app/terminal.hpp"
#include "chorus/base/log.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/notify.hpp"
#include "chorus/rt/scope.hpp"
#include "chorus/rt/signals.hpp"
#include "chorus/sandbox/sandbox.hpp"
#include "chorus/sandbox/trace.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <memory>
#include <optional>

namespace chorus::app {

namespace {

struct SandboxFlags {
  std::string telegram = "8081";
  std::string matrix = "8008";
  std::string matrix_limits = "off";
  std::string llm = "8082";
  std::string control = "8090";
  std::string profile = "off";
  std::string data;
  std::string record;
  std::optional<std::uint64_t> seed;
};

Result<sandbox::Sandbox::Options> to_options(const SandboxFlags& flags) {
  sandbox::Sandbox::Options options;
  CH_TRY(options.telegram, net::Endpoint::parse(flags.telegram));
  CH_TRY(options.matrix, net::Endpoint::parse(flags.matrix));
  CH_TRY(options.llm, net::Endpoint::parse(flags.llm));
  CH_TRY(options.control, net::Endpoint::parse(flags.control));
  for (const auto& door : {options.telegram, options.matrix, options.llm, options.control}) {
    if (!door->is_loopback()) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("{}: the sandbox listens on loopback only", door->to_string()));
    }
  }
  if (flags.profile == "documented") options.profile = sandbox::LimitsProfile::Documented;
  if (flags.profile == "strict") options.profile = sandbox::LimitsProfile::Strict;
  options.matrix_profile = flags.matrix_limits;
  options.data = flags.data;
  options.seed = flags.seed;
  return options;
}

void greet(const sandbox::Sandbox& box) {
  const Terminal t = Terminal::detect();
  std::fprintf(stderr,
               "%s\n"
               "  Telegram Bot API  %s\n"
               "  Matrix homeserver %s\n"
               "  LLM (OpenAI)      %s\n"
               "  Chat page         %s   %s\n\n"
               "Start any Telegram bot with its API root set to the first address; any token like\n"
               "%s works and registers itself. A Matrix bot\n"
               "uses the second one as its homeserver; any user and password log in. Then talk to\n"
               "them on the chat page.\n"
               "Ctrl-C stops.\n",
               t.bold("The sandbox is open. Nothing leaves this machine.").c_str(),
               t.cyan(box.telegram_address()).c_str(), t.cyan(box.matrix_address()).c_str(),
               t.cyan(box.llm_address()).c_str(), t.cyan(box.control_address()).c_str(),
               t.dim("(open it in a browser)").c_str(),
               t.bold("1001:any-secret-of-24-characters-or-more").c_str());
}

rt::Task<void> serve_sandbox(rt::Loop& loop, sandbox::Sandbox& box, rt::Notify& ended, int& code) {
  const auto started = co_await box.start();
  if (!started) {
    complain(started.error().message);
    code = started.error().code == ErrorCode::Misconfigured ? kExitInvalidConfig : kExitFailure;
    loop.stop();
    co_return;
  }
  ReadyLine ready;
  ready.telegram = box.telegram_address();
  ready.matrix = box.matrix_address();
  ready.llm = box.llm_address();
  ready.control = box.control_address();
  std::printf("%s\n", ready.to_json().c_str());
  std::fflush(stdout);
  greet(box);
  (void)co_await ended.wait();  // either way it is time to stop
  co_await box.stop(std::chrono::seconds(2));
  loop.stop();
}

int run_sandbox(const SandboxFlags& flags) {
  const auto options = to_options(flags);
  if (!options) {
    complain(options.error().message);
    return kExitUsage;
  }
  log::start({});
  metrics::Registry metrics;
  rt::Loop loop(rt::Loop::Options{.seed = flags.seed.value_or(1), .metrics = &metrics});
  int code = kExitPass;
  {
    net::SocketTransport::Options transport_options;
    transport_options.loopback_only = true;
    net::SocketTransport webhooks(loop, transport_options);
    sandbox::Sandbox box(loop, *options, webhooks, metrics);
    sandbox::TraceRecorder trace(box, loop);
    if (!flags.record.empty()) {
      if (const auto opened = trace.open(flags.record); !opened) {
        complain(opened.error().message);
        log::shutdown();
        return kExitFailure;
      }
    }
    rt::TaskScope scope(loop);
    rt::Notify ended(loop);
    rt::Signals signals(loop, {SIGINT, SIGTERM}, [&](int) { ended.notify_all(); });
    rt::spawn(scope, "sandbox", &serve_sandbox, std::ref(loop), std::ref(box), std::ref(ended),
              std::ref(code));
    loop.run();
  }
  log::shutdown();
  return code;
}

}  // namespace

void add_sandbox_command(CLI::App& root, Invocation& invocation) {
  auto flags = std::make_shared<SandboxFlags>();
  auto* command = root.add_subcommand("sandbox", "A chat platform and an LLM on this machine");
  command->add_option("--telegram", flags->telegram, "[HOST:]PORT of the Bot API, 0 = any free")
      ->default_str("8081");
  command
      ->add_option("--matrix", flags->matrix, "[HOST:]PORT of the Matrix homeserver, 0 = any free")
      ->default_str("8008");
  command
      ->add_option("--matrix-limits", flags->matrix_limits,
                   "Limits of the homeserver: off, scaled or synapse-default")
      ->check(CLI::IsMember({"off", "scaled", "synapse-default"}))
      ->default_str("off");
  command->add_option("--llm", flags->llm, "[HOST:]PORT of the LLM server")->default_str("8082");
  command->add_option("--control", flags->control, "[HOST:]PORT of control API and chat page")
      ->default_str("8090");
  command->add_option("--profile", flags->profile, "Limits: off, documented or strict")
      ->check(CLI::IsMember({"off", "documented", "strict"}))
      ->default_str("off");
  command->add_option("--data", flags->data, "Folder that keeps the world across restarts");
  command->add_option("--record", flags->record,
                      "File for a trace: who said what when, and the bots' calls, as NDJSON");
  command->add_option("--seed", flags->seed, "Makes ids and jitter the same every time");
  command->callback(
      [flags, &invocation] { invocation.run = [flags] { return run_sandbox(*flags); }; });
}

}  // namespace chorus::app
