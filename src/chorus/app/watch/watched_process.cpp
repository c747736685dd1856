#include "chorus/app/watch/watched_process.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace chorus::app {

namespace fs = std::filesystem;

namespace {

struct Stat {
  char state = '?';
  std::uint64_t started = 0;
  int exit_code = 0;  ///< as wait() gives it
};

/// `/proc/PID/stat`; the name in it may hold anything, so fields count from its last bracket.
std::optional<Stat> read_stat(int pid, std::string_view proc) {
  std::ifstream in(fmt::format("{}/{}/stat", proc, pid));
  std::ostringstream text;
  text << in.rdbuf();
  const auto all = text.str();
  const auto close = all.rfind(')');
  if (close == std::string::npos) return std::nullopt;
  std::istringstream fields(all.substr(close + 1));
  Stat out;
  fields >> out.state;
  std::string field;
  for (int n = 4; fields >> field; ++n) {
    if (n == 22) std::from_chars(field.data(), field.data() + field.size(), out.started);
    if (n == 52) std::from_chars(field.data(), field.data() + field.size(), out.exit_code);
  }
  return out;
}

bool has_ended(const Stat& stat) {
  return stat.state == 'Z' || stat.state == 'X';
}

/// Of another user's process the kernel shows 0 instead of the status.
bool may_know(int pid, std::string_view proc) {
  struct stat info{};
  const auto path = fmt::format("{}/{}", proc, pid);
  return ::stat(path.c_str(), &info) == 0 && (info.st_uid == ::geteuid() || ::geteuid() == 0);
}

/// Inodes of the sockets that listen on `port`.
std::set<std::string> listening(std::uint16_t port, std::string_view proc) {
  std::set<std::string> out;
  for (const std::string_view table : {"tcp", "tcp6"}) {
    std::ifstream in(fmt::format("{}/net/{}", proc, table));
    for (std::string line; std::getline(in, line);) {
      std::istringstream fields(line);
      std::string slot;
      std::string local;
      std::string remote;
      std::string state;
      std::string inode;
      std::string skipped;
      fields >> slot >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skipped;
      fields >> inode;
      if (state == "0A" && local.ends_with(fmt::format(":{:04X}", port))) out.insert(inode);
    }
  }
  return out;
}

}  // namespace

Result<WatchedProcess> find_process(int pid, std::string_view proc) {
  const auto stat = read_stat(pid, proc);
  if (!stat || has_ended(*stat)) {
    return fail(ErrorCode::NotFound, fmt::format("there is no process {}", pid));
  }
  return WatchedProcess{pid, stat->started};
}

std::optional<std::string> how_it_ended(const WatchedProcess& process, std::string_view proc) {
  const auto stat = read_stat(process.pid, proc);
  if (!stat || stat->started != process.started) {
    return fmt::format("process {} has ended", process.pid);
  }
  if (!has_ended(*stat)) return std::nullopt;
  if (!may_know(process.pid, proc)) return fmt::format("process {} has ended", process.pid);
  if (WIFSIGNALED(stat->exit_code)) {
    const int signal = WTERMSIG(stat->exit_code);
    return fmt::format("process {} was ended by signal {} ({})", process.pid, signal,
                       ::strsignal(signal));
  }
  return fmt::format("process {} ended with status {}", process.pid, WEXITSTATUS(stat->exit_code));
}

Result<int> listener_of(std::uint16_t port, std::string_view proc) {
  std::set<std::string> sockets;
  for (const auto& inode : listening(port, proc)) sockets.insert("socket:[" + inode + "]");
  std::error_code error;
  for (auto it = fs::directory_iterator(fs::path(proc), error);
       !error && !sockets.empty() && it != fs::directory_iterator(); it.increment(error)) {
    const auto name = it->path().filename().string();
    int pid = 0;
    const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (bad != std::errc{} || end != name.data() + name.size()) continue;
    std::error_code closed;  // another user's, or gone
    for (auto fd = fs::directory_iterator(it->path() / "fd", closed);
         !closed && fd != fs::directory_iterator(); fd.increment(closed)) {
      std::error_code gone;  // closed meanwhile
      if (sockets.contains(fs::read_symlink(fd->path(), gone).string())) return pid;
    }
  }
  return fail(ErrorCode::NotFound,
              fmt::format("no process of this user is seen to listen on port {}", port));
}

}  // namespace chorus::app
