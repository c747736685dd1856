#include "chorus/sandbox/telegram/webhook_sender.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/json_writer.hpp"
#include "chorus/proto/telegram/encode.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <utility>

namespace chorus::sandbox::telegram {

namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kAnswerTimeout = seconds(60);
constexpr Duration kOpenWindow = milliseconds(500);
constexpr std::size_t kOpensPerWindow = 10;
constexpr Duration kSickOpenEvery = seconds(2);
constexpr Duration kSickAfter = seconds(10);
constexpr Duration kFirstRetryDelay = seconds(2);
constexpr std::int64_t kLongestRetryAfter = 3600;
constexpr Duration kGoneFor = hours(23);
constexpr std::size_t kMaxReply = 1024 * 1024;

std::string_view reason_of(int status) {
  switch (status) {
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 410:
      return "Gone";
    case 413:
      return "Request Entity Too Large";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

std::string base64(std::string_view bytes) {
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
    }
  }
  return out;
}

std::string target_of(std::string_view url) {
  const auto scheme = url.find("://");
  const auto at = url.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 3);
  if (at == std::string_view::npos) return "/";
  const auto target = url.substr(at, url.find('#') - at);
  return target.starts_with('/') ? std::string(target) : "/" + std::string(target);
}

/// Which sub-queue an event is in: order is kept inside of one. Messages of a chat, buttons of a
/// person, and so on.
std::int64_t lane_of(const Event& event) {
  const auto group = [](int kind, std::int64_t id) { return id + (std::int64_t{kind} << 53); };
  switch (event.kind) {
    case EventKind::Button:
      return group(1, event.from.value);
    case EventKind::OwnMembership:
    case EventKind::Membership:
      return group(2, event.room.value);
    case EventKind::Reaction:
      return group(3, event.room.value);
    default:
      return event.room.value;
  }
}

}  // namespace

std::string WebhookConfig::to_json() const {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .field("url", url)
      .field("secret", secret)
      .field("ip_address", ip_address)
      .field("max_connections", max_connections)
      .field("has_certificate", has_certificate)
      .end_object();
  return out;
}

Result<WebhookConfig> WebhookConfig::from_json(std::string_view text) {
  CH_TRY(auto parsed, parse_json(text));
  if (!parsed.is_object()) return fail(ErrorCode::ParseError, "webhook: not an object");
  const auto& object = parsed.get_object();
  WebhookConfig config;
  config.url = chorus::find_string(object, "url").value_or("");
  config.secret = chorus::find_string(object, "secret").value_or("");
  config.ip_address = chorus::find_string(object, "ip_address").value_or("");
  config.max_connections =
      static_cast<int>(chorus::find_int(object, "max_connections").value_or(40));
  config.has_certificate = find_bool(object, "has_certificate").value_or(false);
  return config;
}

WebhookSender::WebhookSender(Parts parts, PlatformUserId bot, WebhookConfig config, Hooks hooks,
                             Rng rng)
    : parts_(parts),
      bot_(bot),
      config_(std::move(config)),
      hooks_(std::move(hooks)),
      rng_(rng),
      target_(target_of(config_.url)),
      last_success_(parts.loop.now()) {
  if (auto url = net::Url::parse(config_.url)) url_ = std::move(*url);
  if (!url_.userinfo.empty()) authorization_ = "Basic " + base64(url_.userinfo);
}

void WebhookSender::start() {
  auto* bot = account();
  if (bot == nullptr) return;
  for (const auto* event : bot->queue->from(0, SIZE_MAX)) enqueue(*event);
  pump();
}

void WebhookSender::on_added(const QueuedEvent& event) {
  if (stopped_) return;
  enqueue(event);
  pump();
}

void WebhookSender::enqueue(const QueuedEvent& event) {
  const auto key = lane_of(*event.event);
  auto& lane = lanes_[key];
  lane.numbers.push_back(event.number);
  if (!lane.busy && lane.numbers.size() == 1) ready_.push_back(key);
}

bool WebhookSender::may_open(MonoTime now, MonoTime& next) {
  const bool sick = now - last_success_ > kSickAfter;
  const auto window = sick ? kSickOpenEvery : kOpenWindow;
  const auto count = sick ? std::size_t{1} : kOpensPerWindow;
  while (opened_.size() > kOpensPerWindow) opened_.pop_front();
  if (opened_.size() >= count) {
    next = opened_[opened_.size() - count] + window;
    if (next > now) return false;
  }
  opened_.push_back(now);
  return true;
}

void WebhookSender::pump() {
  const auto now = parts_.loop.now();
  while (!stopped_ && !ready_.empty() && active_ < config_.max_connections) {
    if (active_ >= open_) {
      MonoTime next{};
      if (!may_open(now, next)) {
        if (!pump_is_due_) {
          pump_is_due_ = true;
          rt::spawn(parts_.scope, "webhook pump", &WebhookSender::pump_later, shared_from_this(),
                    next);
        }
        return;
      }
      ++open_;
    }
    const auto key = ready_.front();
    ready_.pop_front();
    lanes_[key].busy = true;
    ++active_;
    rt::spawn(parts_.scope, "webhook", &WebhookSender::run, shared_from_this(), key);
  }
}

rt::Task<void> WebhookSender::pump_later(std::shared_ptr<WebhookSender> self, MonoTime at) {
  const bool alive = co_await rt::sleep_until(self->parts_.loop, at);
  self->pump_is_due_ = false;
  if (alive) self->pump();
}

Duration WebhookSender::next_delay(Lane& lane, const Outcome& outcome) {
  ++lane.failures;
  if (outcome.retry_after > 0) {
    return seconds(std::min(outcome.retry_after, kLongestRetryAfter));
  }
  if (lane.failures == 1) return Duration{};
  const Duration cap = from_seconds(rng_.uniform(60, 120));
  lane.delay = lane.delay == Duration{} ? kFirstRetryDelay : std::min(2 * lane.delay, cap);
  return lane.delay;
}

void WebhookSender::note_failure(const Outcome& outcome) {
  last_error_ = outcome.error;
  last_error_at_ = parts_.loop.wall_now();
  open_ = std::max(active_ - 1, open_ - 1);
  if (outcome.status != 410) {
    gone_since_ = {};
    return;
  }
  const auto now = parts_.loop.now();
  if (gone_since_ == MonoTime{}) gone_since_ = now;
  if (now - gone_since_ >= kGoneFor) {
    stop();
    hooks_.gone(bot_);
  }
}

rt::Task<void> WebhookSender::run(std::shared_ptr<WebhookSender> self, std::int64_t key) {
  auto& world = self->parts_.world;
  auto& loop = self->parts_.loop;
  Duration pause{};
  while (!self->stopped_ && !self->parts_.scope.stopping()) {
    auto* bot = self->account();
    auto& numbers = self->lanes_[key].numbers;
    if (bot == nullptr || numbers.empty()) break;
    const auto number = numbers.front();
    const auto* queued = bot->queue->find(number);
    if (queued == nullptr) {
      numbers.pop_front();
      continue;
    }
    const auto event = queued->event;
    if (event->expires <= loop.wall_now()) {
      world.drop_event(*bot, number, DropReason::Expired);
      numbers.pop_front();
      continue;
    }
    const auto began = loop.now();
    auto outcome = co_await self->deliver(number, event);
    if (self->parts_.scope.stopping()) break;
    bot = self->account();
    if (bot == nullptr) break;
    auto& lane = self->lanes_[key];
    if (outcome.ok) {
      self->last_success_ = loop.now();
      self->gone_since_ = {};
      if (auto* done = bot->queue->find(number)) {
        world.note_taken(*bot, *done, loop.now() - began, true);
        world.confirm(*bot, number);
      }
      lane.failures = 0;
      lane.delay = {};
      if (!lane.numbers.empty()) lane.numbers.pop_front();
      if (!outcome.reply.empty()) {
        self->hooks_.reply(self->bot_, std::move(outcome.reply_type), std::move(outcome.reply));
      }
      if (!self->ready_.empty()) break;  // others wait: they come first
      continue;
    }
    self->note_failure(outcome);
    pause = self->next_delay(lane, outcome);
    if (event->expires <= loop.wall_now() + std::chrono::duration_cast<milliseconds>(pause)) {
      world.drop_event(*bot, number, DropReason::Expired);
      lane.numbers.pop_front();
    }
    break;
  }
  --self->active_;
  if (self->parts_.scope.stopping() || self->stopped_) co_return;
  if (pause > Duration{}) {
    self->pump();
    if (!co_await rt::sleep_for(loop, pause)) co_return;
  }
  auto it = self->lanes_.find(key);
  it->second.busy = false;
  if (it->second.numbers.empty()) {
    self->lanes_.erase(it);
  } else {
    self->ready_.push_back(key);
  }
  self->pump();
}

WebhookSender::Outcome WebhookSender::failed(std::string why) {
  Outcome outcome;
  outcome.error = std::move(why);
  return outcome;
}

rt::Task<WebhookSender::Outcome> WebhookSender::deliver(std::int64_t number,
                                                        std::shared_ptr<const Event> event) {
  std::string body;
  body.reserve(event->body.size() + 32);
  proto::telegram::append_update(body, number, event->body);
  if (parts_.faults.empty()) co_return co_await post(std::move(body));
  const auto fault =
      parts_.faults.hit({"telegram", "webhook", bot_, event->room}, parts_.loop.now());
  if (!fault) co_return co_await post(std::move(body));
  if (fault->latency && !co_await rt::sleep_for(parts_.loop, parts_.faults.draw(*fault->latency))) {
    co_return failed("cancelled");
  }
  if (fault->drop == FaultAction::Drop::Before) {
    co_return failed("Webhook connection closed");
  }
  if (fault->loss == FaultAction::Loss::Request) co_return co_await wait_in_vain();
  if (fault->duplicate) (void)co_await post(body);  // the second answer is the one that counts
  auto outcome = co_await post(std::move(body));
  if (fault->loss == FaultAction::Loss::Answer) co_return co_await wait_in_vain();
  if (fault->drop != FaultAction::Drop::None) {
    co_return failed("Webhook connection closed");
  }
  co_return outcome;
}

rt::Task<WebhookSender::Outcome> WebhookSender::wait_in_vain() {
  const bool waited = co_await rt::sleep_for(parts_.loop, kAnswerTimeout);
  co_return failed(waited ? "Read timeout expired" : "cancelled");
}

rt::Task<WebhookSender::Outcome> WebhookSender::post(std::string body) {
  net::Request request;
  request.method = net::Method::Post;
  request.target = target_;
  request.headers.add("Content-Type", "application/json");
  request.headers.add("Accept-Encoding", "gzip, deflate");
  if (!config_.secret.empty()) {
    request.headers.add("X-Telegram-Bot-Api-Secret-Token", config_.secret);
  }
  if (!authorization_.empty()) request.headers.add("Authorization", authorization_);
  request.body = std::move(body);
  net::CallOptions options;
  options.timeout = kAnswerTimeout;
  options.max_body = kMaxReply;
  auto answer = co_await parts_.transport.call(url_, std::move(request), options);
  Outcome outcome;
  if (!answer) {
    switch (answer.error().error.code) {
      case ErrorCode::Timeout:
        outcome.error = "Read timeout expired";
        break;
      case ErrorCode::Unavailable:
        outcome.error = "Connection refused";
        break;
      default:
        outcome.error = "Webhook connection closed";
        break;
    }
    co_return outcome;
  }
  address_ = url_.host == "localhost" ? "127.0.0.1" : url_.host;
  outcome.status = answer->status;
  outcome.ok = answer->status >= 200 && answer->status < 300;
  if (!outcome.ok) {
    outcome.error = fmt::format("Wrong response from the webhook: {} {}", answer->status,
                                reason_of(answer->status));
    const auto after = answer->headers.get("Retry-After");
    (void)std::from_chars(after.data(), after.data() + after.size(), outcome.retry_after);
    co_return outcome;
  }
  outcome.reply_type = std::string(answer->headers.get("Content-Type"));
  outcome.reply = std::move(answer->body);
  co_return outcome;
}

}  // namespace chorus::sandbox::telegram
