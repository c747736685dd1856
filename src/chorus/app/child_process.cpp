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

/// What the child could not do, told over the report pipe.
struct Failure {
  enum class Step : int { Folder, Program } step;
  int error;
};

[[noreturn]] void give_up(int report, Failure::Step step) {
  const Failure failure{step, errno};
  // Nobody can be told that telling failed; the parent then sees exit code 127.
  (void)!write(report, &failure, sizeof failure);
  _exit(127);
}

/// After fork only async-signal-safe calls are allowed, so everything is prepared before.
[[noreturn]] void become(char* const* argv, char* const* envp, const char* folder, int out,
                         int stdout_fd, int report, pid_t parent) {
  setpgid(0, 0);
  // A parent that died cannot ask twice, and some programs take SIGTERM as a wish.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before the line above took effect
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  const int null = open("/dev/null", O_RDONLY);
  if (null >= 0) dup2(null, 0);
  dup2(stdout_fd >= 0 ? stdout_fd : out, 1);
  dup2(out, 2);
  if (folder[0] != '\0' && chdir(folder) != 0) give_up(report, Failure::Step::Folder);
  execvpe(argv[0], argv, envp);
  give_up(report, Failure::Step::Program);
}

Error start_error(const ChildProcess::Options& options, const Failure& failure) {
  const std::string& program = options.command.front();
  if (failure.step == Failure::Step::Folder) {
    return Error(ErrorCode::NotFound, fmt::format("cannot start '{}' in the folder {}: {}", program,
                                                  options.folder, std::strerror(failure.error)));
  }
  switch (failure.error) {
    case ENOENT:
      // A script that is there, but not the program that its first line names.
      if (program.find('/') != std::string::npos && access(program.c_str(), F_OK) == 0) {
        return Error(
            ErrorCode::NotFound,
            fmt::format("cannot start '{}': the interpreter that its first line names does "
                        "not exist",
                        program));
      }
      return Error(ErrorCode::NotFound,
                   fmt::format("cannot start '{}': there is no such program", program));
    case EACCES:
      return Error(ErrorCode::Forbidden,
                   fmt::format("cannot start '{}': it is not executable", program));
    default:
      return Error(ErrorCode::Unavailable,
                   fmt::format("cannot start '{}': {}", program, std::strerror(failure.error)));
  }
}

/// True when the child told of a failure; the pipe closes without a word when it became the
/// program.
bool was_told(int report, Failure& failure) {
  while (true) {
    const ssize_t got = read(report, &failure, sizeof failure);
    if (got >= 0 || errno != EINTR) return got == static_cast<ssize_t>(sizeof failure);
  }
}

void close_if_open(int fd) {
  if (fd >= 0) close(fd);
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
  const pid_t parent = getpid();
  const pid_t pid = pipes_ok ? fork() : -1;
  Failure failure{Failure::Step::Program, errno};
  if (pid == 0) {
    become(argv.data(), envp.data(), options.folder.c_str(), out, pipe_fds[1], report[1], parent);
  }
  close(out);
  close_if_open(report[1]);
  close_if_open(pipe_fds[1]);
  const bool failed = pid < 0 || was_told(report[0], failure);
  close_if_open(report[0]);
  if (failed) {
    close_if_open(pipe_fds[0]);
    if (pid > 0) waitpid(pid, nullptr, 0);
    return std::unexpected(start_error(options, failure));
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
  close_if_open(stdout_fd_);
  if (pid_ <= 0) return;
  // The program itself is still ours to reap, so its number cannot belong to anybody else.
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

int ChildProcess::take_stdout() {
  return std::exchange(stdout_fd_, -1);
}

std::optional<int> ChildProcess::poll_exit() {
  if (exit_code_ || pid_ <= 0) return exit_code_;
  siginfo_t info{};
  // Left unreaped: what it started may outlive it, and is ended by its group's number.
  if (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
      info.si_pid == pid_) {
    exit_code_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  }
  return exit_code_;
}

void ChildProcess::signal(int number) const {
  if (pid_ > 0) kill(-pid_, number);
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
