#include "chorus/fleet/tools/toolbox.hpp"
#include "chorus/fleet/turn.hpp"
#include "chorus/rt/sleep.hpp"

#include <utility>

// A turn's generator and the tools that it asks for.
namespace chorus::fleet::detail {

/// Asks until there is a text. A round of calls is answered and asked again with; the last request
/// wants text, so that a model that only ever calls costs `tool_rounds` requests more and no end.
/// A second try repeats no call: it is told what the first one's came to.
rt::Task<Result<Generated>> Turns::generate_with_tools(std::shared_ptr<TurnJob> job,
                                                       GenerationRequest request,
                                                       std::string delimiter, Outcome* spent) {
  const Duration timeout = request.timeout;
  const bool first_try = !std::exchange(job->generated_once, true);
  if (!first_try && !std::exchange(job->question, {}).empty()) {
    for (ToolUse& use : job->tool_rounds.back().uses) {
      if (use.name != kAskUserName) continue;
      use.ok = false;
      use.result = "error: this may not be asked";
    }
  }
  append_rounds(request.lines, job->tool_rounds, delimiter);
  std::size_t serial = 0;
  while (true) {
    request.may_call = first_try && !request.tools.empty() &&
                       job->tool_rounds.size() < core_.settings.tool_rounds &&
                       core_.now() < job->tools_until;
    auto generated =
        co_await rt::with_timeout(core_.loop, timeout, core_.generator.generate(request));
    if (!generated) co_return generated;
    spent->tokens += generated->prompt_tokens + generated->completion_tokens;
    spent->cost += generated->cost;
    if (generated->calls.empty() || !request.may_call) co_return generated;
    ToolRound round;
    round.text = std::move(generated->text);
    for (ToolCall& call : generated->calls) {
      if (round.uses.size() == kCallsPerRound) break;
      round.uses.push_back(co_await core_.toolbox->run(job, std::move(call), serial++));
      if (job->cancelled || core_.scope.stopping()) co_return fail(ErrorCode::Cancelled);
    }
    job->tool_rounds.push_back(std::move(round));
    if (!job->question.empty()) {  // the person's answer begins another turn
      generated->calls.clear();
      generated->text = job->question;
      co_return generated;
    }
    append_rounds(request.lines, {job->tool_rounds.back()}, delimiter);
  }
}

/// What the request may ask for, and its names for the prompt.
void Turns::declare_tools(const TurnJob& job, GenerationRequest& request) const {
  for (const ToolSpec* tool : core_.toolbox->permitted(job)) {
    request.tools.push_back(declaration_of(*tool));
  }
}

}  // namespace chorus::fleet::detail
