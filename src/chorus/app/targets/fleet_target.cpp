#include "chorus/app/targets/fleet_target.hpp"

#include "chorus/app/targets/app_service.hpp"
#include "chorus/app/targets/fleet_config.hpp"
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

bool write_file(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  std::error_code error;
  fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write, error);
  return !out.fail() && !error;
}

/// A run works in a store of its own. One that is there already may hold somebody's bots, and the
/// fleet would write its own among them. Errors: Conflict.
Result<void> check_store(const lab::TargetSpec& spec, const fs::path& folder) {
  constexpr std::string_view kSqlite = "sqlite:";
  const auto named = spec.env.find("DATABASE_URL");
  if (named == spec.env.end()) return {};
  std::string path = named->second;
  if (path.starts_with(kSqlite)) path.erase(0, kSqlite.size());
  std::error_code ignored;  // what is not there is empty
  const auto size = fs::file_size(folder / path, ignored);
  if (ignored || size == 0) return {};
  return fail(ErrorCode::Conflict,
              fmt::format("the store {} is there already and may hold other bots: a run works in a "
                          "store of its own; leave DATABASE_URL out of target.env, or name a new "
                          "file",
                          path));
}

}  // namespace

struct FleetTarget::Impl {
  Impl(rt::Loop& loop, lab::TargetSpec s, bool l, std::string f)
      : spec(std::move(s)), llm(l), folder(std::move(f)), transport(loop, {}) {}
  lab::TargetSpec spec;
  bool llm;
  int starts = 0;
  std::string folder;
  std::string address;
  std::string control;  ///< of the sandbox
  std::string api_key = "lab-of-this-run-only";
  // They open nothing but the sandbox of this run.
  AppServiceTokens service{"as-of-this-run-only", "hs-of-this-run-only"};
  net::SocketTransport transport;

  static rt::Task<Result<void>> register_service(Impl* self, std::string control, std::string url) {
    co_return co_await register_app_service(self->transport, std::move(control),
                                            registration_json(self->spec, self->service, url));
  }
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
  impl_->control = addresses.control;
  CH_CO_TRY_VOID(check_store(impl_->spec, folder));
  std::error_code error;
  fs::create_directories(folder / "tokens", error);
  bool written = !error && write_file(folder / "tokens" / "as", impl_->service.as) &&
                 write_file(folder / "tokens" / "hs", impl_->service.hs);
  for (std::size_t i = 0; i < bots.size() && written; ++i) {
    written = write_file(folder / "tokens" / std::to_string(i), bots[i].token);
  }
  written = written && write_file(folder / "chorus.yaml",
                                  fleet_yaml(impl_->spec, addresses, bots, impl_->llm));
  if (!written) {
    co_return fail(ErrorCode::Unavailable,
                   fmt::format("cannot write the fleet's configuration to {}", folder.string()));
  }
  if (has_app_service(impl_->spec)) {
    // The bots are known by it from their first call on; where it listens follows.
    CH_CO_TRY_VOID(co_await Impl::register_service(impl_.get(), impl_->control, {}));
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
  co_return co_await launch_and_wait(std::move(options));
}

rt::Task<Result<void>> FleetTarget::launch_again(std::vector<ChildProcess::Options> all) {
  // Its API takes a new port, which the homeserver is told again; what is kept alive leads to the
  // old one.
  impl_->address.clear();
  impl_->transport.close_idle();
  co_return co_await launch_and_wait(std::move(all.front()));
}

rt::Task<Result<void>> FleetTarget::launch_and_wait(ChildProcess::Options options) {
  ++impl_->starts;
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
  if (outcome && has_app_service(impl_->spec)) {
    outcome = co_await Impl::register_service(impl_.get(), impl_->control, impl_->address);
  }
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
  // On Matrix a part of what was handed out (our own lines) is counted by the process alone.
  if (impl_->starts > 1 && impl_->spec.is_on(sandbox::Platform::Matrix)) {
    counts.updates_stored.reset();
  }
  co_return counts;
}

}  // namespace chorus::app
