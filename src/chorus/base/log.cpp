#include "chorus/base/log.hpp"

#include <atomic>
#include <cstdio>
#include <memory>

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace chorus::log {

namespace {

// The one process-wide object: a log line may come from any thread and any layer. The pool and the
// logger live from start() to shutdown(); `current` is what writers see.
std::shared_ptr<spdlog::details::thread_pool>& pool() {
  static std::shared_ptr<spdlog::details::thread_pool> instance;
  return instance;
}
std::shared_ptr<spdlog::async_logger>& owner() {
  static std::shared_ptr<spdlog::async_logger> instance;
  return instance;
}
constinit std::atomic<spdlog::async_logger*> current{nullptr};
constinit std::atomic<Level> threshold{Level::Warn};

spdlog::level::level_enum spd_level(Level level) {
  switch (level) {
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warn: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
    case Level::Off: return spdlog::level::off;
  }
  return spdlog::level::info;
}

}  // namespace

void start(const Options& options) {
  shutdown();
  pool() = std::make_shared<spdlog::details::thread_pool>(options.ring, 1);
  spdlog::sink_ptr sink;
  if (options.file.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
  }
  owner() = std::make_shared<spdlog::async_logger>(
      "chorus", std::move(sink), pool(), spdlog::async_overflow_policy::overrun_oldest);
  owner()->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %-5l %v", spdlog::pattern_time_type::utc);
  owner()->set_level(spd_level(options.level));
  owner()->flush_on(spdlog::level::warn);
  threshold = options.level;
  current = owner().get();
}

void shutdown() {
  current = nullptr;
  threshold = Level::Warn;
  if (owner()) owner()->flush();
  pool().reset();  // joins: what is queued is written, and no thread uses the sink any more
  owner().reset();
}

bool enabled(Level level) noexcept { return level >= threshold.load(std::memory_order_relaxed); }

void write(Level level, std::string_view component, std::string_view message) {
  if (auto* logger = current.load()) {
    logger->log(spd_level(level), "{:<8} {}", component, message);
  } else if (level >= Level::Warn) {
    std::fprintf(stderr, "%.*s: %.*s\n", int(component.size()), component.data(),
                 int(message.size()), message.data());
  }
}

}  // namespace chorus::log
