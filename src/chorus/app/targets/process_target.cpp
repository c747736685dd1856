#include "chorus/app/targets/process_target.hpp"

#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <csignal>

namespace chorus::app {

Result<ChildProcess*> ProcessTarget::launch(ChildProcess::Options options) {
  options.output_file = log_file_;
  programs_.push_back(options.command.empty() ? "" : options.command.front());
  CH_TRY(ChildProcess child, ChildProcess::start(options));
  children_.reserve(256);  // the pointer that is answered stays good
  children_.push_back(std::move(child));
  return &children_.back();
}

rt::Task<void> ProcessTarget::stop(Duration grace) {
  stopping_ = true;
  for (auto& child : children_) {
    if (!child.poll_exit()) child.signal(SIGTERM);
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
  if (stopping_) return std::nullopt;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (const auto code = children_[i].poll_exit()) {
      if (*code >= 128) {
        return fmt::format("{} was ended by signal {}; its output is in {}", programs_[i],
                           *code - 128, log_file_);
      }
      return fmt::format("{} exited with {}; its output is in {}", programs_[i], *code, log_file_);
    }
  }
  return std::nullopt;
}

std::vector<int> ProcessTarget::pids() const {
  std::vector<int> out;
  for (auto& child : children_) {
    if (!child.poll_exit()) out.push_back(child.pid());
  }
  return out;
}

}  // namespace chorus::app
