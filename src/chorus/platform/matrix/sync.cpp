#include "chorus/platform/matrix/sync.hpp"

#include "chorus/base/log.hpp"
#include "chorus/base/text.hpp"
#include "chorus/platform/matrix/detail/api_call.hpp"
#include "chorus/platform/matrix/detail/filters.hpp"
#include "chorus/proto/matrix/sync.hpp"
#include "chorus/rt/sleep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace chorus::platform {

namespace matrix = proto::matrix;

namespace {

constexpr std::string_view kComponent = "matrix sync";
constexpr std::string_view kSince = "since";
constexpr int kMostPages = 10;
constexpr int kPageSize = 100;
/// Beyond the long poll itself: how long the answer may take.
constexpr Duration kAnswerTime = std::chrono::seconds(15);

}  // namespace

/// One account's sync. Shared by the map and by the task, which may outlive its entry.
struct MatrixSync::Account {
  fleet::BotAccess access;
  std::string user_id;
  std::string since;
  Rng rng;
  int failures = 0;  // in a row
  bool stopping = false;
  rt::TaskScope::Handle task;

  [[nodiscard]] bool is_listener() const { return !access.id; }
};

struct MatrixSync::Shared {
  Shared(Parts p, const MatrixOptions& o)
      : parts(p),
        options(o),
        syncs(p.metrics.counter("chorus_matrix_syncs_total", "Answered sync calls")),
        failed(p.metrics.counter("chorus_matrix_sync_failures_total", "Failed sync calls")),
        malformed(p.metrics.counter("chorus_matrix_malformed_events_total",
                                    "Events that could not be read and were skipped")),
        gaps(p.metrics.counter("chorus_matrix_gaps_total", "Limited timelines that were filled")),
        cut_gaps(p.metrics.counter("chorus_matrix_gaps_cut_total",
                                   "Gaps so long that older events were left out")),
        scope(p.loop) {}

  static rt::Task<detail::MatrixResult> call(Shared* self, Account* account, std::string path,
                                             std::string query, Duration timeout) {
    auto access = matrix_access(account->access, self->options);
    if (!access) {
      detail::MatrixFailure failure;
      failure.api.status = 401;
      failure.error = access.error();
      co_return std::unexpected(std::move(failure));
    }
    detail::MatrixCall call{.path = std::move(path),
                            .query = std::move(query),
                            .token = std::move(access->token),
                            .as_user = std::move(access->as_user),
                            .timeout = timeout};
    co_return co_await detail::call_matrix(self->parts.transport, self->options.homeserver,
                                           std::move(call));
  }

  /// Growing pause after a failure, with jitter so that bots do not come back together.
  static rt::Task<void> pause(Shared* self, Account* account) {
    const int doublings = std::min(account->failures, 16);
    ++account->failures;
    const double full =
        std::min(to_seconds(self->options.max_pause),
                 to_seconds(self->options.min_pause) * static_cast<double>(1 << doublings));
    // Cancelled: the loop around tests `stopping`.
    (void)co_await rt::sleep_for(self->parts.loop,
                                 from_seconds(full * account->rng.uniform(0.5, 1.0)));
  }

  static rt::Task<void> on_failure(Shared* self, std::shared_ptr<Account> account,
                                   detail::MatrixFailure failure);
  static rt::Task<bool> begin(Shared* self, std::shared_ptr<Account> account);
  static rt::Task<Result<std::vector<matrix::Event>>> gap(Shared* self,
                                                          std::shared_ptr<Account> account,
                                                          std::string room_id, std::string from);
  static rt::Task<Result<void>> take(Shared* self, std::shared_ptr<Account> account,
                                     matrix::SyncResponse answer);

  Parts parts;
  MatrixOptions options;
  metrics::Counter& syncs;
  metrics::Counter& failed;
  metrics::Counter& malformed;
  metrics::Counter& gaps;
  metrics::Counter& cut_gaps;
  std::map<BotId, std::shared_ptr<Account>> accounts;
  rt::TaskScope scope;
};

MatrixSync::MatrixSync(Parts parts, const MatrixOptions& options)
    : shared_(std::make_unique<Shared>(parts, options)) {}

MatrixSync::~MatrixSync() = default;

rt::Task<void> MatrixSync::Shared::on_failure(Shared* self, std::shared_ptr<Account> account,
                                              detail::MatrixFailure failure) {
  self->failed.add();
  const BotId bot = account->access.id;
  if (failure.api.status == 401) {
    if (account->is_listener()) {
      log::error(kComponent, "the listener's token is refused: {}; no bot hears anything",
                 failure.error.message);
    } else {
      self->parts.inbox.report_unauthorized(bot, failure.error.message);
    }
    account->stopping = true;
    co_return;
  }
  if (failure.api.status == 429 && failure.api.retry_after) {
    (void)co_await rt::sleep_for(self->parts.loop, *failure.api.retry_after);
    co_return;
  }
  if (failure.api.status == 400 && !account->since.empty()) {
    log::warn(kComponent,
              "bot {}: the homeserver does not know where it was ({}); it goes on with "
              "the newest events",
              bot, failure.error.message);
    account->since.clear();
  } else if (failure.api.status != 0) {
    log::warn(kComponent, "bot {}: sync was refused: {}", bot, failure.error.message);
  } else {
    log::debug(kComponent, "bot {}: sync failed: {}", bot, failure.error.message);
  }
  co_await pause(self, account.get());
}

/// Who the account is and where it was; false: it was stopped.
rt::Task<bool> MatrixSync::Shared::begin(Shared* self, std::shared_ptr<Account> account) {
  const auto going = [&] { return !account->stopping && !self->scope.stopping(); };
  while (going()) {
    const auto user = co_await self->parts.client.user_of(account->access);
    const auto marks = co_await self->parts.store.marks(account->access.id);
    if (user && marks) {
      account->user_id = *user;
      for (const auto& [key, value] : *marks) {
        if (key == kSince) account->since = value;
      }
      break;
    }
    if (!user && user.error().code == ErrorCode::Unauthenticated) {
      detail::MatrixFailure failure;
      failure.api.status = 401;
      failure.error = user.error();
      co_await on_failure(self, account, std::move(failure));
      continue;
    }
    co_await pause(self, account.get());
  }
  if (!going()) co_return false;
  if (account->is_listener()) co_return true;
  self->parts.intake.add(account->access, account->user_id);
  // Without a token the first sync says all of it.
  while (going() && !account->since.empty()) {
    const auto looked = co_await self->parts.intake.look_around(account->access.id);
    if (looked) break;
    if (looked.error().code == ErrorCode::Unauthenticated) break;  // the sync reports it
    co_await pause(self, account.get());
  }
  co_return going();
}

/// What lies between `from` and the last token, oldest first.
rt::Task<Result<std::vector<matrix::Event>>> MatrixSync::Shared::gap(
    Shared* self, std::shared_ptr<Account> account, std::string room_id, std::string from) {
  self->gaps.add();
  std::vector<matrix::Event> events;  // newest first
  int page = 0;
  for (; page < kMostPages; ++page) {
    const std::string query =
        fmt::format("dir=b&limit={}&from={}&to={}&filter={}", kPageSize, percent_encode(from),
                    percent_encode(account->since), percent_encode(detail::messages_filter()));
    const auto answer =
        co_await call(self, account.get(), "rooms/" + detail::matrix_path({room_id, "messages"}),
                      query, self->options.timeout);
    if (!answer) {
      // It has left meanwhile: there is nothing to read any more.
      if (answer.error().api.status == 403) break;
      co_return std::unexpected(answer.error().error);
    }
    CH_CO_TRY(auto read, matrix::decode_messages(answer->body));
    self->malformed.add(read.malformed);
    events.insert(events.end(), std::make_move_iterator(read.chunk.begin()),
                  std::make_move_iterator(read.chunk.end()));
    if (read.end.empty() || read.end == from || read.end == account->since) break;
    from = std::move(read.end);
  }
  if (page == kMostPages) {
    self->cut_gaps.add();
    log::warn(kComponent, "bot {}: more than {} events were missed in {}: older ones are left out",
              account->access.id, kMostPages * kPageSize, room_id);
  }
  std::ranges::reverse(events);
  co_return events;
}

rt::Task<Result<void>> MatrixSync::Shared::take(Shared* self, std::shared_ptr<Account> account,
                                                matrix::SyncResponse answer) {
  const BotId bot = account->access.id;
  auto& rooms = self->parts.rooms;
  std::vector<matrix::Event> events;
  const auto add = [&](std::string_view room_id, std::vector<matrix::Event>& some) {
    for (auto& event : some) {
      event.room_id = room_id;
      events.push_back(std::move(event));
    }
  };
  for (auto& room : answer.joined) {
    for (const auto& event : room.state) rooms.learn(room.room_id, event);
    if (room.members) rooms.set_members(room.room_id, *room.members);
    const bool was_there = account->is_listener() || rooms.has_bot(room.room_id, bot);
    if (!account->is_listener()) {
      rooms.add_bot(room.room_id, bot, account->user_id);
      if (rooms.is_encrypted(room.room_id)) self->parts.intake.note_encrypted(bot, room.room_id);
    }
    if (room.limited && was_there && !account->since.empty() && !room.prev_batch.empty()) {
      CH_CO_TRY(auto missed, co_await gap(self, account, room.room_id, room.prev_batch));
      add(room.room_id, missed);
    }
    add(room.room_id, room.timeline);
  }
  for (auto& room : answer.left) add(room.room_id, room.timeline);
  self->malformed.add(answer.malformed);
  CH_CO_TRY_VOID(co_await self->parts.intake.take(
      std::move(events), account->is_listener() ? std::nullopt : std::optional(bot)));
  for (const auto& room : answer.left) rooms.remove_bot(room.room_id, bot);
  if (!account->is_listener()) {
    for (const auto& room : answer.invited) {
      const auto invite = detail::read_invite(room, account->user_id);
      if (invite) {
        self->parts.intake.invited(bot, room.room_id, invite->inviter, invite->direct);
      }
    }
  }
  CH_CO_TRY_VOID(co_await self->parts.store.put_mark(bot, std::string(kSince), answer.next_batch));
  account->since = std::move(answer.next_batch);
  co_return Result<void>{};
}

rt::Task<void> MatrixSync::run(Shared* shared, std::shared_ptr<Account> account) {
  if (!co_await Shared::begin(shared, account)) co_return;
  const auto poll_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(shared->options.long_poll).count();
  while (!account->stopping && !shared->scope.stopping()) {
    // The first answer comes at once: it says which rooms there are.
    std::string query =
        fmt::format("set_presence=offline&filter={}&timeout={}",
                    percent_encode(detail::sync_filter()), account->since.empty() ? 0 : poll_ms);
    if (!account->since.empty()) query += "&since=" + percent_encode(account->since);
    auto answer = co_await Shared::call(shared, account.get(), "sync", std::move(query),
                                        shared->options.long_poll + kAnswerTime);
    if (account->stopping || shared->scope.stopping()) break;
    if (!answer) {
      co_await Shared::on_failure(shared, account, std::move(answer.error()));
      continue;
    }
    shared->syncs.add();
    auto decoded = matrix::decode_sync(answer->body);
    Result<void> taken;
    if (decoded) {
      taken = co_await Shared::take(shared, account, *std::move(decoded));
    } else {
      taken = std::unexpected(decoded.error());
    }
    if (taken) {
      account->failures = 0;
      continue;
    }
    if (account->stopping || shared->scope.stopping()) break;
    shared->failed.add();
    log::warn(kComponent,
              "bot {}: what a sync brought could not be taken in ({}), it is asked for "
              "again",
              account->access.id, taken.error().message);
    co_await Shared::pause(shared, account.get());
  }
}

void MatrixSync::start(fleet::BotAccess bot) {
  const BotId id = bot.id;
  stop(id);
  auto account = std::make_shared<Account>(Account{
      .access = std::move(bot),
      .user_id = {},
      .since = {},
      .rng = shared_->parts.loop.rng().fork("matrix sync", static_cast<std::uint64_t>(id.value)),
      .task = {}});
  shared_->accounts[id] = account;
  account->task =
      rt::spawn(shared_->scope, "matrix sync", &MatrixSync::run, shared_.get(), account);
}

void MatrixSync::stop(BotId bot) {
  const auto it = shared_->accounts.find(bot);
  if (it == shared_->accounts.end()) return;
  it->second->stopping = true;
  it->second->task.cancel();
  shared_->accounts.erase(it);
}

rt::Task<void> MatrixSync::close() {
  for (auto& [id, account] : shared_->accounts) account->stopping = true;
  shared_->accounts.clear();
  co_await shared_->scope.close();
}

}  // namespace chorus::platform
