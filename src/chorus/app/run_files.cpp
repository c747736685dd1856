#include "chorus/app/run_files.hpp"

#include "chorus/app/remote_write_push.hpp"
#include "chorus/lab/compare/run_store.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sys/utsname.h>
#include <thread>

namespace chorus::app {

namespace fs = std::filesystem;

std::vector<std::pair<std::string, std::string>> machine() {
  std::vector<std::pair<std::string, std::string>> out;
  utsname name{};
  uname(&name);
  out.emplace_back("chorus", CHORUS_VERSION);
  out.emplace_back("kernel", fmt::format("{} {}", name.sysname, name.release));
  std::ifstream cpu("/proc/cpuinfo");
  for (std::string line; std::getline(cpu, line);) {
    if (line.starts_with("model name")) {
      out.emplace_back("cpu", line.substr(line.find(':') + 2));
      break;
    }
  }
  out.emplace_back("cores", std::to_string(std::thread::hardware_concurrency()));
  return out;
}

Result<std::string> make_run_folder(const std::string& runs, const std::string& name, WallTime at) {
  const fs::path wanted = fs::path(runs) / lab::run_folder(name, at);
  std::error_code error;
  fs::create_directories(runs, error);
  for (int i = 1; !error && i < 10'000; ++i) {
    const fs::path path = i == 1 ? wanted : fs::path(fmt::format("{}-{}", wanted.string(), i));
    if (fs::create_directory(path, error)) return path.string();
  }
  return fail(ErrorCode::Unavailable,
              fmt::format("cannot make the run's folder {}: {}", wanted.string(), error.message()));
}

Result<std::string> write_run_files(const std::vector<lab::OutputSpec>& outputs,
                                    const std::string& folder, const lab::RunResult& result,
                                    const std::string& records) {
  const std::string report = folder + "/report.html";
  CH_TRY_VOID(lab::write_output(folder + "/result.json", lab::result_json(result)));
  CH_TRY_VOID(lab::write_output(report, lab::result_html(result)));
  for (const auto& output : outputs) {
    if (!output.is_file()) {
      CH_TRY_VOID(push_remote_write(output.path, result));
      continue;
    }
    std::string content = records;
    if (output.kind != "ndjson") {
      CH_TRY(content, lab::render(output.kind, result));
    }
    if (output.path.empty() || output.path == "-") {
      std::fwrite(content.data(), 1, content.size(), stdout);
    } else {
      CH_TRY_VOID(lab::write_output(output.path, content));
    }
  }
  return report;
}

Result<std::string> remember_run(const std::string& runs_folder, const std::string& folder,
                                 const lab::RunResult& result, std::size_t keep) {
  lab::RunStore store(runs_folder);
  CH_TRY_VOID(store.add(lab::index_entry(fs::path(folder).filename().string(), result)));
  CH_TRY(const auto removed, store.keep_newest(result.name, keep));
  if (removed.empty()) return std::string();
  return fmt::format("removed {} run{} of {} older than the newest {} (--keep)", removed.size(),
                     removed.size() == 1 ? "" : "s", result.name, keep);
}

}  // namespace chorus::app
