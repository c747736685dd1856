#include "chorus/app/targets/process_target.hpp"

#include "chorus/app/terminal.hpp"
#include "chorus/base/text.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <utility>

namespace chorus::app {

namespace {

/// The end of what a program has written, for a person: most say there why they ended.
std::string last_line(const std::string& file) {
  constexpr std::streamoff kTail = 4096;
  constexpr std::size_t kColumns = 160;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return {};
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kTail));
  const std::string tail((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  const auto text = trim(tail);
  const auto begin = text.rfind('\n');
  return fit_to_width(
      printable_line(begin == std::string_view::npos ? text : text.substr(begin + 1)), kColumns);
}

}  // namespace

Result<ChildProcess*> ProcessTarget::launch(ChildProcess::Options options) {
  options.output_file = log_file_;
  CH_TRY(ChildProcess child, ChildProcess::start(options));
  launched_.push_back(std::move(options));
  children_.reserve(256);  // the pointer that is answered stays good
  children_.push_back(std::move(child));
  return &children_.back();
}

rt::Task<void> ProcessTarget::stop(Duration grace) {
  stopping_ = true;
  for (auto& child : children_) {
    if (child.poll_exit()) continue;
    child.signal(SIGTERM);
    child.signal(SIGCONT);  // one that is held could not end
  }
  const MonoTime deadline = loop_.now() + grace;
  while (loop_.now() < deadline) {
    bool running = false;
    for (auto& child : children_) running = running || !child.poll_exit();
    if (!running) break;
    // A cancelled wait still leaves processes to end: the destructors kill them.
    if (!co_await rt::sleep_for(loop_, std::chrono::milliseconds(20))) break;
  }
  children_.clear();
}

std::optional<std::string> ProcessTarget::exited() const {
  if (stopping_ || down_) return std::nullopt;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (const auto code = children_[i].poll_exit()) {
      const auto how = *code >= 128 ? fmt::format("was ended by signal {}", *code - 128)
                                    : fmt::format("exited with {}", *code);
      const auto last = last_line(log_file_);
      return fmt::format("{} {}{}; its output is in {}", launched_[i].command.front(), how,
                         last.empty() ? "" : fmt::format(" and said '{}'", last), log_file_);
    }
  }
  return std::nullopt;
}

Result<void> ProcessTarget::kill() {
  if (const auto why = exited()) return fail(ErrorCode::Unavailable, *why);
  down_ = true;
  children_.clear();  // ends and reaps them
  return {};
}

rt::Task<Result<void>> ProcessTarget::restart() {
  children_.clear();  // an earlier try may have been cut short
  const auto all = std::exchange(launched_, {});
  const auto again = co_await launch_again(all);
  down_ = !again;
  if (!again) launched_ = all;
  co_return again;
}

rt::Task<Result<void>> ProcessTarget::launch_again(std::vector<ChildProcess::Options> all) {
  for (auto& options : all) CH_CO_TRY_VOID(launch(std::move(options)));
  co_return Result<void>{};
}

Result<void> ProcessTarget::pause() {
  if (const auto why = exited()) return fail(ErrorCode::Unavailable, *why);
  for (const auto& child : children_) child.signal(SIGSTOP);
  return {};
}

Result<void> ProcessTarget::resume() {
  for (const auto& child : children_) child.signal(SIGCONT);
  return {};
}

std::vector<int> ProcessTarget::pids() const {
  std::vector<int> out;
  for (auto& child : children_) {
    if (!child.poll_exit()) out.push_back(child.pid());
  }
  return out;
}

}  // namespace chorus::app
