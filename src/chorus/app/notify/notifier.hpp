#pragma once

#include "chorus/app/notify/notice_queue.hpp"

#include <functional>

namespace chorus::app {

/// Looks at the service every 10 s and tells the operator what is wrong, and when it is over: into
/// the log, to a web hook, into a chat. One loop. `close` before destruction.
class Notifier {
 public:
  struct Hooks {
    std::function<const NotifySettings&()> settings;
    std::function<AlertFigures(Duration window)> look;
    NoticeQueue::Send webhook;  ///< called only while the settings name one
    NoticeQueue::Send chat;
  };
  struct Times {
    Duration check_every = std::chrono::seconds(10);
    Duration first_pause = std::chrono::seconds(1);
  };
  Notifier(rt::Loop& loop, metrics::Registry& metrics, Hooks hooks)
      : Notifier(loop, metrics, std::move(hooks), Times()) {}
  Notifier(rt::Loop& loop, metrics::Registry& metrics, Hooks hooks, Times times);

  void start();
  rt::Task<void> close();

 private:
  static rt::Task<void> run(Notifier* self);
  void check();

  rt::Loop& loop_;
  Hooks hooks_;
  Times times_;
  NoticeBoard board_;
  NoticeQueue webhook_;
  NoticeQueue chat_;
  rt::TaskScope scope_;
};

}  // namespace chorus::app
