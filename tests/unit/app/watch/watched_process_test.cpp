#include "chorus/app/watch/watched_process.hpp"

#include "chorus/app/watch/watch_runner.hpp"
#include "support/temp_dir.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <csignal>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace chorus::app {
namespace {

/// A child that does nothing until it is told to end.
class Child {
 public:
  explicit Child(int status) : pid_(fork()) {
    if (pid_ != 0) return;
    sigset_t all;
    sigemptyset(&all);
    sigaddset(&all, SIGUSR1);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    int got = 0;
    sigwait(&all, &got);
    _exit(status);
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  [[nodiscard]] int pid() const { return pid_; }
  /// Ended, and nobody has asked for its status.
  void end(int signal) const {
    kill(pid_, signal);
    siginfo_t info{};
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }

 private:
  pid_t pid_;
};

TEST(WatchedProcess, ItLivesUntilItEndsAndItsStatusIsTold) {
  const Child child(3);
  const auto found = find_process(child.pid());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(how_it_ended(*found), std::nullopt);
  // The signal may come before the child has blocked it, and then ends it instead.
  child.end(SIGKILL);
  EXPECT_EQ(how_it_ended(*found),
            fmt::format("process {} was ended by signal 9 (Killed)", child.pid()));
  EXPECT_FALSE(find_process(child.pid()).has_value()) << "a dead one cannot be watched";
}

TEST(WatchedProcess, ANumberThatIsGivenAwayAgainIsAnotherProcess) {
  const Child child(0);
  auto found = find_process(child.pid());
  ASSERT_TRUE(found.has_value());
  found->started -= 1;
  EXPECT_EQ(how_it_ended(*found), fmt::format("process {} has ended", child.pid()));
}

TEST(WatchedProcess, AnExitStatusIsReadFromTheLastField) {
  const test::TempDir proc;
  // A name may hold brackets and spaces.
  std::string stat = "77 (a) b) Z";
  for (int n = 4; n <= 51; ++n) stat += n == 22 ? " 500" : " 0";
  stat += fmt::format(" {}", 3 << 8);
  std::filesystem::create_directories(proc.path() / "77");
  std::ofstream(proc.path() / "77" / "stat") << stat << "\n";
  EXPECT_EQ(how_it_ended({77, 500}, proc.path().string()), "process 77 ended with status 3");
}

TEST(WatchedProcess, WhoListensOnAPortIsFound) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  ASSERT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const auto pid = listener_of(ntohs(at.sin_port));
  ASSERT_TRUE(pid.has_value()) << pid.error().message;
  EXPECT_EQ(*pid, getpid());
  close(fd);
  EXPECT_FALSE(listener_of(ntohs(at.sin_port)).has_value());
}

TEST(WatchThreshold, TheTagsOfAMetricHoldColonsToo) {
  const auto tagged = split_threshold("messages{side:bot}: rate>1");
  ASSERT_TRUE(tagged.has_value());
  EXPECT_EQ(tagged->first, "messages{side:bot}");
  EXPECT_EQ(tagged->second, "rate>1");
  EXPECT_FALSE(split_threshold("rate<1").has_value());
  EXPECT_FALSE(split_threshold(": rate<1").has_value());
}

TEST(WatchAddress, WhatMayBeSecretIsNotShown) {
  const auto url = net::Url::parse("https://me:secret@example.org:444/metrics?token=secret");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(shown_address(*url), "https://example.org:444/metrics");
}

}  // namespace
}  // namespace chorus::app
