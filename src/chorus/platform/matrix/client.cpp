#include "chorus/platform/matrix/client.hpp"

#include "chorus/base/json_writer.hpp"
#include "chorus/base/text.hpp"
#include "chorus/platform/matrix/compose.hpp"
#include "chorus/platform/matrix/detail/api_call.hpp"
#include "chorus/platform/matrix/names.hpp"
#include "chorus/proto/matrix/content.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr Duration kTypingShown = std::chrono::seconds(20);
constexpr Duration kTypingAgain = std::chrono::seconds(15);
constexpr std::size_t kMostTyping = 10'000;

fleet::SendRefused refused(int status, std::string why) {
  fleet::SendRefused out;
  out.status = status;
  out.description = std::move(why);
  return out;
}

/// Nothing has left: the store could not say what the numbers stand for.
fleet::SendRefused not_sent(const Error& error) {
  auto out = refused(0, error.message);
  out.never_sent = true;
  return out;
}

fleet::SendOutcome outcome_of_failure(const detail::MatrixFailure& failure) {
  const int status = failure.api.status;
  if (status >= 400 && status < 500) {
    auto out = refused(status, failure.error.message);
    out.retry_after = failure.api.retry_after;
    return out;
  }
  if (status == 0 && failure.sent == net::Sent::No) return not_sent(failure.error);
  return fleet::SendUnknown{
      fmt::format("{}: {}", to_string(failure.error.code), failure.error.message)};
}

}  // namespace

struct MatrixClient::Impl {
  Impl(Parts p, const MatrixOptions& o) : parts(std::move(p)), options(o) {}

  void count(const std::string& method, std::string status) {
    auto& counter = counters[{method, status}];
    if (counter == nullptr) {
      counter =
          &parts.metrics.counter("chorus_platform_calls_total", "Calls to the platform by result",
                                 {{"platform", "matrix"}, {"method", method}, {"status", status}});
    }
    counter->add();
  }

  static rt::Task<detail::MatrixResult> call(Impl* self, std::string method, MatrixAccess access,
                                             detail::MatrixCall call) {
    call.token = std::move(access.token);
    call.as_user = std::move(access.as_user);
    call.timeout = self->options.timeout;
    auto result = co_await detail::call_matrix(self->parts.transport, self->options.homeserver,
                                               std::move(call));
    self->count(method, result ? "200"
                        : result.error().api.status != 0
                            ? std::to_string(result.error().api.status)
                            : std::string(to_string(result.error().error.code)));
    co_return result;
  }

  /// An account of the application service exists from its first use on.
  static rt::Task<Result<void>> ensure_registered(Impl* self, MatrixAccess access) {
    if (access.as_user.empty() || self->registered.contains(access.as_user)) {
      co_return Result<void>{};
    }
    const std::string user = access.as_user;
    std::string body;
    JsonWriter(body)
        .begin_object()
        .field("type", "m.login.application_service")
        .field("username", localpart_in(user))
        .field("inhibit_login", true)
        .end_object();
    detail::MatrixCall call{.method = net::Method::Post, .path = "register", .body = body};
    access.as_user.clear();
    const auto made = co_await Impl::call(self, "register", std::move(access), std::move(call));
    if (!made && made.error().api.errcode != "M_USER_IN_USE") {
      co_return std::unexpected(made.error().error);
    }
    self->registered.insert(user);
    co_return Result<void>{};
  }

  struct Account {
    std::string user_id;
    bool sandbox = false;
  };
  static rt::Task<Result<Account>> whoami(Impl* self, fleet::BotAccess bot) {
    CH_CO_TRY(auto access, matrix_access(bot, self->options));
    CH_CO_TRY_VOID(co_await ensure_registered(self, access));
    auto answer = co_await call(self, "whoami", std::move(access),
                                {.method = net::Method::Get, .path = "account/whoami"});
    if (!answer) co_return std::unexpected(answer.error().error);
    CH_CO_TRY(const auto body, answer->object());
    Account account;
    account.user_id = std::string(find_string(body, "user_id").value_or(""));
    account.sandbox = answer->sandbox;
    if (account.user_id.empty()) {
      co_return fail(ErrorCode::ProtocolError, "whoami: user_id is missing");
    }
    self->users[bot.id] = {account.user_id, bot.token};
    co_return account;
  }

  static rt::Task<std::string> display_name(Impl* self, fleet::BotAccess bot, std::string user) {
    auto access = matrix_access(bot, self->options);
    if (!access) co_return std::string();
    const auto answer =
        co_await call(self, "profile", *std::move(access),
                      {.path = "profile/" + detail::matrix_path({user, "displayname"})});
    if (!answer) co_return std::string();  // nobody has to have one
    const auto body = answer->object();
    co_return body ? std::string(find_string(*body, "displayname").value_or("")) : std::string();
  }

  /// Texts of numbers, in order; NotFound names nothing but says what is missing.
  static rt::Task<Result<std::vector<store::NameRow>>> texts(Impl* self,
                                                             std::vector<std::int64_t> ids) {
    CH_CO_TRY(auto rows, co_await self->parts.store.find_names(std::move(ids)));
    std::vector<store::NameRow> out;
    for (auto& row : rows) {
      if (!row) co_return fail(ErrorCode::NotFound, "the room or message is not known any more");
      out.push_back(*std::move(row));
    }
    co_return out;
  }

  static rt::Task<fleet::SendOutcome> put(Impl* self, fleet::BotAccess bot, std::string room_id,
                                          std::string type, std::string transaction,
                                          std::string content, std::string thread = {});

  MemberByLocalpart members_of(const std::string& room_id) const {
    return [this, room_id](std::string_view name) { return parts.rooms.member(room_id, name); };
  }

  Parts parts;
  MatrixOptions options;
  std::map<std::pair<std::string, std::string>, metrics::Counter*> counters;
  std::set<std::string> registered;
  /// By bot, with the token that it was asked by.
  std::map<BotId, std::pair<std::string, Secret>> users;
  std::map<std::pair<BotId, PlatformChatId>, MonoTime> typing;
};

MatrixClient::MatrixClient(Parts parts, const MatrixOptions& options)
    : impl_(std::make_unique<Impl>(std::move(parts), options)) {}

MatrixClient::~MatrixClient() = default;

rt::Task<Result<fleet::Identity>> MatrixClient::identify(fleet::BotAccess bot) {
  CH_CO_TRY(const auto account, co_await Impl::whoami(impl_.get(), bot));
  NameBook names;
  names.ask(store::NameKind::User, account.user_id);
  CH_CO_TRY_VOID(co_await names.intern(impl_->parts.store));
  fleet::Identity identity;
  identity.user_id = names.user(account.user_id);
  identity.username = localpart_in(account.user_id);
  identity.name = co_await Impl::display_name(impl_.get(), bot, account.user_id);
  if (identity.name.empty()) identity.name = identity.username;
  identity.reads_all_group_messages = true;
  identity.sandbox = account.sandbox;
  co_return identity;
}

rt::Task<Result<std::string>> MatrixClient::user_of(fleet::BotAccess bot) {
  const auto known = impl_->users.find(bot.id);
  if (known != impl_->users.end() && known->second.second == bot.token) {
    co_return known->second.first;
  }
  CH_CO_TRY(auto account, co_await Impl::whoami(impl_.get(), bot));
  co_return std::move(account.user_id);
}

rt::Task<fleet::SendOutcome> MatrixClient::Impl::put(Impl* self, fleet::BotAccess bot,
                                                     std::string room_id, std::string type,
                                                     std::string transaction, std::string content,
                                                     std::string thread) {
  auto access = matrix_access(bot, self->options);
  if (!access) co_return refused(401, access.error().message);
  detail::MatrixCall call{
      .method = net::Method::Put,
      .path = "rooms/" + detail::matrix_path({room_id, "send", type, transaction}),
      .body = std::move(content)};
  const auto answer = co_await Impl::call(self, "send", *std::move(access), std::move(call));
  if (!answer) co_return outcome_of_failure(answer.error());
  const auto body = answer->object();
  const std::string event(body ? find_string(*body, "event_id").value_or("") : "");
  if (event.empty()) co_return fleet::SendUnknown{"sent, but the answer names no event"};
  const auto user = self->users.find(bot.id);
  NameBook names;
  names.ask_event(event, user == self->users.end() ? std::string() : user->second.first, thread,
                  self->parts.loop.wall_now());
  if (const auto stored = co_await names.intern(self->parts.store); !stored) {
    // The next try with the same transaction id gets the same event.
    co_return fleet::SendUnknown{"sent, but its id could not be stored: " + stored.error().message};
  }
  co_return fleet::SendOk{names.event(event), WallTime{}};
}

rt::Task<fleet::SendOutcome> MatrixClient::send_event(fleet::BotAccess bot, std::string room_id,
                                                      std::string type, std::string transaction,
                                                      std::string content) {
  return Impl::put(impl_.get(), std::move(bot), std::move(room_id), std::move(type),
                   std::move(transaction), std::move(content));
}

rt::Task<fleet::SendOutcome> MatrixClient::send_message(fleet::BotAccess bot,
                                                        fleet::OutgoingMessage message) {
  const PlatformMessageId reply = message.reply_to.value_or(PlatformMessageId());
  const PlatformMessageId thread = message.thread.value_or(PlatformMessageId());
  const auto found =
      co_await impl_->parts.store.find_names({message.chat.value, reply.value, thread.value});
  if (!found) co_return not_sent(found.error());
  const auto& [room, parent, root] = std::tie((*found)[0], (*found)[1], (*found)[2]);
  if (!room) co_return refused(400, "the room is not known any more");
  // The words that make the sender leave out a reply to something that is gone.
  if (reply && !parent) co_return refused(400, "message to reply not found");
  MatrixText text{.text = std::move(message.text), .reply_to{}, .reply_to_sender{}, .thread{}};
  const std::string& room_id = room->text;
  if (parent) {
    text.reply_to = parent->text;
    text.reply_to_sender = parent->author_text;
  }
  // An answer to a message of a thread belongs into it.
  if (root) {
    text.thread = root->text;
  } else if (parent) {
    text.thread = parent->thread_text;
  }
  if (impl_->parts.rooms.is_encrypted(room_id)) {
    co_return refused(403, "the room is encrypted: bots neither read nor write there");
  }
  std::string transaction = std::move(message.transaction);
  if (transaction.empty()) transaction = fmt::format("n{:016x}", impl_->parts.rng.next());
  std::optional<fleet::SendOutcome> first;
  std::size_t part = 0;
  for (auto& content : message_contents(text, impl_->members_of(room_id))) {
    auto sent =
        co_await Impl::put(impl_.get(), bot, room_id, std::string(matrix::kMessage),
                           part == 0 ? transaction : fmt::format("{}.{}", transaction, part),
                           std::move(content), text.thread);
    // All of it again: the parts that are there already stay as they are.
    if (!std::holds_alternative<fleet::SendOk>(sent)) co_return sent;
    if (!first) first = std::move(sent);
    ++part;
  }
  co_return *std::move(first);
}

rt::Task<fleet::SendOutcome> MatrixClient::edit_message(fleet::BotAccess bot,
                                                        PlatformMessageId target,
                                                        fleet::OutgoingMessage message) {
  const auto found = co_await Impl::texts(impl_.get(), {message.chat.value, target.value});
  if (!found) {
    if (found.error().code != ErrorCode::NotFound) co_return not_sent(found.error());
    co_return refused(400, found.error().message);
  }
  const std::string& room_id = (*found)[0].text;
  auto sent = co_await Impl::put(
      impl_.get(), bot, room_id, std::string(matrix::kMessage), message.transaction,
      edit_content((*found)[1].text, message.text, impl_->members_of(room_id)));
  if (std::holds_alternative<fleet::SendOk>(sent)) co_return fleet::SendOk{target, WallTime{}};
  co_return sent;
}

rt::Task<fleet::SendOutcome> MatrixClient::set_reaction(fleet::BotAccess bot, PlatformChatId chat,
                                                        PlatformMessageId message,
                                                        std::string emoji) {
  if (emoji.empty()) co_return refused(400, "a reaction is not taken back on Matrix");
  const auto found = co_await Impl::texts(impl_.get(), {chat.value, message.value});
  if (!found) {
    if (found.error().code != ErrorCode::NotFound) co_return not_sent(found.error());
    co_return refused(400, found.error().message);
  }
  // One transaction per bot, message and emoji: the same reaction is never there twice.
  auto sent = co_await Impl::put(
      impl_.get(), bot, (*found)[0].text, std::string(matrix::kReaction),
      fmt::format("r{}.{}.{:016x}", bot.id.value, message.value, stable_hash(emoji)),
      reaction_content((*found)[1].text, emoji));
  if (const auto* refusal = std::get_if<fleet::SendRefused>(&sent);
      refusal != nullptr &&
      refusal->description.find("M_DUPLICATE_ANNOTATION") != std::string::npos) {
    co_return fleet::SendOk{message, WallTime{}};
  }
  co_return sent;
}

rt::Task<fleet::SendOutcome> MatrixClient::answer_callback(fleet::BotAccess, std::string,
                                                           std::string) {
  co_return refused(400, "Matrix has no buttons");
}

rt::Task<void> MatrixClient::send_typing(fleet::BotAccess bot, PlatformChatId chat,
                                         std::optional<PlatformMessageId>) {
  const MonoTime now = impl_->parts.loop.now();
  auto& last = impl_->typing[{bot.id, chat}];
  if (last != MonoTime{} && now - last < kTypingAgain) co_return;
  last = now;
  if (impl_->typing.size() > kMostTyping) {
    std::erase_if(impl_->typing, [&](const auto& t) { return now - t.second >= kTypingAgain; });
  }
  const auto found = co_await Impl::texts(impl_.get(), {chat.value});
  const auto user = co_await user_of(bot);
  auto access = matrix_access(bot, impl_->options);
  if (!found || !user || !access) co_return;
  std::string body;
  JsonWriter(body)
      .begin_object()
      .field("typing", true)
      .field("timeout", std::chrono::duration_cast<std::chrono::milliseconds>(kTypingShown).count())
      .end_object();
  detail::MatrixCall call{
      .method = net::Method::Put,
      .path = "rooms/" + detail::matrix_path({found->front().text, "typing", *user}),
      .body = std::move(body)};
  // Best effort: a reader who misses the hint misses nothing else.
  (void)co_await Impl::call(impl_.get(), "typing", *std::move(access), std::move(call));
}

rt::Task<Result<std::optional<std::vector<std::string>>>> MatrixClient::allowed_reactions(
    fleet::BotAccess, PlatformChatId) {
  co_return std::optional<std::vector<std::string>>();
}

rt::Task<Result<void>> MatrixClient::publish_profile(fleet::BotAccess, std::string, std::string) {
  co_return Result<void>{};
}

}  // namespace chorus::platform
