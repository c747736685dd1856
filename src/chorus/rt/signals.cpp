#include "chorus/rt/signals.hpp"

#include <boost/asio/signal_set.hpp>

namespace chorus::rt {

struct Signals::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, std::function<void(int)> function)
      : set(loop.context()), on_signal(std::move(function)) {}

  void wait() {
    set.async_wait([self = shared_from_this()](const boost::system::error_code& error, int number) {
      if (error) return;
      self->on_signal(number);
      self->wait();
    });
  }

  boost::asio::basic_signal_set<Executor> set;
  std::function<void(int)> on_signal;
};

Signals::Signals(Loop& loop, std::vector<int> numbers, std::function<void(int)> on_signal)
    : impl_(std::make_shared<Impl>(loop, std::move(on_signal))) {
  boost::system::error_code ignored;  // a signal number of ours is always valid
  for (const int number : numbers) impl_->set.add(number, ignored);
  impl_->wait();
}

Signals::~Signals() {
  boost::system::error_code ignored;
  impl_->set.cancel(ignored);
}

}  // namespace chorus::rt
