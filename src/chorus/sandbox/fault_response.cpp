#include "chorus/sandbox/fault_response.hpp"

#include "chorus/rt/sleep.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

namespace chorus::sandbox {

namespace {

constexpr std::size_t kPiecesPerSecond = 16;

/// Hands on what it is given at `rate` bytes per second.
class SlowWriter final : public net::BodyWriter {
 public:
  SlowWriter(net::BodyWriter& to, std::uint64_t rate, rt::Loop& loop)
      : to_(to), rate_(rate), loop_(loop) {}

  rt::Task<Result<void>> write(std::string chunk) override {
    const auto piece = std::max<std::size_t>(1, rate_ / kPiecesPerSecond);
    for (std::size_t at = 0; at < chunk.size(); at += piece) {
      auto part = chunk.substr(at, piece);
      if (!co_await rt::sleep_for(loop_, from_seconds(double(part.size()) / double(rate_)))) {
        co_return fail(ErrorCode::Cancelled);
      }
      CH_CO_TRY_VOID(co_await to_.write(std::move(part)));
    }
    co_return Result<void>{};
  }
  [[nodiscard]] bool closed() const override { return to_.closed(); }

 private:
  net::BodyWriter& to_;
  std::uint64_t rate_;
  rt::Loop& loop_;
};

rt::Task<Result<void>> write_slowly(std::shared_ptr<const net::StreamBody> body, std::uint64_t rate,
                                    rt::Loop* loop, net::BodyWriter* to) {
  SlowWriter slow(*to, rate, *loop);
  co_return co_await (*body)(slow);
}

rt::Task<Result<void>> write_whole(std::shared_ptr<const std::string> body, net::BodyWriter* to) {
  co_return co_await to->write(*body);
}

/// A body that was complete as one that is streamed, so that it can be slowed or cut.
void make_stream(net::Response& response) {
  if (response.stream) return;
  // Owner: the stream function, which the server keeps until the body ends.
  auto body = std::make_shared<const std::string>(std::move(response.body));
  response.body.clear();
  response.stream = [body](net::BodyWriter& writer) { return write_whole(body, &writer); };
}

}  // namespace

void spoil(net::Response& response, const FaultAction& fault, rt::Loop& loop) {
  if (fault.drop == FaultAction::Drop::Before || fault.drop == FaultAction::Drop::After) {
    response.drop = true;
    return;
  }
  if (fault.drop == FaultAction::Drop::Middle && !response.stream) {
    // A stream cuts itself where its records allow it; a body is cut in its middle.
    response.body.resize(response.body.size() / 2);
  }
  if (fault.slow_body > 0 || fault.drop == FaultAction::Drop::Middle) make_stream(response);
  if (fault.slow_body > 0) {
    auto body = std::make_shared<const net::StreamBody>(std::move(response.stream));
    response.stream = [body, rate = fault.slow_body, &loop](net::BodyWriter& writer) {
      return write_slowly(body, rate, &loop, &writer);
    };
  }
  if (fault.drop == FaultAction::Drop::Middle) response.truncate = true;
}

}  // namespace chorus::sandbox
