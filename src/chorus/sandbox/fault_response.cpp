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

/// Hands on what it is given and pauses once, before the piece number `pause_before`.
class PausingWriter final : public net::BodyWriter {
 public:
  PausingWriter(net::BodyWriter& to, Duration pause, std::size_t pause_before, rt::Loop& loop)
      : to_(to), pause_(pause), left_(pause_before), loop_(loop) {}

  rt::Task<Result<void>> write(std::string chunk) override {
    if (left_ > 0 && --left_ == 0 && !co_await rt::sleep_for(loop_, pause_)) {
      co_return fail(ErrorCode::Cancelled);
    }
    co_return co_await to_.write(std::move(chunk));
  }
  [[nodiscard]] bool closed() const override { return to_.closed(); }

 private:
  net::BodyWriter& to_;
  Duration pause_;
  std::size_t left_;
  rt::Loop& loop_;
};

rt::Task<Result<void>> write_pausing(std::shared_ptr<const net::StreamBody> body, Duration pause,
                                     std::size_t pause_before, rt::Loop* loop,
                                     net::BodyWriter* to) {
  PausingWriter pausing(*to, pause, pause_before, *loop);
  co_return co_await (*body)(pausing);
}

rt::Task<Result<void>> write_slowly(std::shared_ptr<const net::StreamBody> body, std::uint64_t rate,
                                    rt::Loop* loop, net::BodyWriter* to) {
  SlowWriter slow(*to, rate, *loop);
  co_return co_await (*body)(slow);
}

rt::Task<Result<void>> write_halves(std::shared_ptr<const std::string> body, net::BodyWriter* to) {
  const auto half = body->size() / 2;
  CH_CO_TRY_VOID(co_await to->write(body->substr(0, half)));
  co_return co_await to->write(body->substr(half));
}

/// A body that was complete as one that is streamed in two pieces, so that it can be slowed or cut.
void make_stream(net::Response& response) {
  if (response.stream) return;
  // Owner: the stream function, which the server keeps until the body ends.
  auto body = std::make_shared<const std::string>(std::move(response.body));
  response.body.clear();
  response.stream = [body](net::BodyWriter& writer) { return write_halves(body, &writer); };
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
  const bool pauses = fault.stall > Duration::zero();
  // A stream's first pieces are its head and its first words; a body is written in two halves.
  const std::size_t pause_before = response.stream ? 3 : 2;
  if (pauses || fault.slow_body > 0 || fault.drop == FaultAction::Drop::Middle) {
    make_stream(response);
  }
  if (pauses) {
    auto body = std::make_shared<const net::StreamBody>(std::move(response.stream));
    response.stream = [body, pause = fault.stall, pause_before, &loop](net::BodyWriter& writer) {
      return write_pausing(body, pause, pause_before, &loop, &writer);
    };
  }
  if (fault.slow_body > 0) {
    auto body = std::make_shared<const net::StreamBody>(std::move(response.stream));
    response.stream = [body, rate = fault.slow_body, &loop](net::BodyWriter& writer) {
      return write_slowly(body, rate, &loop, &writer);
    };
  }
  if (fault.drop == FaultAction::Drop::Middle) response.truncate = true;
}

rt::Task<net::Response> never_answer(rt::Loop* loop) {
  // Cut short or not, nobody is there to read an answer.
  (void)co_await rt::sleep_for(*loop, kLossHold);
  net::Response response;
  response.drop = true;
  co_return response;
}

}  // namespace chorus::sandbox
