#include "chorus/sandbox/matrix/app_services.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/log.hpp"
#include "chorus/sandbox/matrix/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

/// Who is served, and what waits; the lane itself is in app_service_lane.cpp.
namespace chorus::sandbox::matrix {

namespace mx = proto::matrix;

AppService::AppService(rt::Loop& loop, mx::Registration registration)
    : registration_(std::move(registration)), wake_(loop) {}

bool AppService::owns(std::string_view user_id) const {
  if (sender_ != nullptr && sender_->account->wire == user_id) return true;
  return std::ranges::any_of(patterns_, [&](const Pattern& p) {
    return std::regex_match(user_id.begin(), user_id.end(), p.regex);
  });
}

bool AppService::is_exclusive(std::string_view user_id) const {
  if (sender_ != nullptr && sender_->account->wire == user_id) return true;
  return std::ranges::any_of(patterns_, [&](const Pattern& p) {
    return p.exclusive && std::regex_match(user_id.begin(), user_id.end(), p.regex);
  });
}

namespace {

Result<void> check_url(const std::string& text) {
  if (text.empty()) return {};
  const auto url = net::Url::parse(text);
  if (url && url->is_loopback()) return {};
  return fail(ErrorCode::InvalidArgument,
              "url: the sandbox calls application services on loopback only");
}

}  // namespace

AppServices::AppServices(rt::Loop& loop, Hub& hub, Faults& faults, net::Transport& transport)
    : loop_(loop), hub_(hub), faults_(faults), transport_(transport), scope_(loop) {
  hub_.set_service_of([this](std::string_view user_id) { return service_of(user_id); });
  hub_.on_event([this](RoomLog& log, const EventPtr& event) { on_event(log, event); });
  hub_.on_membership([this](RoomLog& log, const Account& subject) { on_membership(log, subject); });
}

AppServices::~AppServices() {
  hub_.set_service_of({});
  hub_.on_event({});
  hub_.on_membership({});
}

Result<AppService*> AppServices::insert(mx::Registration registration) {
  if (services_.contains(registration.id) || find_token(registration.as_token) != nullptr) {
    return fail(ErrorCode::Conflict,
                fmt::format("an application service '{}' (or its token) is there already",
                            registration.id));
  }
  CH_TRY_VOID(check_url(registration.url));
  auto service = std::make_unique<AppService>(loop_, std::move(registration));
  for (const auto& users : service->registration_.users) {
    try {
      service->patterns_.push_back(
          {std::regex(users.regex, std::regex::ECMAScript | std::regex::optimize),
           users.exclusive});
    } catch (const std::regex_error&) {
      return fail(ErrorCode::InvalidArgument,
                  fmt::format("namespaces.users: '{}' is not a regular expression", users.regex));
    }
  }
  auto& added = *service;
  services_.emplace(added.registration_.id, std::move(service));
  for (auto* account : hub_.world().accounts()) {
    if (account->platform != Platform::Matrix || account->removed) continue;
    auto& user = hub_.user_of(*account);
    if (user.service == nullptr && added.owns(account->wire)) user.service = &added;
  }
  return &added;
}

Result<AppService*> AppServices::add(mx::Registration registration) {
  const auto sender = registration.sender_localpart;
  CH_TRY(auto* service, insert(std::move(registration)));
  auto* account = hub_.world().find_name(Platform::Matrix, sender);
  if (account == nullptr) {
    BotSpec spec;
    spec.username = sender;
    auto added = hub_.world().add_bot(std::move(spec), Platform::Matrix);
    if (!added) {
      services_.erase(service->registration_.id);
      return std::unexpected(std::move(added).error());
    }
    account = *added;
  }
  service->sender_ = &hub_.user_of(*account);
  service->sender_->service = service;
  service->confirmed_ = hub_.position();
  count_members(*service);
  hub_.record(fmt::format(R"({{"k":"service","registration":{},"confirmed":{}}})",
                          mx::encode_registration(service->registration_), service->confirmed_));
  if (started_) spawn_lane(*service);
  return service;
}

Result<std::string> AppServices::register_from(const json::object& object) {
  json::object complete = object;
  for (const auto* token : {"as_token", "hs_token"}) {
    if (!complete.contains(token)) complete[token] = hub_.world().mint_secret();
  }
  auto registration = mx::decode_registration(complete);
  if (!registration) return fail(ErrorCode::InvalidArgument, registration.error().message);
  if (registration->users.empty()) registration->users.push_back({"@.*", false});
  const auto known = services_.find(registration->id);
  if (known != services_.end() && known->second->registration_.as_token == registration->as_token) {
    CH_TRY_VOID(move(*known->second, std::move(registration->url)));
    return mx::encode_registration(known->second->registration_);
  }
  CH_TRY(const auto* added, add(std::move(*registration)));
  return mx::encode_registration(added->registration());
}

Result<void> AppServices::move(AppService& service, std::string url) {
  CH_TRY_VOID(check_url(url));
  service.registration_.url = std::move(url);
  hub_.record(fmt::format(R"({{"k":"moved","service":{},"url":{}}})",
                          json::serialize(json::string(service.registration_.id)),
                          json::serialize(json::string(service.registration_.url))));
  if (started_) spawn_lane(service);
  return {};
}

std::string AppServices::list() const {
  std::string text;
  JsonWriter out(text);
  out.begin_array();
  for (const auto& [id, service] : services_) {
    out.begin_object().field("id", id).field("url", service->registration_.url);
    out.field("waiting", service->waiting()).field("failures", service->failures());
    out.end_object();
  }
  out.end_array();
  return text;
}

AppService* AppServices::find_token(std::string_view as_token) const {
  for (const auto& [id, service] : services_) {
    if (service->registration_.as_token == as_token) return service.get();
  }
  return nullptr;
}

AppService* AppServices::service_of(std::string_view user_id) const {
  for (const auto& [id, service] : services_) {
    if (service->owns(user_id)) return service.get();
  }
  return nullptr;
}

bool AppServices::is_exclusive(std::string_view user_id) const {
  return std::ranges::any_of(
      services_, [&](const auto& entry) { return entry.second->is_exclusive(user_id); });
}

void AppServices::count_members(AppService& service) {
  service.members_.clear();
  for (const auto* room : hub_.world().rooms()) {
    if (room->platform != Platform::Matrix || room->deleted) continue;
    for (const auto& [id, member] : room->members) {
      if (is_present(member.standing) && hub_.user_of(*member.account).service == &service) {
        service.members_[room->serial].insert(id);
      }
    }
  }
}

void AppServices::on_membership(RoomLog& log, const Account& subject) {
  if (services_.empty()) return;
  auto* service = hub_.user_of(const_cast<Account&>(subject)).service;
  if (service == nullptr) return;
  const auto* member = log.room().member(subject.id);
  auto& present = service->members_[log.room().serial];
  if (member != nullptr && is_present(member->standing)) {
    present.insert(subject.id);
  } else {
    present.erase(subject.id);
  }
}

bool AppServices::is_interested(const AppService& service, const RoomLog& log,
                                const LogEvent& event) const {
  const auto found = service.members_.find(log.room().serial);
  if (found != service.members_.end() && !found->second.empty()) return true;
  if (event.type != mx::kMember || !event.state_key) return false;
  const auto* user = hub_.find_user(*event.state_key);
  return user != nullptr && user->service == &service;
}

void AppServices::push_back(AppService& service, RoomLog& log, const EventPtr& event) {
  if (service.queue_.size() >= AppService::kMostWaiting) {
    if (!service.told_full_) {
      log::warn("sandbox", "application service {}: {} events wait, newer ones are dropped",
                service.registration_.id, service.queue_.size());
    }
    service.told_full_ = true;
    return;
  }
  service.queue_.push_back({&log, event});
  service.wake_.notify_all();
}

void AppServices::on_event(RoomLog& log, const EventPtr& event) {
  for (auto& [id, service] : services_) {
    if (!service->registration_.url.empty() && is_interested(*service, log, *event)) {
      push_back(*service, log, event);
    }
  }
}

/// After a restart: what was not confirmed waits again.
void AppServices::requeue(AppService& service) {
  std::vector<AppService::Item> items;
  for (auto* room : hub_.world().rooms()) {
    if (room->platform != Platform::Matrix || room->deleted) continue;
    auto& log = hub_.log_of(*room);
    for (auto i = log.index_after(service.confirmed_); i < log.events().size(); ++i) {
      const auto& event = log.events()[i];
      if (is_interested(service, log, *event)) items.push_back({&log, event});
    }
  }
  std::ranges::sort(items, {}, [](const auto& item) { return item.event->position; });
  service.queue_.assign(items.begin(), items.end());
}

void AppServices::start() {
  started_ = true;
  for (auto& [id, service] : services_) {
    count_members(*service);
    if (service->queue_.empty() && !service->registration_.url.empty()) requeue(*service);
    spawn_lane(*service);
  }
}

void AppServices::write_records(const Dialect::RecordSink& sink) const {
  for (const auto& [id, service] : services_) {
    sink(fmt::format(R"({{"k":"service","registration":{},"confirmed":{},"next":{},"sent":{}}})",
                     mx::encode_registration(service->registration_), service->confirmed_,
                     service->next_txn_, service->under_way_));
  }
}

bool AppServices::restore(const json::object& record) {
  const auto kind = chorus::find_string(record, "k").value_or("");
  if (kind == "service") {
    const auto* object = find_object(record, "registration");
    if (object == nullptr) return false;
    auto registration = mx::decode_registration(*object);
    if (!registration) return false;
    const auto sender = registration->sender_localpart;
    auto service = insert(std::move(*registration));
    auto* account = hub_.world().find_name(Platform::Matrix, sender);
    if (!service || account == nullptr) return false;
    (*service)->sender_ = &hub_.user_of(*account);
    (*service)->sender_->service = *service;
    (*service)->confirmed_ = find_int(record, "confirmed").value_or(0);
    (*service)->next_txn_ = find_int(record, "next").value_or(1);
    (*service)->under_way_ = find_int(record, "sent").value_or(0);
    return true;
  }
  const auto found =
      services_.find(std::string(chorus::find_string(record, "service").value_or("")));
  if (found == services_.end()) return false;
  auto& service = *found->second;
  if (kind == "moved") {
    service.registration_.url = chorus::find_string(record, "url").value_or("");
    return true;
  }
  service.next_txn_ = find_int(record, "txn").value_or(service.next_txn_);
  if (kind == "push") {
    service.under_way_ = find_int(record, "upto").value_or(0);
    return true;
  }
  if (kind != "pushed") return false;
  service.confirmed_ = find_int(record, "upto").value_or(service.confirmed_);
  service.under_way_ = 0;
  return true;
}

void AppServices::forget_all() {
  for (auto& [id, service] : services_) {
    service->stopped_ = true;
    service->queue_.clear();
    service->wake_.notify_all();
    retired_.push_back(std::move(service));
  }
  services_.clear();
}

}  // namespace chorus::sandbox::matrix
