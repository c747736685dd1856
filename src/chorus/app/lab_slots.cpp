#include "chorus/app/lab_slots.hpp"

#include "chorus/app/lab_simulation.hpp"
#include "chorus/app/targets/manager_slots.hpp"
#include "chorus/lab/slot_run.hpp"
#include "chorus/rt/loop.hpp"

#include <csignal>
#include <unistd.h>

namespace chorus::app {

namespace {

// No loop runs that could watch for signals.
volatile std::sig_atomic_t interrupted = 0;

extern "C" void note_interrupt(int) {
  interrupted = 1;
}

/// Ctrl-C is noted while it lives; a second one does what it did before.
class Interruptible {
 public:
  Interruptible() {
    interrupted = 0;
    struct sigaction noted{};
    noted.sa_handler = &note_interrupt;
    noted.sa_flags = static_cast<int>(SA_RESETHAND);
    sigaction(SIGINT, &noted, &int_);
    sigaction(SIGTERM, &noted, &term_);
  }
  ~Interruptible() {
    sigaction(SIGINT, &int_, nullptr);
    sigaction(SIGTERM, &term_, nullptr);
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;

 private:
  struct sigaction int_{};
  struct sigaction term_{};
};

}  // namespace

Result<lab::RunResult> run_slot_load(const lab::Scenario& scenario, SlotLoad load) {
  CH_TRY(const policy::ConversationLimits limits, conversation_limits(scenario.target));
  ManagerSlots slots(limits);
  const rt::Loop simulated(virtual_loop(scenario, load.seed));
  const rt::Loop real;
  const auto began = real.now();
  const Interruptible signals;
  lab::SlotRunOptions options;
  options.seed = load.seed;
  options.started_at = simulated.wall_now();
  options.real_time = [&] { return real.now() - began; };
  options.process = [] { return lab::sample_processes({getpid()}, "/proc", false); };
  options.stop = [&]() -> std::optional<lab::RunEnd> {
    if (interrupted != 0) return lab::RunEnd::Interrupted;
    if (load.timeout && real.now() - began >= *load.timeout) return lab::RunEnd::TimedOut;
    return std::nullopt;
  };
  options.record = std::move(load.record);
  options.environment = std::move(load.environment);
  return lab::run_slots(scenario, slots, options);
}

}  // namespace chorus::app
