#include "chorus/lab/live_control.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/text.hpp"

namespace chorus::lab {

namespace {

std::string_view name(LiveStats::Phase phase) {
  switch (phase) {
    case LiveStats::Phase::Starting:
      return "starting";
    case LiveStats::Phase::Warmup:
      return "warmup";
    case LiveStats::Phase::Measuring:
      return "measuring";
    case LiveStats::Phase::Cooldown:
      return "cooldown";
    case LiveStats::Phase::Done:
      break;
  }
  return "done";
}

/// A page of another site could send a form without asking first, but never JSON.
Result<json::object> body_of(const net::Request& request) {
  if (!ascii_lower(request.headers.get("Content-Type")).starts_with("application/json")) {
    return fail(ErrorCode::InvalidArgument, "send JSON: Content-Type: application/json");
  }
  if (trim(request.body).empty()) return json::object{};
  auto parsed = parse_json(request.body);
  if (!parsed || !parsed->is_object()) {
    return fail(ErrorCode::InvalidArgument, "the body must be a JSON object");
  }
  return std::move(parsed->get_object());
}

}  // namespace

LiveControl::LiveControl(Run& run) : run_(run) {
  const std::string base = "/control/v1/lab";
  const auto plain = [&](std::string_view path, SteerCommand::What what) {
    router_.add(net::Method::Post, base + std::string(path),
                [this, what](net::Request request, const net::PathParams&) {
                  const auto body = body_of(request);
                  if (!body) return net::ready(net::error_response(body.error()));
                  return net::ready(steer(SteerCommand{what, 1, 0}));
                });
  };
  plain("/pause", SteerCommand::What::Pause);
  plain("/resume", SteerCommand::What::Resume);
  router_.add(net::Method::Post, base + "/scale",
              [this](net::Request request, const net::PathParams&) {
                return net::ready(steer(scale(request)));
              });
  router_.add(net::Method::Post, base + "/stop",
              [this](net::Request request, const net::PathParams&) {
                const auto body = body_of(request);
                if (!body) return net::ready(net::error_response(body.error()));
                run_.interrupt();
                return net::ready(status());
              });
  router_.add(net::Method::Get, base,
              [this](net::Request, const net::PathParams&) { return net::ready(status()); });
}

rt::Task<net::Response> LiveControl::handle(net::Request request) {
  return router_.handle(std::move(request));
}

Result<SteerCommand> LiveControl::scale(const net::Request& request) const {
  CH_TRY(const auto body, body_of(request));
  const auto factor = find_double(body, "factor");
  const auto people = find_int(body, "people");
  if (factor.has_value() == people.has_value() || body.size() != 1) {
    return fail(ErrorCode::InvalidArgument,
                "say one of them: {\"factor\": 1.5} of the plan, or {\"people\": 20} of an "
                "externally-controlled executor");
  }
  if (factor) return SteerCommand{SteerCommand::What::Scale, *factor, 0};
  if (*people < 0 || *people > 1'000'000) {
    return fail(ErrorCode::InvalidArgument, "people must be from 0 to 1000000");
  }
  return SteerCommand{SteerCommand::What::People, 1, static_cast<std::uint32_t>(*people)};
}

net::Response LiveControl::steer(const Result<SteerCommand>& command) {
  if (!command) return net::error_response(command.error());
  const auto done = run_.steer(*command, "control API");
  if (!done) return net::error_response(done.error());
  return status();
}

net::Response LiveControl::status() const {
  const auto now = run_.status();
  json::object o;
  o["name"] = now.name;
  o["phase"] = name(now.phase);
  o["elapsed_s"] = to_seconds(now.elapsed);
  o["paused"] = now.paused;
  o["factor"] = now.factor;
  if (now.people) o["people"] = *now.people;
  json::array events;
  for (const auto& line : now.events) events.emplace_back(line);
  o["events"] = std::move(events);
  return net::Response::json(200, json::serialize(o));
}

}  // namespace chorus::lab
