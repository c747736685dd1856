#include "chorus/app/targets/fleet_target.hpp"

#include "chorus/app/targets/fleet_counts.hpp"
#include "chorus/base/json.hpp"
#include "chorus/net/transport.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

constexpr Duration kStartTimeout = std::chrono::seconds(30);

/// A YAML text in double quotes is JSON's form.
std::string quoted(const std::string& text) {
  return json::serialize(json::string(text));
}

std::string fleet_yaml(const lab::TargetSpec& spec, const lab::SandboxAddresses& addresses,
                       const std::vector<lab::BotAccess>& bots, bool llm) {
  std::string yaml = "version: 1\nlisten: \"127.0.0.1:0\"\n";
  if (spec.bots.transport == lab::UpdateTransport::Webhook) yaml += "public_url: auto\n";
  yaml += fmt::format("telegram: {{ api_base: {} }}\n", quoted(addresses.telegram));
  if (llm) {
    yaml += fmt::format(
        "llm: {{ chain: [ {{ kind: openai-compatible, base_url: {}, model: sandbox-small }} ] }}\n",
        quoted(addresses.llm));
  }
  yaml += fmt::format("settings: {{ pacing: {} }}\n",
                      spec.pacing == lab::Pacing::Fast ? "none" : "human");
  yaml += "bots:\n";
  for (std::size_t i = 0; i < bots.size(); ++i) {
    std::string rooms;
    for (const auto room : bots[i].rooms) {
      rooms += fmt::format("{}\"{}\"", rooms.empty() ? "" : ", ", room.value);
    }
    yaml += fmt::format("  - {{ name: {}, token: \"file:tokens/{}\", persona: {}, rooms: [{}] }}\n",
                        quoted(bots[i].name), i,
                        quoted(bots[i].persona.empty() ? "helper" : bots[i].persona), rooms);
  }
  return yaml;
}

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, error);
  return !out.fail() && !error;
}

}  // namespace

struct FleetTarget::Impl {
  Impl(rt::Loop& loop, lab::TargetSpec s, bool l, std::string f)
      : spec(std::move(s)), llm(l), folder(std::move(f)), transport(loop, {}) {}
  lab::TargetSpec spec;
  bool llm;
  std::string folder;
  std::string address;
  std::string api_key = "lab-of-this-run-only";
  net::SocketTransport transport;
};

FleetTarget::FleetTarget(rt::Loop& loop, lab::TargetSpec spec, bool llm_scripted,
                         std::string folder, std::string log_file)
    : ProcessTarget(loop, std::move(log_file)),
      impl_(std::make_unique<Impl>(loop, std::move(spec), llm_scripted, std::move(folder))) {}

FleetTarget::~FleetTarget() {
  std::error_code ignored;  // a folder that stays behind is in the temporary folder
  fs::remove_all(impl_->folder, ignored);
}

std::string FleetTarget::describe() const {
  return fmt::format("fleet (chorus serve, {})", impl_->llm ? "sandbox LLM" : "builtin generator");
}
const std::string& FleetTarget::address() const {
  return impl_->address;
}

rt::Task<Result<void>> FleetTarget::start(lab::SandboxAddresses addresses,
                                          std::vector<lab::BotAccess> bots) {
  const fs::path folder = impl_->folder;
  std::error_code error;
  fs::create_directories(folder / "tokens", error);
  bool written = !error;
  for (std::size_t i = 0; i < bots.size() && written; ++i) {
    written = write_file(folder / "tokens" / std::to_string(i), bots[i].token);
  }
  written = written && write_file(folder / "chorus.yaml",
                                  fleet_yaml(impl_->spec, addresses, bots, impl_->llm));
  if (!written) {
    co_return fail(ErrorCode::Unavailable,
                   fmt::format("cannot write the fleet's configuration to {}", folder.string()));
  }
  ChildProcess::Options options;
  options.command = {fs::read_symlink("/proc/self/exe", error).string(),
                     "serve",
                     "--config",
                     (folder / "chorus.yaml").string(),
                     "--data",
                     (folder / "data").string(),
                     "--key-file",
                     (folder / "keys" / "ring").string()};
  options.environment = clean_environment();
  options.environment["LOAD_TEST_MODE"] = "true";
  options.environment["API_KEY"] = impl_->api_key;
  for (const auto& [name, value] : impl_->spec.env) options.environment[name] = value;
  options.folder = folder.string();
  options.pipe_stdout = true;
  CH_CO_TRY(ChildProcess * child, launch(std::move(options)));
  const int fd = child->take_stdout();
  fcntl(fd, F_SETFL, O_NONBLOCK);
  std::string line;
  const MonoTime deadline = loop_.now() + kStartTimeout;
  Result<void> outcome = fail(ErrorCode::Timeout, "chorus serve did not get ready in 30 s");
  while (loop_.now() < deadline) {
    char buffer[512];
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n > 0) line.append(buffer, static_cast<std::size_t>(n));
    if (line.find('\n') != std::string::npos) {
      const auto ready = parse_json(line.substr(0, line.find('\n')));
      if (ready && ready->is_object()) {
        impl_->address = std::string(find_string(ready->get_object(), "listen").value_or(""));
      }
      outcome = {};
      break;
    }
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
      outcome = fail(ErrorCode::Unavailable,
                     fmt::format("chorus serve ended at once; its output is in {}", log_file_));
      break;
    }
    if (!co_await rt::sleep_for(loop_, std::chrono::milliseconds(5))) {
      outcome = fail(ErrorCode::Cancelled);
      break;
    }
  }
  close(fd);
  co_return outcome;
}

rt::Task<void> FleetTarget::stop(Duration grace) {
  impl_->transport.close_idle();
  co_await ProcessTarget::stop(grace);
}

std::string FleetTarget::metrics_url() const {
  return impl_->address.empty() ? std::string() : impl_->address + "/metrics";
}

rt::Task<lab::TargetCounts> FleetTarget::counts() {
  lab::TargetCounts counts;
  const auto base = net::Url::parse(impl_->address);
  if (!base) co_return counts;
  net::Request request;
  request.target = "/api/v1/status";
  request.headers.add("X-API-Key", impl_->api_key);
  net::CallOptions options;
  options.timeout = std::chrono::milliseconds(900);
  const auto answer = co_await impl_->transport.call(*base, std::move(request), options);
  if (!answer || answer->status != 200) co_return counts;
  const auto status = parse_json(answer->body);
  if (!status || !status->is_object()) co_return counts;
  counts = fleet_counts(status->get_object());
  co_return counts;
}

}  // namespace chorus::app
