#include "chorus/app/child_process.hpp"

#include "support/temp_dir.hpp"
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace chorus::app {
namespace {

class Child : public ::testing::Test {
 protected:
  static ChildProcess::Options shell(std::string script) {
    ChildProcess::Options options;
    options.command = {"/bin/sh", "-c", std::move(script)};
    options.environment = {{"PATH", "/usr/bin:/bin"}};
    return options;
  }
  static ChildProcess start(const ChildProcess::Options& options) {
    auto child = ChildProcess::start(options);
    if (!child) {
      ADD_FAILURE() << child.error().message;
      std::abort();
    }
    return *std::move(child);
  }
  /// Blocks until the program has ended, without reaping it.
  static int wait(ChildProcess& child) {
    siginfo_t info{};
    EXPECT_EQ(waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
    return child.poll_exit().value_or(-1);
  }
  /// Everything up to the end, which comes when nobody holds the pipe any more.
  static std::string read_all(int fd) {
    std::string text;
    char buffer[256];
    ssize_t got = 0;
    while ((got = ::read(fd, buffer, sizeof buffer)) > 0) text.append(buffer, std::size_t(got));
    close(fd);
    return text;
  }
  static std::string read_line(int fd) {
    std::string text;
    char c = 0;
    while (::read(fd, &c, 1) == 1 && c != '\n') text += c;
    return text;
  }
  std::string file_text(const char* name) {
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  std::string script(const char* name, const std::string& text, mode_t mode) {
    const auto path = (folder / name).string();
    std::ofstream(path) << text;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }
  static Error error(std::vector<std::string> command, std::string in_folder = "") {
    ChildProcess::Options options;
    options.command = std::move(command);
    options.folder = std::move(in_folder);
    const auto child = ChildProcess::start(options);
    EXPECT_FALSE(child.has_value());
    return child ? Error(ErrorCode::Internal, "it started") : child.error();
  }

  test::TempDir folder;
};

TEST_F(Child, ItsExitCode) {
  auto child = start(shell("exit 7"));
  EXPECT_GT(child.pid(), 0);
  EXPECT_EQ(wait(child), 7);
  EXPECT_EQ(child.poll_exit(), 7) << "asked twice";
}

TEST_F(Child, ItsSignal) {
  auto child = start(shell("kill -9 $$"));
  EXPECT_EQ(wait(child), 128 + SIGKILL);
}

TEST_F(Child, RunsUntilToldToEnd) {
  auto options = shell("trap 'exit 5' TERM; sleep 100 & echo ready; wait");
  options.pipe_stdout = true;
  auto child = start(options);
  const int out = child.take_stdout();
  EXPECT_EQ(read_line(out), "ready");
  EXPECT_EQ(child.poll_exit(), std::nullopt);
  child.signal(SIGTERM);  // ends the wait; a foreground sleep that starts just now would be sat out
  EXPECT_EQ(wait(child), 5);
  close(out);
}

TEST_F(Child, OutputGoesToTheFileAndIsAppended) {
  auto options = shell("echo out; echo err >&2");
  options.output_file = (folder / "log").string();
  for (int i = 0; i < 2; ++i) {
    auto child = start(options);
    EXPECT_EQ(wait(child), 0);
    EXPECT_EQ(child.take_stdout(), -1);
  }
  EXPECT_EQ(file_text("log"), "out\nerr\nout\nerr\n");
  struct stat status{};
  ASSERT_EQ(stat((folder / "log").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U) << "a bot may print its token";
}

TEST_F(Child, StandardOutputCanGoToAPipe) {
  auto options = shell("echo out; echo err >&2");
  options.output_file = (folder / "log").string();
  options.pipe_stdout = true;
  auto child = start(options);
  const int fd = child.take_stdout();
  ASSERT_GE(fd, 0);
  EXPECT_EQ(child.take_stdout(), -1) << "it has one owner";
  EXPECT_EQ(read_all(fd), "out\n");
  EXPECT_EQ(wait(child), 0);
  EXPECT_EQ(file_text("log"), "err\n");
}

/// The founding monitor filled a pipe that nobody read, and called the waiting bot a failure.
TEST_F(Child, AFloodOfOutputThatNobodyReadsHoldsNothingUp) {  // PB4
  auto options = shell(
      "i=0; while [ $i -lt 2000 ]; do "
      "echo 0123456789012345678901234567890123456789012345678901234567890123; "
      "echo 0123456789012345678901234567890123456789012345678901234567890123 >&2; "
      "i=$((i+1)); done");
  options.output_file = (folder / "log").string();
  auto child = start(options);
  EXPECT_EQ(wait(child), 0);
  EXPECT_EQ(file_text("log").size(), 2000U * 2 * 65) << "more than any pipe holds";
}

TEST_F(Child, GetsItsEnvironmentItsFolderAndNoInput) {
  auto options = shell("read line && echo input; pwd; echo \"$GREETING$HOME\"");
  options.environment["GREETING"] = "a b\"c";
  options.folder = folder.path().string();
  options.pipe_stdout = true;
  auto child = start(options);
  EXPECT_EQ(read_all(child.take_stdout()), folder.path().string() + "\na b\"c\n")
      << "HOME of the caller is not passed on";
  EXPECT_EQ(wait(child), 0);
}

TEST_F(Child, ArgumentsGoThroughNoShell) {
  ChildProcess::Options options;
  options.command = {"echo", "$HOME;", "a b", "*"};
  options.pipe_stdout = true;
  auto child = start(options);
  EXPECT_EQ(read_all(child.take_stdout()), "$HOME; a b *\n");
}

TEST_F(Child, AProgramThatIsNotThere) {
  const auto missing = error({"no-such-program-of-ours"});
  EXPECT_EQ(missing.code, ErrorCode::NotFound);
  EXPECT_EQ(missing.message, "cannot start 'no-such-program-of-ours': there is no such program");
  EXPECT_EQ(error({"/no/such/program"}).code, ErrorCode::NotFound);
  EXPECT_EQ(error({}).message, "no command was given to start");
  EXPECT_EQ(error({""}).code, ErrorCode::InvalidArgument);
}

TEST_F(Child, AProgramThatCannotBeExecuted) {
  const auto path = script("bot.py", "print('x')\n", 0644);
  const auto refused = error({path});
  EXPECT_EQ(refused.code, ErrorCode::Forbidden);
  EXPECT_EQ(refused.message, "cannot start '" + path + "': it is not executable");
  EXPECT_EQ(error({folder.path().string()}).code, ErrorCode::Forbidden) << "a folder";
}

TEST_F(Child, AScriptWithoutItsInterpreter) {
  const auto path = script("bot", "#!/no/such/interpreter\n", 0755);
  EXPECT_EQ(error({path}).message, "cannot start '" + path +
                                       "': the interpreter that its first line names does not "
                                       "exist");
}

TEST_F(Child, AFolderThatIsNotThere) {
  const auto missing = error({"true"}, "/no/such/folder");
  EXPECT_EQ(missing.code, ErrorCode::NotFound);
  EXPECT_EQ(missing.message,
            "cannot start 'true' in the folder /no/such/folder: No such file or directory");
}

TEST_F(Child, ALogFileThatCannotBeWritten) {
  auto options = shell("true");
  options.output_file = (folder / "missing/log").string();
  const auto child = ChildProcess::start(options);
  ASSERT_FALSE(child.has_value());
  EXPECT_EQ(child.error().message,
            "cannot write the log file " + options.output_file + ": No such file or directory");
}

TEST_F(Child, TheWholeGroupEndsWithIt) {
  auto options = shell("sleep 1000 & echo started; wait");
  options.pipe_stdout = true;
  int out = -1;
  {
    auto child = start(options);
    out = child.take_stdout();
    EXPECT_EQ(read_line(out), "started");
  }
  EXPECT_EQ(read_all(out), "") << "the end comes when the sleep is gone too";
}

TEST_F(Child, WhatAProgramLeavesBehindEndsToo) {
  auto options = shell("sleep 1000 & exit 0");
  options.pipe_stdout = true;
  int out = -1;
  {
    auto child = start(options);
    out = child.take_stdout();
    EXPECT_EQ(wait(child), 0);
  }
  EXPECT_EQ(read_all(out), "");
}

TEST_F(Child, IsMoved) {
  auto first = start(shell("exit 3"));
  const pid_t pid = first.pid();
  ChildProcess second(std::move(first));
  EXPECT_EQ(second.pid(), pid);
  auto third = start(shell("exit 4"));
  third = std::move(second);
  EXPECT_EQ(third.pid(), pid);
  EXPECT_EQ(wait(third), 3);
}

TEST(CleanEnvironment, KeepsWhatReachesNobody) {
  const std::pair<const char*, bool> variables[] = {
      {"API_KEY", false},           {"DATABASE_URL", false},
      {"REDIS_URL", false},         {"TELEGRAM_BOT_TOKEN", false},
      {"TELEGRAM_API_BASE", false}, {"MATRIX_HOMESERVER", false},
      {"LLM_PROVIDER", false},      {"OPENAI_API_KEY", false},
      {"GROQ_API_KEY", false},      {"TOKEN_ENCRYPTION_KEY", false},
      {"CHORUS_LISTEN", false},     {"MY_API_KEY", true},
      {"TELEGRAMS", true},          {"LOAD_TEST_MODE", true},
      {"PYTHONPATH", true},
  };
  for (const auto& [name, kept] : variables) setenv(name, "x=y", 1);
  const auto environment = clean_environment();
  for (const auto& [name, kept] : variables) {
    EXPECT_EQ(environment.contains(name), kept) << name;
    if (kept) EXPECT_EQ(environment.at(name), "x=y") << name;
    unsetenv(name);
  }
  EXPECT_TRUE(environment.contains("PATH"));
}

}  // namespace
}  // namespace chorus::app
