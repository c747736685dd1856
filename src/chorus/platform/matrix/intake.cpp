#include "chorus/platform/matrix/intake.hpp"

#include "chorus/base/json.hpp"
#include "chorus/base/log.hpp"
#include "chorus/platform/matrix/mapping.hpp"
#include "chorus/proto/matrix/content.hpp"

#include <algorithm>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr std::size_t kMostPerCall = 100;
/// Questions about rooms that are under way together.
constexpr std::size_t kAskedAtOnce = 32;
constexpr std::string_view kRoomMark = "room/";
constexpr std::string_view kEncryptedMark = "encrypted/";

/// What a membership event says.
struct MembershipChange {
  std::string membership;
  bool direct = false;
};
MembershipChange change_in(const matrix::Event& event) {
  MembershipChange out;
  const auto content = parse_json(event.content);
  if (!content || !content->is_object()) return out;
  out.membership = find_string(content->get_object(), "membership").value_or("");
  out.direct = find_bool(content->get_object(), "is_direct").value_or(false);
  return out;
}

}  // namespace

/// Updates of one bot, and what became of them.
struct MatrixIntake::Delivery {
  BotId bot;
  std::vector<fleet::IncomingUpdate> updates;
  Result<void> outcome{};
};

MatrixIntake::MatrixIntake(Parts parts, const MatrixOptions& options)
    : parts_(std::move(parts)),
      options_(options),
      keeps_rooms_(options.mode != MatrixMode::Sync),
      updates_(parts_.metrics.counter("chorus_matrix_updates_total",
                                      "Updates taken in from homeservers")),
      echoes_(parts_.metrics.counter("chorus_matrix_echoes_total",
                                     "Lines of our own bots that came back from homeservers")),
      scope_(parts_.loop) {}

MatrixIntake::~MatrixIntake() = default;

rt::Task<Result<void>> MatrixIntake::restore(std::vector<fleet::BotAccess> bots) {
  CH_CO_TRY(const auto told, co_await parts_.store.marks(BotId()));
  for (const auto& [key, value] : told) {
    if (key.starts_with(kEncryptedMark)) told_.insert(value);
  }
  for (auto& bot : bots) {
    const std::string user(bot.token.reveal());
    if (!keeps_rooms_ || !user.starts_with('@')) continue;
    CH_CO_TRY(const auto marks, co_await parts_.store.marks(bot.id));
    for (const auto& [key, room] : marks) {
      if (key.starts_with(kRoomMark)) parts_.rooms.add_bot(room, bot.id, user);
    }
    by_user_[user] = bot.id;
    // It hears at once: what comes before its start is taken in for it, as for any other.
    const BotId id = bot.id;
    hearers_[id] = {std::move(bot), user};
  }
  ready_ = true;
  co_return Result<void>{};
}

void MatrixIntake::add(fleet::BotAccess bot, std::string user_id) {
  by_user_[user_id] = bot.id;
  const BotId id = bot.id;
  hearers_[id] = {std::move(bot), std::move(user_id)};
  const auto wanted = wanted_.extract(id);
  if (wanted.empty()) return;
  for (const auto& room : wanted.mapped()) want(id, room);
}

void MatrixIntake::remove(BotId bot) {
  const auto found = hearers_.find(bot);
  if (found == hearers_.end()) return;
  by_user_.erase(found->second.user_id);
  hearers_.erase(found);
  wanted_.erase(bot);
  parts_.rooms.remove_bot(bot);
}

bool MatrixIntake::knows_user(std::string_view user_id) const {
  return by_user_.contains(user_id);
}

// -------------------------------------------------------------------------------------- events

rt::Task<Result<void>> MatrixIntake::set_room(BotId bot, std::string room_id, bool member) {
  const auto hearer = hearers_.find(bot);
  if (hearer == hearers_.end() || parts_.rooms.has_bot(room_id, bot) == member) {
    co_return Result<void>{};
  }
  if (keeps_rooms_) {
    NameBook names;
    names.ask(store::NameKind::Room, room_id);
    CH_CO_TRY_VOID(co_await names.intern(parts_.store));
    std::optional<std::string> value;
    if (member) value = room_id;
    CH_CO_TRY_VOID(co_await parts_.store.put_mark(
        bot, std::string(kRoomMark) + std::to_string(names.room(room_id).value), std::move(value)));
  }
  const auto again = hearers_.find(bot);
  if (again == hearers_.end()) co_return Result<void>{};
  if (member) {
    parts_.rooms.add_bot(room_id, bot, again->second.user_id);
  } else {
    parts_.rooms.remove_bot(room_id, bot);
  }
  co_return Result<void>{};
}

rt::Task<std::optional<std::set<std::string>>> MatrixIntake::describe_joined(
    const std::vector<matrix::Event>& events) {
  std::vector<std::pair<BotId, std::string>> joined;
  std::set<std::string> rooms;
  for (const auto& event : events) {
    if (event.type != matrix::kMember || !event.state_key || event.room_id.empty()) continue;
    const auto whose = by_user_.find(*event.state_key);
    const bool joins = whose != by_user_.end() && change_in(event).membership == "join" &&
                       !parts_.rooms.has_bot(event.room_id, whose->second);
    if (joins && rooms.insert(event.room_id).second) {
      joined.emplace_back(whose->second, event.room_id);
    }
  }
  for (std::size_t at = 0; at < joined.size(); at += kAskedAtOnce) {
    rt::TaskScope group(parts_.loop);
    for (std::size_t i = at; i < std::min(at + kAskedAtOnce, joined.size()); ++i) {
      rt::spawn(group, "matrix describe", &MatrixIntake::describe, this, joined[i].first,
                joined[i].second);
    }
    const bool complete = co_await group.join_or_cancelled();
    co_await group.close();
    if (!complete) co_return std::nullopt;
  }
  co_return rooms;
}

rt::Task<Result<void>> MatrixIntake::note_membership(const matrix::Event& event,
                                                     const std::set<std::string>& described) {
  if (event.type != matrix::kMember || !event.state_key) co_return Result<void>{};
  const auto whose = by_user_.find(*event.state_key);
  if (whose == by_user_.end()) co_return Result<void>{};
  const BotId bot = whose->second;
  const MembershipChange change = change_in(event);
  const bool is_there = parts_.rooms.has_bot(event.room_id, bot);
  if (change.membership == "invite" && !is_there) {
    invited(bot, event.room_id, event.sender, change.direct);
  } else if (change.membership == "join") {
    // Somebody else made it a member: what kind of room this is has to be known before its first
    // message, and a push tells no more than what happens.
    if (!is_there && !described.contains(event.room_id)) co_await describe(bot, event.room_id);
    CH_CO_TRY_VOID(co_await set_room(bot, event.room_id, true));
  }
  co_return Result<void>{};
}

/// Whom an event concerns: a membership the bot that it names, everything else all that are there.
std::vector<BotId> MatrixIntake::hearers_of(const matrix::Event& event,
                                            std::optional<BotId> only) const {
  std::vector<BotId> out;
  if (event.type == matrix::kMember) {
    const auto whose = by_user_.find(event.state_key.value_or(std::string()));
    if (whose != by_user_.end() && (!only || *only == whose->second) &&
        parts_.rooms.has_bot(event.room_id, whose->second)) {
      out.push_back(whose->second);
    }
  } else if (only) {
    out.push_back(*only);
  } else {
    out = parts_.rooms.bots_in(event.room_id);
  }
  std::erase_if(out, [&](BotId bot) { return !hearers_.contains(bot); });
  return out;
}

rt::Task<void> MatrixIntake::hand_over(MatrixIntake* self, Delivery* delivery) {
  auto& updates = delivery->updates;
  for (std::size_t at = 0; at < updates.size() && delivery->outcome; at += kMostPerCall) {
    const auto end = std::min(at + kMostPerCall, updates.size());
    std::vector<fleet::IncomingUpdate> some(
        std::make_move_iterator(updates.begin() + static_cast<std::ptrdiff_t>(at)),
        std::make_move_iterator(updates.begin() + static_cast<std::ptrdiff_t>(end)));
    const auto memberships =
        std::ranges::count(some, store::InboxKind::Membership, &fleet::IncomingUpdate::kind);
    delivery->outcome =
        co_await self->parts_.inbox.accept(delivery->bot, std::move(some), std::nullopt);
    if (!delivery->outcome) continue;
    self->updates_.add(end - at);
    self->memberships_ += static_cast<std::uint64_t>(memberships);
  }
  // A bot that was removed meanwhile misses nothing.
  if (!delivery->outcome && delivery->outcome.error().code == ErrorCode::NotFound) {
    delivery->outcome = {};
  }
}

rt::Task<Result<void>> MatrixIntake::take(std::vector<matrix::Event> events,
                                          std::optional<BotId> only) {
  std::vector<MatrixUpdate> updates;
  std::map<BotId, std::vector<std::size_t>> heard;  // by whom, as places in `updates`
  NameBook names;
  // Who is no longer there for what comes behind; written when all of it is in.
  std::set<std::pair<BotId, std::string>> gone;
  const auto described = co_await describe_joined(events);
  if (!described) co_return fail(ErrorCode::Cancelled);
  for (const auto& event : events) {
    if (event.room_id.empty()) continue;
    parts_.rooms.learn(event.room_id, event);
    CH_CO_TRY_VOID(co_await note_membership(event, *described));
    auto bots = hearers_of(event, only);
    if (event.type != matrix::kMember) {
      std::erase_if(bots, [&](BotId bot) { return gone.contains({bot, event.room_id}); });
    }
    if (bots.empty()) continue;
    if (parts_.rooms.is_encrypted(event.room_id)) note_encrypted(bots.front(), event.room_id);
    const auto ours = parts_.rooms.users_in(event.room_id);
    if (is_echo(event, ours)) {
      echoes_.add(static_cast<std::uint64_t>(std::ranges::count_if(
          bots, [&](BotId bot) { return hearers_.at(bot).user_id != event.sender; })));
      continue;
    }
    // The same for each of them, however many there are.
    auto update = read_matrix_event(event, event.state_key.value_or(std::string()), ours);
    if (!update) continue;
    if (update->kind == store::InboxKind::Membership) {
      if (update->member_status == "member") {
        gone.erase({bots.front(), event.room_id});
      } else {
        gone.emplace(bots.front(), event.room_id);
      }
    }
    ask_names(*update, names);
    for (const BotId bot : bots) heard[bot].push_back(updates.size());
    updates.push_back(*std::move(update));
  }
  if (updates.empty()) co_return Result<void>{};
  CH_CO_TRY_VOID(co_await names.intern(parts_.store));
  std::vector<Delivery> deliveries;
  for (const auto& [bot, places] : heard) {
    Delivery& delivery = deliveries.emplace_back(Delivery{bot, {}, {}});
    for (const auto place : places) {
      const MatrixUpdate& update = updates[place];
      delivery.updates.push_back(
          to_incoming(update, parts_.rooms.place(update.room_id, update.sender), names));
    }
  }
  // Side by side: what comes in one turn of the loop is one operation of the store.
  rt::TaskScope group(parts_.loop);
  for (Delivery& delivery : deliveries) {
    rt::spawn(group, "matrix accept", &MatrixIntake::hand_over, this, &delivery);
  }
  const bool complete = co_await group.join_or_cancelled();
  co_await group.close();
  if (!complete) co_return fail(ErrorCode::Cancelled);
  for (const Delivery& delivery : deliveries) {
    if (!delivery.outcome) co_return delivery.outcome;
  }
  for (const auto& [bot, room] : gone) {
    CH_CO_TRY_VOID(co_await set_room(bot, room, false));
  }
  co_return Result<void>{};
}

rt::Task<void> MatrixIntake::close() {
  co_await scope_.close();
}

}  // namespace chorus::platform
