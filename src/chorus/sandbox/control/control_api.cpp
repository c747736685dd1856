#include "chorus/sandbox/control/control_api.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/net/router.hpp"
#include "chorus/proto/telegram/token.hpp"
#include "chorus/sandbox/control/actions.hpp"
#include "chorus/sandbox/control/feed.hpp"
#include "chorus/sandbox/control/lookup.hpp"
#include "chorus/sandbox/control/page.hpp"
#include "chorus/sandbox/control/query.hpp"
#include "chorus/sandbox/control/shape.hpp"
#include "chorus/sandbox/control/views.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace chorus::sandbox {

using net::Method;
using net::PathParams;
using net::Request;
using net::Response;

namespace {

Result<std::vector<PlatformUserId>> accounts_of(World& world, const json::object& body,
                                                std::string_view member, bool bots, Platform on) {
  std::vector<PlatformUserId> out;
  const auto* list = find(body, member);
  if (list == nullptr || list->is_null()) return out;
  for (const auto& entry : list->get_array()) {
    const json::object wrapper{{"x", entry}};
    const std::string name = control::reference(wrapper, "x").value_or("");
    auto account =
        bots ? control::find_bot(world, name, on) : control::find_or_add_person(world, name, on);
    if (!account) return std::unexpected(account.error());
    out.push_back((*account)->id);
  }
  return out;
}

template <class Container, class Write>
Response list_of(const Container& items, Write write) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto* item : items) write(out, *item);
  out.end_array();
  return Response::json(200, text);
}

}  // namespace

struct ControlApi::Impl {
  Impl(rt::Loop& l, World& w, Faults& f, Options o)
      : loop(l), world(w), faults(f), options(std::move(o)), feed(l, w) {
    world.add_observer(feed);
    add_routes();
  }
  ~Impl() { world.remove_observer(feed); }

  using Plain = Result<Response> (Impl::*)(const Request&, const PathParams&);
  void add(Method method, std::string_view pattern, Plain handler) {
    router.add(method, pattern, [this, handler](const Request& request, const PathParams& params) {
      auto answer = (this->*handler)(request, params);
      return ready(answer ? std::move(*answer) : net::error_response(answer.error()));
    });
  }
  static rt::Task<Response> ready(Response response) { co_return response; }

  void add_routes();
  Result<Response> add_bot(const Request& request, const PathParams&);
  Result<Response> add_person(const Request& request, const PathParams&);
  Result<Response> add_room(const Request& request, const PathParams&);
  Result<Response> add_message(const Request& request, const PathParams&);
  Result<Response> add_action(const Request& request, const PathParams&);
  Result<Response> add_fault(const Request& request, const PathParams&);
  Result<Response> add_service(const Request& request, const PathParams&);
  Result<Response> list_services(const Request&, const PathParams&);
  Result<Response> list_bots(const Request&, const PathParams&);
  Result<Response> list_people(const Request&, const PathParams&);
  Result<Response> list_rooms(const Request&, const PathParams&);
  Result<Response> list_faults(const Request&, const PathParams&);
  Result<Response> remove_bot(const Request&, const PathParams& params);
  Result<Response> remove_person(const Request&, const PathParams& params);
  Result<Response> remove_room(const Request&, const PathParams& params);
  Result<Response> remove_fault(const Request&, const PathParams& params);
  Result<Response> ledger(const Request&, const PathParams&);
  Result<Response> stats(const Request&, const PathParams&);
  Result<Response> reset(const Request& request, const PathParams&);
  Result<Response> events(const Request& request, const PathParams&);
  Result<Response> page(const Request& request, const PathParams& params);
  rt::Task<Response> messages(Request request);
  json::object ledger_object() const;

  rt::Loop& loop;
  World& world;
  Faults& faults;
  Options options;
  control::Feed feed;
  net::Router router;
};

void ControlApi::Impl::add_routes() {
  const std::string v1 = "/control/v1";
  add(Method::Post, v1 + "/bots", &Impl::add_bot);
  add(Method::Post, v1 + "/people", &Impl::add_person);
  add(Method::Post, v1 + "/rooms", &Impl::add_room);
  add(Method::Post, v1 + "/messages", &Impl::add_message);
  add(Method::Post, v1 + "/actions", &Impl::add_action);
  add(Method::Post, v1 + "/faults", &Impl::add_fault);
  add(Method::Post, v1 + "/appservices", &Impl::add_service);
  add(Method::Get, v1 + "/appservices", &Impl::list_services);
  add(Method::Post, v1 + "/reset", &Impl::reset);
  add(Method::Get, v1 + "/bots", &Impl::list_bots);
  add(Method::Get, v1 + "/people", &Impl::list_people);
  add(Method::Get, v1 + "/rooms", &Impl::list_rooms);
  add(Method::Get, v1 + "/faults", &Impl::list_faults);
  add(Method::Get, v1 + "/ledger", &Impl::ledger);
  add(Method::Get, v1 + "/stats", &Impl::stats);
  add(Method::Get, v1 + "/events", &Impl::events);
  add(Method::Delete, v1 + "/bots/{id}", &Impl::remove_bot);
  add(Method::Delete, v1 + "/people/{id}", &Impl::remove_person);
  add(Method::Delete, v1 + "/rooms/{id}", &Impl::remove_room);
  add(Method::Delete, v1 + "/faults/{id}", &Impl::remove_fault);
  router.add(Method::Get, v1 + "/messages",
             [this](Request request, const PathParams&) { return messages(std::move(request)); });
  add(Method::Get, "/", &Impl::page);
  add(Method::Get, "/page/{file}", &Impl::page);
}

Result<Response> ControlApi::Impl::add_bot(const Request& request, const PathParams&) {
  CH_TRY(const json::object body, control::body_of(request, control::Takes::Bot));
  BotSpec spec;
  spec.username = std::string(find_string(body, "username").value_or(""));
  spec.name = std::string(find_string(body, "name").value_or(""));
  spec.token = std::string(find_string(body, "token").value_or(""));
  const auto on = control::platform_of(body);
  if (on == Platform::Telegram && !spec.token.empty() &&
      !proto::telegram::check_token(spec.token)) {
    return fail(ErrorCode::InvalidArgument,
                "a token is NUMBER:SECRET, the secret 24 or more letters, digits, '-' or '_'");
  }
  spec.privacy = find_bool(body, "privacy").value_or(false);
  spec.bot_to_bot = find_bool(body, "bot_to_bot").value_or(false);
  spec.admin = find_bool(body, "admin").value_or(false);
  CH_TRY(const Account* bot, world.add_bot(std::move(spec), on));
  std::string text;
  JsonWriter out(text);
  control::write_account(out, *bot);
  feed.publish("bot", text);
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::add_person(const Request& request, const PathParams&) {
  CH_TRY(const json::object body, control::body_of(request, control::Takes::Person));
  PersonSpec spec;
  spec.name = std::string(find_string(body, "name").value_or(""));
  spec.first_name = std::string(find_string(body, "first_name").value_or(spec.name));
  spec.language = std::string(find_string(body, "language").value_or("en"));
  CH_TRY(const Account* person, world.add_person(std::move(spec), control::platform_of(body)));
  std::string text;
  JsonWriter out(text);
  control::write_account(out, *person);
  feed.publish("person", text);
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::add_room(const Request& request, const PathParams&) {
  CH_TRY(const json::object body, control::body_of(request, control::Takes::Room));
  RoomSpec spec;
  const auto on = control::platform_of(body);
  const auto type =
      find_string(body, "type").value_or(on == Platform::Telegram ? "supergroup" : "room");
  const auto known = room_type_from(type);
  if (!known || *known == RoomType::Private || !world.dialect(on).has(*known)) {
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("unknown type '{}'; it is {} (a private chat begins with the first "
                    "message to a bot)",
                    type, on == Platform::Telegram ? "group, supergroup or channel" : "room"));
  }
  spec.type = *known;
  spec.title = std::string(find_string(body, "title").value_or("Room"));
  spec.forum = find_bool(body, "forum").value_or(false);
  CH_TRY(spec.bots, accounts_of(world, body, "bots", true, on));
  CH_TRY(spec.people, accounts_of(world, body, "people", false, on));
  CH_TRY(const Room* room, world.add_room(std::move(spec), on));
  std::string text;
  JsonWriter out(text);
  control::write_room(out, *room);
  feed.publish("room", text);
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::add_message(const Request& request, const PathParams&) {
  CH_TRY(const json::object body, control::body_of(request, control::Takes::Message));
  CH_TRY(const auto id, control::post_message(world, body));
  std::string text;
  JsonWriter(text).begin_object().field("message_id", id.value).end_object();
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::add_action(const Request& request, const PathParams&) {
  CH_TRY(const json::object body, control::body_of(request, control::Takes::Action));
  CH_TRY_VOID(control::act(world, body));
  feed.publish("room", "{}");
  return Response::json(200, R"({"ok":true})");
}

Result<Response> ControlApi::Impl::add_fault(const Request& request, const PathParams&) {
  CH_TRY(json::object body, control::body_of(request));
  // Names become ids here, so that a fault keeps its aim when a name is given to another.
  if (auto* match = body.if_contains("match"); match != nullptr && match->is_object()) {
    json::object& names = match->get_object();
    if (const auto bot = control::reference(names, "bot")) {
      CH_TRY(const Account* account, control::find_bot(world, *bot));
      names["bot"] = account->id.value;
    }
    if (const auto room = control::reference(names, "room")) {
      CH_TRY(const Room* found, control::find_room(world, *room));
      names["room"] = found->id.value;
    }
  }
  CH_TRY(FaultSpec spec, parse_fault(body));
  CH_TRY(const std::int64_t id, faults.add(std::move(spec), loop.now()));
  std::string text;
  JsonWriter(text).begin_object().field("id", id).end_object();
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::add_service(const Request& request, const PathParams&) {
  CH_TRY(const json::object body, control::body_of(request));
  if (!options.add_service) return fail(ErrorCode::NotSupported, "there is no homeserver here");
  CH_TRY(std::string text, options.add_service(body));
  return Response::json(200, std::move(text));
}

Result<Response> ControlApi::Impl::list_services(const Request&, const PathParams&) {
  return Response::json(200, options.list_services ? options.list_services() : "[]");
}

Result<Response> ControlApi::Impl::list_bots(const Request&, const PathParams&) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto* account : world.accounts()) {
    if (!account->is_bot || account->removed) continue;
    std::string one;
    JsonWriter writer(one);
    control::write_account(writer, *account);
    one.back() = ',';
    const bool connected = options.is_connected && options.is_connected(*account);
    one += connected ? "\"ready\":true}" : "\"ready\":false}";
    out.raw(one);
  }
  out.end_array();
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::list_people(const Request&, const PathParams&) {
  std::vector<const Account*> people;
  for (const auto* account : world.accounts()) {
    if (!account->is_bot && !account->removed) people.push_back(account);
  }
  return list_of(people, control::write_account);
}

Result<Response> ControlApi::Impl::list_rooms(const Request&, const PathParams&) {
  std::vector<const Room*> rooms;
  for (const auto* room : world.rooms()) {
    if (!room->deleted) rooms.push_back(room);
  }
  return list_of(rooms, control::write_room);
}

Result<Response> ControlApi::Impl::list_faults(const Request&, const PathParams&) {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto& fault : faults.all()) {
    out.begin_object().field("id", fault.id).field("method", fault.spec.match.method);
    out.field("hits", fault.hits).end_object();
  }
  out.end_array();
  return Response::json(200, text);
}

Result<Response> ControlApi::Impl::remove_bot(const Request&, const PathParams& params) {
  CH_TRY(const Account* bot, control::find_bot(world, params.find("id")->second));
  CH_TRY_VOID(world.remove_account(bot->id));
  feed.publish("room", "{}");
  return Response::json(200, R"({"ok":true})");
}

Result<Response> ControlApi::Impl::remove_person(const Request&, const PathParams& params) {
  CH_TRY(const Account* person, control::find_person(world, params.find("id")->second));
  CH_TRY_VOID(world.remove_account(person->id));
  feed.publish("room", "{}");
  return Response::json(200, R"({"ok":true})");
}

Result<Response> ControlApi::Impl::remove_room(const Request&, const PathParams& params) {
  CH_TRY(Room * room, control::find_room(world, params.find("id")->second));
  CH_TRY_VOID(world.remove_room(*room));
  feed.publish("room", "{}");
  return Response::json(200, R"({"ok":true})");
}

Result<Response> ControlApi::Impl::remove_fault(const Request&, const PathParams& params) {
  const auto id = as_int(json::value(params.find("id")->second));
  if (!id || !faults.remove(*id)) return fail(ErrorCode::NotFound, "there is no such fault");
  return Response::json(200, R"({"ok":true})");
}

json::object ControlApi::Impl::ledger_object() const {
  const WorldCounters& c = world.counters();
  std::uint64_t pending = 0;
  for (const auto* account : world.accounts()) {
    if (account->queue) pending += account->queue->size();
  }
  json::object dropped;
  constexpr std::string_view kReasons[] = {"expired", "queue_full", "bot_removed",
                                           "dropped_by_bot"};
  for (std::size_t i = 0; i < c.dropped.size(); ++i) dropped[kReasons[i]] = c.dropped[i];
  return {{"person_messages", c.person_messages},
          {"bot_messages", c.bot_messages},
          {"bot_edits", c.bot_edits},
          {"deliveries", c.deliveries},
          {"taken", c.taken},
          {"pending", pending},
          {"withheld_by_privacy_mode", c.withheld},
          {"hidden_between_bots", c.bot_to_bot_hidden},
          {"dropped", std::move(dropped)}};
}

Result<Response> ControlApi::Impl::ledger(const Request&, const PathParams&) {
  return Response::json(200, json::serialize(ledger_object()));
}

Result<Response> ControlApi::Impl::stats(const Request&, const PathParams&) {
  if (options.ready && !options.ready()) {
    return fail(ErrorCode::Unavailable, "not all doors listen yet");
  }
  const WorldCounters& c = world.counters();
  json::object out;
  out["ready"] = true;
  out["telegram"] = options.addresses.telegram;
  out["matrix"] = options.addresses.matrix;
  out["llm"] = options.addresses.llm;
  out["calls"] = c.calls;
  out["not_simulated"] = c.not_simulated;
  out["validated_only"] = c.validated_only;
  json::object statuses;
  for (const auto& [status, count] : c.statuses) statuses[std::to_string(status)] = count;
  out["statuses"] = std::move(statuses);
  out["by_method"] = control::methods_json(c.by_method);
  out["ledger"] = ledger_object();
  if (options.add_stats) options.add_stats(out);
  return Response::json(200, json::serialize(out));
}

Result<Response> ControlApi::Impl::reset(const Request& request, const PathParams&) {
  CH_TRY([[maybe_unused]] const json::object body,
         control::body_of(request, control::Takes::Nothing));
  world.reset();
  faults.clear();
  feed.publish("reset", "{}");
  return Response::json(200, R"({"ok":true})");
}

Result<Response> ControlApi::Impl::events(const Request& request, const PathParams&) {
  std::uint64_t after = 0;
  const std::string_view last = request.headers.get("Last-Event-ID");
  std::from_chars(last.data(), last.data() + last.size(), after);
  Response response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-cache");
  response.stream = [this, after](net::BodyWriter& writer) { return feed.serve(writer, after); };
  return response;
}

Result<Response> ControlApi::Impl::page(const Request&, const PathParams& params) {
  const auto found = params.find("file");
  return control::page_file(found == params.end() ? "index.html" : found->second);
}

rt::Task<Response> ControlApi::Impl::messages(Request request) {
  const auto asked = control::asked_of(request);
  if (!asked) co_return net::error_response(asked.error());
  const auto& [name, after, limit, wait] = *asked;
  const MonoTime deadline = loop.now() + wait;
  while (true) {
    // Looked up again after every wait: the room may have gone meanwhile.
    const auto room = control::find_room(world, name);
    if (!room && !control::may_begin(world, name)) co_return net::error_response(room.error());
    std::vector<const Message*> found;
    if (room) {
      for (const auto& message : (*room)->messages) {
        if (message.id.value > after && !message.deleted) found.push_back(&message);
      }
    }
    if (!found.empty() || loop.now() >= deadline) {
      if (static_cast<std::int64_t>(found.size()) > limit) {
        // With `after` the oldest come first, without it the newest are wanted.
        if (after > 0) {
          found.resize(static_cast<std::size_t>(limit));
        } else {
          found.erase(found.begin(), found.end() - limit);
        }
      }
      std::string text;
      JsonWriter out(text);
      out.begin_array();
      for (const auto* message : found) control::write_message(out, **room, *message);
      out.end_array();
      co_return Response::json(200, text);
    }
    if (co_await feed.changed().wait_until(deadline) == rt::Notify::Woken::Cancelled) {
      co_return Response::empty(499);
    }
  }
}

ControlApi::ControlApi(rt::Loop& loop, World& world, Faults& faults, Options options)
    : impl_(std::make_unique<Impl>(loop, world, faults, std::move(options))) {}
ControlApi::~ControlApi() = default;

void ControlApi::set_addresses(Addresses addresses) {
  impl_->options.addresses = std::move(addresses);
}

void ControlApi::mount(std::string_view prefix, net::Handler& handler) {
  impl_->router.mount(prefix, handler);
}

rt::Task<Response> ControlApi::handle(Request request) {
  Response response;
  const std::string host(request.headers.get("Host"));
  const auto url = net::Url::parse("http://" + host);
  if (!host.empty() && (!url || !url->is_loopback())) {
    response = net::error_response(
        Error(ErrorCode::Forbidden, "the control port answers to a loopback Host only"));
  } else {
    response = co_await impl_->router.handle(std::move(request));
  }
  response.headers.set("X-Chorus-Sandbox", "1");
  co_return response;
}

}  // namespace chorus::sandbox
