#include "chorus/sandbox/llm/llm_server.hpp"

#include "chorus/base/text.hpp"
#include "chorus/net/sse.hpp"
#include "chorus/proto/openai/codec.hpp"
#include "chorus/rt/sleep.hpp"
#include "chorus/sandbox/fault_response.hpp"
#include "chorus/sandbox/llm/answer.hpp"
#include "chorus/sandbox/llm/quota.hpp"
#include "chorus/sandbox/llm/refusals.hpp"
#include "chorus/sandbox/llm/tool_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace chorus::sandbox {

namespace openai = proto::openai;

namespace {

constexpr Duration kMinute = std::chrono::minutes(1);
constexpr Duration kDay = std::chrono::hours(24);

/// What one accepted call will do, drawn before the first wait so that the order of waits does not
/// change the draw.
struct Plan {
  openai::ChatRequest request;
  std::vector<std::string> contents;
  std::vector<openai::ToolCall> calls;  ///< of the first choice
  std::string id;
  std::int64_t created = 0;
  std::string finish_reason = "stop";
  openai::Usage usage;
  Duration first_token{};
  Duration per_token{};
  bool truncate = false;
};

openai::Chunk chunk_of(const Plan& plan) {
  openai::Chunk chunk;
  chunk.id = plan.id;
  chunk.created = plan.created;
  chunk.model = plan.request.model;
  return chunk;
}

std::string record(const Plan& plan, const openai::Chunk& chunk) {
  return "data: " + openai::encode_chunk(chunk, plan.request.include_usage) + "\n\n";
}

}  // namespace

struct LlmServer::Impl {
  Impl(rt::Loop& l, LlmScript s, Rng r, Faults& f, metrics::Registry& registry)
      : loop(l),
        rng(r),
        faults(f),
        calls(registry.counter("chorus_sandbox_llm_calls_total", "Calls of the LLM server")),
        refusals(registry.counter("chorus_sandbox_llm_refusals_total",
                                  "Calls that were answered with an error")),
        tokens(registry.counter("chorus_sandbox_llm_tokens_total", "Tokens of all answers")) {
    use(std::move(s));
  }

  void use(LlmScript s) {
    script = std::move(s);
    per_minute.reset();
    per_day.reset();
    requests.reset();
    if (script.tokens_per_minute) per_minute.emplace(*script.tokens_per_minute, kMinute);
    if (script.tokens_per_day) per_day.emplace(*script.tokens_per_day, kDay);
    if (script.requests_per_minute) requests.emplace(*script.requests_per_minute, kMinute);
  }

  struct Underway;
  std::optional<net::Response> check_key(const net::Request& request) const;
  std::optional<net::Response> check_quota(const std::string& model, std::int64_t tokens_asked);
  struct Asked;
  net::Response limited(const std::string& model, const Asked& asked, Duration wait);
  void limit_headers(net::Headers& headers);
  std::expected<Plan, net::Response> plan(const net::Request& request);
  void use_tools(Plan& plan, Rng ids) const;
  rt::Task<net::Response> chat(net::Request request);
  rt::Task<std::optional<net::Response>> fail_first(FaultAction fault);
  rt::Task<net::Response> complete(Plan plan);
  net::Response streamed(Plan plan);
  rt::Task<Result<void>> stream(std::shared_ptr<Plan> plan, net::BodyWriter& writer);
  rt::Task<Result<void>> send_records(const Plan& plan, net::BodyWriter& writer);
  rt::Task<Result<void>> send_calls(const Plan& plan, net::BodyWriter& writer);
  rt::Task<Result<void>> send_choice(const Plan& plan, std::size_t index, MonoTime& due,
                                     net::BodyWriter& writer);
  net::Response gone(const Plan& plan, Duration after);
  void report(const LlmCall& call);

  rt::Loop& loop;
  LlmScript script;
  Rng rng;
  Faults& faults;
  metrics::Counter& calls;
  metrics::Counter& refusals;
  metrics::Counter& tokens;
  std::optional<SlidingQuota> per_minute, per_day, requests;
  std::function<void(const LlmCall&)> sink;
  std::size_t in_flight = 0;
  std::uint64_t serial = 0;
};

std::optional<net::Response> LlmServer::Impl::check_key(const net::Request& request) const {
  if (script.api_key.empty()) return std::nullopt;
  if (request.headers.get("Authorization") == "Bearer " + script.api_key) return std::nullopt;
  return refuse(401,
                {"Incorrect API key provided.", "invalid_request_error", "", "invalid_api_key"});
}

/// One quota and what a call would take from it.
struct LlmServer::Impl::Asked {
  std::optional<SlidingQuota>& quota;
  std::string_view what;
  std::string_view type;
  std::int64_t amount;
};

net::Response LlmServer::Impl::limited(const std::string& model, const Asked& asked,
                                       Duration wait) {
  SlidingQuota& quota = *asked.quota;
  const std::string message = fmt::format(
      "Rate limit reached for model `{}` in organization `org_sandbox` service tier `on_demand` on "
      "{}: Limit {}, Used {}, Requested {}. Please try again in {}.",
      model, asked.what, quota.limit(), quota.used(loop.now()), asked.amount,
      openai::format_go_duration(wait));
  net::Response response =
      refuse(429, {message, std::string(asked.type), "", "rate_limit_exceeded"});
  response.headers.add("retry-after",
                       std::to_string(static_cast<std::int64_t>(std::ceil(to_seconds(wait)))));
  limit_headers(response.headers);
  return response;
}

std::optional<net::Response> LlmServer::Impl::check_quota(const std::string& model,
                                                          std::int64_t tokens_asked) {
  const MonoTime now = loop.now();
  if (script.insufficient_quota) {
    return out_of_quota();
  }
  if (per_minute && tokens_asked > per_minute->limit()) {
    // No wait would help, and a 429 would make clients try for ever.
    return refuse(
        413, {fmt::format("Request too large for model `{}` in organization `org_sandbox` service "
                          "tier `on_demand` on tokens per minute (TPM): Limit {}, Requested {}, "
                          "please reduce your message size and try again.",
                          model, per_minute->limit(), tokens_asked),
              "tokens", "", "rate_limit_exceeded"});
  }
  const std::array<Asked, 3> all = {
      {{requests, "requests per minute (RPM)", "requests", 1},
       {per_day, "tokens per day (TPD)", "tokens", tokens_asked},
       {per_minute, "tokens per minute (TPM)", "tokens", tokens_asked}}};
  // All or none: a call that one quota refuses takes nothing from the others.
  for (const auto& asked : all) {
    if (!asked.quota) continue;
    if (const auto wait = asked.quota->wait_for(asked.amount, now)) {
      return limited(model, asked, *wait);
    }
  }
  for (const auto& asked : all) {
    if (asked.quota) asked.quota->take(asked.amount, now);
  }
  return std::nullopt;
}

void LlmServer::Impl::limit_headers(net::Headers& headers) {
  const MonoTime now = loop.now();
  const auto put = [&](std::string_view kind, std::optional<SlidingQuota>& quota) {
    if (!quota) return;
    const std::string suffix(kind);
    headers.set("x-ratelimit-limit-" + suffix, std::to_string(quota->limit()));
    headers.set("x-ratelimit-remaining-" + suffix,
                std::to_string(quota->limit() - quota->used(now)));
    headers.set("x-ratelimit-reset-" + suffix, openai::format_go_duration(quota->reset_in(now)));
  };
  put("requests", requests);
  put("tokens", per_minute);
}

std::expected<Plan, net::Response> LlmServer::Impl::plan(const net::Request& request) {
  if (auto refused = check_key(request)) return std::unexpected(std::move(*refused));
  auto decoded = openai::decode_request(request.body);
  if (!decoded) {
    return std::unexpected(refuse(400, {decoded.error().message, "invalid_request_error", "", ""}));
  }
  Plan plan;
  plan.request = std::move(*decoded);
  const std::string& model = plan.request.model;
  if (model.starts_with("no-such-") ||
      (!script.any_model && std::ranges::find(script.models, model) == script.models.end())) {
    return std::unexpected(
        refuse(404, {fmt::format("The model `{}` does not exist or you do not have access to it.",
                                 to_valid_utf8(model)),
                     "invalid_request_error", "", "model_not_found"}));
  }
  // The caller's seed decides what is said. Faults and delays come from the server's own stream:
  // else a client that always sends one seed would see all of its calls fail, or none.
  Rng draws = rng.fork("call", serial++);
  Rng words = plan.request.seed
                  ? Rng(stable_hash("llm", static_cast<std::uint64_t>(*plan.request.seed)))
                  : draws.fork("words");
  for (const auto& message : plan.request.messages) {
    plan.usage.prompt_tokens += 4 + openai::estimate_tokens(message.content);
  }
  std::int64_t length = words.between(script.reply_tokens_low, script.reply_tokens_high);
  if (plan.request.max_tokens && *plan.request.max_tokens < length) {
    length = *plan.request.max_tokens;
    plan.finish_reason = "length";
  }
  if (auto refused =
          check_quota(plan.request.model, plan.usage.prompt_tokens + length * plan.request.n)) {
    return std::unexpected(std::move(*refused));
  }
  const bool fails = draws.chance(script.error_rate);
  const bool is_empty = draws.chance(script.empty_rate);
  plan.truncate = draws.chance(script.truncated_rate);
  plan.first_token = draw_delay(script.time_to_first_token, draws);
  if (fails) {
    net::Response response =
        refuse(script.error_status,
               {"The server had an error while processing your request.", "server_error", "", ""});
    return std::unexpected(std::move(response));
  }
  for (std::int64_t i = 0; i < plan.request.n; ++i) {
    plan.contents.push_back(
        is_empty ? std::string()
                 : scripted_answer(plan.request, length, words.fork("choice", std::uint64_t(i))));
    plan.usage.completion_tokens += openai::estimate_tokens(plan.contents.back());
  }
  use_tools(plan, words.fork("tools"));
  if (script.tokens_per_second > 0) plan.per_token = from_seconds(1.0 / script.tokens_per_second);
  plan.id = fmt::format("chatcmpl-{:016x}", draws.next());
  plan.created = to_unix_seconds(loop.wall_now());
  return plan;
}

/// What the script says about tools takes the place of the first choice's words.
void LlmServer::Impl::use_tools(Plan& plan, Rng ids) const {
  if (script.tools.empty() || plan.contents.front().empty()) return;
  ToolPlay play = play_tools(script.tools, plan.request);
  if (play.calls.empty() && !play.say) return;
  std::string& content = plan.contents.front();
  plan.usage.completion_tokens -= openai::estimate_tokens(content);
  content = std::move(play.say).value_or("");
  plan.usage.completion_tokens += openai::estimate_tokens(content);
  plan.calls = std::move(play.calls);
  plan.finish_reason = plan.calls.empty() ? "stop" : "tool_calls";
  for (auto& call : plan.calls) {
    call.id = fmt::format("call_{:016x}", ids.next());
    plan.usage.completion_tokens += openai::estimate_tokens(call.arguments) + 4;
  }
}

void LlmServer::Impl::report(const LlmCall& call) {
  tokens.add(static_cast<std::uint64_t>(call.completion_tokens));
  if (call.status != 200 && call.status != 499) refusals.add();
  if (sink) sink(call);
}

/// Counts a call for as long as it works.
struct LlmServer::Impl::Underway {
  explicit Underway(Impl& i) : impl(i) { ++impl.in_flight; }
  ~Underway() { --impl.in_flight; }
  Underway(const Underway&) = delete;
  Underway& operator=(const Underway&) = delete;
  Impl& impl;
};

/// The client went away during a wait. Nobody reads this answer; the observer gets its status.
net::Response LlmServer::Impl::gone(const Plan& plan, Duration after) {
  report({499, {}, after, plan.usage.prompt_tokens, 0});
  return refuse(499, {"The client closed the request.", "server_error", "", ""});
}

rt::Task<net::Response> LlmServer::Impl::complete(Plan plan) {
  const MonoTime start = loop.now();
  const Duration total = plan.first_token + plan.per_token * plan.usage.completion_tokens;
  const Underway underway(*this);
  if (total > Duration::zero() && !co_await rt::sleep_for(loop, total)) {
    co_return gone(plan, loop.now() - start);
  }
  openai::Completion completion;
  completion.id = plan.id;
  completion.created = plan.created;
  completion.model = plan.request.model;
  completion.contents = std::move(plan.contents);
  completion.tool_calls = std::move(plan.calls);
  completion.finish_reason = plan.finish_reason;
  completion.usage = plan.usage;
  net::Response response = net::Response::json(200, openai::encode_completion(completion));
  limit_headers(response.headers);
  response.headers.add("x-request-id", "req_" + plan.id.substr(9));
  report({200, plan.first_token, loop.now() - start, plan.usage.prompt_tokens,
          plan.usage.completion_tokens});
  co_return response;
}

rt::Task<Result<void>> LlmServer::Impl::stream(std::shared_ptr<Plan> plan,
                                               net::BodyWriter& writer) {
  const MonoTime start = loop.now();
  const Underway underway(*this);
  auto sent = co_await send_records(*plan, writer);
  if (!sent) {
    (void)gone(*plan, loop.now() - start);  // nobody reads the answer any more
    co_return sent;
  }
  report({200, plan->first_token, loop.now() - start, plan->usage.prompt_tokens,
          plan->usage.completion_tokens});
  co_return Result<void>{};
}

rt::Task<Result<void>> LlmServer::Impl::send_records(const Plan& plan, net::BodyWriter& writer) {
  if (plan.first_token > Duration::zero() && !co_await rt::sleep_for(loop, plan.first_token)) {
    co_return fail(ErrorCode::Cancelled);
  }
  MonoTime due = loop.now();
  for (std::size_t i = 0; i < plan.contents.size(); ++i) {
    CH_CO_TRY_VOID(co_await send_choice(plan, i, due, writer));
    if (plan.truncate) co_return Result<void>{};
  }
  std::string tail;
  if (plan.request.include_usage) {
    openai::Chunk chunk = chunk_of(plan);
    chunk.usage = plan.usage;
    tail = record(plan, chunk);
  }
  co_return co_await writer.write(tail + "data: [DONE]\n\n");
}

rt::Task<Result<void>> LlmServer::Impl::send_choice(const Plan& plan, std::size_t index,
                                                    MonoTime& due, net::BodyWriter& writer) {
  openai::Chunk chunk = chunk_of(plan);
  chunk.has_choice = true;
  chunk.index = static_cast<std::int64_t>(index);
  chunk.role = "assistant";
  CH_CO_TRY_VOID(co_await writer.write(record(plan, chunk)));
  chunk.role.clear();
  if (index == 0 && !plan.truncate) CH_CO_TRY_VOID(co_await send_calls(plan, writer));
  const std::string_view content = plan.contents[index];
  const std::size_t end = plan.truncate ? content.size() / 2 : content.size();
  std::size_t at = 0;
  while (at < end) {
    // One token is about four bytes; without pacing the whole answer goes in a few pieces.
    const std::size_t piece = plan.per_token > Duration::zero() ? 4 : 64;
    std::size_t stop = std::min(end, at + piece);
    while (stop < content.size() && (static_cast<unsigned char>(content[stop]) & 0xC0U) == 0x80U) {
      ++stop;
    }
    chunk.content = content.substr(at, stop - at);
    at = stop;
    if (plan.per_token > Duration::zero()) {
      due += plan.per_token;
      if (!co_await rt::sleep_until(loop, due)) co_return fail(ErrorCode::Cancelled);
    }
    CH_CO_TRY_VOID(co_await writer.write(record(plan, chunk)));
  }
  if (plan.truncate) co_return Result<void>{};
  chunk.content.clear();
  chunk.finish_reason = plan.finish_reason;
  co_return co_await writer.write(record(plan, chunk));
}

rt::Task<Result<void>> LlmServer::Impl::send_calls(const Plan& plan, net::BodyWriter& writer) {
  openai::Chunk chunk = chunk_of(plan);
  chunk.has_choice = true;
  for (auto& piece : call_pieces(plan.calls)) {
    chunk.tool_calls = {std::move(piece)};
    CH_CO_TRY_VOID(co_await writer.write(record(plan, chunk)));
  }
  co_return Result<void>{};
}

rt::Task<net::Response> LlmServer::Impl::chat(net::Request request) {
  calls.add();
  const MonoTime start = loop.now();
  std::optional<FaultAction> fault;
  if (!faults.empty()) fault = faults.hit({"llm", "llm", {}, {}}, start);
  if (fault) {
    auto instead = co_await fail_first(*fault);
    if (instead) co_return *std::move(instead);
  }
  auto plan = this->plan(request);
  if (!plan) {
    report({plan.error().status, {}, {}, 0, 0});
    co_return std::move(plan.error());
  }
  if (fault && fault->drop == FaultAction::Drop::Middle) plan->truncate = true;
  net::Response response;
  // An answer that is lost is paid for: its tokens were made.
  const bool lost = fault && fault->loss == FaultAction::Loss::Answer;
  if (plan->request.stream && !lost) {
    response = streamed(*std::move(plan));
  } else {
    response = co_await complete(*std::move(plan));
  }
  if (lost) co_return co_await never_answer(&loop);
  if (fault) spoil(response, *fault, loop);
  co_return response;
}

/// The parts of a fault that come before any work; nullopt when the call goes on.
rt::Task<std::optional<net::Response>> LlmServer::Impl::fail_first(FaultAction fault) {
  const MonoTime start = loop.now();
  const Underway underway(*this);
  if (fault.latency && !co_await rt::sleep_for(loop, faults.draw(*fault.latency))) {
    co_return gone({}, loop.now() - start);
  }
  if (fault.drop == FaultAction::Drop::Before) {
    report({0, {}, loop.now() - start, 0, 0});
    net::Response cut;
    cut.drop = true;
    co_return cut;
  }
  if (fault.loss == FaultAction::Loss::Request) {
    report({0, {}, loop.now() - start, 0, 0});
    co_return co_await never_answer(&loop);
  }
  auto answer = answer_of(fault);
  if (answer) report({answer->status, {}, loop.now() - start, 0, 0});
  co_return answer;
}

net::Response LlmServer::Impl::streamed(Plan plan) {
  net::Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-cache");
  limit_headers(response.headers);
  response.truncate = plan.truncate;
  // The plan outlives this frame: the server runs the body after the head was sent.
  response.stream = [this, held = std::make_shared<Plan>(std::move(plan))](
                        net::BodyWriter& writer) { return stream(held, writer); };
  return response;
}

LlmServer::LlmServer(rt::Loop& loop, LlmScript script, Rng rng, Faults& faults,
                     metrics::Registry& metrics)
    : impl_(std::make_unique<Impl>(loop, std::move(script), rng, faults, metrics)) {}
LlmServer::~LlmServer() = default;

void LlmServer::set_script(LlmScript script) {
  impl_->use(std::move(script));
}
const LlmScript& LlmServer::script() const {
  return impl_->script;
}
void LlmServer::set_observer_sink(std::function<void(const LlmCall&)> sink) {
  impl_->sink = std::move(sink);
}
std::size_t LlmServer::in_flight() const {
  return impl_->in_flight;
}

rt::Task<net::Response> LlmServer::handle(net::Request request) {
  std::string_view path = request.path();
  if (path.starts_with("/openai/")) path.remove_prefix(7);
  net::Response response;
  if (path == "/v1/models" && request.method == net::Method::Get) {
    if (auto refused = impl_->check_key(request)) {
      response = *std::move(refused);
    } else {
      response = net::Response::json(
          200,
          openai::encode_models(impl_->script.models, to_unix_seconds(impl_->loop.wall_now())));
    }
  } else if (path == "/v1/chat/completions" && request.method == net::Method::Post) {
    response = co_await impl_->chat(std::move(request));
  } else {
    response =
        refuse(404, {fmt::format("Unknown request URL: {} {}.", net::to_string(request.method),
                                 to_valid_utf8(request.path())),
                     "invalid_request_error", "", "unknown_url"});
  }
  response.headers.set("X-Chorus-Sandbox", "1");
  co_return response;
}

}  // namespace chorus::sandbox
