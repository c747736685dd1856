#include "chorus/sandbox/trace.hpp"

#include "sandbox_testing.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

namespace chorus::sandbox::testing {
namespace {

class Trace : public SandboxTest {
 protected:
  Trace() {
    folder = std::filesystem::path(::testing::TempDir()) /
             fmt::format("chorus-trace-{}-{}", ::getpid(),
                         ::testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::create_directories(folder);
    path = folder / "trace.ndjson";
  }
  ~Trace() override { std::filesystem::remove_all(folder); }

  std::vector<json::object> lines() {
    std::ifstream in(path);
    std::vector<json::object> all;
    for (std::string line; std::getline(in, line);) all.push_back(json::parse(line).as_object());
    return all;
  }

  std::filesystem::path folder;
  std::filesystem::path path;
};

TEST_F(Trace, ASessionIsWrittenLineByLineWithItsTimes) {
  const auto echo = bot("echo_bot");
  const auto ann = person("anna");
  const auto group = room(RoomType::Supergroup, {echo.id}, {ann.id});
  TraceRecorder trace(*box, loop);
  ASSERT_TRUE(trace.open(path));
  advance(std::chrono::milliseconds(1500));
  const auto said = say(ann.id, group.id, "hello");
  call(echo.token, "getUpdates", "{}");
  call(echo.token, "sendMessage", fmt::format(R"({{"chat_id":{},"text":"hi"}})", group.id.value));
  whisper(ann.id, echo.id, "psst");
  const auto all = lines();
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all[0].at("t").as_double(), 1.5);
  EXPECT_EQ(all[0].at("room").as_int64(), group.id.value);
  EXPECT_EQ(all[0].at("from").as_string(), "anna");
  EXPECT_EQ(all[0].at("text").as_string(), "hello");
  EXPECT_EQ(all[1].at("update_of").as_int64(), said.value);
  EXPECT_EQ(all[2].at("call").as_string(), "getupdates");
  EXPECT_EQ(all[3].at("says").as_string(), "hi");
  EXPECT_FALSE(all[3].contains("text")) << "only people's lines have 'from' and 'text'";
  EXPECT_EQ(all[4].at("status").as_int64(), 200);
  EXPECT_EQ(all[5].at("private").as_string(), "echo_bot");
}

TEST_F(Trace, ATokenThatSomebodySaysIsNotInIt) {
  const auto echo = bot("echo_bot");
  const auto ann = person("anna");
  TraceRecorder trace(*box, loop);
  ASSERT_TRUE(trace.open(path));
  whisper(ann.id, echo.id, "my token is " + echo.token + " so what");
  EXPECT_EQ(lines().at(0).at("text").as_string(), "my token is *** so what");
}

TEST_F(Trace, ATraceThatIsFullEnds) {
  const auto echo = bot("echo_bot");
  const auto ann = person("anna");
  TraceRecorder trace(*box, loop, 100);
  ASSERT_TRUE(trace.open(path));
  for (int i = 0; i < 10; ++i) whisper(ann.id, echo.id, "again and again");
  EXPECT_LE(std::filesystem::file_size(path), 400u);
  EXPECT_FALSE(lines().empty()) << "what is there is whole";
}

TEST_F(Trace, AFileThatCannotBeWrittenIsTold) {
  TraceRecorder trace(*box, loop);
  const auto opened = trace.open((folder / "missing" / "trace").string());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace chorus::sandbox::testing
