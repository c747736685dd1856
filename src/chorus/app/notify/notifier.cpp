#include "chorus/app/notify/notifier.hpp"

#include "chorus/base/log.hpp"
#include "chorus/rt/sleep.hpp"

namespace chorus::app {

Notifier::Notifier(rt::Loop& loop, metrics::Registry& metrics, Hooks hooks, Times times)
    : loop_(loop),
      hooks_(std::move(hooks)),
      times_(times),
      webhook_(loop, metrics, "webhook", hooks_.webhook, times.first_pause),
      chat_(loop, metrics, "chat", hooks_.chat, times.first_pause),
      scope_(loop) {}

void Notifier::start() {
  rt::spawn(scope_, "notifier", &Notifier::run, this);
}

rt::Task<void> Notifier::run(Notifier* self) {
  while (co_await rt::sleep_for(self->loop_, self->times_.check_every)) self->check();
}

void Notifier::check() {
  const NotifySettings& settings = hooks_.settings();
  const auto notices = board_.update(alerts_of(hooks_.look(settings.window), settings), loop_.now(),
                                     loop_.wall_now(), settings.quiet);
  for (const Notice& notice : notices) {
    log::warn("notify", "{}{}", notice.recovered ? "over: " : "", notice.text);
    if (!settings.webhook.empty()) webhook_.push(notice);
    if (!settings.telegram_bot.empty() && !settings.telegram_chat.empty()) chat_.push(notice);
  }
}

rt::Task<void> Notifier::close() {
  co_await scope_.close();
  co_await webhook_.close();
  co_await chat_.close();
}

}  // namespace chorus::app
