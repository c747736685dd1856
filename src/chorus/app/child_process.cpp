#include "chorus/app/child_process.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

extern char** environ;

namespace chorus::app {

namespace {

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (auto& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// After fork only async-signal-safe calls are allowed, so everything is prepared before.
[[noreturn]] void become(char* const* argv, char* const* envp, const char* folder, int out,
                         int stdout_fd, int report) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, 0);
  dup2(stdout_fd >= 0 ? stdout_fd : out, 1);
  dup2(out, 2);
  if (folder[0] != '\0' && chdir(folder) != 0) {
    const int error = errno;
    (void)!write(report, &error, sizeof error);
    _exit(127);
  }
  execvpe(argv[0], argv, envp);
  const int error = errno;
  (void)!write(report, &error, sizeof error);
  _exit(127);
}

Error start_error(const std::string& program, int error) {
  switch (error) {
    case ENOENT:
      return Error(ErrorCode::NotFound,
                   fmt::format("cannot start '{}': there is no such program", program));
    case EACCES:
      return Error(ErrorCode::Forbidden,
                   fmt::format("cannot start '{}': it is not executable", program));
    default:
      return Error(ErrorCode::Unavailable,
                   fmt::format("cannot start '{}': {}", program, std::strerror(error)));
  }
}

}  // namespace

Result<ChildProcess> ChildProcess::start(const Options& options) {
  if (options.command.empty() || options.command.front().empty()) {
    return fail(ErrorCode::InvalidArgument, "no command was given to start");
  }
  std::vector<std::string> arguments = options.command;
  std::vector<std::string> variables;
  for (const auto& [name, value] : options.environment) {
    variables.push_back(fmt::format("{}={}", name, value));
  }
  const auto argv = pointers(arguments);
  const auto envp = pointers(variables);
  const std::string file = options.output_file.empty() ? "/dev/null" : options.output_file;
  const int out = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0) {
    return fail(ErrorCode::Unavailable,
                fmt::format("cannot write the log file {}: {}", file, std::strerror(errno)));
  }
  std::array<int, 2> report{-1, -1};
  std::array<int, 2> pipe_fds{-1, -1};
  const bool pipes_ok = pipe2(report.data(), O_CLOEXEC) == 0 &&
                        (!options.pipe_stdout || pipe2(pipe_fds.data(), O_CLOEXEC) == 0);
  const pid_t pid = pipes_ok ? fork() : -1;
  const int fork_error = errno;
  if (pid == 0) {
    become(argv.data(), envp.data(), options.folder.c_str(), out, pipe_fds[1], report[1]);
  }
  close(out);
  if (report[1] >= 0) close(report[1]);
  if (pipe_fds[1] >= 0) close(pipe_fds[1]);
  int error = fork_error;
  const bool exec_failed =
      pid < 0 || read(report[0], &error, sizeof error) == static_cast<ssize_t>(sizeof error);
  if (report[0] >= 0) close(report[0]);
  if (exec_failed) {
    if (pipe_fds[0] >= 0) close(pipe_fds[0]);
    if (pid > 0) waitpid(pid, nullptr, 0);
    return std::unexpected(start_error(options.command.front(), error));
  }
  setpgid(pid, pid);  // the child does the same; whoever comes first
  ChildProcess child;
  child.pid_ = pid;
  child.stdout_fd_ = pipe_fds[0];
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      stdout_fd_(std::exchange(other.stdout_fd_, -1)),
      exit_code_(other.exit_code_) {}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(stdout_fd_, other.stdout_fd_);
  std::swap(exit_code_, other.exit_code_);
  return *this;
}

ChildProcess::~ChildProcess() {
  if (stdout_fd_ >= 0) close(stdout_fd_);
  if (pid_ <= 0 || poll_exit()) return;
  kill(-pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

int ChildProcess::take_stdout() {
  return std::exchange(stdout_fd_, -1);
}

std::optional<int> ChildProcess::poll_exit() {
  if (exit_code_ || pid_ <= 0) return exit_code_;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) {
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return exit_code_;
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0 && !exit_code_) kill(-pid_, number);
}

std::map<std::string, std::string> clean_environment() {
  constexpr std::array<std::string_view, 3> kExact = {"API_KEY", "DATABASE_URL", "REDIS_URL"};
  constexpr std::array<std::string_view, 6> kPrefixes = {"TELEGRAM_", "MATRIX_", "LLM_",
                                                         "OPENAI_",   "GROQ_",   "CHORUS_"};
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = text.substr(0, equals);
    bool drop = name == "TOKEN_ENCRYPTION_KEY";
    for (const auto& exact : kExact) drop = drop || name == exact;
    for (const auto& prefix : kPrefixes) drop = drop || name.starts_with(prefix);
    if (!drop) out.emplace(name, text.substr(equals + 1));
  }
  return out;
}

}  // namespace chorus::app
