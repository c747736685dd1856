#pragma once

#include "chorus/base/error.hpp"
#include "chorus/base/ids.hpp"
#include "chorus/base/secret.hpp"
#include "chorus/base/time.hpp"
#include "chorus/rt/task.hpp"
#include "chorus/store/rows.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What the fleet needs from outside. `platform` implements these; `app` wires them.
namespace chorus::fleet {

/// One bot as the adapter needs it. A snapshot: the token may be replaced while a call is under
/// way.
struct BotAccess {
  BotId id;
  Secret token;
  std::string username;
  store::Platform platform = store::Platform::Telegram;
};

struct Identity {
  PlatformUserId user_id;
  std::string username;
  std::string name;
  bool reads_all_group_messages = false;
  bool sandbox = false;  ///< the answer carried X-Chorus-Sandbox
};

/// What the platform said to a send. `Unknown`: the request may have had its effect.
struct SendOk {
  PlatformMessageId message;
  WallTime date{};
};
struct SendRefused {
  int status = 0;                                        ///< 400, 401, 403, 404, 409, 413, 429, 5xx
  std::string description;                               ///< the platform's words
  std::optional<std::chrono::milliseconds> retry_after;  ///< 429
  std::optional<PlatformChatId> migrate_to;
  bool never_sent = false;  ///< transport failure before anything left: safe to repeat
};
struct SendUnknown {
  std::string why;
};
using SendOutcome = std::variant<SendOk, SendRefused, SendUnknown>;

struct OutgoingMessage {
  PlatformChatId chat;
  std::string text;
  std::optional<PlatformMessageId> reply_to;
  /// Where the platform has threads: the one that the message belongs to, as in IncomingMessage.
  std::optional<PlatformMessageId> thread;
  std::string options;      ///< JSON as in OutboxRow::options
  std::string transaction;  ///< outbox id, for platforms with idempotent sends
};

class MessagingPort {
 public:
  virtual ~MessagingPort() = default;
  virtual rt::Task<Result<Identity>> identify(BotAccess bot) = 0;
  virtual rt::Task<SendOutcome> send_message(BotAccess bot, OutgoingMessage message) = 0;
  virtual rt::Task<SendOutcome> edit_message(BotAccess bot, PlatformMessageId target,
                                             OutgoingMessage message) = 0;
  /// Empty emoji removes the reaction.
  virtual rt::Task<SendOutcome> set_reaction(BotAccess bot, PlatformChatId chat,
                                             PlatformMessageId message, std::string emoji) = 0;
  virtual rt::Task<SendOutcome> answer_callback(BotAccess bot, std::string callback_id,
                                                std::string text) = 0;
  /// Best effort; lasts 5 s on Telegram. With a thread it is shown there, where the platform knows
  /// such signs by thread.
  virtual rt::Task<void> send_typing(BotAccess bot, PlatformChatId chat,
                                     std::optional<PlatformMessageId> thread) = 0;
  /// Shows a text that is not finished, in private chats only; the same `draft` (not 0) changes
  /// what is shown. Best effort; it goes by itself after 30 s on Telegram. NotSupported elsewhere.
  virtual rt::Task<Result<void>> send_draft(BotAccess bot, PlatformChatId chat, std::int64_t draft,
                                            std::string text) {
    (void)bot, (void)chat, (void)draft, (void)text;
    co_return fail(ErrorCode::NotSupported, "this platform shows no drafts");
  }
  /// Emoji that the room allows for reactions; nullopt: all of the platform's set.
  virtual rt::Task<Result<std::optional<std::vector<std::string>>>> allowed_reactions(
      BotAccess bot, PlatformChatId chat) = 0;
  /// Profile texts (disclosure) and command list.
  virtual rt::Task<Result<void>> publish_profile(BotAccess bot, std::string description,
                                                 std::string short_description) = 0;
};

/// A tool that a generator may ask for.
struct DeclaredTool {
  std::string name;
  std::string description;
  std::string parameters;  ///< JSON schema of its arguments
};

/// What a generator asks for. All of it is foreign: it was never checked against a declaration.
struct ToolCall {
  std::string id;  ///< the provider's; the line with the result repeats it
  std::string name;
  std::string arguments;  ///< JSON as the model wrote it
  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

/// `Tool`: the result of a call.
enum class Role : std::uint8_t { System, User, Assistant, Tool };
struct ChatLine {
  Role role = Role::User;
  std::string name;  ///< sanitised display name, may be empty
  std::string text;
  std::vector<ToolCall> calls{};  ///< Assistant: what it asked for
  std::string call_id{};          ///< Tool: of which call this is the result
};

enum class Lane : std::uint8_t { SelfStarted = 0, Mention = 1, Direct = 2 };

struct GenerationRequest {
  std::vector<ChatLine> lines;
  std::int32_t max_tokens = 200;
  double temperature = 0.8;
  std::uint64_t seed = 0;  ///< for deterministic generators
  Lane lane = Lane::Mention;
  Duration timeout = std::chrono::seconds(30);
  std::string user;  ///< opaque id for the provider's abuse checks, never a name
  TurnId turn;       ///< for the ledger of what was spent; 0: not for a turn
  BotId bot;         ///< the same, and for the bot's own ceilings
  /// What it may ask for. A generator that knows no tools answers with text, as it does without.
  std::vector<DeclaredTool> tools{};
  bool may_call = true;  ///< false: `tools` only explain earlier calls, text is wanted now
  /// Told of all text so far each time more of it comes, by providers that stream. After a failover
  /// it begins anew. Must not suspend or keep the view.
  std::function<void(std::string_view so_far)> on_text;
};

struct Generated {
  std::string text;
  std::string provider;
  std::string model;
  std::int64_t prompt_tokens = 0;
  std::int64_t completion_tokens = 0;
  double cost = 0;  ///< money of the chain's currency, 0 for builtin
  Duration time_to_first_token{};
  bool truncated = false;         ///< finish_reason length
  std::vector<ToolCall> calls{};  ///< what it asks for before it goes on; then `text` may be empty
};

/// A chain of providers behind one call. Errors: RateLimited, BudgetExceeded, Timeout, Unavailable,
/// Misconfigured (401 or insufficient_quota: an operator must act), Cancelled.
class GeneratorPort {
 public:
  virtual ~GeneratorPort() = default;
  virtual rt::Task<Result<Generated>> generate(GenerationRequest request) = 0;
};

/// Something new from a feed that the operator named. Its words are a stranger's: data, never more.
struct NewsItem {
  std::string key;    ///< the same for the same item, at most 64 characters
  std::string title;  ///< one line of plain text
  std::string link;   ///< http(s); may be empty
  WallTime published{};
};

/// What the feeds hold now. Kept up to date in the background; asking costs nothing.
class NewsPort {
 public:
  virtual ~NewsPort() = default;
  /// The newest first.
  [[nodiscard]] virtual std::vector<NewsItem> newest() const = 0;
};

/// One decoded update on its way to the inbox; what an adapter's receiver hands to the fleet.
struct IncomingMessage {
  PlatformMessageId message;
  PlatformChatId chat;
  store::ChatKind chat_kind = store::ChatKind::Group;
  std::string chat_title;
  PlatformUserId from;
  std::string from_name;
  std::string from_username;
  std::string language;
  bool from_is_bot = false;
  std::string text;  ///< valid UTF-8; caption for media
  std::optional<PlatformMessageId> reply_to;
  std::optional<PlatformUserId> reply_to_user;
  /// The forum topic (Telegram) or the first message of the thread (Matrix) that it was said in.
  std::optional<PlatformMessageId> thread;
  std::vector<std::string> mentions;  ///< usernames without '@', in order
  std::vector<PlatformUserId> mentioned_users;
  std::optional<std::string> command;  ///< `about` of `/about@bot rest`
  std::optional<std::string> command_target;
  WallTime date{};
};

struct IncomingUpdate {
  std::int64_t update_id = 0;
  store::InboxKind kind = store::InboxKind::Other;
  std::optional<IncomingMessage> message;  ///< for Message, EditedMessage; for Callback its message
  std::string callback_id;
  std::string callback_data;
  std::optional<PlatformUserId> callback_from;
  /// Membership: new status of the bot itself (`member`, `left`, `kicked`, `administrator`).
  std::string member_status;
  /// Membership and Reaction: where it happened, because these carry no `message`.
  std::optional<PlatformChatId> chat;
  store::ChatKind chat_kind = store::ChatKind::Group;
  std::string chat_title;
};

/// What receivers (poller, webhook) push into.
class InboxPort {
 public:
  virtual ~InboxPort() = default;
  /// Durable when it returns success: only then is the webhook answered or the offset moved.
  /// Errors: Unavailable or QueueFull (answer 503), NotFound (unknown bot).
  virtual rt::Task<Result<void>> accept(BotId bot, std::vector<IncomingUpdate> updates,
                                        std::optional<std::int64_t> next_offset) = 0;
  /// The platform refused the token (401) or another poller holds it (409).
  virtual void report_unauthorized(BotId bot, std::string why) = 0;
  virtual void report_conflict(BotId bot, std::string why) = 0;
};

}  // namespace chorus::fleet
