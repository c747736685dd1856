#include "chorus/app/targets/command_target.hpp"

#include "chorus/rt/sleep.hpp"

#include "support/drive.hpp"
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <unistd.h>

namespace chorus::app {
namespace {

using namespace std::chrono_literals;

/// A program that writes a line, as soon as it runs and then twenty times a second.
class StruckTarget : public ::testing::Test {
 protected:
  StruckTarget() {
    lab::TargetSpec spec;
    spec.command = {"sh", "-c", "while :; do echo alive; sleep 0.05; done"};
    target.emplace(loop, spec, log);
  }
  ~StruckTarget() override {
    test::drive(loop, target->stop(5s));
    target.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  std::size_t written() const {
    std::ifstream in(log);
    return std::string(std::istreambuf_iterator<char>(in), {}).size();
  }
  static rt::Task<void> wait(rt::Loop* loop, Duration d) { (void)co_await rt::sleep_for(*loop, d); }
  void advance(Duration d) { test::drive(loop, wait(&loop, d)); }
  /// Polls; a machine under load has two minutes.
  bool grows_beyond(std::size_t size) {
    for (int i = 0; i < 2400 && written() <= size; ++i) advance(50ms);
    return written() > size;
  }
  /// True once nothing is written for half a second.
  bool stands_still() {
    for (int i = 0; i < 200; ++i) {
      const auto before = written();
      advance(500ms);
      if (written() == before) return true;
    }
    return false;
  }

  rt::Loop loop;
  std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("chorus-struck-" + std::to_string(getpid()));
  std::string log = (std::filesystem::create_directories(folder), folder / "target.log").string();
  std::optional<CommandTarget> target;
};

TEST_F(StruckTarget, IsKilledAndStartedAgain) {
  ASSERT_TRUE(test::drive(loop, target->start({}, {})));
  EXPECT_TRUE(target->can_be_struck());
  ASSERT_TRUE(grows_beyond(0));
  const auto before = target->pids();
  ASSERT_TRUE(target->kill());
  EXPECT_FALSE(target->exited()) << "it is down on purpose";
  EXPECT_TRUE(target->pids().empty());
  EXPECT_TRUE(stands_still());
  const auto size = written();
  ASSERT_TRUE(test::drive(loop, target->restart()));
  EXPECT_TRUE(grows_beyond(size));
  EXPECT_NE(target->pids(), before);
  EXPECT_FALSE(target->exited());
}

TEST_F(StruckTarget, IsPausedAndGoesOn) {
  ASSERT_TRUE(test::drive(loop, target->start({}, {})));
  ASSERT_TRUE(grows_beyond(0));
  ASSERT_TRUE(target->pause());
  EXPECT_TRUE(stands_still());
  EXPECT_FALSE(target->exited());
  const auto size = written();
  ASSERT_TRUE(target->resume());
  EXPECT_TRUE(grows_beyond(size));
}

TEST_F(StruckTarget, EndsAlsoWhileItIsPaused) {
  ASSERT_TRUE(test::drive(loop, target->start({}, {})));
  ASSERT_TRUE(grows_beyond(0));
  ASSERT_TRUE(target->pause());
  test::drive(loop, target->stop(60s));
  EXPECT_TRUE(target->pids().empty());
}

TEST_F(StruckTarget, OneThatHasEndedByItselfCannotBeKilled) {
  lab::TargetSpec spec;
  spec.command = {"true"};
  CommandTarget brief(loop, spec, log);
  ASSERT_TRUE(test::drive(loop, brief.start({}, {})));
  for (int i = 0; i < 2400 && !brief.exited(); ++i) advance(50ms);
  EXPECT_FALSE(brief.kill());
  test::drive(loop, brief.stop(1s));
}

}  // namespace
}  // namespace chorus::app
