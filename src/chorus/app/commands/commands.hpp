#pragma once

#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

/// One file per subcommand. Each `add_*` declares its options on `root` and sets `invocation.run`
/// when the command line names it. `run` answers the process's exit code.
namespace chorus::app {

struct Invocation {
  std::vector<std::string> target_command;  ///< what stands after `--`
  bool has_target_command = false;
  std::function<int()> run;
};

void add_test_command(CLI::App& root, Invocation& invocation);
void add_demo_command(CLI::App& root, Invocation& invocation);
void add_serve_command(CLI::App& root, Invocation& invocation);
void add_sandbox_command(CLI::App& root, Invocation& invocation);
void add_lab_commands(CLI::App& root, Invocation& invocation);
void add_lab_report_command(CLI::App& lab, Invocation& invocation);    ///< below `lab`
void add_lab_compare_commands(CLI::App& lab, Invocation& invocation);  ///< compare and trend
void add_lab_search_command(CLI::App& lab, Invocation& invocation);
void add_lab_watch_command(CLI::App& lab, Invocation& invocation);
/// pause, resume, scale, stop and status of a run that is going on.
void add_lab_control_commands(CLI::App& lab, Invocation& invocation);
void add_control_commands(CLI::App& root, Invocation& invocation);  ///< status, pause, resume, stop
void add_bots_commands(CLI::App& root, Invocation& invocation);
void add_rooms_commands(CLI::App& root, Invocation& invocation);
void add_matrix_commands(CLI::App& root, Invocation& invocation);
void add_personas_commands(CLI::App& root, Invocation& invocation);
void add_settings_commands(CLI::App& root, Invocation& invocation);
void add_breakers_commands(CLI::App& root, Invocation& invocation);
void add_conversations_commands(CLI::App& root, Invocation& invocation);
void add_llm_commands(CLI::App& root, Invocation& invocation);
void add_memory_commands(CLI::App& root, Invocation& invocation);
void add_prompt_commands(CLI::App& root, Invocation& invocation);
void add_tools_commands(CLI::App& root, Invocation& invocation);
void add_db_commands(CLI::App& root, Invocation& invocation);
void add_keys_commands(CLI::App& root, Invocation& invocation);
void add_import_command(CLI::App& root, Invocation& invocation);
void add_doctor_command(CLI::App& root, Invocation& invocation);

}  // namespace chorus::app
