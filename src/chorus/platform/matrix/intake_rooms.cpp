#include "chorus/base/json.hpp"
#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/platform/matrix/compose.hpp"
#include "chorus/platform/matrix/detail/api_call.hpp"
#include "chorus/platform/matrix/detail/filters.hpp"
#include "chorus/platform/matrix/intake.hpp"
#include "chorus/proto/matrix/content.hpp"
#include "chorus/proto/matrix/sync.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

// Rooms that bots come into: invitations, a look around at the start, encrypted rooms.
namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr std::string_view kComponent = "matrix";
constexpr std::string_view kEncryptedMark = "encrypted/";
constexpr int kJoinTries = 8;
constexpr Duration kJoinPause = std::chrono::seconds(1);
constexpr std::string_view kCannotRead =
    "I cannot read this room: it is encrypted, and I have no keys. Invite me to a room without "
    "encryption.";

}  // namespace

/// A GET by the bot; nullopt when it does not answer 200.
rt::Task<std::optional<std::string>> MatrixIntake::ask(BotId bot, std::string path) {
  const auto hearer = hearers_.find(bot);
  if (hearer == hearers_.end()) co_return std::nullopt;
  auto access = matrix_access(hearer->second.access, options_);
  if (!access) co_return std::nullopt;
  detail::MatrixCall call{.path = std::move(path),
                          .token = std::move(access->token),
                          .as_user = std::move(access->as_user),
                          .timeout = options_.timeout};
  auto answer =
      co_await detail::call_matrix(parts_.transport, options_.homeserver, std::move(call));
  if (!answer) co_return std::nullopt;
  co_return std::move(answer->body);
}

rt::Task<Result<void>> MatrixIntake::look_around(BotId bot) {
  const auto hearer = hearers_.find(bot);
  if (hearer == hearers_.end()) co_return Result<void>{};
  CH_CO_TRY(auto access, matrix_access(hearer->second.access, options_));
  detail::MatrixCall call{.path = "sync",
                          .query = "set_presence=offline&timeout=0&filter=" +
                                   percent_encode(detail::look_around_filter()),
                          .token = std::move(access.token),
                          .as_user = std::move(access.as_user),
                          .timeout = options_.timeout};
  const auto answer =
      co_await detail::call_matrix(parts_.transport, options_.homeserver, std::move(call));
  if (!answer) co_return std::unexpected(answer.error().error);
  CH_CO_TRY(const auto sync, matrix::decode_sync(answer->body));
  for (const auto& room : sync.joined) {
    for (const auto& event : room.state) parts_.rooms.learn(room.room_id, event);
    for (const auto& event : room.timeline) parts_.rooms.learn(room.room_id, event);
    if (room.members) parts_.rooms.set_members(room.room_id, *room.members);
    CH_CO_TRY_VOID(co_await set_room(bot, room.room_id, true));
    if (parts_.rooms.is_encrypted(room.room_id)) note_encrypted(bot, room.room_id);
  }
  for (const auto& room : sync.invited) {
    const auto invite = detail::read_invite(room, hearers_.at(bot).user_id);
    if (invite) invited(bot, room.room_id, invite->inviter, invite->direct);
  }
  co_return Result<void>{};
}

void MatrixIntake::invited(BotId bot, std::string room_id, std::string inviter, bool direct) {
  if (!hearers_.contains(bot) || !under_way_.emplace(bot, room_id).second) return;
  if (takes_invite(options_.allow_invites, inviter, room_id)) {
    if (direct) parts_.rooms.set_direct(room_id);
    rt::spawn(scope_, "matrix join", &MatrixIntake::join, this, bot, std::move(room_id));
  } else {
    rt::spawn(scope_, "matrix refuse", &MatrixIntake::refuse, this, bot, std::move(room_id),
              std::move(inviter));
  }
}

void MatrixIntake::want(BotId bot, std::string room) {
  if (!hearers_.contains(bot)) {
    wanted_[bot].push_back(std::move(room));
  } else if (under_way_.emplace(bot, room).second) {
    rt::spawn(scope_, "matrix join", &MatrixIntake::join, this, bot, std::move(room));
  }
}

rt::Task<void> MatrixIntake::join(MatrixIntake* self, BotId bot, std::string room_id) {
  Duration pause = kJoinPause;
  for (int tries = 0; tries < kJoinTries; ++tries) {
    const auto hearer = self->hearers_.find(bot);
    if (hearer == self->hearers_.end()) break;
    auto access = matrix_access(hearer->second.access, self->options_);
    if (!access) break;
    detail::MatrixCall call{.method = net::Method::Post,
                            .path = detail::matrix_path({"join", room_id}),
                            .body = "{}",
                            .token = std::move(access->token),
                            .as_user = std::move(access->as_user),
                            .timeout = self->options_.timeout};
    const auto joined = co_await detail::call_matrix(self->parts_.transport,
                                                     self->options_.homeserver, std::move(call));
    if (joined) {
      // An alias has become an id.
      std::string joined_id = room_id;
      if (const auto body = joined->object()) {
        if (const auto id = find_string(*body, "room_id")) joined_id = *id;
      }
      // A push tells of the join itself, in its place before what follows. Who listens for others
      // may not see it; a failure is made good by the next start.
      if (self->options_.mode == MatrixMode::Listener) {
        co_await self->describe(bot, joined_id);
        (void)co_await self->set_room(bot, std::move(joined_id), true);
      }
      break;
    }
    const auto& error = joined.error().error;
    const bool for_good = error.code == ErrorCode::Forbidden || error.code == ErrorCode::NotFound ||
                          error.code == ErrorCode::Unauthenticated;
    if (for_good || tries + 1 == kJoinTries) {
      log::warn(kComponent, "bot {}: could not join {}: {}", bot, room_id, error.message);
      break;
    }
    const Duration wait =
        error.retry_after ? Duration(*error.retry_after)
                          : from_seconds(to_seconds(pause) * self->parts_.rng.uniform(0.5, 1.0));
    if (!co_await rt::sleep_for(self->parts_.loop, wait)) break;
    pause = std::min(pause * 2, self->options_.max_pause);
  }
  self->under_way_.erase({bot, room_id});
}

rt::Task<void> MatrixIntake::refuse(MatrixIntake* self, BotId bot, std::string room_id,
                                    std::string inviter) {
  log::info(
      kComponent,
      "bot {}: the invitation of {} to {} is refused: matrix.allow_invites does not name them", bot,
      inviter, room_id);
  if (const auto hearer = self->hearers_.find(bot); hearer != self->hearers_.end()) {
    if (auto access = matrix_access(hearer->second.access, self->options_)) {
      detail::MatrixCall call{.method = net::Method::Post,
                              .path = "rooms/" + detail::matrix_path({room_id, "leave"}),
                              .body = "{}",
                              .token = std::move(access->token),
                              .as_user = std::move(access->as_user),
                              .timeout = self->options_.timeout};
      // One that could not be refused stays open, and is found by the next start.
      (void)co_await detail::call_matrix(self->parts_.transport, self->options_.homeserver,
                                         std::move(call));
    }
  }
  self->under_way_.erase({bot, room_id});
}

/// Name, encryption and members of a room, for a bot whose updates come without a sync.
rt::Task<void> MatrixIntake::describe(BotId bot, std::string room_id) {
  if (options_.mode == MatrixMode::Sync) co_return;  // its next sync tells all that
  // One question for all of it: asked for by type, what a room does not have is answered 404.
  const auto state = co_await ask(bot, "rooms/" + detail::matrix_path({room_id}) + "/state");
  if (!state) co_return;
  const auto value = parse_json(*state);
  if (!value || !value->is_array()) co_return;
  std::int64_t members = 0;
  for (const auto& entry : value->get_array()) {
    const auto event = matrix::decode_event(entry);
    if (!event || !event->state_key) continue;
    if (event->type == matrix::kMember) {
      const auto content = parse_json(event->content);
      const auto membership = content && content->is_object()
                                  ? find_string(content->get_object(), "membership")
                                  : std::nullopt;
      if (membership == "join" || membership == "invite") ++members;
    }
    parts_.rooms.learn(room_id, *event);
  }
  parts_.rooms.set_members(room_id, members);
  if (parts_.rooms.is_encrypted(room_id)) note_encrypted(bot, room_id);
}

void MatrixIntake::note_encrypted(BotId bot, std::string_view room_id) {
  const auto hearer = hearers_.find(bot);
  if (hearer == hearers_.end() || !told_.emplace(room_id).second) return;
  rt::spawn(scope_, "matrix encrypted", &MatrixIntake::tell_encrypted, this, hearer->second.access,
            std::string(room_id));
}

rt::Task<void> MatrixIntake::tell_encrypted(MatrixIntake* self, fleet::BotAccess bot,
                                            std::string room_id) {
  log::warn(kComponent, "the room {} is encrypted: bots can neither read nor write there", room_id);
  NameBook names;
  names.ask(store::NameKind::Room, room_id);
  for (int tries = 0; tries < kJoinTries; ++tries) {
    if (const auto known = co_await names.intern(self->parts_.store); known) {
      const std::string number = std::to_string(names.room(room_id).value);
      const auto content = message_contents({.text = std::string(kCannotRead)},
                                            [](std::string_view) { return std::nullopt; });
      // The same transaction until it is noted: a crash in between says nothing twice.
      const auto said = co_await self->parts_.client.send_event(
          bot, room_id, std::string(matrix::kMessage), "encrypted-" + number, content.front());
      const auto* refused = std::get_if<fleet::SendRefused>(&said);
      const bool over = std::holds_alternative<fleet::SendOk>(said) ||
                        (refused != nullptr && refused->status >= 400 && refused->status != 429);
      if (over && co_await self->parts_.store.put_mark(
                      BotId(), std::string(kEncryptedMark) + number, room_id)) {
        co_return;
      }
    }
    if (!co_await rt::sleep_for(self->parts_.loop, kJoinPause * (1 << std::min(tries, 5))))
      co_return;
  }
}

}  // namespace chorus::platform
