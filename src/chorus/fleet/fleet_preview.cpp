#include "chorus/fleet/detail/fleet_impl.hpp"

#include <memory>

// What an operator may look at before it is sent.
namespace chorus::fleet {

rt::Task<Result<PromptPreview>> Fleet::preview_prompt(BotId bot_id, RoomId room_id,
                                                      std::string text) {
  detail::Core& core = impl_->core;
  detail::TurnJob job;
  job.bot = core.directory.bot(bot_id);
  job.room = core.directory.room(room_id);
  if (job.bot == nullptr) co_return fail(ErrorCode::NotFound, "no such bot");
  if (job.room == nullptr) co_return fail(ErrorCode::NotFound, "no such room");
  CH_CO_TRY_VOID(co_await impl_->rooms.ensure_loaded(job.room));
  (void)co_await impl_->memories.ready(job.bot);  // without them it speaks without them
  if (text.empty()) {
    job.kind = detail::TurnJob::Kind::SelfStarted;
  } else {
    job.person_asked = true;
    auto heard = std::make_shared<detail::Heard>();
    heard->line.name = "somebody";
    heard->line.text = std::move(text);
    heard->line.date = core.loop.wall_now();
    job.trigger = std::make_shared<detail::Trigger>();
    job.trigger->heard = std::move(heard);
  }
  GenerationRequest request = impl_->turns.preview(job);
  PromptPreview preview;
  preview.lines = std::move(request.lines);
  preview.max_tokens = request.max_tokens;
  preview.temperature = request.temperature;
  preview.lane = request.lane;
  co_return preview;
}

}  // namespace chorus::fleet
